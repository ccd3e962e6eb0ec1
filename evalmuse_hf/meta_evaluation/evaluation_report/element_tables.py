"""Tables and plots of a report about the element scores: accuracy twice, categories, calibration, thresholds."""

from collections.abc import Mapping
from typing import Any

from evalmuse_hf.meta_evaluation.evaluation_report.statistic_cells import (
    Statistic,
    find,
    interval,
    status,
    value,
    with_interval,
)
from evalmuse_hf.reports import Cell, Curve, Forest, Reliability, Series, Table

Record = Mapping[str, Any]

METHODS = {"platt": "after Platt's map", "isotonic": "after an isotonic map"}


def accuracy_table(record: Record) -> Table:
    """Agreement of the verdicts in all, on scored elements and on all.

    Args:
        record: See `evalmuse_hf.meta_evaluation.evaluate_scores`.
    """
    majority = find(record, "references", "majority_class", "micro")
    ceiling = find(record, "ceilings", "accuracy", "micro")
    balanced = find(record, "references", "majority_class", "balanced")
    lines: tuple[tuple[str, Statistic, Statistic, Statistic], ...] = (
        ("accuracy, scored elements", find(record, "elements", "micro"), majority, ceiling),
        ("accuracy, unscored = wrong", find(record, "elements", "unscored_as_wrong", "micro"), majority, ceiling),
        ("balanced accuracy", find(record, "elements", "balanced"), balanced, {}),
        ("F1 of yes", find(record, "discrimination", "f1"), {}, {}),
        ("F1 of no", find(record, "discrimination", "f1_no"), {}, {}),
        ("AUROC", find(record, "discrimination", "auroc"), {}, {}),
    )
    rows = tuple(
        (
            name,
            value(entry),
            interval(entry) or status(entry),
            value(trivial),
            value(limit),
            entry["n"],
            entry["n_groups"],
        )
        for name, entry, trivial, limit in lines
        if entry["status"]
    )
    return Table(
        title="Element verdicts: is this element in the picture?",
        header=("", "value", "95 % interval", "majority class", "ceiling", "elements", "prompts"),
        rows=rows,
        note="Unscored = wrong counts every rated element of the data set, also those of pictures without any score, "
        "so that leaving hard ones out never raises it.",
    )


def category_table(record: Record) -> Table | None:
    """The 12 categories, with accuracy twice, balanced accuracy, and the majority of each.

    Args:
        record: See `evalmuse_hf.meta_evaluation.evaluate_scores`.
    """
    categories = record["elements"]["by_category"]
    if not categories:
        return None
    rows: list[tuple[Cell, ...]] = []
    for name, entry in categories.items():
        n = entry["micro"]["n"]
        rows.append(
            (
                name,
                value(entry["micro"]),
                interval(entry["micro"]) or status(entry["micro"]),
                value(entry["unscored_as_wrong"]["micro"]),
                value(entry["balanced"]),
                value(find(record, "references", "majority_class", "by_category", name)),
                value(find(record, "ceilings", "accuracy", "by_category", name)),
                value(find(record, "discrimination", "by_category", name, "auroc")),
                n,
                entry["n_yes"] / n if n else None,
            )
        )
    return Table(
        title="Categories",
        header=(
            *("category", "accuracy", "95 % interval", "unscored = wrong", "balanced"),
            *("majority class", "ceiling", "AUROC", "elements", "people say yes"),
        ),
        rows=tuple(rows),
        note="Where the accuracy passes the ceiling, the model of the ratings behind the ceiling (a share of yes that "
        "varies smoothly from element to element) does not hold there."
        if _passes_ceiling(record)
        else "",
    )


def category_plot(record: Record, *, scorer: str) -> Forest | None:
    """Accuracy of each category beside that of its majority class.

    Args:
        record: See `evalmuse_hf.meta_evaluation.evaluate_scores`.
        scorer: Name of the scorer.
    """
    categories = record["elements"]["by_category"]
    shown = {name: entry["micro"] for name, entry in categories.items() if value(entry["micro"]) is not None}
    if len(shown) < 2:
        return None
    series = [
        Series(
            name=scorer,
            values=tuple(map(value, shown.values())),
            lows=tuple(entry["low"] for entry in shown.values()),
            highs=tuple(entry["high"] for entry in shown.values()),
        )
    ]
    for label, place in (
        ("majority class", ("references", "majority_class", "by_category")),
        ("noise ceiling", ("ceilings", "accuracy", "by_category")),
    ):
        values = tuple(value(find(record, *place, name)) for name in shown)
        if any(number is not None for number in values):
            series.append(Series(name=label, values=values))
    return Forest(
        title="Accuracy by category",
        labels=tuple(shown),
        series=tuple(series),
        axis="share of verdicts as people say",
    )


def calibration_plot(record: Record) -> Reliability | None:
    """Mean element score against the share of people who say yes, before and after an isotonic map.

    Args:
        record: See `evalmuse_hf.meta_evaluation.evaluate_scores`.
    """
    entry = record.get("calibration", {})
    curves = [
        Curve(
            name=name,
            predicted=tuple(cell["score"] for cell in part["bins"]),
            observed=tuple(cell["yes_share"] for cell in part["bins"]),
        )
        for name, part in (("as scored", entry), (METHODS["isotonic"], entry.get("after", {}).get("isotonic", {})))
        if part.get("bins")
    ]
    if not curves:
        return None
    return Reliability(title="Element scores against the share of people who say yes", curves=tuple(curves))


def calibration_table(record: Record) -> Table | None:
    """Brier score, log loss and calibration error, as scored and after each map.

    Args:
        record: See `evalmuse_hf.meta_evaluation.evaluate_scores`.
    """
    entry = record.get("calibration")
    if entry is None:
        return None
    if value(find(entry, "brier")) is None:
        return Table(title="Calibration", header=("", "why"), rows=(("none", status(entry["brier"])),))
    rows: list[tuple[Cell, ...]] = [_calibration_row("as scored", entry)]
    rows += [_calibration_row(METHODS[name], part) for name, part in entry.get("after", {}).items()]
    rows.append(("always the mean share", entry["base_brier"], None, None, None, None))
    return Table(
        title="Calibration: does a score of 0.7 mean that 7 of 10 people say yes?",
        header=("", "Brier", "95 % interval", "log loss", "ECE", "ECE by chance"),
        rows=tuple(rows),
        note=f"Lower is better. ECE: 10 bins of equal size; by chance, what a calibrated scorer would show with so "
        f"few elements. Maps are fitted on other prompts. {100 * entry['tie_share']:.1f} % of the scores are exactly "
        "0.5, where a verdict is arbitrary (taken for a yes).",
    )


def threshold_table(record: Record) -> Table | None:
    """Accuracy with a threshold per category, chosen on other prompts.

    Args:
        record: See `evalmuse_hf.meta_evaluation.evaluate_scores`.
    """
    entry = record.get("thresholds")
    if entry is None or value(find(entry, "tuned")) is None:
        return None
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            part.get("threshold") if part["status"] == "ok" else None,
            value(part["usual"]),
            value(part["tuned"]),
            with_interval(part["gain"]),
            part["tuned"]["n"],
            None if part["status"] == "ok" else part["status"],
        )
        for name, part in (("all", entry), *entry["by_category"].items())
    ]
    return Table(
        title="A threshold for each category instead of 0.5",
        header=(
            *("category", "threshold", "accuracy at 0.5", "with its own", "gain [95 % interval]", "elements"),
            "kept 0.5 because",
        ),
        rows=tuple(rows),
        note="The accuracy with an own threshold is that of thresholds chosen on other prompts; the threshold shown "
        "is chosen on all elements, for use on new ones.",
    )


def _passes_ceiling(record: Record) -> bool:
    for name, entry in record["elements"]["by_category"].items():
        accuracy, limit = value(entry["micro"]), value(find(record, "ceilings", "accuracy", "by_category", name))
        if accuracy is not None and limit is not None and accuracy > limit:
            return True
    return False


def _calibration_row(name: str, part: Record) -> tuple[Cell, ...]:
    return (
        name,
        value(part["brier"]),
        interval(part["brier"]),
        value(part["log_loss"]),
        with_interval(part["ece"]),
        part.get("ece_expected"),
    )
