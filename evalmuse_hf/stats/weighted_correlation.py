"""Correlations of many bootstrap resamples at once, each given by how often every cluster was drawn."""

import numpy as np

from evalmuse_hf.stats.resampling import CountStatistic
from evalmuse_hf.stats.sample import FloatArray, Sample

ROUNDING = 1e-12  # variance below this share of the whole sample's is rounding noise


def pearson_of_counts(sample: Sample) -> CountStatistic:
    """Pearson correlation from sums per cluster: one matrix product for all resamples.

    >>> from evalmuse_hf.stats.sample import read_sample
    >>> sample = read_sample({"predictions": [1.0, 2.0, 4.0], "references": [1.0, 3.0, 3.0]}, groups=None)
    >>> pearson_of_counts(sample)(np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 3.0]]))
    array([0.7559, nan])
    """
    x = sample["predictions"] - sample["predictions"].mean()
    y = sample["references"] - sample["references"].mean()
    sums = sample.sums(np.column_stack([np.ones(sample.n), x, y, x * x, y * y, x * y]))
    floor_x, floor_y = ROUNDING * x.var(), ROUNDING * y.var()

    def of_counts(counts: FloatArray) -> FloatArray:
        total, sum_x, sum_y, sum_xx, sum_yy, sum_xy = (counts @ sums).T
        mean_x, mean_y = sum_x / total, sum_y / total
        var_x, var_y = sum_xx / total - mean_x**2, sum_yy / total - mean_y**2
        var_x[var_x <= floor_x] = np.nan  # constant in this resample, up to rounding
        var_y[var_y <= floor_y] = np.nan
        return np.asarray(np.clip((sum_xy / total - mean_x * mean_y) / np.sqrt(var_x * var_y), -1, 1))

    return of_counts


def spearman_of_counts(sample: Sample) -> CountStatistic:
    """Spearman correlation, sorted once: a resample only changes how many rows share or precede a rank.

    >>> from evalmuse_hf.stats.sample import read_sample
    >>> sample = read_sample({"predictions": [1.0, 2.0, 4.0], "references": [1.0, 3.0, 2.0]}, groups=None)
    >>> spearman_of_counts(sample)(np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 3.0]]))
    array([0.5, nan])
    """
    rank_x, rank_y = _resampled_ranks(sample["predictions"]), _resampled_ranks(sample["references"])

    def of_counts(counts: FloatArray) -> FloatArray:
        weights = counts[:, sample.codes]
        x, y = rank_x(weights), rank_y(weights)
        covariance = np.einsum("rn,rn,rn->r", weights, x, y)
        spread = np.einsum("rn,rn,rn->r", weights, x, x) * np.einsum("rn,rn,rn->r", weights, y, y)
        spread[spread == 0] = np.nan
        return np.asarray(np.clip(covariance / np.sqrt(spread), -1, 1))

    return of_counts


def _resampled_ranks(values: FloatArray) -> CountStatistic:
    """Mean ranks, minus their mean, of rows that count ``weights`` times: ``(R, n)`` in, ``(R, n)`` out."""
    order = np.argsort(values, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(values[order]) > 0])
    tie_group = np.empty(len(values), dtype=np.intp)
    tie_group[order] = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(values)]))

    def ranks(weights: FloatArray) -> FloatArray:
        ties = np.add.reduceat(weights[:, order], starts, axis=1)
        middle = np.cumsum(ties, axis=1) - (ties - 1) / 2
        return np.asarray(middle[:, tie_group] - (weights.sum(axis=1, keepdims=True) + 1) / 2)

    return ranks
