"""The numbers that stand first on the page of a comparison of scorers."""

import math
from collections.abc import Iterator, Sequence

from evalmuse_hf.meta_evaluation.studies.metrics_options import Statistic
from evalmuse_hf.meta_evaluation.studies.metrics_pairs import PairCell
from evalmuse_hf.meta_evaluation.studies.metrics_study import DataComparison
from evalmuse_hf.meta_evaluation.studies.metrics_verdict import NAMES, Verdict, spell_noise
from evalmuse_hf.reports import Cell, spell_signed

Figure = tuple[str, Cell, str]


def headline(comparisons: Sequence[DataComparison], statistic: Statistic) -> tuple[Figure, ...]:
    """Name, value and meaning of each number: several of one data set, or the winner of each of several.

    Args:
        comparisons: One per data set.
        statistic: In which scorers are compared.
    """
    if len(comparisons) == 1:
        return tuple(_of_one(comparisons[0], statistic))
    return tuple(_of_several(comparison, statistic) for comparison in comparisons)


def _of_one(comparison: DataComparison, statistic: Statistic) -> Iterator[Figure]:
    verdict, matrix = comparison.verdict, comparison.matrix
    if verdict.best is None:
        yield comparison.facts.title, None, "no scorer has a value"
    else:
        line = next(line for line in comparison.scorers if line.name == verdict.best)
        ends = getattr(line, statistic).confidence_interval
        interval = "" if ends is None else f", 95 % {ends.low:.3f} to {ends.high:.3f}"
        yield f"Best{_mark(verdict)}", verdict.best, f"{NAMES[statistic]} {verdict.value:.3f}{interval}"
        if verdict.lead is not None and not math.isnan(verdict.lead.difference):
            ahead = spell_signed(verdict.lead.difference, 3)
            yield f"Ahead of {verdict.lead.second} by", ahead, spell_noise(verdict.is_noise)
        if matrix.letters:
            others = len(matrix.letters) - 1
            yield "Not to be told from it", f"{len(verdict.tied)} of {others}", "other scorers (Holm, 5 %)"
    for row in comparison.references:
        if verdict.oracle is not None and row.name in (verdict.oracle.first, verdict.oracle.second):
            detail = f"looks at no picture; its distance from the best {_spell_distance(verdict.oracle)}"
            yield "Prompt oracle", getattr(row, statistic).statistic, detail
    if (ceiling := comparison.people.ceilings[statistic]) is not None:
        yield "Ceiling of these ratings", ceiling, "what no scorer can be expected to pass"


def _of_several(comparison: DataComparison, statistic: Statistic) -> Figure:
    verdict = comparison.verdict
    if verdict.best is None:
        return comparison.facts.title, None, "no scorer has a value"
    detail = f"{NAMES[statistic]} {verdict.value:.3f}"
    if verdict.lead is not None and not math.isnan(verdict.lead.difference):
        detail += f", {verdict.lead.difference:.3f} ahead of {verdict.lead.second}: {spell_noise(verdict.is_noise)}"
    return f"{comparison.facts.title}{_mark(verdict)}", verdict.best, detail


def _spell_distance(cell: PairCell) -> str:
    if not cell.tested:
        return "was not tested"
    return "is more than noise" if cell.separated else "may be noise"


def _mark(verdict: Verdict) -> str:
    return " (in-domain)" if verdict.in_domain else ""
