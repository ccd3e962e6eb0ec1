"""Mean paired difference of two treatments over seeds, measured on items that all seeds share."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from evalmuse_hf.stats.results import ConfidenceInterval
from evalmuse_hf.stats.sample import FloatArray

MIN_SEEDS = 2
ROUNDING = 1e-12  # an error below this share of the mean is rounding noise


@dataclass(frozen=True)
class PairedResult:
    """A mean paired difference and what it rests on.

    Attributes:
        statistic: Mean over the seeds, on the scale of the differences.
        standard_error: Of the mean, seeds and items both counted as drawn at random.
        confidence_interval: ``statistic`` plus and minus ``standard_error`` times the quantile of Student's t.
        p_value: Two-sided, of the hypothesis that the mean is 0.
        n_seeds: Seeds; the degrees of freedom are one less.
        seed_error: Standard error if the items were fixed.
        item_error: Standard error if the seeds were fixed; nan without resamples.
    """

    statistic: float
    standard_error: float
    confidence_interval: ConfidenceInterval
    p_value: float
    n_seeds: int
    seed_error: float
    item_error: float


def paired_difference(
    *,
    differences: ArrayLike,
    resampled: ArrayLike | None = None,
    confidence_level: float = 0.95,
    rng: np.random.Generator | int | None = None,
) -> PairedResult:
    r"""Mean over seeds of the difference between two treatments, with an interval for new seeds and new items.

    A difference :math:`d_s` of seed s is a statistic of items (say, prompts) that all seeds share. If effects of the
    seed, of the items and of both together add up, the variance of the mean over S seeds is
    :math:`V_s + V_i + V_{si}`. The variance of the differences over S estimates :math:`V_s + V_{si}`; resampling the
    items in all seeds at once, :math:`V_i + V_{si}`. What both count is found by resampling seeds and items at once:
    with c the draw counts of the seeds, the part :math:`\sum_s (c_s - 1) (d^*_s - d_s) / S` of a resample belongs to
    neither alone, and its variance estimates :math:`V_{si} (S - 1) / S`. (The variance of the resampled means
    themselves would count it three times.) The result is not let fall below the larger of the first two.

    Args:
        differences: Difference of each seed, shape ``(S,)``.
        resampled: The same difference in each of R resamples of the items, shape ``(S, R)``; column r is one resample
            for all seeds. nan columns (undefined) are left out. None counts the seeds alone as drawn.
        confidence_level: Of the interval, in (0, 1).
        rng: Generator or seed of the resampled seeds.

    Returns:
        Mean, interval and the parts of its error. Without any spread the p-value is 1 for a mean of 0, else 0.

    Raises:
        ValueError: For fewer than two seeds, values that are not finite, shapes that do not fit, or a level outside
            (0, 1).

    References:
        Owen, *The pigeonhole bootstrap*, 2007 (what the crossed bootstrap estimates); Cameron, Gelbach and Miller,
        *Robust inference with multiway clustering*, 2011 (subtracting what is counted twice).

    >>> result = paired_difference(differences=[0.01, 0.03, 0.02])
    >>> result.statistic, result.standard_error, result.p_value
    (0.0200, 0.00577, 0.0742)
    """
    values = np.asarray(differences, dtype=np.float64)
    _check(values, confidence_level)
    n_seeds, mean = len(values), float(values.mean())
    seed_variance = float(values.var(ddof=1)) / n_seeds
    item_variance, both = float("nan"), 0.0
    if resampled is not None:
        item_variance, both = _item_parts(values, _defined(resampled, n_seeds), np.random.default_rng(rng))
    parts = np.array([seed_variance, np.nan_to_num(item_variance)])
    error = float(np.sqrt(max(parts.sum() - both, parts.max())))
    error = error if error > ROUNDING * abs(mean) else 0.0
    quantile = float(student.ppf((1 + confidence_level) / 2, n_seeds - 1))
    p_value = float(mean == 0) if error == 0 else float(2 * student.sf(abs(mean) / error, n_seeds - 1))
    return PairedResult(
        statistic=mean,
        standard_error=error,
        confidence_interval=ConfidenceInterval(mean - quantile * error, mean + quantile * error),
        p_value=p_value,
        n_seeds=n_seeds,
        seed_error=float(np.sqrt(seed_variance)),
        item_error=float(np.sqrt(item_variance)),
    )


def _item_parts(values: FloatArray, resampled: FloatArray, rng: np.random.Generator) -> tuple[float, float]:
    """Variance of the mean when the items are drawn, and the part of it that is drawn with the seeds too."""
    n_seeds, n_resamples = resampled.shape
    counts = rng.multinomial(n_seeds, np.full(n_seeds, 1 / n_seeds), size=n_resamples)  # (R, S)
    shifts = resampled.T - values  # (R, S)
    both = ((counts - 1) * (shifts - shifts.mean(axis=1, keepdims=True))).mean(axis=1)
    return float(shifts.mean(axis=1).var()), float(both.var()) * n_seeds / (n_seeds - 1)


def _check(values: FloatArray, confidence_level: float) -> None:
    if values.ndim != 1 or len(values) < MIN_SEEDS:
        raise ValueError(f"`differences` must hold at least {MIN_SEEDS} seeds, got shape {values.shape}.")
    if not np.isfinite(values).all():
        raise ValueError(f"`differences` has {int((~np.isfinite(values)).sum())} values that are not finite.")
    if not 0 < confidence_level < 1:
        raise ValueError(f"`confidence_level` must be between 0 and 1, got {confidence_level!r}.")


def _defined(resampled: ArrayLike, n_seeds: int) -> FloatArray:
    table = np.asarray(resampled, dtype=np.float64)
    if table.ndim != 2 or len(table) != n_seeds:
        raise ValueError(f"`resampled` must have one row per seed, {n_seeds}, got shape {table.shape}.")
    table = table[:, np.isfinite(table).all(axis=0)]
    if not table.shape[1]:
        raise ValueError("`resampled` has no column in which the difference of every seed is defined.")
    return table
