"""What the bootstrap distribution of a difference says: error, p-value and intervals."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from evalmuse_hf.stats.bca import bca_interval
from evalmuse_hf.stats.resampling import MOST_UNDEFINED, percentiles
from evalmuse_hf.stats.results import ConfidenceInterval
from evalmuse_hf.stats.sample import FloatArray

FEWEST_BEYOND = 10  # resamples beyond a point from which its tail is counted
FEW_CLUSTERS = 5  # with fewer, there are hardly any different resamples to count
ROUNDING = 1e-12  # of the values that are subtracted: differences that are this near count as equal
TIE = 1e-9  # of a rank: a p-value that equals the level up to rounding is not below it


@dataclass(frozen=True)
class ResampledDifference:
    """A difference with its resampled values.

    In a table of many scorers the p-values that matter lie far in the tail: with 1,000 resamples the smallest one that
    can be counted is .002, which Holm over 45 pairs turns into .09. Where fewer than ten resamples lie beyond a point,
    the tail is therefore that of Student's t, with the standard error of the resamples and one degree of freedom less
    than there are clusters. With fewer than five clusters it is so everywhere.

    Attributes:
        estimate: The observed difference.
        values: Its resampled values, shape ``(R,)``; nan where it was undefined.
        n_clusters: Clusters that were drawn.
        left_out: The difference without each cluster in turn, shape ``(n_clusters,)``: intervals are then BCa. None:
            percentile intervals.
        scale: Size of the two values that are subtracted; what is far smaller is rounding.
    """

    estimate: float
    values: FloatArray
    n_clusters: int
    left_out: FloatArray | None = None
    scale: float = 1.0

    @property
    def defined(self) -> FloatArray:
        """Resampled values without the undefined ones."""
        return self.values[~np.isnan(self.values)]

    @property
    def n_failed(self) -> int:
        """Resamples in which the difference was undefined."""
        return int(np.isnan(self.values).sum())

    @property
    def standard_error(self) -> float:
        """Standard deviation of the resampled values; 0 for scorers that never differ, nan with a `problem`."""
        if self.problem:
            return float("nan")
        return 0.0 if self._never_differs() else float(self.defined.std(ddof=1))

    @property
    def problem(self) -> str:
        """Why there is neither error nor interval nor p-value; empty where there are.

        >>> ResampledDifference(0.5, np.full(99, 0.5), n_clusters=3).problem
        'the difference is the same in every resample'
        """
        defined = self.defined
        if defined.size < 2 or self.n_failed > MOST_UNDEFINED * self.values.size:
            return f"the difference is undefined in {self.n_failed} of {self.values.size} resamples"
        if np.ptp(defined) <= self._rounding() and not self._never_differs():
            return "the difference is the same in every resample"
        return ""

    def p_value(self) -> float:
        """Two-sided, of the hypothesis that the true difference is 0; nan where there is a `problem`.

        Twice the smaller of ``(1 + c) / (1 + R)``, with c the resamples that are at most, and at least, 0; no more
        than 1. Where c is below ten, it is that of Student's t, as described above, and no more than for c = 10.
        It takes no notice of ``left_out``. Scorers that never differ have 1.

        References:
            Davison and Hinkley, *Bootstrap Methods and their Application*, 1997, section 4.4; a fitted tail where few
            resamples lie: Knijnenburg et al., *Fewer permutations, more accurate P-values*, Bioinformatics 25, 2009.

        >>> ResampledDifference(1.0, np.linspace(-1, 3, 99), n_clusters=50).p_value()  # 25 of 99 are at most 0
        0.52
        """
        if self.problem:
            return float("nan")
        if self._never_differs():
            return 1.0
        far = float(2 * student.sf(abs(self.estimate) / self.standard_error, self.n_clusters - 1))
        if self.n_clusters < FEW_CLUSTERS:
            return far
        defined = self.defined
        beyond = int(min(np.count_nonzero(defined <= 0), np.count_nonzero(defined >= 0)))
        if beyond >= FEWEST_BEYOND:
            return _counted(beyond, defined.size)
        return min(far, _counted(FEWEST_BEYOND, defined.size))

    def interval(self, confidence_level: float) -> ConfidenceInterval | None:
        """Percentile or BCa interval; None where there is a `problem`, or where the BCa correction is undefined.

        Args:
            confidence_level: In (0, 1).
        """
        if self.problem:
            return None
        if self.left_out is None:
            return percentiles(self.defined, confidence_level=confidence_level)
        return bca_interval(
            values=self.defined, estimate=self.estimate, left_out=self.left_out, confidence_level=confidence_level
        )

    def far_interval(self, confidence_level: float) -> ConfidenceInterval | None:
        """Interval of a level that the resamples may not reach: Student's t then, as described above.

        It holds every true difference that a test like `p_value` would not reject, so that an interval without 0 is
        one with a p-value below ``1 - confidence_level``. With ``left_out`` it is the BCa interval where the resamples
        reach the level, of which that is true only as a rule.

        Args:
            confidence_level: In (0, 1).

        >>> drawn = ResampledDifference(1.0, np.linspace(-1, 3, 1999), n_clusters=50)
        >>> drawn.far_interval(0.9) == ConfidenceInterval(*drawn.values[[98, -99]])  # 2 * 99 / 2000 is below 0.1
        True
        """
        if self.problem or self._never_differs():
            return self.interval(confidence_level)
        tail, ordered = (1 - confidence_level) / 2, np.sort(self.defined)
        reach = float(student.isf(tail, self.n_clusters - 1)) * self.standard_error
        low, high = self.estimate - reach, self.estimate + reach
        if self.n_clusters < FEW_CLUSTERS:
            return ConfidenceInterval(low=low, high=high)
        # With fewer than so many resamples below a value, the p-value of that value is below 1 - confidence_level.
        rank = math.ceil(tail * (1 + ordered.size) - TIE) - 1
        if rank > FEWEST_BEYOND:
            if self.left_out is not None:
                return self.interval(confidence_level)
            return ConfidenceInterval(low=float(ordered[rank - 1]), high=float(ordered[-rank]))
        if ordered.size >= 2 * FEWEST_BEYOND:  # else there is no value with as many on both sides
            low, high = min(low, float(ordered[FEWEST_BEYOND - 1])), max(high, float(ordered[-FEWEST_BEYOND]))
        return ConfidenceInterval(low=low, high=high)

    def _rounding(self) -> float:
        return ROUNDING * max(self.scale, abs(self.estimate))

    def _never_differs(self) -> bool:
        return bool(max(abs(self.estimate), np.abs(self.defined).max(initial=0.0)) <= self._rounding())


def _counted(beyond: int, n_resamples: int) -> float:
    return min(1.0, 2 * (1 + beyond) / (1 + n_resamples))
