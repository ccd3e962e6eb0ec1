"""docs/maps.md says what the packaged model's evidence says."""

import json
import math
import re
import runpy
from itertools import pairwise
from pathlib import Path

import torch

from evalmuse_hf.mini import find_checkpoint
from evalmuse_hf.models.fga_blip2.element_maps_fga_blip2 import combine_layers
from evalmuse_hf.models.fga_blip2.map_evidence_fga_blip2 import COMPARATORS, EVIDENCE_FILE, parse_map_evidence

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "maps.md").read_text("utf-8")
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
    low, high = spell(EVIDENCE.low), spell(EVIDENCE.high)
    assert f"the maps hit {spell(EVIDENCE.hit_rate)} [{low}, {high}]" in PAGE
    assert f"drew {EVIDENCE.n_pictures} pictures for {EVIDENCE.n_prompts} prompts" in PAGE
    for label, key in zip(rows_after("comparison"), COMPARATORS, strict=True):
        rated = [found.comparisons[key] for found in EVIDENCE.categories.values() if key in found.comparisons]
        assert label[2] == spell(sum(one.n * one.rate for one in rated) / sum(one.n for one in rated))


def test_what_says_where_the_figures_end_is_that_of_the_evidence_file():
    text = " ".join(PAGE.split())
    missing, shown = EVIDENCE.rivals["missing"], EVIDENCE.rivals["shown"]
    assert f"was about in {spell(missing.rate)} of {missing.n:,} cases;" in text
    assert f"where the picture shows it, in {spell(shown.rate)} of {shown.n:,}." in text
    yes, no = EVIDENCE.found["yes"], EVIDENCE.found["no"]
    assert f"the {yes.n:,} that the model finds (score of .5 or more) they hit {spell(yes.rate)}, " in text
    assert f"of the other {no.n} {spell(no.rate)}." in text
    rates = [found.hit_rate for name, found in EVIDENCE.categories.items() if EVIDENCE.is_shown(name)]
    assert f"are right in {spell(min(rates))} to {spell(max(rates))} of the cases" in text
    for name, place in (("spatial", "learned nothing: {} against {}."), ("other", "`other` ({} against {}).")):
        found = EVIDENCE.categories[name]
        random = found.comparisons["random_weights"]
        assert random.difference < 0
        assert place.format(spell(found.hit_rate), spell(random.rate)) in text


def test_the_table_of_forms_has_those_of_the_benchmark_and_the_best_is_the_one_that_maps_have():
    all_forms = runpy.run_path(str(ROOT / "benchmarks" / "map_variants.py"))["all_forms"]
    rows = [(row[0], float(row[1]), float(row[2])) for row in rows_after("form")]
    ones = [torch.ones(1, 1, 2)] * 3
    assert {name.strip("*") for name, _, _ in rows} == set(all_forms(ones, ones))
    assert all(first[1] >= second[1] for first, second in pairwise(rows))
    assert [name for name, _, _ in rows if name.startswith("**")] == [rows[0][0]]
    random = torch.Generator().manual_seed(0)
    attention, slopes = ([torch.randn(3, 2, 5, generator=random) for _ in range(2)] for _ in range(2))
    combined = combine_layers([one[None] for one in attention], [one[None] for one in slopes])[0]
    assert torch.allclose(all_forms(attention, slopes)[rows[0][0].strip("*")], combined)


def test_cards_name_the_categories_that_are_shown_and_their_hit_rates():
    shown = [name for name in EVIDENCE.categories if EVIDENCE.is_shown(name)]
    rates = [EVIDENCE.categories[name].hit_rate for name in shown]
    said = f"{', '.join(shown[:-1])} and {shown[-1]} ({spell(min(rates))} to {spell(max(rates))} of the cases)"
    for path in (
        find_checkpoint("mini") / "README.md",
        ROOT / "docs" / "limitations.md",
        ROOT / "spaces" / "playground" / "README.md",
    ):
        assert said in " ".join(path.read_text("utf-8").split()), path
