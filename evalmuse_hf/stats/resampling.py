"""Percentile bootstrap over clusters, and the mean with such an interval."""

import logging
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.results import ConfidenceInterval, StatisticResult
from evalmuse_hf.stats.sample import FloatArray, NanPolicy, Sample, read_sample

logger = logging.getLogger(__name__)

CountStatistic = Callable[[FloatArray], FloatArray]
PairStatistic = Callable[[FloatArray, FloatArray], float]  # of predictions and references, in this order

BLOCK_VALUES = 2_000_000  # draw counts held at once: 16 MB per working array


@dataclass(frozen=True)
class Resampling:
    """How a bootstrap interval is drawn.

    Attributes:
        n_resamples: Number of resamples; 0 means no interval.
        confidence_level: Share of the bootstrap distribution inside the interval, in (0, 1).
        rng: Generator or seed; None draws a fresh seed.

    Raises:
        ValueError: If ``n_resamples`` is negative or ``confidence_level`` is not in (0, 1).
    """

    n_resamples: int
    confidence_level: float = 0.95
    rng: np.random.Generator | int | None = None

    def __post_init__(self) -> None:
        if self.n_resamples < 0:
            raise ValueError(f"`n_resamples` must be >= 0, got {self.n_resamples!r}.")
        if not 0 < self.confidence_level < 1:
            raise ValueError(f"`confidence_level` must be between 0 and 1, got {self.confidence_level!r}.")


def percentile_interval(
    statistic: CountStatistic, *, sample: Sample, resampling: Resampling
) -> ConfidenceInterval | None:
    """Percentile bootstrap interval of a statistic whose rows come in clusters.

    Whole clusters are drawn with replacement, as many as there are. A resample is described by how often each cluster
    was drawn, so that a statistic made of sums needs one matrix product for all resamples. Resamples in which the
    statistic is undefined (nan) are left out.

    Args:
        statistic: Takes draw counts of shape ``(R, n_clusters)`` and returns the statistic of each resample, shape
            ``(R,)``. Called with blocks of resamples.
        sample: Rows and clusters.
        resampling: Number of resamples, level and seed.

    Returns:
        The interval, or None without resamples, with fewer than two clusters, or if every resample is undefined.

    References:
        Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13; clusters: Davison and Hinkley,
        *Bootstrap Methods and their Application*, 1997, section 3.8.

    >>> sample = read_sample({"values": [1.0, 2.0, 3.0, 4.0]}, groups=None)
    >>> mean = ratio_of_sums(sample["values"], np.ones(4))
    >>> percentile_interval(mean, sample=sample, resampling=Resampling(1000, rng=0))
    ConfidenceInterval(low=1.5, high=3.5)
    """
    if resampling.n_resamples == 0:
        return None
    if sample.n_clusters < 2:
        logger.warning(
            "No confidence interval: at least 2 groups (or ungrouped rows) are needed, got %d.", sample.n_clusters
        )
        return None
    generator = np.random.default_rng(resampling.rng)
    shares = np.full(sample.n_clusters, 1 / sample.n_clusters)
    block = max(1, BLOCK_VALUES // sample.n)
    values = np.empty(resampling.n_resamples)
    for start in range(0, resampling.n_resamples, block):
        stop = min(start + block, resampling.n_resamples)
        counts = generator.multinomial(sample.n_clusters, shares, size=stop - start)
        values[start:stop] = statistic(counts.astype(np.float64))
    defined = values[~np.isnan(values)]
    if defined.size < values.size:
        logger.info("Left out %d of %d resamples without a defined value.", values.size - defined.size, values.size)
    if not defined.size:
        return None
    tail = (1 - resampling.confidence_level) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return ConfidenceInterval(low=float(low), high=float(high))


def written_out(statistic: PairStatistic, *, sample: Sample) -> CountStatistic:
    """Turn a statistic of predictions and references into one of draw counts, by writing every resample out."""

    def of_counts(counts: FloatArray) -> FloatArray:
        rows = np.arange(sample.n)
        drawn = (np.repeat(rows, weights) for weights in counts.astype(np.intp)[:, sample.codes])
        return np.asarray([statistic(sample["predictions"][index], sample["references"][index]) for index in drawn])

    return of_counts


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
        rng: Generator or seed.

    Returns:
        The mean, on the scale of ``values``; nan for no rows.

    Raises:
        ValueError: See `read_sample` and `Resampling`.

    References:
        See `percentile_interval`.

    >>> result = mean_interval(values=[1.0, 2.0, 3.0, 6.0], groups=["a", "a", "b", "b"], rng=0)
    >>> result.statistic, result.confidence_interval
    (3.0, ConfidenceInterval(low=1.5, high=4.5))
    """
    resampling = Resampling(n_resamples=n_resamples, confidence_level=confidence_level, rng=rng)
    sample = read_sample({"values": values}, groups=groups, nan_policy=nan_policy)
    if not sample.n:
        return StatisticResult(float("nan"), None, 0, sample.n_dropped, "no rows", sample.n_groups)
    sums = sample.sums(np.column_stack([sample["values"], np.ones(sample.n)]))
    interval = percentile_interval(ratio_of_sums(sums[:, 0], sums[:, 1]), sample=sample, resampling=resampling)
    mean = float(sample["values"].mean())
    return StatisticResult(mean, interval, sample.n, sample.n_dropped, n_groups=sample.n_groups)
