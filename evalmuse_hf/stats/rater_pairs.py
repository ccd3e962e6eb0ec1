"""Agreement of identified raters, two by two: mean pairwise kappa and mean pairwise Spearman correlation."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.kappa import WEIGHTS, Weights, kappa_name, of_kappa
from evalmuse_hf.stats.rated_items import ANONYMOUS, BoolArray, RatedItems, mean_of, read_rated_items
from evalmuse_hf.stats.resampling import CountStatistic, Resampling
from evalmuse_hf.stats.results import AgreementResult
from evalmuse_hf.stats.sample import FloatArray, Sample, require_choice
from evalmuse_hf.stats.weighted_correlation import spearman_of_counts

MIN_ITEMS = 10

PairCounts = Callable[[FloatArray, Sample], CountStatistic]  # of two columns without gaps, and their items


@dataclass(frozen=True)
class PairwiseResult(AgreementResult):
    """A mean over pairs of raters; ``n`` counts all items with two ratings.

    Attributes:
        n_pairs: Pairs of raters in the mean.
        n_pairs_dropped: Pairs that share an item but too few, or on whose items the statistic is undefined.
    """

    n_pairs: int = 0
    n_pairs_dropped: int = 0


def pairwise_kappa(
    ratings: ArrayLike,
    *,
    identified: bool,
    weights: Weights | None = None,
    min_items: int = MIN_ITEMS,
    groups: Sequence[Hashable] | None = None,
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    rng: np.random.Generator | int | None = None,
) -> PairwiseResult:
    """Mean of Cohen's kappa over the pairs of raters that share enough items; every pair counts the same.

    Args:
        ratings: Shape ``(items, raters)``, nan or None where a rater did not rate an item.
        identified: Whether a column is a person. Without that there are no pairs of raters.
        weights: See `cohen_kappa`.
        min_items: Pairs with fewer common items are left out and counted.
        groups: See `krippendorff_alpha`. The pairs stay the same in every resample, and the interval is moved by what
            repeated items take off coefficients of few items.
        n_resamples: See `krippendorff_alpha`.
        confidence_level: See `krippendorff_alpha`.
        rng: See `krippendorff_alpha`.

    Returns:
        The mean, at most 1, 0 for chance; nan with a status for raters that are not identified or if no pair is left.

    Raises:
        ValueError: See `read_rated_items`; for unknown weights or ``min_items`` below 2.
        TypeError: See `read_rated_items`.

    References:
        Light, *Measures of response agreement for qualitative data*, 1971 (the mean over pairs); see `cohen_kappa`.

    >>> table = [[1, 1, 2], [2, 2, 2], [3, 3, None], [4, 4, 3]]
    >>> result = pairwise_kappa(table, identified=True, weights="linear", min_items=3)
    >>> result.statistic, result.n_pairs
    (0.6, 3)
    """
    require_choice("weights", weights, WEIGHTS)
    rated = read_rated_items(ratings, groups=groups)
    values = rated.values

    def of_pair(columns: FloatArray, sample: Sample) -> CountStatistic:
        return of_kappa(columns, values=values, weights=weights, sums_of=sample.sums)

    return _mean_over_pairs(
        rated,
        of_pair,
        name=f"mean pairwise {kappa_name(weights)}",
        identified=identified,
        min_items=min_items,
        resampling=Resampling(n_resamples=n_resamples, confidence_level=confidence_level, rng=rng),
    )


def pairwise_spearman(
    ratings: ArrayLike,
    *,
    identified: bool,
    min_items: int = MIN_ITEMS,
    groups: Sequence[Hashable] | None = None,
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    rng: np.random.Generator | int | None = None,
) -> PairwiseResult:
    """Mean of the Spearman correlation over the pairs of raters that share enough items; every pair counts the same.

    It asks whether two persons order the items alike, and forgives that one of them is stricter.

    Args:
        ratings: See `pairwise_kappa`.
        identified: See `pairwise_kappa`.
        min_items: See `pairwise_kappa`.
        groups: See `pairwise_kappa`.
        n_resamples: See `krippendorff_alpha`.
        confidence_level: See `krippendorff_alpha`.
        rng: See `krippendorff_alpha`.

    Returns:
        The mean, in [-1, 1]; nan with a status for raters that are not identified or if no pair is left.

    Raises:
        ValueError: See `read_rated_items`; for ``min_items`` below 2.
        TypeError: See `read_rated_items`.

    References:
        See `srcc`.

    >>> table = [[1, 1, 2], [2, 3, 2], [3, 2, None], [4, 4, 3]]
    >>> pairwise_spearman(table, identified=True, min_items=3).statistic
    0.8440
    """

    def of_pair(columns: FloatArray, sample: Sample) -> CountStatistic:
        return spearman_of_counts(sample)

    return _mean_over_pairs(
        read_rated_items(ratings, groups=groups),
        of_pair,
        name="mean pairwise Spearman correlation",
        identified=identified,
        min_items=min_items,
        resampling=Resampling(n_resamples=n_resamples, confidence_level=confidence_level, rng=rng),
    )


def _mean_over_pairs(
    rated: RatedItems, of_pair: PairCounts, *, name: str, identified: bool, min_items: int, resampling: Resampling
) -> PairwiseResult:
    if min_items < 2:
        raise ValueError(f"`min_items` must be at least 2, got {min_items!r}.")
    if not identified or rated.status != "ok":
        return PairwiseResult(**vars(rated.undefined(name, rated.status if identified else ANONYMOUS)))
    present = ~np.isnan(rated.table)
    shared = present.T.astype(np.float64) @ present
    firsts, seconds = np.nonzero(np.triu(shared > 0, 1))
    once = np.ones((1, rated.sample.n_clusters))
    used = []
    for first, second in zip(firsts, seconds, strict=True):
        if shared[first, second] >= min_items:
            statistic = _one_pair(rated, present[:, first] & present[:, second], [int(first), int(second)], of_pair)
            if not np.isnan(statistic(once)[0]):
                used.append(statistic)
    n_dropped = len(firsts) - len(used)
    if not used:
        status = f"no two raters share {min_items} items on which they can be compared"
        return PairwiseResult(**vars(rated.undefined(name, status)), n_pairs_dropped=n_dropped)
    result = rated.summary(mean_of(used), name=name, resampling=resampling, recentre=True)
    return PairwiseResult(**vars(result), n_pairs=len(used), n_pairs_dropped=n_dropped)


def _one_pair(rated: RatedItems, both: BoolArray, raters: list[int], of_pair: PairCounts) -> CountStatistic:
    """The statistic of two raters; only the clusters of their common items are looked at."""
    columns = rated.table[both][:, raters]
    clusters, codes = np.unique(rated.sample.codes[both], return_inverse=True)
    named = {"predictions": columns[:, 0], "references": columns[:, 1]}
    statistic = of_pair(columns, Sample(named, codes.reshape(-1), len(clusters), 0, rated.sample.grouped))
    return lambda counts: statistic(counts[:, clusters])
