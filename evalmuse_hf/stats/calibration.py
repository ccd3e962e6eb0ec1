"""Are element scores probabilities? Brier score, log loss and calibration error against the human share of yes."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.calibration_maps import require_shares
from evalmuse_hf.stats.joint_intervals import say_undefined
from evalmuse_hf.stats.resampling import (
    BootstrapInterval,
    CountStatistic,
    IntervalMethod,
    Resampling,
    bootstrap_interval,
    ratio_of_sums,
)
from evalmuse_hf.stats.results import StatisticResult
from evalmuse_hf.stats.sample import FloatArray, IntArray, NanPolicy, Sample, read_sample

CLIP = 1e-6  # log loss of a score of 0 or 1 that is wrong would be infinite; with this it is 13.8


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Scores of one bin beside what people said.

    Attributes:
        low: Smallest score.
        high: Largest score.
        mean_score: Mean score.
        mean_yes_share: Mean share of people who say yes.
        standard_error: Of the difference of the two means, groups drawn at random; nan with fewer than two groups.
        n: Elements.
    """

    low: float
    high: float
    mean_score: float
    mean_yes_share: float
    standard_error: float
    n: int


@dataclass(frozen=True, slots=True)
class CalibrationResult:
    """How far scores are from shares of yes; all of it is nan without rows.

    Attributes:
        brier: Mean squared difference of score and share, in [0, 1], lower is better.
        log_loss: Mean cross entropy, in nats, lower is better.
        ece: Mean over the elements of the distance between mean score and mean share of their bin, in [0, 1].
        ece_expected: What `ece` would be on average with the same elements if every bin's scores were right: the
            noise of the bins, which `ece` cannot fall below; nan with fewer than two groups.
        bins: The bins, from low to high scores.
        tie_share: Share of scores that are exactly 0.5, and thus a yes only by the rule for ties.
        base_brier: Brier score of giving every element the mean share.
        n: Elements used.
        n_dropped: Elements left out because a value was nan (``nan_policy="omit"``).
        n_clipped: Scores that the log loss moved away from 0 or 1.
        n_groups: Clusters of the intervals; None when no groups were given.
        status: ``"ok"``, or why there is nothing.
    """

    brier: StatisticResult
    log_loss: StatisticResult
    ece: StatisticResult
    ece_expected: float
    bins: tuple[CalibrationBin, ...]
    tie_share: float
    base_brier: float
    n: int
    n_dropped: int
    n_clipped: int
    n_groups: int | None
    status: str = "ok"


def calibration(
    *,
    predictions: ArrayLike,
    yes_shares: ArrayLike,
    groups: Sequence[Hashable] | None = None,
    n_bins: int = 10,
    nan_policy: NanPolicy = "raise",
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    interval: IntervalMethod = "percentile",
    rng: np.random.Generator | int | None = None,
) -> CalibrationResult:
    r"""Compare scores with the share of people who say yes.

    The references are shares, not verdicts: a score of 0.7 for what two of three people see is nearly right. Brier
    score and log loss therefore do not reach 0 where people disagree. Bins of the calibration error hold about equal
    numbers of elements; equal scores are never split, so that there may be fewer bins than asked for. The error is
    biased upwards: the mean share of a bin is never exactly right, and a distance counts that as an error. Read it
    beside ``ece_expected``, :math:`\sum_b \frac{n_b}{n} \sigma_b \sqrt{2 / \pi}` with the standard error
    :math:`\sigma_b` of each bin over groups (normal approximation). The bins stay the same in every resample; a
    percentile interval of ``ece`` has the bias twice and may lie above the value where that is near ``ece_expected``.

    Args:
        predictions: Element scores, shape ``(n,)``, in [0, 1]; nan where the element was not scored.
        yes_shares: Share of people who say yes, shape ``(n,)``, in [0, 1].
        groups: Labels of the rows that are drawn together for the intervals; they never change the statistics.
        n_bins: Bins of the calibration error.
        nan_policy: ``"raise"``, or ``"omit"`` to leave out rows with a nan and count them.
        n_resamples: Bootstrap resamples for the intervals; 0 means no intervals.
        confidence_level: Share of the bootstrap distribution inside an interval.
        interval: ``"percentile"`` or ``"bca"``, see `Resampling`.
        rng: Generator or seed of the bootstrap.

    Returns:
        The three statistics, the bins for a plot, and what they rest on. The log loss takes scores nearer than 1e-6
        to 0 or 1 as that near.

    Raises:
        ValueError: For values outside [0, 1] (see `cross_validated_calibration` for scores on another scale), nan
            under ``"raise"``, different lengths, or fewer than one bin.

    References:
        Brier, *Verification of forecasts expressed in terms of probability*, 1950; Nixon et al., *Measuring
        calibration in deep learning*, 2019 (bins of equal mass); Kumar, Liang and Ma, *Verified uncertainty
        calibration*, 2019 (the bias).

    >>> result = calibration(predictions=[0.1, 0.2, 0.8, 0.5], yes_shares=[0, 0, 1, 2 / 3], n_bins=2)
    >>> result.brier.statistic, result.ece.statistic, result.tie_share
    (0.0294, 0.1667, 0.25)
    >>> [(part.mean_score, part.mean_yes_share) for part in result.bins]
    [(0.15, 0.0), (0.65, 0.8333)]
    """
    resampling = Resampling(n_resamples, confidence_level, np.random.default_rng(rng), interval)
    if n_bins < 1:
        raise ValueError(f"`n_bins` must be at least 1, got {n_bins!r}.")
    sample = read_sample({"predictions": predictions, "yes_shares": yes_shares}, groups=groups, nan_policy=nan_policy)
    scores, shares = sample["predictions"], sample["yes_shares"]
    require_shares("predictions", scores)
    require_shares("yes_shares", shares)
    clipped = np.clip(scores, CLIP, 1 - CLIP)
    losses = -(shares * np.log(clipped) + (1 - shares) * np.log1p(-clipped))
    bins = equal_mass_bins(scores, n_bins)
    n_used = int(bins.max()) + 1 if sample.n else 0
    gaps = _gaps(sample, bins, n_used)
    errors = _standard_errors(sample, bins, n_used)
    masses = np.bincount(bins, minlength=n_used) / max(sample.n, 1)
    status = "ok" if sample.n else "no rows"
    say_undefined("calibration", status, resampling=resampling)
    return CalibrationResult(
        brier=_mean((scores - shares) ** 2, sample=sample, resampling=resampling),
        log_loss=_mean(losses, sample=sample, resampling=resampling),
        ece=_ece(gaps, sample=sample, resampling=resampling),
        ece_expected=float(masses @ errors * np.sqrt(2 / np.pi)) if sample.n else float("nan"),
        bins=tuple(_bin(sample, bins == number, float(errors[number])) for number in range(n_used)),
        tie_share=float((scores == 0.5).mean()) if sample.n else float("nan"),
        base_brier=float(shares.var()) if sample.n else float("nan"),
        n=sample.n,
        n_dropped=sample.n_dropped,
        n_clipped=int((clipped != scores).sum()),
        n_groups=sample.n_groups,
        status=status,
    )


def equal_mass_bins(scores: FloatArray, n_bins: int) -> IntArray:
    """Bin of every score, from 0: by the middle of the ranks that its ties take, so that ties share a bin.

    Args:
        scores: Shape ``(n,)``, finite.
        n_bins: Bins asked for; fewer are used where ties fill them.

    >>> equal_mass_bins(np.array([0.1, 0.9, 0.5, 0.5]), 2), equal_mass_bins(np.array([0.5, 0.5, 0.5]), 10)
    (array([0, 1, 1, 1]), array([0, 0, 0]))
    """
    _, place, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    middles = np.cumsum(sizes) - sizes / 2
    bins = np.minimum((middles * n_bins / max(len(scores), 1)).astype(np.intp), n_bins - 1)
    return np.asarray(np.unique(bins, return_inverse=True)[1][place], dtype=np.intp)


def _mean(values: FloatArray, *, sample: Sample, resampling: Resampling) -> StatisticResult:
    if not sample.n:
        return _result(float("nan"), BootstrapInterval(None), sample)
    sums = sample.sums(np.column_stack([values, np.ones(sample.n)]))
    found = bootstrap_interval(ratio_of_sums(sums[:, 0], sums[:, 1]), sample=sample, resampling=resampling)
    return _result(float(values.mean()), found, sample)


def _ece(gaps: FloatArray, *, sample: Sample, resampling: Resampling) -> StatisticResult:
    if not sample.n:
        return _result(float("nan"), BootstrapInterval(None), sample)
    of_counts = _ece_of_counts(gaps, sample.sums(np.ones(sample.n))[:, 0])
    found = bootstrap_interval(of_counts, sample=sample, resampling=resampling)
    return _result(float(np.abs(gaps.sum(axis=0)).sum() / sample.n), found, sample)


def _ece_of_counts(gaps: FloatArray, sizes: FloatArray) -> CountStatistic:
    return lambda counts: np.abs(counts @ gaps).sum(axis=1) / (counts @ sizes)


def _gaps(sample: Sample, bins: IntArray, n_bins: int) -> FloatArray:
    """Score less share, added up by cluster and bin: shape (n_clusters, n_bins)."""
    cells = sample.codes * n_bins + bins
    differences = sample["predictions"] - sample["yes_shares"]
    gaps = np.bincount(cells, weights=differences, minlength=sample.n_clusters * n_bins)
    return np.asarray(gaps.reshape(sample.n_clusters, n_bins), dtype=np.float64)


def _standard_errors(sample: Sample, bins: IntArray, n_bins: int) -> FloatArray:
    """Standard error of score less share in each bin, with clusters drawn at random."""
    if sample.n_clusters < 2:
        return np.full(n_bins, np.nan)
    cells = sample.codes * n_bins + bins
    counts = np.bincount(cells, minlength=sample.n_clusters * n_bins).reshape(sample.n_clusters, n_bins)
    gaps = _gaps(sample, bins, n_bins)
    totals = counts.sum(axis=0)
    residuals = (gaps - counts * (gaps.sum(axis=0) / totals)) / totals
    n_clusters = (counts > 0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        errors = np.sqrt((residuals**2).sum(axis=0) * n_clusters / (n_clusters - 1))
    return np.asarray(np.where(n_clusters > 1, errors, np.nan), dtype=np.float64)


def _bin(sample: Sample, rows: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]", error: float) -> CalibrationBin:
    scores, shares = sample["predictions"][rows], sample["yes_shares"][rows]
    return CalibrationBin(
        low=float(scores.min()),
        high=float(scores.max()),
        mean_score=float(scores.mean()),
        mean_yes_share=float(shares.mean()),
        standard_error=error,
        n=len(scores),
    )


def _result(statistic: float, found: BootstrapInterval, sample: Sample) -> StatisticResult:
    return StatisticResult(
        statistic=statistic,
        confidence_interval=found.interval,
        n=sample.n,
        n_dropped=sample.n_dropped,
        status="ok" if sample.n else "no rows",
        n_groups=sample.n_groups,
        n_failed=found.n_failed,
        interval_method=found.method,
    )
