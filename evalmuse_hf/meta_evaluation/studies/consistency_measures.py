"""How far a second round repeats the first: reliability of the means, their shift, and limits of agreement."""

from dataclasses import dataclass

import numpy as np

from evalmuse_hf.stats.clustered import ClusteredEstimate, clustered_mean
from evalmuse_hf.stats.icc import icc
from evalmuse_hf.stats.resampling import CountStatistic, Resampling, percentile_interval
from evalmuse_hf.stats.results import StatisticResult
from evalmuse_hf.stats.sample import FloatArray, IntArray, Sample, read_sample

LIMIT = 1.96
"""Standard deviations between the mean difference and a limit of agreement."""

_CLOSE = 1e-9  # means of three are no round numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """Means of two rounds over the same things.

    Attributes:
        n: Items, or elements of items.
        n_prompts: Prompts behind them.
        old_mean: Mean of the first round.
        new_mean: Mean of the second round.
        icc: ICC(1,1) of the two means, one-way: how far one such mean stands for the thing and not for its raters.
        shift: Second less first round; the bias of Bland and Altman.
        deviation: Standard deviation of the differences.
        lower: Lower limit of agreement: 95 % of differences lie between the two, were they normal.
        upper: Upper limit.
        within: Largest difference that counts as close.
        close: Share of differences that are.
    """

    n: int
    n_prompts: int
    old_mean: float
    new_mean: float
    icc: StatisticResult
    shift: ClusteredEstimate
    deviation: float
    lower: StatisticResult
    upper: StatisticResult
    within: float
    close: StatisticResult


def measure_repetition(
    old: FloatArray, new: FloatArray, prompts: IntArray, *, within: float, resampling: Resampling
) -> Repetition:
    """Compare the means of two rounds. Intervals draw whole prompts; that of the shift is Student's t over prompts.

    Args:
        old: Mean of each thing in the first round, shape ``(n,)``; where it or the other is nan, it is left out.
        new: Likewise, in the second round.
        prompts: Number of its prompt.
        within: Largest difference that counts as close.
        resampling: Of the intervals.
    """
    rows = np.isfinite(old) & np.isfinite(new)
    if not rows.any():
        return _nothing(within)
    old, new = old[rows], new[rows]
    sample = read_sample({"old": old, "new": new}, groups=prompts[rows].tolist())
    differences = new - old
    moments = sample.sums(np.column_stack([differences, differences**2, np.ones(sample.n)]))
    deviation = float(differences.std(ddof=1)) if sample.n > 1 else float("nan")
    near = (np.abs(differences) <= within + _CLOSE).astype(np.float64)
    return Repetition(
        n=sample.n,
        n_prompts=sample.n_clusters,
        old_mean=float(old.mean()),
        new_mean=float(new.mean()),
        icc=icc(
            np.column_stack([old, new]),
            form="(1,1)",
            groups=sample.codes.tolist(),
            n_resamples=resampling.n_resamples,
            confidence_level=resampling.confidence_level,
            rng=resampling.rng,
        ),
        shift=clustered_mean(values=differences, clusters=sample.codes, confidence_level=resampling.confidence_level),
        deviation=deviation,
        lower=_result(_limit(moments, -LIMIT), sample, resampling),
        upper=_result(_limit(moments, LIMIT), sample, resampling),
        within=within,
        close=_result(_share(sample.sums(near)[:, 0], moments[:, 2]), sample, resampling),
    )


def _limit(moments: FloatArray, deviations: float) -> CountStatistic:
    def of_counts(counts: FloatArray) -> FloatArray:
        sums, squares, n = (counts @ moments).T
        with np.errstate(invalid="ignore", divide="ignore"):
            variance = np.maximum(squares - sums**2 / n, 0.0) / (n - 1)
            return np.asarray(np.where(n > 1, sums / n + deviations * np.sqrt(variance), np.nan), dtype=np.float64)

    return of_counts


def _share(hits: FloatArray, totals: FloatArray) -> CountStatistic:
    def of_counts(counts: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((counts @ hits) / (counts @ totals), dtype=np.float64)

    return of_counts


def _result(statistic: CountStatistic, sample: Sample, resampling: Resampling) -> StatisticResult:
    value = float(statistic(np.ones((1, sample.n_clusters)))[0])
    if not np.isfinite(value):
        return StatisticResult(float("nan"), None, sample.n, 0, "no variation", sample.n_clusters)
    interval = percentile_interval(statistic, sample=sample, resampling=resampling) if sample.n_clusters > 1 else None
    return StatisticResult(value, interval, sample.n, 0, n_groups=sample.n_clusters)


def _nothing(within: float) -> Repetition:
    nan = float("nan")
    empty = StatisticResult(nan, None, 0, 0, "no rows", 0)
    return Repetition(
        n=0,
        n_prompts=0,
        old_mean=nan,
        new_mean=nan,
        icc=empty,
        shift=ClusteredEstimate(nan, nan, nan, None, nan, 0, "no rows"),
        deviation=nan,
        lower=empty,
        upper=empty,
        within=within,
        close=empty,
    )
