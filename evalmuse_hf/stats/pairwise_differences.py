"""What a paired comparison of scorers returns: one difference, or a table of all pairs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from evalmuse_hf.stats.detectable import MIN_PROMPTS, detectable_difference
from evalmuse_hf.stats.results import ConfidenceInterval, StatisticResult

UNDEFINED = float("nan")


@dataclass(frozen=True)
class ScorerDifference(StatisticResult):
    """How much better one scorer is than another on the same rows, ``first - second``.

    ``statistic`` is the difference, ``confidence_interval`` that of the paired bootstrap. Where lower is better
    (RMSE), a negative difference favours the first. ``status`` also says why a difference has neither interval nor
    p-value, as when it is the same in every resample.

    Attributes:
        measure: What is compared, such as ``"srcc"``.
        first: Value of the first scorer.
        second: Value of the second.
        standard_error: Of the difference, from the bootstrap; nan without it.
        p_value: Two-sided, from the same bootstrap (see `ResampledDifference.p_value`); the one to report. It goes
            with the percentile interval, also where the interval is BCa.
        exchange_p_value: Two-sided, of the permutation test that exchanges whole groups (`rank_exchange_test`); nan
            without permutations.
        williams_p_value: Of `williams_test`, only as contrast: it takes the rows for independent, and pictures of one
            prompt are not. nan unless SRCC or PLCC is compared.
        steiger_p_value: Of `steiger_test`, as contrast too.
    """

    measure: str = ""
    first: float = UNDEFINED
    second: float = UNDEFINED
    standard_error: float = UNDEFINED
    p_value: float = UNDEFINED
    exchange_p_value: float = UNDEFINED
    williams_p_value: float = UNDEFINED
    steiger_p_value: float = UNDEFINED

    @property
    def detectable(self) -> float:
        """The true difference that so many groups find four times in five (`detectable_difference`).

        nan without a standard error, and for scorers that never differ, whose error of 0 says nothing about others.
        """
        n_clusters = self.n if self.n_groups is None else self.n_groups
        if n_clusters < MIN_PROMPTS or not self.standard_error > 0:
            return UNDEFINED
        return detectable_difference(standard_error=self.standard_error, n_prompts=n_clusters)

    def reversed(self) -> "ScorerDifference":
        """The same comparison as ``second - first``."""
        interval = self.confidence_interval
        return replace(
            self,
            statistic=-self.statistic,
            confidence_interval=None if interval is None else ConfidenceInterval(-interval.high, -interval.low),
            first=self.second,
            second=self.first,
        )


@dataclass(frozen=True, slots=True)
class NamedDifference:
    """One cell of a table of differences.

    Attributes:
        first: Name of the first scorer.
        second: Name of the second, whose value is subtracted.
        difference: The comparison.
        adjusted_p_value: ``difference.p_value`` after Holm over the table; nan where there was no test.
        simultaneous_interval: Bonferroni's: all of them together hold with the confidence level. It comes from the
            same test as the p-value (see `ResampledDifference.far_interval`), so that one that excludes 0 is always a
            finding of Holm's; with BCa, whose p-value is the percentile one, as a rule. The reverse is not so, because
            Holm's procedure is the stronger of the two.
    """

    first: str
    second: str
    difference: ScorerDifference
    adjusted_p_value: float
    simultaneous_interval: ConfidenceInterval | None


@dataclass(frozen=True, slots=True)
class PairwiseDifferences:
    """Differences of scorers that were resampled together.

    Attributes:
        measure: What was compared.
        scorers: Value and interval of each scorer, in the given order, from the same resamples.
        differences: One entry for each compared pair, in the order of the names.
        baseline: Name of the scorer that the others are compared with; None if all pairs are.
        confidence_level: Of every interval.
    """

    measure: str
    scorers: Mapping[str, StatisticResult]
    differences: tuple[NamedDifference, ...]
    baseline: str | None
    confidence_level: float

    def between(self, first: str, second: str) -> NamedDifference:
        """Look up ``first - second``, whichever of the two directions was computed.

        Args:
            first: Name of a scorer.
            second: Name of another.

        Raises:
            KeyError: If the two were not compared.
        """
        for cell in self.differences:
            if (cell.first, cell.second) == (first, second):
                return cell
            if (cell.first, cell.second) == (second, first):
                interval = cell.simultaneous_interval
                return replace(
                    cell,
                    first=first,
                    second=second,
                    difference=cell.difference.reversed(),
                    simultaneous_interval=(
                        None if interval is None else ConfidenceInterval(-interval.high, -interval.low)
                    ),
                )
        raise KeyError(f"{first!r} and {second!r} were not compared.")
