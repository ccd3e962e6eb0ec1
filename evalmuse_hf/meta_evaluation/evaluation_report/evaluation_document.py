"""Arranges an evaluation as a document: the finding first, then each part with its tables and plots."""

from collections.abc import Iterator, Mapping
from typing import Any

from evalmuse_hf.meta_evaluation.evaluation import Evaluation
from evalmuse_hf.meta_evaluation.evaluation_report.agreement_tables import (
    comparison_table,
    overall_table,
    reference_table,
    subset_tables,
    system_plot,
    system_table,
)
from evalmuse_hf.meta_evaluation.evaluation_report.element_tables import (
    accuracy_table,
    calibration_plot,
    calibration_table,
    category_plot,
    category_table,
    threshold_table,
)
from evalmuse_hf.meta_evaluation.evaluation_report.headline import (
    accuracy_yardstick,
    figures,
    summary_sentence,
    yardstick,
)
from evalmuse_hf.meta_evaluation.evaluation_report.worst_pairs import (
    ReadPicture,
    pair_table,
    picture_cards,
    worst_pairs,
)
from evalmuse_hf.reports import Document, Scatter, Section, Table

Record = Mapping[str, Any]

_INTERVALS = (
    "Intervals are 95 % percentile bootstrap intervals that draw whole prompts, because pictures of one prompt are "
    "not independent; the column resamples says how many each rests on. An overlap of two scorers' intervals says "
    "nothing about their difference."
)
_YARDSTICK = (
    "A scorer is worth its cost only above the predictors that see no picture, and nothing is left to gain near the "
    "ceiling: the mean of a few ratings is noisy, and even a perfect scorer agrees with it only so far. One person is "
    "no ceiling: a single rating is noisier than the mean."
)


def make_evaluation_document(
    evaluation: Evaluation,
    *,
    scorer: str,
    source: Mapping[str, str] | None = None,
    read_picture: ReadPicture | None = None,
    n_worst: int = 6,
) -> Document:
    """Lay an evaluation out.

    Args:
        evaluation: What came out.
        scorer: Name of the scorer.
        source: Names and values for the foot of the page.
        read_picture: Gives the picture files of the worst pairs; None leaves pictures out.
        n_worst: Worst pairs of either kind.
    """
    record = evaluation.record
    facts = record["data"]
    sections = (
        _in_one_look(evaluation, scorer),
        _overall(evaluation),
        _elements(record, scorer),
        _calibration(record),
        _comparisons(record),
        _worst(evaluation, read_picture, n_worst),
        _coverage(record),
    )
    return Document(
        title=f"How well does {scorer} agree with people?",
        summary=summary_sentence(record, scorer=scorer),
        figures=figures(record),
        warnings=tuple([*record["warnings"], *_contamination(record, scorer)]),
        sections=tuple(section for section in sections if section is not None),
        source=tuple([*_facts(facts), *(source or {}).items()]),
    )


def _in_one_look(evaluation: Evaluation, scorer: str) -> Section:
    record = evaluation.record
    plots = [yardstick(record, scorer=scorer), accuracy_yardstick(record, scorer=scorer)]
    reference = reference_table(record, scorer=scorer)
    return Section(
        title="In one look: trivial, this scorer, possible",
        text=(_YARDSTICK,),
        plots=tuple(plot for plot in plots if plot is not None),
        tables=() if reference is None else (reference,),
    )


def _overall(evaluation: Evaluation) -> Section:
    record, pairs = evaluation.record, evaluation.judged.pairs
    scatter = Scatter(
        title="Every pair: mean rating and score",
        x=tuple(map(float, pairs.references)),
        y=tuple(map(float, pairs.predictions)),
        x_axis="mean rating of people",
        y_axis="score",
    )
    return Section(
        title="Overall score",
        text=(_INTERVALS,),
        tables=(overall_table(record), *subset_tables(record)),
        plots=(scatter,) if pairs.n else (),
    )


def _elements(record: Record, scorer: str) -> Section | None:
    if not record["elements"]["coverage"]["rated"]:
        return None
    categories, plot = category_table(record), category_plot(record, scorer=scorer)
    return Section(
        title="Elements",
        text=(
            "A verdict is a yes from 0.5 on, on both sides. Balanced accuracy and AUROC do not reward a scorer for "
            "saying what people say most often.",
        ),
        tables=(accuracy_table(record), *(() if categories is None else (categories,))),
        plots=() if plot is None else (plot,),
    )


def _calibration(record: Record) -> Section | None:
    tables = [table for table in (calibration_table(record), threshold_table(record)) if table is not None]
    plot = calibration_plot(record)
    if not tables or not record["elements"]["coverage"]["rated"]:
        return None
    return Section(title="Calibration and thresholds", tables=tuple(tables), plots=() if plot is None else (plot,))


def _comparisons(record: Record) -> Section | None:
    tables = [table for table in (comparison_table(record), system_table(record)) if table is not None]
    plot = system_plot(record)
    if not tables:
        return None
    return Section(
        title="Comparisons: pictures and generators",
        tables=tuple(tables),
        plots=() if plot is None else (plot,),
    )


def _worst(evaluation: Evaluation, read_picture: ReadPicture | None, n: int) -> Section | None:
    too_high, too_low = worst_pairs(evaluation.judged.pairs, n=n)
    if not too_high and not too_low:
        return None
    pairs = (*too_high, *too_low)
    return Section(
        title="Where scorer and people are furthest apart",
        text=(
            f"By rank among all pairs, one pair a prompt: first {len(too_high)} that the scorer puts too high, then "
            f"{len(too_low)} that it puts too low. They are the extremes, chosen for that, and not typical.",
        ),
        pictures=() if read_picture is None else picture_cards(pairs, read_picture=read_picture),
        tables=(pair_table(too_high, too_low),) if read_picture is None else (),
    )


def _coverage(record: Record) -> Section:
    join, coverage = record["join"], record["coverage"]
    names = {
        "missing": "of the data set, without a score",
        "unknown": "scored, not in the data set",
        "duplicates": "scored more than once",
        "other_prompts": "scored for another prompt",
        "repeated_pairs": "in the data set more than once",
    }
    rows = [
        ("rated pictures", coverage["rated"], None),
        ("- with a score", coverage["scored"], None),
        *((name, join[kind]["n"], ", ".join(join[kind]["first"][:3]) or None) for kind, name in names.items()),
    ]
    statuses = [(f"pictures: {name}", n) for name, n in sorted(record["statuses"].items(), key=lambda item: -item[1])]
    elements = record["elements"]["statuses"].items()
    statuses += [(f"elements: {name}", n) for name, n in sorted(elements, key=lambda item: -item[1])]
    return Section(
        title="Coverage",
        text=("Scores and ratings are joined by the picture's path, never by position.",),
        tables=(
            Table(title="Pictures", header=("", "n", "such as"), rows=tuple(rows)),
            Table(title="What the scorer said of each", header=("status", "n"), rows=tuple(statuses)),
        ),
    )


def _contamination(record: Record, scorer: str) -> Iterator[str]:
    facts = record["data"]
    base, _, model = scorer.partition(":")
    if facts and model == "mini" and scorer not in facts["in_domain"] and base in facts["in_domain"]:
        yield (
            f"{scorer} was trained on drawings in the form of {facts['title']}: on such drawings this is agreement at "
            "home (in-domain), and says little about other data."
        )
    elif facts and (scorer in facts["in_domain"] or base in facts["in_domain"]):
        yield (
            f"{scorer} was trained on ratings of {facts['title']}: this is agreement at home (in-domain), and says "
            "little about other data."
        )


def _facts(facts: Record | None) -> Iterator[tuple[str, str]]:
    if facts is None:
        return
    # Anyone's pairs may come in the form of EvalMuse-40K, drawings of the packaged world too.
    yield "form of the data" if facts["name"] == "evalmuse" else "data set", f"{facts['title']} ({facts['source']})"
    low, high = facts["rating_scale"]
    yield "rating", f"{low:g} to {high:g}, {facts['aggregation']}"
    yield "clusters", facts["clusters"]
    if facts["license"]:
        yield "license", facts["license"]
    for note in facts["notes"]:
        yield "note", note
