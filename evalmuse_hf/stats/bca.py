"""Limits of the BCa interval: percentiles of the bootstrap, moved for bias and for an error that is not constant."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from evalmuse_hf.stats.results import ConfidenceInterval
from evalmuse_hf.stats.sample import FloatArray


def bca_interval(
    *, values: ArrayLike, estimate: float, left_out: ArrayLike, confidence_level: float = 0.95
) -> ConfidenceInterval | None:
    r"""Bias-corrected and accelerated interval from a bootstrap and a jackknife.

    With the share :math:`p` of the bootstrap values below the estimate (equal ones count half), the bias is
    :math:`z_0 = \Phi^{-1}(p)`. With the values :math:`\theta_{(g)}` that leave out cluster g, and
    :math:`d_g = \bar\theta - \theta_{(g)}`, the acceleration is
    :math:`a = \sum d_g^3 / (6 (\sum d_g^2)^{3/2})`. The limit for the normal quantile :math:`z` is the percentile at
    :math:`\Phi(z_0 + (z_0 + z) / (1 - a (z_0 + z)))`. Without bias and acceleration that is the percentile interval.

    Args:
        values: Of the resamples, shape ``(R,)``; nan is left out.
        estimate: The statistic of the whole sample.
        left_out: The statistic without each of the clusters, shape ``(n_clusters,)``; nan is left out.
        confidence_level: In (0, 1).

    Returns:
        The interval; None where it is undefined: no value, an estimate beyond all of them, fewer than two values with
        a cluster left out, or an acceleration that turns the order of the percentiles.

    References:
        Efron, *Better bootstrap confidence intervals*, JASA 82, 1987, sections 2 and 6 (the acceleration by the
        jackknife: equation 6.6).

    >>> bca_interval(values=np.arange(100.0), estimate=49.5, left_out=[49.0, 50.0], confidence_level=0.9)
    ConfidenceInterval(low=4.95, high=94.05)
    """
    drawn, jackknife = (_defined(numbers) for numbers in (values, left_out))
    if not drawn.size or jackknife.size < 2 or not np.isfinite(estimate):
        return None
    below = (np.count_nonzero(drawn < estimate) + np.count_nonzero(drawn <= estimate)) / (2 * drawn.size)
    if not 0 < below < 1:
        return None
    bias = float(ndtri(below))
    tail = (1 - confidence_level) / 2
    shifted = bias + ndtri(np.asarray([tail, 1 - tail]))
    stretch = 1 - _acceleration(jackknife) * shifted
    if (stretch <= 0).any():
        return None
    low, high = np.quantile(drawn, ndtr(bias + shifted / stretch))
    return ConfidenceInterval(low=float(low), high=float(high))


def _acceleration(left_out: FloatArray) -> float:
    distances = left_out.mean() - left_out
    spread = float((distances**2).sum())
    return float((distances**3).sum()) / (6 * spread**1.5) if spread else 0.0


def _defined(numbers: ArrayLike) -> FloatArray:
    array = np.asarray(numbers, dtype=np.float64)
    return np.asarray(array[~np.isnan(array)], dtype=np.float64)
