"""Bootstrap over clusters, percentile or BCa, and the mean with such an interval."""

import logging
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.bca import bca_interval
from evalmuse_hf.stats.results import ConfidenceInterval, StatisticResult
from evalmuse_hf.stats.sample import FloatArray, NanPolicy, Sample, read_sample, require_choice

logger = logging.getLogger(__name__)

CountStatistic = Callable[[FloatArray], FloatArray]
IntervalMethod = Literal["percentile", "bca"]
PairStatistic = Callable[[FloatArray, FloatArray], float]  # of predictions and references, in this order

MOST_UNDEFINED = 0.1
"""Where a larger share of the resamples is undefined, the others are no picture of the statistic's spread."""

ROUNDING = 1e-12  # resamples that differ by less than this share of their size are equal

BLOCK_VALUES = 2_000_000  # draw counts held at once: 16 MB per working array


@dataclass(frozen=True)
class Resampling:
    """How a bootstrap interval is drawn.

    Attributes:
        n_resamples: Number of resamples; 0 means no interval.
        confidence_level: Share of the bootstrap distribution inside the interval, in (0, 1).
        rng: Generator or seed; None draws a fresh seed.
        method: ``"percentile"``, or ``"bca"`` for percentiles corrected for bias and acceleration, see `bca_interval`.

    Raises:
        ValueError: If ``n_resamples`` is negative, ``confidence_level`` is not in (0, 1), or ``method`` is unknown.
    """

    n_resamples: int
    confidence_level: float = 0.95
    rng: np.random.Generator | int | None = None
    method: IntervalMethod = "percentile"

    def __post_init__(self) -> None:
        if self.n_resamples < 0:
            raise ValueError(f"`n_resamples` must be >= 0, got {self.n_resamples!r}.")
        if not 0 < self.confidence_level < 1:
            raise ValueError(f"`confidence_level` must be between 0 and 1, got {self.confidence_level!r}.")
        require_choice("interval", self.method, ("percentile", "bca"))


@dataclass(frozen=True, slots=True)
class BootstrapInterval:
    """An interval and the resamples behind it.

    Attributes:
        interval: None without resamples, with fewer than two clusters, if every resample gives the same value, if
            more than `MOST_UNDEFINED` of them are undefined, or if the BCa correction is.
        n_failed: Resamples without a value, which the interval leaves out.
        method: ``"percentile"`` or ``"bca"``; empty without an interval.
    """

    interval: ConfidenceInterval | None
    n_failed: int = 0
    method: str = ""


def bootstrap_interval(statistic: CountStatistic, *, sample: Sample, resampling: Resampling) -> BootstrapInterval:
    """Bootstrap interval of a statistic whose rows come in clusters.

    Whole clusters are drawn with replacement, as many as there are. A resample is described by how often each cluster
    was drawn, so that a statistic made of sums needs one matrix product for all resamples. Resamples in which the
    statistic is undefined (nan) are left out and counted. BCa leaves out one cluster at a time for its acceleration,
    which costs as much as one more resample per cluster.

    Args:
        statistic: Takes draw counts of shape ``(R, n_clusters)`` and returns the statistic of each resample, shape
            ``(R,)``. Called with blocks of resamples.
        sample: Rows and clusters.
        resampling: Number of resamples, level, seed and method.

    References:
        Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, chapters 13 and 14; clusters: Davison and
        Hinkley, *Bootstrap Methods and their Application*, 1997, section 3.8.

    >>> sample = read_sample({"values": [1.0, 2.0, 3.0, 4.0]}, groups=None)
    >>> mean = ratio_of_sums(sample["values"], np.ones(4))
    >>> bootstrap_interval(mean, sample=sample, resampling=Resampling(1000, rng=0)).interval
    ConfidenceInterval(low=1.5, high=3.5)
    """
    if resampling.n_resamples == 0:
        return BootstrapInterval(None)
    if sample.n_clusters < 2:
        logger.warning(
            "No confidence interval: at least 2 groups (or ungrouped rows) are needed, got %d.", sample.n_clusters
        )
        return BootstrapInterval(None)
    values = resampled_values(statistic, sample=sample, resampling=resampling)
    if resampling.method == "percentile":
        return interval_of_values(values, resampling=resampling)
    return interval_of_values(
        values,
        resampling=resampling,
        estimate=float(statistic(np.ones((1, sample.n_clusters)))[0]),
        left_out=left_out_values(statistic, sample=sample),
    )


def interval_of_values(
    values: FloatArray, *, resampling: Resampling, estimate: float = float("nan"), left_out: ArrayLike = ()
) -> BootstrapInterval:
    """Interval from the values of resamples; none, with a warning, where they cannot tell how sure a value is.

    That is so where all are the same, as with agreement of 100 %: an interval without width would claim to know. It is
    also so where more than `MOST_UNDEFINED` are undefined, as of a category of two elements.

    Args:
        values: Of the resamples, shape ``(R,)``, nan where the statistic is undefined.
        resampling: Level and method.
        estimate: The statistic of the whole sample, for BCa.
        left_out: The statistic without each of the clusters, for BCa.

    >>> values = np.asarray([1.0, 2.0, 3.0])
    >>> interval_of_values(values, resampling=Resampling(3, 0.5)).interval
    ConfidenceInterval(low=1.5, high=2.5)
    """
    defined = values[~np.isnan(values)]
    n_failed = values.size - defined.size
    reason = ""
    if not defined.size:
        reason = "the statistic is undefined in every resample"
    elif n_failed > MOST_UNDEFINED * values.size:
        reason = f"the statistic is undefined in {n_failed} of {values.size} resamples"
    elif np.ptp(defined) <= ROUNDING * max(1.0, float(np.abs(defined).max())):
        reason = "every resample gives the same value: no interval can be had from so little disagreement"
    if reason:
        logger.warning("No confidence interval: %s.", reason)
        return BootstrapInterval(None, n_failed)
    if n_failed:
        logger.info("Left out %d of %d resamples without a defined value.", n_failed, values.size)
    if resampling.method == "percentile":
        interval = percentiles(values, confidence_level=resampling.confidence_level)
        return BootstrapInterval(interval, n_failed, "percentile")
    corrected = bca_interval(
        values=values, estimate=estimate, left_out=left_out, confidence_level=resampling.confidence_level
    )
    if corrected is None:
        logger.warning("No BCa interval: the correction for bias or acceleration is undefined for these resamples.")
        return BootstrapInterval(None, n_failed)
    return BootstrapInterval(corrected, n_failed, "bca")


def percentile_interval(
    statistic: CountStatistic, *, sample: Sample, resampling: Resampling
) -> ConfidenceInterval | None:
    """The interval of `bootstrap_interval` alone.

    Args:
        statistic: See `bootstrap_interval`.
        sample: See `bootstrap_interval`.
        resampling: See `bootstrap_interval`.

    Returns:
        The interval, or None; see `BootstrapInterval`.

    >>> sample = read_sample({"values": [1.0, 2.0, 3.0, 4.0]}, groups=None)
    >>> mean = ratio_of_sums(sample["values"], np.ones(4))
    >>> percentile_interval(mean, sample=sample, resampling=Resampling(1000, rng=0))
    ConfidenceInterval(low=1.5, high=3.5)
    """
    return bootstrap_interval(statistic, sample=sample, resampling=resampling).interval


def drawn_counts(sample: Sample, *, resampling: Resampling) -> Iterator[FloatArray]:
    """Draw counts of the resamples, in blocks of shape ``(R, n_clusters)`` small enough to hold all rows of each.

    Args:
        sample: Rows and clusters.
        resampling: Number of resamples and seed; the same seed gives the same counts in blocks of any size.

    >>> sample = read_sample({"values": [1.0, 2.0, 3.0, 4.0]}, groups=["a", "a", "b", "b"])
    >>> [counts.sum(axis=1) for counts in drawn_counts(sample, resampling=Resampling(3, rng=0))]
    [array([2., 2., 2.])]
    """
    generator = np.random.default_rng(resampling.rng)
    shares = np.full(sample.n_clusters, 1 / sample.n_clusters)
    block = max(1, BLOCK_VALUES // sample.n)
    for start in range(0, resampling.n_resamples, block):
        size = min(block, resampling.n_resamples - start)
        yield generator.multinomial(sample.n_clusters, shares, size=size).astype(np.float64)


def resampled_values(statistic: CountStatistic, *, sample: Sample, resampling: Resampling) -> FloatArray:
    """The statistic of every resample; of several statistics at once, one column each.

    Args:
        statistic: Takes draw counts ``(R, n_clusters)``, returns ``(R,)`` or ``(R, k)``.
        sample: Rows and clusters.
        resampling: Number of resamples and seed.

    >>> sample = read_sample({"values": [1.0, 2.0]}, groups=None)
    >>> resampled_values(ratio_of_sums(sample["values"], np.ones(2)), sample=sample, resampling=Resampling(4, rng=0))
    array([1.5, 1.5, 2. , 2. ])
    """
    blocks = [statistic(counts) for counts in drawn_counts(sample, resampling=resampling)]
    return np.concatenate(blocks) if blocks else np.empty(0)


def left_out_values(statistic: CountStatistic, *, sample: Sample) -> FloatArray:
    """The statistic without each of the clusters: the jackknife.

    Args:
        statistic: See `resampled_values`.
        sample: Rows and clusters.

    >>> sample = read_sample({"values": [1.0, 2.0, 6.0]}, groups=None)
    >>> left_out_values(ratio_of_sums(sample["values"], np.ones(3)), sample=sample)
    array([4. , 3.5, 1.5])
    """
    block = max(1, BLOCK_VALUES // sample.n)
    values = []
    for start in range(0, sample.n_clusters, block):
        absent = np.arange(start, min(start + block, sample.n_clusters))
        counts = np.ones((len(absent), sample.n_clusters))
        counts[np.arange(len(absent)), absent] = 0
        values.append(statistic(counts))
    return np.concatenate(values)


def percentiles(values: FloatArray, *, confidence_level: float) -> ConfidenceInterval:
    """The middle share of bootstrap values.

    Args:
        values: Shape ``(R,)``; nan is left out, and at least one is not nan.
        confidence_level: The share, in (0, 1).

    >>> percentiles(np.arange(101.0), confidence_level=0.9)
    ConfidenceInterval(low=5.0, high=95.0)
    """
    tail = (1 - confidence_level) / 2
    low, high = np.quantile(values[~np.isnan(values)], [tail, 1 - tail])
    return ConfidenceInterval(low=float(low), high=float(high))


def ratio_of_sums(numerator: FloatArray, denominator: FloatArray) -> CountStatistic:
    """Build the statistic sum(numerator) / sum(denominator) of the drawn clusters, each of shape ``(n_clusters,)``."""

    def of_counts(counts: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((counts @ numerator) / (counts @ denominator), dtype=np.float64)

    return of_counts


def mean_interval(
    *,
    values: ArrayLike,
    groups: Sequence[Hashable] | None = None,
    nan_policy: NanPolicy = "raise",
    n_resamples: int = 1000,
    confidence_level: float = 0.95,
    interval: IntervalMethod = "percentile",
    rng: np.random.Generator | int | None = None,
) -> StatisticResult:
    """Mean over rows, with a bootstrap interval over groups.

    Args:
        values: Shape ``(n,)``, any scale.
        groups: One label per row, for example the prompt; rows of one group are drawn together. It never changes the
            mean. None: independent rows.
        nan_policy: ``"raise"``, or ``"omit"`` to leave out nan rows and count them.
        n_resamples: Bootstrap resamples; 0 means no interval.
        confidence_level: Share of the bootstrap distribution inside the interval.
        interval: ``"percentile"`` or ``"bca"``, see `Resampling`.
        rng: Generator or seed.

    Returns:
        The mean, on the scale of ``values``; nan for no rows.

    Raises:
        ValueError: See `read_sample` and `Resampling`.

    References:
        See `bootstrap_interval`.

    >>> result = mean_interval(values=[1.0, 2.0, 3.0, 6.0], groups=["a", "a", "b", "b"], rng=0)
    >>> result.statistic, result.confidence_interval
    (3.0, ConfidenceInterval(low=1.5, high=4.5))
    """
    resampling = Resampling(n_resamples=n_resamples, confidence_level=confidence_level, rng=rng, method=interval)
    sample = read_sample({"values": values}, groups=groups, nan_policy=nan_policy)
    if not sample.n:
        return StatisticResult(float("nan"), None, 0, sample.n_dropped, "no rows", sample.n_groups)
    sums = sample.sums(np.column_stack([sample["values"], np.ones(sample.n)]))
    found = bootstrap_interval(ratio_of_sums(sums[:, 0], sums[:, 1]), sample=sample, resampling=resampling)
    return StatisticResult(
        statistic=float(sample["values"].mean()),
        confidence_interval=found.interval,
        n=sample.n,
        n_dropped=sample.n_dropped,
        n_groups=sample.n_groups,
        n_failed=found.n_failed,
        interval_method=found.method,
    )
