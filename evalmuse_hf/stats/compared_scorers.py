"""Scorers that were computed on the same resamples, and their differences."""

import itertools
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from evalmuse_hf.stats.detectable import MIN_PROMPTS
from evalmuse_hf.stats.multiplicity import holm
from evalmuse_hf.stats.pairwise_differences import NamedDifference, PairwiseDifferences, ScorerDifference
from evalmuse_hf.stats.resampled_difference import FEW_CLUSTERS, ResampledDifference
from evalmuse_hf.stats.resampling import Resampling, interval_of_values, left_out_values, resampled_values
from evalmuse_hf.stats.results import ConfidenceInterval, StatisticResult
from evalmuse_hf.stats.sample import FloatArray, Sample
from evalmuse_hf.stats.weighted_correlation import CountStatistics

logger = logging.getLogger(__name__)

MIN_SCORERS = 2


@dataclass(frozen=True)
class ComparedScorers:
    """Scorers on the same rows, with what was drawn once for all of them.

    Attributes:
        measure: What is computed, such as ``"srcc"``.
        results: Value of each of the k scorers on all rows, without interval.
        sample: The rows.
        resampling: How intervals are drawn.
        values: The k values of every resample, shape ``(R, k)``; None without resamples.
        left_out: The k values without each cluster, shape ``(n_clusters, k)``; None unless intervals are BCa.
    """

    measure: str
    results: Sequence[StatisticResult]
    sample: Sample
    resampling: Resampling
    values: FloatArray | None
    left_out: FloatArray | None

    @classmethod
    def of(
        cls,
        of_counts: CountStatistics,
        *,
        measure: str,
        results: Sequence[StatisticResult],
        sample: Sample,
        resampling: Resampling,
    ) -> "ComparedScorers":
        """Draw the resamples.

        Args:
            of_counts: Takes draw counts and returns the values of all scorers, shape ``(R, k)``.
            measure: Name of what it computes.
            results: The same on all rows.
            sample: The rows.
            resampling: How often, and with which generator.
        """
        values = left_out = None
        if resampling.n_resamples:
            names = [f"`{name}`" for name in sample.columns if name != "references"]
            for number, result in enumerate(results):
                if result.status != "ok":
                    name = names[number] if len(names) == len(results) else f"scorer {number}"
                    logger.warning("No %s of %s, and no interval or test: %s.", measure, name, result.status)
        if resampling.n_resamples and sample.n_clusters < MIN_PROMPTS:
            logger.warning(
                "No interval and no test of a difference: at least %d groups (or ungrouped rows) are needed, got %d.",
                MIN_PROMPTS,
                sample.n_clusters,
            )
        elif resampling.n_resamples:
            if sample.n_clusters < FEW_CLUSTERS:
                logger.warning(
                    "Intervals and tests of differences say little: they rest on %d groups (or ungrouped rows), fewer "
                    "than %d.",
                    sample.n_clusters,
                    FEW_CLUSTERS,
                )
            values = resampled_values(of_counts, sample=sample, resampling=resampling)
            if resampling.method == "bca":
                left_out = left_out_values(of_counts, sample=sample)
        return cls(measure, results, sample, resampling, values, left_out)

    @property
    def enough_clusters(self) -> bool:
        """Whether there is anything to draw from."""
        return self.sample.n_clusters >= MIN_PROMPTS

    def scorer(self, number: int) -> StatisticResult:
        """Value of one scorer with its interval.

        Args:
            number: Of the scorer, from 0.
        """
        result, interval, n_failed = self.results[number], None, 0
        if self.values is not None and result.status == "ok":
            found = interval_of_values(
                self.values[:, number],
                resampling=self.resampling,
                estimate=result.statistic,
                left_out=() if self.left_out is None else self.left_out[:, number],
            )
            interval, n_failed = found.interval, found.n_failed
            if interval is None:
                logger.warning("No interval of %s.", self.measure)
        return StatisticResult(
            statistic=result.statistic,
            confidence_interval=interval,
            n=self.sample.n,
            n_dropped=self.sample.n_dropped,
            status=result.status,
            n_groups=self.sample.n_groups,
            n_failed=n_failed,
            interval_method="" if interval is None else self.resampling.method,
        )

    def difference(self, first: int, second: int) -> ScorerDifference:
        """Value of one scorer minus that of another, with interval, error and p-value.

        Args:
            first: Number of the scorer, from 0.
            second: Number of the scorer that is subtracted.
        """
        drawn, status = self.resampled(first, second), self._status(first, second)
        interval = None if drawn is None else drawn.interval(self.resampling.confidence_level)
        if drawn is not None and drawn.problem:
            status = drawn.problem
            logger.warning("No interval and no test of a difference of %s: %s.", self.measure, status)
        elif drawn is not None and interval is None:
            logger.warning("No BCa interval of a difference of %s: the correction is undefined.", self.measure)
        return ScorerDifference(
            statistic=self.results[first].statistic - self.results[second].statistic,
            confidence_interval=interval,
            n=self.sample.n,
            n_dropped=self.sample.n_dropped,
            status=status,
            n_groups=self.sample.n_groups,
            n_failed=0 if drawn is None else drawn.n_failed,
            interval_method="" if interval is None else self.resampling.method,
            measure=self.measure,
            first=self.results[first].statistic,
            second=self.results[second].statistic,
            standard_error=float("nan") if drawn is None else drawn.standard_error,
            p_value=float("nan") if drawn is None else drawn.p_value(),
        )

    def resampled(self, first: int, second: int) -> ResampledDifference | None:
        """Bootstrap distribution of a difference; None without resamples, or if a scorer has no value.

        Args:
            first: See `difference`.
            second: See `difference`.
        """
        if self.values is None or self._status(first, second) != "ok":
            return None
        return ResampledDifference(
            estimate=self.results[first].statistic - self.results[second].statistic,
            values=self.values[:, first] - self.values[:, second],
            n_clusters=self.sample.n_clusters,
            left_out=None if self.left_out is None else self.left_out[:, first] - self.left_out[:, second],
            scale=max(abs(self.results[number].statistic) for number in (first, second)),
        )

    def table(
        self, names: Sequence[str], *, baseline: str | None, difference_of: Callable[[int, int], ScorerDifference]
    ) -> PairwiseDifferences:
        """Compare all pairs, or all scorers with one, and adjust for their number.

        Args:
            names: Of the k scorers.
            baseline: The one that all others are compared with; None: all pairs.
            difference_of: Makes the comparison of two numbers: `difference`, or what adds tests to it.
        """
        pairs = list(itertools.combinations(range(len(names)), 2))
        if baseline is not None:
            last = names.index(baseline)
            pairs = [(number, last) for number in range(len(names)) if number != last]
        differences = [difference_of(*pair) for pair in pairs]
        adjusted = holm(p_values=[difference.p_value for difference in differences])
        return PairwiseDifferences(
            measure=self.measure,
            scorers={name: self.scorer(number) for number, name in enumerate(names)},
            differences=tuple(
                NamedDifference(
                    first=names[first],
                    second=names[second],
                    difference=difference,
                    adjusted_p_value=float(p_value),
                    simultaneous_interval=self._simultaneous(first, second, n_tests=len(pairs)),
                )
                for (first, second), difference, p_value in zip(pairs, differences, adjusted, strict=True)
            ),
            baseline=baseline,
            confidence_level=self.resampling.confidence_level,
        )

    def _simultaneous(self, first: int, second: int, *, n_tests: int) -> ConfidenceInterval | None:
        drawn = self.resampled(first, second)
        return None if drawn is None else drawn.far_interval(1 - (1 - self.resampling.confidence_level) / n_tests)

    def _status(self, first: int, second: int) -> str:
        results = (("first", self.results[first]), ("second", self.results[second]))
        return next((f"{name}: {result.status}" for name, result in results if result.status != "ok"), "ok")


def require_scorers(scores: Mapping[str, object], *, baseline: str | None) -> None:
    """Refuse a table of fewer than two scorers, or without its baseline.

    Args:
        scores: By name.
        baseline: One of the names, or None.

    Raises:
        ValueError: If so.
    """
    if len(scores) < MIN_SCORERS:
        raise ValueError(f"`scores` must hold at least {MIN_SCORERS} scorers to compare, got {len(scores)}.")
    if baseline is not None and baseline not in scores:
        raise ValueError(f"`baseline` must be one of {', '.join(map(repr, scores))}, got {baseline!r}.")
