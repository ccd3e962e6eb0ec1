"""Intervals of a mean over elements that several random models hit: prompts and models are both drawn."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalmuse_hf.stats.block_means import draw_counts, percentiles
from evalmuse_hf.stats.resampling import Resampling
from evalmuse_hf.stats.results import ConfidenceInterval
from evalmuse_hf.stats.sample import group_numbers


def crossed_interval(
    values: ArrayLike, prompts: Sequence[str], *, n_resamples: int, confidence_level: float, seed: int
) -> ConfidenceInterval | None:
    """Percentile interval of the mean of a table whose rows belong to prompts and whose columns to models.

    Each resample draws whole prompts with replacement, and independently of them models; with one column it is the
    usual bootstrap of whole prompts. Every element is judged by every model, so that both are crossed.

    Args:
        values: Shape ``(n, D)``: of n elements and D models.
        prompts: Of each element.
        n_resamples: Resamples; 0 for no interval.
        confidence_level: Share of the resampled means inside.
        seed: Of the resamples.

    Returns:
        None without resamples that differ, or with fewer than two prompts.

    References:
        Owen, *The pigeonhole bootstrap*, 2007: drawing both ways errs on the wide side.
    """
    table = np.asarray(values, dtype=np.float64)
    groups = group_numbers(prompts)
    n_groups = int(groups.max()) + 1 if len(groups) else 0
    if n_groups < 2 or n_resamples < 1:
        return None
    sums: NDArray[np.float64] = np.zeros((n_groups, table.shape[1]))
    np.add.at(sums, groups, table)
    sizes = np.bincount(groups, minlength=n_groups).astype(np.float64)
    of_prompts, of_models = np.random.default_rng(seed).spawn(2)
    shares = np.concatenate(list(draw_counts(table.shape[1], Resampling(n_resamples, rng=of_models)))) / table.shape[1]
    means: list[NDArray[np.float64]] = []
    for counts in draw_counts(n_groups, Resampling(n_resamples, rng=of_prompts)):
        start = sum(map(len, means))
        means.append(((counts @ sums) * shares[start : start + len(counts)]).sum(axis=1) / (counts @ sizes))
    return percentiles(np.concatenate(means), confidence_level)
