"""Plots of a comparison of scorers on one data set."""

import math

from evalmuse_hf.meta_evaluation.studies.metrics_lines import ScorerLine
from evalmuse_hf.meta_evaluation.studies.metrics_options import Statistic
from evalmuse_hf.meta_evaluation.studies.metrics_pairs import PairCell
from evalmuse_hf.meta_evaluation.studies.metrics_study import DataComparison
from evalmuse_hf.meta_evaluation.studies.metrics_verdict import NAMES, TOO_FEW, spell_ends
from evalmuse_hf.reports import Forest, Heat, Series, spell_signed
from evalmuse_hf.stats import StatisticResult


def agreement_plot(comparison: DataComparison, statistic: Statistic) -> Forest:
    """Scorers, reference rows and people with their intervals.

    Args:
        comparison: All scorers on one data set.
        statistic: In which they are compared.
    """
    by_name = {line.name: line for line in comparison.scorers}
    ordered = [by_name[name] for name in comparison.matrix.names]
    references = [line for line in comparison.references if line.srcc.status == "ok"]
    human = comparison.people.human if statistic == "srcc" else None
    labels = [_label(line) for line in ordered] + [line.name for line in references]
    labels += [] if human is None else ["one rater, by the others"]
    scores = [getattr(line, statistic) for line in ordered]
    readings = [getattr(line, statistic) for line in references] + ([] if human is None else [human])
    ceiling = comparison.people.ceilings[statistic]
    notes = [
        _note(
            result,
            TOO_FEW if line.name in comparison.matrix.left_out else comparison.matrix.letters.get(line.name, ""),
        )
        for result, line in zip(scores, ordered, strict=True)
    ]
    notes += [_note(result) for result in readings]
    return Forest(
        title=f"{NAMES[statistic]} with the mean rating",
        labels=tuple(labels),
        series=(
            _series("scorers", scores, before=0, after=len(readings)),
            _series("read ratings, not pictures", readings, before=len(scores), after=0),
        )
        if readings
        else (_series("scorers", scores, before=0, after=0),),
        axis=NAMES[statistic],
        reference=ceiling,
        reference_name="ceiling of these ratings" if ceiling is not None else "",
        notes=tuple(notes),
        digits=None,
        wide=True,
    )


def matrix_plot(comparison: DataComparison, statistic: Statistic) -> Heat:
    """Every two scorers, row less column, with what may be noise marked.

    Args:
        comparison: All scorers on one data set.
        statistic: In which they are compared.
    """
    matrix = comparison.matrix
    names = tuple(name for name in matrix.names if name not in matrix.left_out)
    cells = [[matrix.between(first, second) for second in names] for first in names]
    return Heat(
        title=f"Row less column, {NAMES[statistic]}",
        rows=names,
        columns=names,
        values=tuple(tuple(_finite(cell) for cell in row) for row in cells),
        noise=tuple(tuple(cell is not None and not cell.separated for cell in row) for row in cells),
        details=tuple(tuple(_detail(cell) for cell in row) for row in cells),
        digits=2,
        positive="row agrees better",
        negative="row agrees worse",
    )


def _series(name: str, results: list[StatisticResult], *, before: int, after: int) -> Series:
    """Values at their own labels, with empty places before and after."""
    values = [None if math.isnan(result.statistic) else result.statistic for result in results]
    ends = [result.confidence_interval for result in results]
    empty: tuple[list[None], list[None]] = ([None] * before, [None] * after)
    return Series(
        name=name,
        values=(*empty[0], *values, *empty[1]),
        lows=(*empty[0], *(None if end is None else end.low for end in ends), *empty[1]),
        highs=(*empty[0], *(None if end is None else end.high for end in ends), *empty[1]),
    )


def _note(result: StatisticResult, letters: str = "") -> str:
    return "" if math.isnan(result.statistic) else f"{result.statistic:.3f} {letters}".strip()


def _label(line: ScorerLine) -> str:
    return f"{line.name}*" if line.in_domain else line.name


def _finite(cell: PairCell | None) -> float | None:
    return None if cell is None or math.isnan(cell.difference) else cell.difference


def _detail(cell: PairCell | None) -> str:
    if cell is None or math.isnan(cell.difference):
        return ""
    ends = "" if cell.low is None or cell.high is None else f", {spell_ends(cell.low, cell.high)} for all pairs"
    difference = spell_signed(cell.difference, 3)
    test = f"p after Holm {cell.adjusted_p_value:.3g}" if cell.tested else "not tested"
    return f"{cell.first} less {cell.second}: {difference}{ends}; {test}"
