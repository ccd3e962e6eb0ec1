"""Correlations published for TIFA160 and DSG: ``python benchmarks/published_correlations.py --data PATH``.

Prints the Markdown of ``docs/rated_data/tifa160.md`` or, with ``--page dsg``, of ``docs/rated_data/dsg.md``: which
published figures come out again, with intervals that draw whole prompts, and which published differences are more than
chance. PATH is a folder with

- ``tifa160/human_annotations_with_scores.json`` (github.com/Yushi-Hu/tifa, Hu et al., 2023);
- ``dsg/tifa160-likert-anns.csv`` and ``dsg/*_dsg.csv`` (github.com/j-min/DSG, Cho et al., 2024).

Neither is part of this package; what is absent is skipped with a sentence. Under a minute each, ``--quick`` seconds.
"""

import argparse
import itertools
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalmuse_hf.meta_evaluation import RatedData, open_rated_data, reference_scores
from evalmuse_hf.meta_evaluation.reference_rows import REFERENCE_KINDS, REFERENCE_TITLES
from evalmuse_hf.reports import Cell, Document, Section, Table, document_markdown
from evalmuse_hf.stats import (
    StatisticResult,
    human_as_scorer,
    krcc,
    noise_ceiling,
    plcc,
    scorer_differences,
    srcc,
)

COMMAND = "python benchmarks/published_correlations.py --data PATH"
PAGES = ("tifa160", "dsg")
N_RESAMPLES, QUICK_RESAMPLES = 10_000, 50
ALPHA = 0.05

# Kendall's tau-b and what the paper and its notebook (human_annotations/compute_correlation.ipynb) call Spearman's
# correlation, each x 100, with the mean of two ratings.
PUBLISHED_TIFA = {
    **{"BLEU": (18.8, 18.3), "ROUGE": (24.5, 32.9), "METEOR": (27.4, 34.0), "SPICE": (23.2, 32.8)},
    **{"CLIPScore": (23.1, 33.2), "TIFA-ViLT": (38.2, 49.3), "TIFA-OFA": (37.2, 49.6), "TIFA-GIT": (42.6, 54.5)},
    **{"TIFA-BLIP-2": (43.6, 55.9), "TIFA-mPLUG": (47.2, 59.7)},
}

# Spearman's and Kendall's correlation in the README of github.com/j-min/DSG, from scripts/tifa160_correlation.py.
PUBLISHED_DSG = {
    **{"DSG-mPLUG": (0.463, 0.380), "DSG-mPLUG (ungated)": (0.464, 0.378)},
    **{"DSG-InstructBLIP": (0.442, 0.364), "DSG-InstructBLIP (ungated)": (0.436, 0.355)},
    **{"DSG-PaLI-17B": (0.571, 0.458), "DSG-PaLI-17B (ungated)": (0.570, 0.457)},
}

Scores = Mapping[str, float]
"""Score of each picture that has one."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How intervals are drawn: resamples, and the seed."""

    n_resamples: int
    seed: int = 0


def main() -> int:
    """Print a page, or say why there is none."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--data", type=Path, required=True, metavar="PATH", help="folder with the folders of both")
    parser.add_argument("--page", choices=PAGES, default=PAGES[0], help="which page to print (default: %(default)s)")
    parser.add_argument(
        "--quick", action="store_true", help=f"{QUICK_RESAMPLES} resamples in place of {N_RESAMPLES:,}"
    )
    arguments = parser.parse_args()
    folder = arguments.data / arguments.page
    if not folder.is_dir():
        print(f"Skipped: there is no folder {folder}; this package does not carry the ratings.", file=sys.stderr)
        return 0
    sampling = Sampling(QUICK_RESAMPLES if arguments.quick else N_RESAMPLES)
    if arguments.page == "tifa160":
        document = describe_tifa(open_rated_data(folder, "tifa160"), sampling)
    else:
        official = open_rated_data(folder, "dsg", compat="official")
        tifa = arguments.data / "tifa160"
        shipped = open_rated_data(tifa, "tifa160").scores if tifa.is_dir() else {}
        document = describe_dsg(open_rated_data(folder, "dsg"), official, shipped, sampling)
    print(document_markdown(document), end="")
    return 0


def describe_tifa(data: RatedData, sampling: Sampling) -> Document:
    """Arrange the page of TIFA160.

    Args:
        data: The ratings with the shipped scores.
        sampling: Of the intervals.
    """
    scores = {name: _by_picture(rows) for name, rows in data.scores.items()}
    return Document(
        title="TIFA160",
        summary=f"Written by `{COMMAND}`; do not edit.",
        sections=(
            _facts_section(
                data,
                file="`human_annotations_with_scores.json` of https://github.com/Yushi-Hu/tifa, folder "
                "`human_annotations`, as published",
                key="`image_path`, such as `coco_669925_mini_dalle.jpg`: name of the prompt, then the generator",
                ran="yes, on the file of commit 8e37050f44ab: 800 pictures, 160 prompts, 5 generators",
                command="evalmuse study metrics --dataset tifa160=human_annotations_with_scores.json",
            ),
            Section(
                title="Published figures, and ours",
                text=(
                    "Every published tau-b comes out again to the printed digit. What is published as Spearman's "
                    "correlation is **Pearson's**: the notebook of the release computes it by `numpy.corrcoef` of the "
                    "raw scores, and so did an early script of VQAScore for the same data. Read as PLCC all of "
                    "these figures come out again too; the Spearman correlations are beside them. Intervals "
                    f"are 95 % and draw whole prompts, {sampling.n_resamples:,} times.",
                ),
                tables=(_tifa_figures(data, scores, sampling), _people_and_references(data, sampling)),
            ),
            _differences_section(data, scores, sampling, order=_order(data, scores)),
        ),
    )


def describe_dsg(data: RatedData, official: RatedData, shipped: Mapping[str, Any], sampling: Sampling) -> Document:
    """Arrange the page of DSG.

    Args:
        data: The ratings with the scores of the published answers.
        official: The same, scored as the published script does.
        shipped: Scores of TIFA160, which are of the same pictures; may be empty.
        sampling: Of the intervals.
    """
    scores = {name: _by_picture(rows) for name, rows in data.scores.items()}
    others = {name: _by_picture(rows) for name, rows in shipped.items()}
    compared = {**scores, **{name: others[name] for name in others if name.startswith(("TIFA", "CLIP"))}}
    return Document(
        title="DSG: TIFA160 rated by five people",
        summary=f"Written by `{COMMAND} --page dsg`; do not edit.",
        sections=(
            _facts_section(
                data,
                file="`tifa160-likert-anns.csv` (ratings), `*_dsg.csv` (answers) and `tifa160-dev-anns.csv` (prompts) "
                "of https://github.com/j-min/DSG, in one folder or in the folders of the repository",
                key="the keys of TIFA160: `source_id`, an underscore, TIFA160's name of the generator, `.jpg`",
                ran="yes, on the files of commit 7330119a39f7: 3,995 ratings of 800 pictures by five raters, and the "
                "answers of mPLUG and InstructBLIP; the answers of PaLI-17B were checked once by hand, see below",
                command="evalmuse study metrics --dataset dsg=FOLDER",
            ),
            Section(
                title="The score",
                text=(
                    "The score of a picture is the share of its questions that are answered yes; a question one of "
                    "whose parents is answered no counts 0, whatever its own answer. One step only: a question whose "
                    "grandparent is answered no counts if its parent is answered yes. That is what the published "
                    'script does; gating through all ancestors, `gated_score(..., gate="ancestors")`, lowers the '
                    "figures below by up to .002.",
                    *data.facts.notes,
                ),
            ),
            Section(
                title="Published figures, and ours",
                text=(
                    "The published figures are those of 800 pictures, but only 795 were asked about: the script gives "
                    "the five pictures of one prompt (`partiprompt_86`, `tifa160_134`) the score 0, because there "
                    "is no question for them. They happen to be rated low, 2.8 in the mean, so that the accident "
                    'raises every correlation by .005 to .007. `open_rated_data(FOLDER, "dsg", '
                    'compat="official")` repeats it, and every published figure comes out to the printed digit; '
                    "without it the five pictures have no score, and the figures are those of 795.",
                    "For PaLI-17B, whose answers are not among the files of this run, one more accident matters: a "
                    "parent in `tifa160_67` reads `outside`, which the script cannot read as a number, so that it "
                    'leaves that whole prompt ungated. `compat="official"` repeats that too, and with the answers '
                    "from the repository .571 / .458 and, ungated, .570 / .457 come out.",
                    f"Intervals are 95 % and draw whole prompts, {sampling.n_resamples:,} times.",
                ),
                tables=(_dsg_figures(data, official, sampling), _people_and_references(data, sampling)),
            ),
            _differences_section(data, compared, sampling, order=_order(data, compared)),
        ),
    )


def _facts_section(data: RatedData, *, file: str, key: str, ran: str, command: str) -> Section:
    facts = data.facts
    low, high = facts.rating_scale
    rows: tuple[tuple[Cell, ...], ...] = (
        ("kind", f"`{facts.name}`"),
        ("file", file),
        ("key", key),
        ("rating scale and direction", f"{low:g} to {high:g}, higher is better"),
        ("aggregation", facts.aggregation),
        ("clusters", facts.clusters),
        ("element ratings", "yes" if facts.element_ratings else "no"),
        ("in-domain for", ", ".join(facts.in_domain) or "no scorer of this package"),
        ("source and licence", f"{facts.source}; {facts.license}"),
        ("ran on the real file", ran),
        ("what to type", f"`{command}`"),
    )
    return Section(title="The data set", tables=(Table(title="", header=("what", "here"), rows=rows),))


def _tifa_figures(data: RatedData, scores: Mapping[str, Scores], sampling: Sampling) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name, (tau, called_spearman) in PUBLISHED_TIFA.items():
        if name in scores:
            kendall, pearson, spearman = _correlations(data, scores[name], sampling)
            agrees = [
                _printed(kendall.statistic) == f"{tau:.1f}",
                _printed(pearson.statistic) == f"{called_spearman:.1f}",
            ]
            rows.append(
                (
                    *(name, f"{tau:.1f}", _printed(kendall.statistic), _interval(kendall)),
                    *(f"{called_spearman:.1f}", _printed(pearson.statistic), _printed(spearman.statistic)),
                    *(_interval(spearman), "both" if all(agrees) else "NOT" if not any(agrees) else "one"),
                )
            )
    header = (
        *("scorer", "tau-b, published", "ours", "95 % interval", '"Spearman", published', "our PLCC", "our SRCC"),
        *("95 % interval", "same digits"),
    )
    return Table(
        title="Correlation with the mean of two ratings, times 100, 800 pictures", header=header, rows=tuple(rows)
    )


def _dsg_figures(data: RatedData, official: RatedData, sampling: Sampling) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name, (published_srcc, published_krcc) in PUBLISHED_DSG.items():
        if name in data.scores:
            theirs = _correlations(official, _by_picture(official.scores[name]), Sampling(0))
            own = _by_picture(data.scores[name])
            kendall, _, spearman = _correlations(data, own, sampling)
            same = (f"{theirs[2].statistic:.3f}", f"{theirs[0].statistic:.3f}")
            published = (f"{published_srcc:.3f}", f"{published_krcc:.3f}")
            rows.append(
                (
                    *(name, " / ".join(published), " / ".join(same), "yes" if same == published else "NO"),
                    *(len(own), f"{spearman.statistic:.3f}", _interval(spearman, 1, 3)),
                    *(f"{kendall.statistic:.3f}", _interval(kendall, 1, 3)),
                )
            )
    header = (
        *("scorer", "SRCC / tau-b, published", 'ours, compat="official"', "same digits", "pictures asked about"),
        *("SRCC", "95 % interval", "tau-b", "95 % interval"),
    )
    return Table(title="Correlation with the mean of up to five ratings", header=header, rows=tuple(rows))


def _people_and_references(data: RatedData, sampling: Sampling) -> Table:
    """What people reach, and what a scorer reaches that looks at no picture."""
    ratings, prompts, identified = _rating_table(data)
    options: dict[str, Any] = {"groups": prompts, "n_resamples": min(sampling.n_resamples, 1000), "rng": sampling.seed}
    rows: list[tuple[Cell, ...]] = []
    for statistic in ("srcc", "krcc"):
        # The simulation that finds the ceiling would be repeated in every resample.
        ceiling = noise_ceiling(ratings, statistic=statistic, rng=sampling.seed)
        person = human_as_scorer(ratings, identified=identified, statistic=statistic, **options)
        who = "one rater against the mean of the others"
        rows += [
            (f"noise ceiling, {statistic.upper()}", _printed(ceiling.statistic), None, ceiling.n),
            (f"{who}, {statistic.upper()}", _printed(person.statistic), _interval(person), person.n),
        ]
    for kind in REFERENCE_KINDS:
        scores = _by_picture(reference_scores(data.rows, kind=kind))
        kendall, _, spearman = _correlations(data, scores, sampling)
        rows += [
            (f"{REFERENCE_TITLES[kind]}, SRCC", _printed(spearman.statistic), _interval(spearman), spearman.n),
            (f"{REFERENCE_TITLES[kind]}, tau-b", _printed(kendall.statistic), _interval(kendall), kendall.n),
        ]
    return Table(
        title="People, and scorers that look at no picture, times 100",
        header=("what", "value", "95 % interval", "pictures"),
        rows=tuple(rows),
        note="The ceiling is what a scorer would reach that returns the expected rating; a single rater is no upper "
        "bound, because one rating is noisy.",
    )


def _differences_section(
    data: RatedData, scores: Mapping[str, Scores], sampling: Sampling, *, order: Sequence[str]
) -> Section:
    """All pairs of scorers on the pictures that all of them scored."""
    pictures = [row for row in data.rated if all(str(row["image_path"]) in scores[name] for name in order)]
    found = scorer_differences(
        scores={name: [scores[name][str(row["image_path"])] for row in pictures] for name in order},
        references=[row["overall_score"] for row in pictures],
        groups=[str(row["prompt_id"]) for row in pictures],
        statistic="krcc",
        n_resamples=sampling.n_resamples,
        n_permutations=min(sampling.n_resamples, 1000),
        rng=sampling.seed,
    )
    pairs = [(first, second) for place, first in enumerate(order) for second in order[place + 1 :]]
    real = [pair for pair in pairs if found.between(*pair).adjusted_p_value < ALPHA]
    neighbours = list(itertools.pairwise(order))
    matrix = tuple(
        (first, *(_cell(first, second, found) if first != second else None for second in order)) for first in order
    )
    rows: list[tuple[Cell, ...]] = []
    for pair in neighbours:
        cell = found.between(*pair)
        difference, simultaneous = cell.difference, cell.simultaneous_interval
        rows.append(
            (
                *pair,
                _printed(difference.statistic),
                _interval(difference),
                "–" if simultaneous is None else f"{100 * simultaneous[0]:.1f} to {100 * simultaneous[1]:.1f}",
                _p_value(cell.adjusted_p_value),
                _p_value(difference.exchange_p_value),
                "–" if math.isnan(difference.detectable) else f"{100 * difference.detectable:.1f}",
                "real" if pair in real else "noise",
            )
        )
    return Section(
        title="Which differences are real",
        text=(
            f"**{order[0]}** comes first. Not told apart from it: {_listed(order[1:], order[0], real, told=False)}. "
            f"Worse: {_listed(order[1:], order[0], real, told=True)}.",
            f"{len(real)} of the {len(pairs)} differences in tau-b are more than chance: their p-value, of the paired "
            f"bootstrap over whole prompts and adjusted by Holm over all {len(pairs)} pairs, is below {ALPHA}. "
            f"Neighbours in the order that are told apart: {len({*neighbours} & {*real})} of {len(neighbours)} pairs. "
            f"All numbers of this section rest on the same {len(pictures)} pictures.",
        ),
        tables=(
            Table(
                title="Difference in tau-b, times 100: row minus column; a star marks what is more than chance",
                header=("", *order),
                rows=matrix,
            ),
            Table(
                title="Neighbours in the order",
                header=(
                    *("better", "worse", "difference", "95 % interval", "interval that holds for the table"),
                    *(
                        "p, Holm",
                        "p, exchange of prompts",
                        f"{len({row['prompt_id'] for row in pictures})} prompts find at 80 %",
                        "verdict",
                    ),
                ),
                rows=tuple(rows),
            ),
        ),
    )


def _listed(names: Sequence[str], best: str, real: Sequence[tuple[str, str]], *, told: bool) -> str:
    return ", ".join(name for name in names if ((best, name) in real) == told) or "none"


def _cell(first: str, second: str, found: Any) -> str:
    cell = found.between(first, second)
    return f"{100 * cell.difference.statistic:+.1f}{'*' if cell.adjusted_p_value < ALPHA else ''}"


def _order(data: RatedData, scores: Mapping[str, Scores]) -> list[str]:
    """Scorers from the best to the worst."""
    values = {name: _correlations(data, known, Sampling(0))[0].statistic for name, known in scores.items()}
    return sorted(values, key=lambda name: -values[name])


def _correlations(data: RatedData, scores: Scores, sampling: Sampling) -> tuple[StatisticResult, ...]:
    """tau-b, Pearson's and Spearman's correlation with the ratings."""
    pictures = [row for row in data.rated if str(row["image_path"]) in scores]
    sides: dict[str, Any] = {
        "predictions": [scores[str(row["image_path"])] for row in pictures],
        "references": [row["overall_score"] for row in pictures],
        "groups": [str(row["prompt_id"]) for row in pictures],
        "n_resamples": sampling.n_resamples,
        "rng": sampling.seed,
    }
    return krcc(**sides), plcc(**sides), srcc(**sides)


def _rating_table(data: RatedData) -> tuple[list[list[float | None]], list[str], bool]:
    """Ratings with a column for each rater, or for each place; their prompts; whether a column is a rater."""
    rated = [row for row in data.rows if row["overall_ratings"]]
    names = sorted({rater for raters in data.raters.values() for rater in raters})
    prompts = [str(row["prompt_id"]) for row in rated]
    if not names:
        width = max((len(row["overall_ratings"]) for row in rated), default=0)
        places = [[*row["overall_ratings"], *[None] * (width - len(row["overall_ratings"]))] for row in rated]
        return places, prompts, False
    given = [dict(zip(data.raters[str(row["image_path"])], row["overall_ratings"], strict=True)) for row in rated]
    return [[known.get(name) for name in names] for known in given], prompts, True


def _by_picture(rows: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    return {str(row["image_path"]): row["overall_score"] for row in rows if row["overall_score"] is not None}


def _printed(value: float) -> str:
    return "–" if math.isnan(value) else f"{100 * value:.1f}"


def _interval(result: StatisticResult, scale: float = 100, digits: int = 1) -> Cell:
    if result.confidence_interval is None:
        return None
    low, high = result.confidence_interval
    return f"{scale * low:.{digits}f} to {scale * high:.{digits}f}"


def _p_value(value: float) -> str:
    return "–" if math.isnan(value) else "< .001" if value < 0.001 else f"{value:.3f}"


if __name__ == "__main__":
    sys.exit(main())
