"""Every two scorers on the same pictures: which is better, by how much, and is that more than noise?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from evalmuse_hf.meta_evaluation.studies.metrics_data import StudyData
from evalmuse_hf.meta_evaluation.studies.metrics_lines import Record, ScorerLine
from evalmuse_hf.meta_evaluation.studies.metrics_options import MetricsOptions
from evalmuse_hf.stats import NamedDifference, scorer_differences, significance_letters

SIGNIFICANT = 0.05
LEAST_SHARE = 0.5
"""A scorer with no more than this share of another's pictures would take too many of them from the comparison."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCell:
    """Two scorers on the same pictures.

    Attributes:
        first: Name of the one with the higher value.
        second: The other.
        difference: First less second, in the statistic of the comparison; nan if it is undefined.
        low: Lower end of the simultaneous 95 % interval; None without one.
        high: Upper end.
        p_value: Two-sided, of no difference; nan if it cannot be had.
        adjusted_p_value: After Holm, over all pairs of scorers on this data set.
        n: Pictures that all compared scorers scored.
        n_prompts: Their prompts.
        standard_error: Of the difference, over prompts; nan if it cannot be had.
        status: ``"ok"``, or why there is no difference.
    """

    first: str
    second: str
    difference: float
    low: float | None
    high: float | None
    p_value: float
    adjusted_p_value: float
    n: int
    n_prompts: int
    standard_error: float = math.nan
    status: str = "ok"

    @property
    def separated(self) -> bool:
        """Whether the difference is more than noise, at 5 % for all pairs together."""
        return self.adjusted_p_value < SIGNIFICANT

    @property
    def tested(self) -> bool:
        """Whether there was a test at all."""
        return not math.isnan(self.adjusted_p_value)

    @property
    def swapped(self) -> "PairCell":
        """The same with the scorers in the other order."""
        ends = (None, None) if self.low is None or self.high is None else (-self.high, -self.low)
        return PairCell(
            first=self.second,
            second=self.first,
            difference=-self.difference,
            low=ends[0],
            high=ends[1],
            p_value=self.p_value,
            adjusted_p_value=self.adjusted_p_value,
            n=self.n,
            n_prompts=self.n_prompts,
            standard_error=self.standard_error,
            status=self.status,
        )

    def record(self) -> Record:
        """Spell it for JSON."""
        return {
            "first": self.first,
            "second": self.second,
            "difference": _known(self.difference),
            "low": self.low,
            "high": self.high,
            "p_value": _known(self.p_value),
            "adjusted_p_value": _known(self.adjusted_p_value),
            "separated": self.separated,
            "n": self.n,
            "n_prompts": self.n_prompts,
            "standard_error": _known(self.standard_error),
            "status": self.status,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """All pairs of scorers of one data set.

    Attributes:
        names: Scorers, highest value first; below them those that were left out, and last those without a value.
        values: Value of each in the statistic of the comparison; nan if it is undefined.
        cells: Every two.
        letters: Scorers that share a letter cannot be told apart; empty where nothing was tested.
        n: Pictures on which all of them were compared.
        left_out: Scorers that were not compared, because they scored no more than half as many pictures as another.
        references: Each reference row against the best scorer, on the pictures that have all of them, adjusted over
            these alone.
    """

    names: tuple[str, ...]
    values: dict[str, float]
    cells: tuple[PairCell, ...] = ()
    letters: dict[str, str] = field(default_factory=dict)
    n: int = 0
    left_out: tuple[str, ...] = ()
    references: tuple[PairCell, ...] = ()

    @property
    def ranked(self) -> tuple[str, ...]:
        """Scorers that were compared and have a value, highest first; the first of them is the best."""
        return tuple(name for name in self.names if name not in self.left_out and not math.isnan(self.values[name]))

    def between(self, first: str, second: str) -> PairCell | None:
        """First less second; None if they are the same, or were not compared.

        Args:
            first: Name of a scorer.
            second: Name of another.
        """
        for cell in self.cells + self.references:
            if (cell.first, cell.second) == (first, second):
                return cell
            if (cell.second, cell.first) == (first, second):
                return cell.swapped
        return None

    def tied_with(self, name: str) -> tuple[str, ...]:
        """Scorers that cannot be told from one, highest first.

        Args:
            name: Of the one.
        """
        cells = [(other, self.between(name, other)) for other in self.names if other != name]
        return tuple(other for other, cell in cells if cell is not None and cell.tested and not cell.separated)


def compare_scorers(
    lines: Sequence[ScorerLine], references: Sequence[ScorerLine], data: StudyData, options: MetricsOptions
) -> Matrix:
    """Compare every two scorers of a data set on the pictures that all of them scored.

    All pairs share the resamples, which draw whole prompts; p-values are adjusted after Holm over the pairs, and
    intervals hold for all of them together.

    Args:
        lines: The scorers.
        references: Reference rows, which take part in none of the comparisons but that with the best scorer.
        data: The data set.
        options: Statistic, resamples and seed.
    """
    values = {line.name: float(getattr(line, options.statistic).statistic) for line in lines}
    # One without a value takes no place from those that have one.
    most = max((line.n_scored for line in lines if not math.isnan(values[line.name])), default=0)
    compared = {line.name: line for line in lines if line.n_scored > LEAST_SHARE * most}
    names = tuple(sorted(values, key=lambda name: (math.isnan(values[name]), name not in compared, -values[name])))
    ordered = [compared[name] for name in names if name in compared]
    cells = _differences(ordered, data, options) if len(ordered) > 1 else ()
    matrix = Matrix(
        names=names,
        values=values,
        cells=cells,
        letters=_letters([line.name for line in ordered], cells),
        n=cells[0].n if cells else 0,
        left_out=tuple(name for name in names if name not in compared),
    )
    best = matrix.ranked[:1]
    against = [line for line in lines if line.name in best]
    against += [line for line in references if getattr(line, options.statistic).status == "ok"]
    if not best or len(against) < 2:
        return matrix
    return replace(matrix, references=_differences(against, data, options, baseline=best[0]))


def _differences(
    lines: Sequence[ScorerLine], data: StudyData, options: MetricsOptions, *, baseline: str | None = None
) -> tuple[PairCell, ...]:
    found = scorer_differences(
        scores={line.name: line.scores for line in lines},
        references=data.ratings,
        groups=data.groups,
        baseline=baseline,
        statistic=options.statistic,
        nan_policy="omit",
        n_resamples=options.n_resamples,
        n_permutations=0,
        rng=options.seed,
    )
    return tuple(_cell(one) for one in found.differences)


def _cell(one: NamedDifference) -> PairCell:
    interval = one.simultaneous_interval
    return PairCell(
        first=one.first,
        second=one.second,
        difference=one.difference.statistic,
        low=None if interval is None else interval.low,
        high=None if interval is None else interval.high,
        p_value=one.difference.p_value,
        adjusted_p_value=one.adjusted_p_value,
        n=one.difference.n,
        n_prompts=one.difference.n_groups or 0,
        standard_error=one.difference.standard_error,
        status=one.difference.status,
    )


def _letters(names: Sequence[str], cells: Sequence[PairCell]) -> dict[str, str]:
    """Letters of the scorers that take part in a test."""
    tested = [name for name in names if any(name in (cell.first, cell.second) and cell.tested for cell in cells)]
    places = {name: place for place, name in enumerate(tested)}
    apart = np.zeros((len(tested), len(tested)), dtype=bool)
    for cell in cells:
        if cell.separated:
            apart[places[cell.first], places[cell.second]] = apart[places[cell.second], places[cell.first]] = True
    return dict(zip(tested, significance_letters(separated=apart), strict=True)) if tested else {}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
