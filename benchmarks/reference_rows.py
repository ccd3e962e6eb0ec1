"""Scores that need no picture, on the means of EvalMuse-40K: ``python benchmarks/reference_rows.py --data FILE``.

Prints ``docs/rated_data/evalmuse_means.md``. The file is the JSON lines file that `evalmuse_hf.data.published_subset`
describes; it is not part of this package. Any other data set that `evalmuse_hf.meta_evaluation.open_rated_data`
recognises gives the table of reference rows alone. Under a minute, ``--quick`` seconds.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalmuse_hf.meta_evaluation import RatedData, majority_class, open_rated_data, reference_scores
from evalmuse_hf.meta_evaluation.reference_rows import REFERENCE_KINDS, REFERENCE_TITLES
from evalmuse_hf.reports import Cell, Document, Section, Table, document_markdown
from evalmuse_hf.schema import CATEGORIES
from evalmuse_hf.stats import StatisticResult, element_accuracy, krcc, plcc, srcc

COMMAND = "python benchmarks/reference_rows.py --data FILE"
N_RESAMPLES, QUICK_RESAMPLES = 1000, 20
MIN_ROWS = 3

# SRCC on the test split in the paper, where no scorer has seen the ratings.
PUBLISHED = {"CLIPScore": 0.2993, "ImageReward": 0.4655, "VQAScore": 0.4877, "FGA-BLIP2": 0.7742}

Row = Mapping[str, Any]


def main() -> int:
    """Print the page, or say why there is none."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="published means, or other ratings")
    parser.add_argument(
        "--quick", action="store_true", help=f"{QUICK_RESAMPLES} resamples in place of {N_RESAMPLES:,}"
    )
    arguments = parser.parse_args()
    if not arguments.data.exists():
        print(f"Skipped: there is no file {arguments.data}; this package does not carry the means.", file=sys.stderr)
        return 0
    data = open_rated_data(arguments.data)
    n_resamples = QUICK_RESAMPLES if arguments.quick else N_RESAMPLES
    page = describe(data, n_resamples) if data.facts.name == "evalmuse_means" else describe_other(data, n_resamples)
    print(document_markdown(page), end="")
    return 0


def describe_other(data: RatedData, n_resamples: int) -> Document:
    """Arrange the reference rows of any other data set.

    Args:
        data: Its ratings.
        n_resamples: Of the intervals.
    """
    section = Section(title="Scores that need no picture", tables=(_overall(data, n_resamples),))
    return Document(title=data.facts.title, summary=f"Written by `{COMMAND}`.", sections=(section,))


def describe(data: RatedData, n_resamples: int) -> Document:
    """Arrange the page.

    Args:
        data: The published means.
        n_resamples: Of the intervals.
    """
    return Document(
        title="EvalMuse-40K: published means of training pairs",
        summary=f"Written by `{COMMAND}`; do not edit.",
        sections=(
            _facts_section(data),
            Section(
                title="Scores that need no picture",
                text=(
                    "What a scorer must beat before its number means much. Nothing looks at a picture here, and no "
                    "picture's own rating is used for its score: the prompt oracle knows how hard the prompt is, the "
                    "generator mean how good the generator, both know both (see "
                    "`evalmuse_hf.meta_evaluation.reference_scores`). Only pictures of prompts with at least "
                    f"{MIN_ROWS} rated pictures are judged. Intervals are 95 % and draw whole prompts.",
                    "The generator mean is that of the other half of the prompts. Leaving out one picture at a time "
                    "instead, the last row, understates it: the mean of the others falls exactly as the picture's own "
                    "rating rises, so that every two pictures of one generator stand in the wrong order.",
                    "For comparison, on the test split of the paper: "
                    + ", ".join(f"{name} {value:.3f}" for name, value in PUBLISHED.items())
                    + ". Those are other pictures of other prompts, so this is no contest; but most of what the "
                    "weaker scorers reach can be had from how hard the prompts are, without looking at a picture.",
                ),
                tables=(_overall(data, n_resamples),),
            ),
            Section(
                title="Elements without a picture",
                text=(
                    "Accuracy of yes/no verdicts on elements. *Majority* answers what most elements of the category "
                    "are, by five folds of prompts; *prompt oracle* answers what the same element is in the prompt's "
                    "other pictures. Balanced accuracy, the mean of both recalls, is .5 for whoever always says the "
                    "same: where the majority row is far above it, accuracy alone says little.",
                ),
                tables=(_elements(data, n_resamples),),
            ),
        ),
    )


def _facts_section(data: RatedData) -> Section:
    facts = data.facts
    rows = list(data.rated)
    low, high = facts.rating_scale
    cells: tuple[tuple[Cell, ...], ...] = (
        ("kind", f"`{facts.name}`"),
        ("file", "JSON lines with `img_path, prompt_id, model, total_score_mean, element_score_mean`"),
        ("key", "`img_path`: folder of the generator, then the number of the prompt"),
        ("rating scale and direction", f"{low:g} to {high:g}, elements 0 to 1, higher is better"),
        ("aggregation", facts.aggregation),
        ("clusters", facts.clusters),
        ("element ratings", "means, yes"),
        ("in-domain for", ", ".join(facts.in_domain) + ": these are its training pairs"),
        ("source and licence", f"{facts.source}"),
        (
            "ran on the real file",
            f"yes: {len(rows):,} pictures, {len({row['prompt_id'] for row in rows}):,} prompts, "
            f"{len({row['generator'] for row in rows})} generators, "
            f"{sum(len(row['elements']) for row in rows):,} element means",
        ),
        ("what to type", "`evalmuse study metrics --dataset evalmuse_means=FILE --scores SCORES`"),
    )
    return Section(
        title="The data set",
        text=facts.notes,
        tables=(Table(title="", header=("what", "here"), rows=cells),),
    )


def _overall(data: RatedData, n_resamples: int) -> Table:
    rows = [
        _row(REFERENCE_TITLES[kind], data, reference_scores(data.rows, kind=kind, min_rows=MIN_ROWS), n_resamples)
        for kind in REFERENCE_KINDS
    ]
    alone = reference_scores(data.rows, kind="generator_mean", min_rows=MIN_ROWS, generator_folds=None)
    rows.append(_row("generator mean, leaving out one picture at a time", data, alone, n_resamples))
    header = ("row", "pictures", "prompts", "SRCC", "95 % interval", "tau-b", "95 % interval", "PLCC", "95 % interval")
    return Table(title="", header=header, rows=tuple(rows))


def _row(name: str, data: RatedData, scores: Iterable[Row], n_resamples: int) -> tuple[Cell, ...]:
    known = {str(row["image_path"]): row["overall_score"] for row in scores if row["overall_score"] is not None}
    pictures = [row for row in data.rated if str(row["image_path"]) in known]
    sides: dict[str, Any] = {
        "predictions": [known[str(row["image_path"])] for row in pictures],
        "references": [row["overall_score"] for row in pictures],
        "groups": [str(row["prompt_id"]) for row in pictures],
        "n_resamples": n_resamples,
        "rng": 0,
    }
    results = [statistic(**sides) for statistic in (srcc, krcc, plcc)]
    values: list[Cell] = []
    for result in results:
        values += [result.statistic, _interval(result)]
    return (name, len(pictures), results[0].n_groups, *values)


def _elements(data: RatedData, n_resamples: int) -> Table:
    sources = {
        "majority": majority_class(data.rows, rng=0),
        "prompt oracle": reference_scores(data.rows, kind="prompt_oracle", min_rows=MIN_ROWS),
    }
    micro = {name: _accuracy(data, rows, "micro", n_resamples) for name, rows in sources.items()}
    balanced = {name: _accuracy(data, rows, "balanced", 0) for name, rows in sources.items()}
    rows: list[tuple[Cell, ...]] = [
        (
            *("all", micro["majority"].n, micro["majority"].n_yes / micro["majority"].n),
            *(micro["majority"].statistic, _interval(micro["majority"]), balanced["majority"].statistic),
            *(micro["prompt oracle"].statistic, _interval(micro["prompt oracle"])),
            balanced["prompt oracle"].statistic,
        )
    ]
    for category in CATEGORIES:
        if category in micro["majority"].by_category:
            majority, oracle = (micro[name].by_category.get(category) for name in sources)
            even = [balanced[name].by_category.get(category) for name in sources]
            rows.append(
                (
                    *(category, majority.n, majority.n_yes / majority.n, majority.statistic, _interval(majority)),
                    *(_value(even[0]), _value(oracle), None if oracle is None else _interval(oracle), _value(even[1])),
                )
            )
    header = (
        *("category", "elements", "share of yes", "majority", "95 % interval", "balanced"),
        *("prompt oracle", "95 % interval", "balanced"),
    )
    return Table(title="", header=header, rows=tuple(rows))


def _accuracy(data: RatedData, scores: Sequence[Row], average: Any, n_resamples: int) -> Any:
    predictions, references, categories, groups = [], [], [], []
    for rated, scored in zip(data.rows, scores, strict=True):
        for element, predicted in zip(rated["elements"], scored["elements"], strict=True):
            if element["score"] is not None:
                predictions.append(float("nan") if predicted["score"] is None else predicted["score"])
                references.append(element["score"])
                categories.append(element["category"])
                groups.append(str(rated["prompt_id"]))
    return element_accuracy(
        predictions=predictions,
        references=references,
        categories=categories,
        groups=groups,
        average=average,
        nan_policy="omit",
        n_resamples=n_resamples,
        rng=0,
    )


def _value(result: StatisticResult | None) -> Cell:
    return None if result is None else result.statistic


def _interval(result: StatisticResult) -> Cell:
    if result.confidence_interval is None:
        return None
    return f"{result.confidence_interval.low:.3f} to {result.confidence_interval.high:.3f}"


if __name__ == "__main__":
    sys.exit(main())
