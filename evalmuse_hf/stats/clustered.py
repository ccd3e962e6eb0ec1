"""Many means at once whose rows come in clusters, each with a t interval that holds with few and uneven clusters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from evalmuse_hf.stats.results import ConfidenceInterval
from evalmuse_hf.stats.sample import FloatArray, IntArray

_ROUNDING = 1e-12  # an error below this share of the largest estimate is rounding noise


@dataclass(frozen=True)
class ClusteredEstimate:
    """An estimate and what it rests on.

    Attributes:
        statistic: The estimate; nan when it is undefined.
        standard_error: With clusters drawn at random; nan when it is undefined.
        degrees_of_freedom: Effective number of clusters less one.
        confidence_interval: Of Student's t; None when the error is undefined.
        p_value: Two-sided, of the hypothesis that the true value is 0; nan when the error is undefined.
        n_clusters: Clusters that the estimate has rows of.
        status: ``"ok"``, or why something is nan.
    """

    statistic: float
    standard_error: float
    degrees_of_freedom: float
    confidence_interval: ConfidenceInterval | None
    p_value: float
    n_clusters: int
    status: str = "ok"


def clustered_mean(
    *, values: ArrayLike, clusters: ArrayLike, min_clusters: int = 2, confidence_level: float = 0.95
) -> ClusteredEstimate:
    """Mean over rows, with a t interval over clusters.

    Args:
        values: Shape ``(n,)``, finite.
        clusters: Number of the cluster of each row, from 0.
        min_clusters: With fewer, there is no interval and no p-value.
        confidence_level: Of the interval, in (0, 1).

    Raises:
        ValueError: See `clustered_means`.

    >>> clustered_mean(values=[1.0, 3.0, 2.0, 2.0, 4.0, 6.0], clusters=[0, 0, 1, 1, 2, 2]).standard_error  # of 2, 2, 5
    1.0
    """
    labels = np.zeros(len(np.asarray(values)), dtype=np.intp)
    return clustered_means(
        values=values,
        labels=labels,
        clusters=clusters,
        n_labels=1,
        min_clusters=min_clusters,
        confidence_level=confidence_level,
    )[0]


def clustered_means(
    *,
    values: ArrayLike,
    labels: ArrayLike,
    clusters: ArrayLike,
    n_labels: int,
    min_clusters: int = 2,
    confidence_level: float = 0.95,
) -> list[ClusteredEstimate]:
    """Mean over the rows of each label, with a t interval over clusters; see `clustered_estimates`.

    Args:
        values: Shape ``(n,)``, finite.
        labels: Number of the label of each row, from 0 to ``n_labels - 1``.
        clusters: Number of the cluster of each row, from 0.
        n_labels: How many labels there are; one without rows has a mean of nan.
        min_clusters: With fewer, there is no interval and no p-value.
        confidence_level: Of the intervals, in (0, 1).

    Returns:
        One estimate per label, in order.

    Raises:
        ValueError: If the lengths differ or a value is not finite.
    """
    counts, sums = _cells(values, labels, clusters, n_labels)
    total = counts.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = sums.sum(axis=0) / total
        influence, shares = (sums - counts * means) / total, counts / total
    return clustered_estimates(
        estimates=means,
        influence=np.nan_to_num(influence),
        shares=np.nan_to_num(shares),
        min_clusters=min_clusters,
        confidence_level=confidence_level,
    )


def clustered_estimates(
    *,
    estimates: ArrayLike,
    influence: ArrayLike,
    shares: ArrayLike,
    min_clusters: int = 2,
    confidence_level: float = 0.95,
) -> list[ClusteredEstimate]:
    r"""Errors, intervals and p-values of estimates to which every cluster adds a part.

    With the part :math:`\psi_g` of cluster g (what it adds to the estimate less its expectation) and its share
    :math:`h_g` of the weight, the variance is :math:`\sum_g \psi_g^2 / (1 - h_g)`: a cluster pulls the estimate
    towards itself, and the division undoes that. The effective number of clusters is :math:`1 / \sum_g h_g^2`, and
    Student's t has one degree of freedom less. With G clusters of one size that is the t test of the cluster means.
    Where all clusters agree to the last digit there is no error to divide by; then the p-value is that of the sign
    test, :math:`2^{1 - G}`.

    Args:
        estimates: Shape ``(m,)``; nan is undefined.
        influence: The parts, shape ``(G, m)``; each column sums to 0.
        shares: The shares, shape ``(G, m)``; each column sums to 1, or to 0 where the estimate is undefined.
        min_clusters: With fewer clusters of a share above 0, there is no interval and no p-value.
        confidence_level: Of the intervals, in (0, 1).

    Returns:
        One result per estimate, in order.

    References:
        Bell and McCaffrey, *Bias reduction in standard errors for linear regression with multi-stage samples*, 2002;
        Carter, Schnepel and Steigerwald, *Asymptotic behavior of a t-test robust to cluster heterogeneity*, 2017
        (the effective number of clusters).
    """
    points = np.asarray(estimates, dtype=np.float64)
    parts, weights = np.asarray(influence, dtype=np.float64), np.asarray(shares, dtype=np.float64)
    n_clusters = (weights > 0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        errors = np.sqrt(np.where(weights < 1, parts**2 / (1 - weights), 0.0).sum(axis=0))
        freedom = 1 / (weights**2).sum(axis=0) - 1
    few = n_clusters < max(2, min_clusters)
    statuses = np.where(np.isfinite(points), np.where(few | ~(freedom > 0), "too few groups", "ok"), "no rows")
    return _judge(points, errors, freedom, n_clusters, statuses, confidence_level)


def clustered_contrasts(
    *,
    values: ArrayLike,
    labels: ArrayLike,
    clusters: ArrayLike,
    n_labels: int,
    reference: ArrayLike | None = None,
    min_clusters: int = 2,
    confidence_level: float = 0.95,
) -> list[ClusteredEstimate]:
    r"""Mean over the rows of each label less the mean over the rows of the others, with a t interval over clusters.

    A cluster may have rows of both; what they share cancels. With the parts :math:`\psi_g` that cluster g adds to the
    two means, its shares :math:`h_g` of their rows, and n rows, the variance is
    :math:`\sum_g (\psi_{1g} / \sqrt{1 - h_{1g}} - \psi_{0g} / \sqrt{1 - h_{0g}})^2`. Clusters weigh
    :math:`w_g = h_{1g} / n_1 + h_{0g} / n_0`, what they add to the variance of rows that are alike, and Student's t
    has :math:`(\sum w)^2 / \sum w^2 - 1` degrees of freedom. With clusters of one size and one label each, that is
    the error of Welch's test of the cluster means; with a row of both in each, it is the paired t test.

    Args:
        values: Shape ``(n,)``, finite.
        labels: Number of the label of each row, from 0 to ``n_labels - 1``.
        clusters: Number of the cluster of each row, from 0.
        n_labels: How many labels there are.
        reference: Whether the others are compared with a label, shape ``(n_labels,)``; None for all.
        min_clusters: With fewer on either side, there is no interval and no p-value.
        confidence_level: Of the intervals, in (0, 1).

    Returns:
        One estimate per label, in order; its clusters are those of the label itself.

    Raises:
        ValueError: See `clustered_means`.

    References:
        Bell and McCaffrey, *Bias reduction in standard errors for linear regression with multi-stage samples*, 2002.

    >>> labels, pairs = [0, 1] * 3, [0, 0, 1, 1, 2, 2]
    >>> found = clustered_contrasts(values=[1, 2, 2, 4, 3, 6], labels=labels, clusters=pairs, n_labels=2)
    >>> round(found[1].statistic, 3), round(found[1].degrees_of_freedom, 3)  # of differences 1, 2, 3
    (2.0, 2.0)
    """
    counts, sums = _cells(values, labels, clusters, n_labels)
    usual = np.ones(n_labels, dtype=bool) if reference is None else np.asarray(reference, dtype=bool)
    own = _side(counts, sums)
    others = _side(
        counts[:, usual].sum(axis=1, keepdims=True) - counts * usual,
        sums[:, usual].sum(axis=1, keepdims=True) - sums * usual,
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        errors = np.sqrt(((own.parts - others.parts) ** 2).sum(axis=0))
        weights = np.nan_to_num(own.shares / own.total) + np.nan_to_num(others.shares / others.total)
        freedom = weights.sum(axis=0) ** 2 / (weights**2).sum(axis=0) - 1
    least = max(2, min_clusters)
    statuses = np.select(
        [own.n_clusters == 0, own.n_clusters < least, (others.n_clusters < least) | ~(freedom > 0)],
        ["no rows", "too few groups", "too few others"],
        default="ok",
    )
    return _judge(own.means - others.means, errors, freedom, own.n_clusters, statuses, confidence_level)


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One of two means that are compared, per label; shape (labels,) or (clusters, labels)."""

    means: FloatArray
    total: FloatArray
    shares: FloatArray
    parts: FloatArray  # what clusters add to the mean, corrected for the pull of each on its own mean
    n_clusters: IntArray


def _side(counts: FloatArray, sums: FloatArray) -> _Side:
    total = counts.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        means, shares = sums.sum(axis=0) / total, counts / total
        parts = np.where(shares < 1, (sums - counts * means) / total / np.sqrt(1 - shares), 0.0)
    return _Side(means, total, shares, np.nan_to_num(parts), (counts > 0).sum(axis=0))


def _cells(values: ArrayLike, labels: ArrayLike, clusters: ArrayLike, n_labels: int) -> tuple[FloatArray, FloatArray]:
    """Number and sum of the rows of each label in each cluster, shape (clusters, labels)."""
    numbers = np.asarray(values, dtype=np.float64)
    own, among = np.asarray(labels, dtype=np.intp), np.asarray(clusters, dtype=np.intp)
    if not len(numbers) == len(own) == len(among):
        raise ValueError(
            f"Expected one label and one cluster per value, got {len(own)} and {len(among)} for {len(numbers)} values."
        )
    if not np.isfinite(numbers).all():
        raise ValueError(
            f"`values` has {int((~np.isfinite(numbers)).sum())} values that are not finite; leave them out."
        )
    n_clusters = int(among.max()) + 1 if len(among) else 0
    cells = among * n_labels + own
    shape, size = (n_clusters, n_labels), n_clusters * n_labels
    counts = np.bincount(cells, minlength=size).astype(np.float64).reshape(shape)
    sums = np.bincount(cells, weights=numbers, minlength=size).reshape(shape)
    return np.asarray(counts, dtype=np.float64), np.asarray(sums, dtype=np.float64)


def _judge(
    points: FloatArray,
    errors: FloatArray,
    freedom: FloatArray,
    n_clusters: IntArray,
    statuses: "np.ndarray[tuple[int, ...], np.dtype[np.str_]]",
    confidence_level: float,
) -> list[ClusteredEstimate]:
    degrees = np.where(statuses == "ok", freedom, 1.0)
    halves = student.ppf((1 + confidence_level) / 2, degrees) * errors
    p_values = _p_values(points, errors, degrees, n_clusters)
    nan = float("nan")
    return [
        ClusteredEstimate(
            float(point),
            float(error),
            float(own),
            ConfidenceInterval(point - half, point + half),
            float(p),
            int(number),
        )
        if status == "ok"
        else ClusteredEstimate(float(point), nan, nan, None, nan, int(number), str(status))
        for point, error, own, half, p, number, status in zip(
            points.tolist(), errors, freedom, halves.tolist(), p_values, n_clusters, statuses, strict=True
        )
    ]


def _p_values(points: FloatArray, errors: FloatArray, freedom: FloatArray, n_clusters: IntArray) -> FloatArray:
    exact = errors <= _ROUNDING * max(1.0, float(np.nanmax(np.abs(points), initial=0.0)))
    with np.errstate(invalid="ignore", divide="ignore"):
        tested = 2 * student.sf(np.abs(points) / errors, freedom)
    signed = np.where(np.abs(points) <= _ROUNDING, 1.0, 2.0 ** (1 - n_clusters.astype(np.float64)))
    return np.asarray(np.where(exact, np.minimum(signed, 1.0), tested), dtype=np.float64)
