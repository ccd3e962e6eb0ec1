"""docs/maps.md says what the packaged model's evidence says."""

import json
import math
import re
from pathlib import Path

from evalmuse_hf.mini import find_checkpoint
from evalmuse_hf.models.fga_blip2.map_evidence_fga_blip2 import COMPARATORS, EVIDENCE_FILE, parse_map_evidence

PAGE = (Path(__file__).parents[2] / "docs" / "maps.md").read_text("utf-8")
EVIDENCE = parse_map_evidence(json.loads((find_checkpoint("mini") / EVIDENCE_FILE).read_text("utf-8")))


def rows_after(heading):
    """Cells of the table whose header begins so."""
    _, _, rest = PAGE.partition(f"| {heading} |")
    lines = rest.splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[: lines.index("")]]


def spell(value):
    return "–" if math.isnan(value) else f"{value:.2f}".removeprefix("0")


def test_the_table_is_that_of_the_evidence_file():
    rows = {row[0]: row[1:] for row in rows_after("category")}
    assert list(rows) == list(EVIDENCE.categories)
    for name, found in EVIDENCE.categories.items():
        elements, rate, *comparisons, shown = rows[name]
        assert elements == f"{found.n} ({found.n_prompts})"
        interval = f" [{spell(found.low)}, {spell(found.high)}]" if found.n else ""
        assert rate == f"{spell(found.hit_rate)}{interval}"
        assert comparisons == [
            spell(found.comparisons[key].rate if key in found.comparisons else math.nan) for key in COMPARATORS
        ]
        assert shown == ("yes" if EVIDENCE.is_shown(name) else "no")


def test_reasons_command_and_totals_are_those_of_the_evidence_file():
    for name, found in EVIDENCE.categories.items():
        assert (f"- **{name}**: {found.objection}." in PAGE) == (found.objection is not None)
    assert f"{EVIDENCE.command} --out DIR" in PAGE
    total = sum(found.n for found in EVIDENCE.categories.values())
    (rate,) = re.findall(rf"Of {total:,} elements[^.]*the maps hit \.(\d\d) ", PAGE)
    hits = sum(found.n * found.hit_rate for found in EVIDENCE.categories.values() if found.n)
    assert int(rate) == round(100 * hits / total)
    for label, key in zip(rows_after("comparison"), COMPARATORS, strict=True):
        rated = [found.comparisons[key] for found in EVIDENCE.categories.values() if key in found.comparisons]
        assert label[2] == spell(sum(one.n * one.rate for one in rated) / sum(one.n for one in rated))
