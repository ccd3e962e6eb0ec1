"""The statistics in which scorers are compared, of several scorers and many resamples at once."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from evalmuse_hf.stats.correlation import krcc, plcc, rmse, srcc
from evalmuse_hf.stats.results import StatisticResult
from evalmuse_hf.stats.sample import FloatArray, IntArray
from evalmuse_hf.stats.weighted_correlation import (
    CountStatistics,
    kendalls_of_counts,
    pearsons_of_counts,
    spearmans_of_counts,
)

ScorerStatistic = Literal["srcc", "krcc", "plcc", "rmse"]
SCORER_STATISTICS: dict[str, Callable[..., StatisticResult]] = {"srcc": srcc, "krcc": krcc, "plcc": plcc, "rmse": rmse}


def scorers_of_counts(
    statistic: ScorerStatistic,
    *,
    predictions: Sequence[FloatArray],
    references: FloatArray,
    codes: IntArray,
    n_clusters: int,
) -> CountStatistics:
    """Build a statistic of k scorers on the same rows.

    Args:
        statistic: Which.
        predictions: Scores of each of the k scorers, each of shape ``(n,)``.
        references: Human scores, shape ``(n,)``.
        codes: Cluster of every row, shape ``(n,)``.
        n_clusters: Number of clusters.

    Returns:
        A function of draw counts of shape ``(R, n_clusters)`` that returns the statistics, shape ``(R, k)``; nan where
        one is undefined.
    """
    return _FAMILIES[statistic](predictions, references=references, codes=codes, n_clusters=n_clusters)


def _rmses_of_counts(
    scorers: Sequence[FloatArray], *, references: FloatArray, codes: IntArray, n_clusters: int
) -> CountStatistics:
    columns = [np.ones(len(codes)), *((scores - references) ** 2 for scores in scorers)]
    sums = np.column_stack([np.bincount(codes, weights=column, minlength=n_clusters) for column in columns])

    def of_counts(counts: FloatArray) -> FloatArray:
        totals = counts @ sums
        return np.asarray(np.sqrt(totals[:, 1:] / totals[:, :1]))

    return of_counts


_FAMILIES: dict[ScorerStatistic, Callable[..., CountStatistics]] = {
    "srcc": spearmans_of_counts,
    "krcc": kendalls_of_counts,
    "plcc": pearsons_of_counts,
    "rmse": _rmses_of_counts,
}
