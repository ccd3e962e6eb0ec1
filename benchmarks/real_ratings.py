"""Ratings of the real EvalMuse-40K beside its paper: ``python benchmarks/real_ratings.py --data FILE``.

Prints the Markdown of ``docs/evalmuse_data.md``: what the published means of 7,947 training pairs say of generators
and categories. The file is the JSON lines file that `evalmuse_hf.data.published_subset` describes; it is not part of
this package.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalmuse_hf.data.health import check_dataset
from evalmuse_hf.data.health_page import category_table
from evalmuse_hf.data.published_subset import FIRST_SYNTHETIC, SOURCE
from evalmuse_hf.reports import Cell, Document, Section, Table, document_markdown
from evalmuse_hf.stats import srcc

COMMAND = "python benchmarks/real_ratings.py --data FILE"

# Table of the 22 ranked models in the paper (also in the official README): mean overall score by FGA-BLIP2 on other
# pictures, of the 200 ranking prompts. Keys are the folder names of the release.
SCORER_MEANS = {
    **{"Dreamina_v2.0Pro": 3.74, "Midjourney_v6.1": 3.33, "SD3": 3.27, "Playground_v2.5": 3.20, "SDXL-Turbo": 3.15},
    **{"HunyuanDiT": 3.08, "Kandinsky3": 3.08, "SDXL": 2.99, "PixArt-Sigma": 2.98, "Kolors": 2.93},
    **{"SDXL-Lightning": 2.93, "SSD1B": 2.93, "PixArt-alpha": 2.88, "IF": 2.77, "LCM-SDXL": 2.77},
    **{"LCM-PixArt": 2.73, "LCM-SSD1B": 2.66, "SD_v2.1": 2.42, "SD_v1.5": 2.25, "SD_v1.2": 2.25},
}

# Mean human score of each category in all of EvalMuse-40K, read off a bar chart of the paper: good to about .01.
CHART_MEANS = {
    **{"attribute": 0.70, "location": 0.62, "color": 0.59, "object": 0.59, "material": 0.57, "spatial": 0.55},
    **{"animal/human": 0.54, "food": 0.53, "shape": 0.50, "activity": 0.45, "other": 0.43, "counting": 0.30},
}

Record = Mapping[str, Any]


def main() -> int:
    """Print the page, or say why there is none."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="JSON lines file of published means")
    arguments = parser.parse_args()
    if not arguments.data.is_file():
        print(f"Skipped: there is no file {arguments.data}; this package does not carry the means.", file=sys.stderr)
        return 0
    print(document_markdown(describe(check_dataset(arguments.data).record)), end="")
    return 0


def describe(record: Record) -> Document:
    """Arrange the page.

    Args:
        record: The health report of the published means.
    """
    relation = record["element_overall_srcc"]
    pairs = sum(split["pairs"] for split in record["splits"].values())
    return Document(
        title="The real EvalMuse-40K: what its published means say",
        summary=f"Written by `{COMMAND}`; do not edit. The data: mean human ratings of {pairs:,} training pairs, "
        f"recovered from rationales that quote them, in {SOURCE}. They are no random sample of the training split, "
        "some elements are missing, and about 2 % of the source files contradicted each other. Pictures, single "
        "ratings and most words of the prompts are not in it.",
        sections=(
            Section(
                title="Generators",
                text=(
                    f"Real and synthetic prompts (those from number {FIRST_SYNTHETIC} on) are apart, because five "
                    "generators drew synthetic prompts only. *Adjusted* is the mean that a generator would have if it "
                    "had drawn every one of these prompts once: an additive least-squares fit of generator and "
                    "prompt, whose effects sum to zero on either side. Intervals are 95 % and draw whole prompts.",
                    "The last column is the paper's ranking. **It is not the same quantity**: the columns before it "
                    "are means of *human ratings* of the pictures of the training prompts, the last one is the mean "
                    "*score of FGA-BLIP2* on other pictures, of 200 other prompts. Agreement in order is what can be "
                    "compared, not the level.",
                ),
                tables=(*(_generators(record, part) for part in ("real", "synthetic")), _orders(record)),
            ),
            Section(
                title="Categories",
                text=(
                    "Beside the means in all of EvalMuse-40K, which are read off a bar chart of the paper and are "
                    "good to about 0.01.",
                ),
                tables=(category_table(record, references=CHART_MEANS, against="paper, all data"), _spellings(record)),
            ),
            Section(
                title="Elements against overall",
                text=(
                    f"The SRCC of a pair's mean element rating and its overall rating is {relation['value']:.3f} (95 "
                    f"% interval {_interval(relation)}, {relation['n']:,} pairs). The paper gives .727 on the test "
                    "split, where no element is missing.",
                ),
            ),
            Section(title="What cannot be said", tables=(_unknown(record),)),
        ),
    )


def _generators(record: Record, part: str) -> Table:
    entries = {name: entry[part] for name, entry in record["generator_scores"].items() if entry[part]["n"]}
    ordered = sorted(entries.items(), key=lambda item: -(item[1]["adjusted"] or item[1]["value"]))
    return Table(
        title=f"Mean overall rating, 1 to 5, {part} prompts",
        header=("generator", "pairs", "human mean", "95 % interval", "human mean, adjusted", "FGA-BLIP2 in the paper"),
        rows=tuple(
            (
                name,
                entry["n"],
                entry["value"],
                _interval(entry),
                entry["adjusted"],
                f"{SCORER_MEANS[name]:.2f}" if name in SCORER_MEANS else None,
            )
            for name, entry in ordered
        ),
    )


def _orders(record: Record) -> Table:
    """How far the order of the generators is that of the paper."""
    rows: list[tuple[Cell, ...]] = []
    for part in ("real", "synthetic"):
        for name, key in (("plain", "value"), ("adjusted", "adjusted")):
            scores = {
                generator: entry[part][key]
                for generator, entry in record["generator_scores"].items()
                if entry[part][key] is not None and generator in SCORER_MEANS
            }
            result = srcc(predictions=list(scores.values()), references=[SCORER_MEANS[one] for one in scores])
            rows.append((f"{part} prompts, {name}", result.n, result.statistic if result.status == "ok" else None))
    return Table(
        title="SRCC of the generators' human means and their means in the paper",
        header=("human means", "generators", "SRCC"),
        rows=tuple(rows),
    )


def _spellings(record: Record) -> Table:
    return Table(
        title="How the categories are spelled in the training split",
        header=("spelled", "reported as", "elements"),
        rows=tuple((entry["spelling"], entry["category"], entry["elements"]) for entry in record["categories"]),
    )


def _unknown(record: Record) -> Table:
    """Parts of the health report that have no value here, each with its reason."""
    parts = (
        ("range of the first three ratings", record["first_three"]),
        ("pairs that were annotated again", record["first_three"]["annotated_twice"]),
        ("Krippendorff's alpha, overall", record["agreement"]["overall"]),
        ("Krippendorff's alpha, elements", record["agreement"]["elements"]),
        ("elements that are not in their prompt", record["elements"]),
        ("prompts in two splits", record["leakage"]),
        ("pictures that cannot be decoded", record["pictures"]),
        ("repeated pictures", record["duplicates"]),
    )
    rows = tuple((name, entry["status"]) for name, entry in parts if entry["status"] != "ok")
    return Table(title="", header=("what", "why"), rows=rows)


def _interval(entry: Record) -> Cell:
    return None if entry["low"] is None else f"{entry['low']:.3f} to {entry['high']:.3f}"


if __name__ == "__main__":
    sys.exit(main())
