"""A rater in the place of a scorer: one rating against the mean of the others."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.rated_items import RatedItems, mean_of, read_rated_items
from evalmuse_hf.stats.resampling import CountStatistic, Resampling
from evalmuse_hf.stats.results import AgreementResult
from evalmuse_hf.stats.sample import FloatArray, Sample, require_choice
from evalmuse_hf.stats.weighted_correlation import kendall_of_counts, pearson_of_counts, spearman_of_counts

MIN_ITEMS = 10


@dataclass(frozen=True)
class HumanScorerResult(AgreementResult):
    """A mean over raters, or over places in the lists of ratings.

    Attributes:
        by_rater: The correlation of each rater in the order of the columns, nan for those who are left out; empty for
            anonymous ratings.
        n_raters: Raters in the mean; 0 for anonymous ratings.
    """

    by_rater: tuple[float, ...] = ()
    n_raters: int = 0
    pooled_note: ClassVar[str] = "biased upward where items that disagreed were rated again"


def human_as_scorer(
    ratings: ArrayLike,
    *,
    identified: bool,
    statistic: Literal["srcc", "plcc", "krcc"] = "srcc",
    min_items: int = MIN_ITEMS,
    groups: Sequence[Hashable] | None = None,
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    rng: np.random.Generator | int | None = None,
) -> HumanScorerResult:
    r"""What one rater would reach if she were submitted as a scorer: her ratings against the mean of the others.

    **This is no upper bound.** One rating is noisy, and it is judged by the mean of one rating less than a scorer is.
    A good scorer passes it easily; what no scorer can pass is `noise_ceiling`. If all ratings have the same
    reliability :math:`\rho` (ICC(1,1)), the PLCC of one rating with the mean of m - 1 others is
    :math:`\sqrt{\rho \, \rho_{m-1}}`, and the ceiling :math:`\sqrt{\rho_m}`, with
    :math:`\rho_m = m \rho / (1 + (m - 1) \rho)`.

    With identified raters, each rater is compared on the items that she and someone else rated, and the correlations
    are averaged over the raters, each counting the same. Anonymous ratings are taken by their places: the first of
    each item against the others, the second against the others, and so on as far as the longest list goes (a shorter
    one starts again from its first); the mean over the places is what a rating chosen at random reaches.

    Args:
        ratings: Shape ``(items, raters)``, nan or None where there is no rating; items with fewer than two are left
            out.
        identified: Whether a column is a person.
        statistic: Correlation, see `srcc`, `plcc` (raw) and `krcc` (tau-b).
        min_items: Raters with fewer items are left out.
        groups: See `krippendorff_alpha`. With identified raters the interval is moved as in `pairwise_kappa`.
        n_resamples: See `krippendorff_alpha`.
        confidence_level: See `krippendorff_alpha`.
        rng: See `krippendorff_alpha`.

    Returns:
        The mean correlation, in [-1, 1]; nan with a status if no item has two ratings, or if no rater has enough items
        or ratings that differ.

    Raises:
        ValueError: See `read_rated_items`; for an unknown statistic or ``min_items`` below 2.
        TypeError: See `read_rated_items`.

    References:
        Nili et al., *A toolbox for representational similarity analysis*, 2014, who take it for a lower bound of the
        noise ceiling.

    >>> table = [[1, 1, 2], [2, 3, 2], [3, 2, 3], [5, 4, 4]]
    >>> human_as_scorer(table, identified=True, statistic="plcc", min_items=4).by_rater
    (0.9704, 0.7807, 0.8788)
    """
    require_choice("statistic", statistic, ("srcc", "plcc", "krcc"))
    if min_items < 2:
        raise ValueError(f"`min_items` must be at least 2, got {min_items!r}.")
    resampling = Resampling(n_resamples=n_resamples, confidence_level=confidence_level, rng=rng)
    rated = read_rated_items(ratings, groups=groups)
    name = f"human as scorer, {statistic.upper()}"
    if rated.status != "ok":
        return HumanScorerResult(**vars(rated.undefined(name, rated.status)))
    once = np.ones((1, rated.sample.n_clusters))
    samples = list(_by_rater(rated) if identified else _by_place(rated))
    statistics = [_of_counts(sample, statistic) if sample.n >= min_items else _never for sample in samples]
    values = [float(of_counts(once)[0]) for of_counts in statistics]
    used = [of_counts for of_counts, value in zip(statistics, values, strict=True) if not np.isnan(value)]
    known: dict[str, Any] = {"by_rater": tuple(values), "n_raters": len(used)} if identified else {}
    if not used:
        status = f"no rater has {min_items} items and ratings that differ"
        return HumanScorerResult(**vars(rated.undefined(name, status)), **known)
    result = rated.summary(mean_of(used), name=name, resampling=resampling, recentre=identified)
    return HumanScorerResult(**vars(result), **known)


def _by_rater(rated: RatedItems) -> Iterator[Sample]:
    """Each rater's ratings, as predictions, of the mean of the others on the same items."""
    sums, sizes = np.nansum(rated.table, axis=1), rated.sizes
    for own in rated.table.T:
        kept = ~np.isnan(own)
        others = (sums[kept] - own[kept]) / (sizes[kept] - 1)
        yield rated.rows_where(kept, predictions=own[kept], references=others)


def _by_place(rated: RatedItems) -> Iterator[Sample]:
    """The same for the first rating of each item, the second, and so on; short lists start again."""
    packed, sums, sizes = rated.packed, np.nansum(rated.table, axis=1), rated.sizes
    everything = np.ones(rated.n, dtype=np.bool_)
    for place in range(packed.shape[1]):
        own = packed[np.arange(rated.n), (place % sizes).astype(np.intp)]
        yield rated.rows_where(everything, predictions=own, references=(sums - own) / (sizes - 1))


def _of_counts(sample: Sample, statistic: str) -> CountStatistic:
    if statistic == "krcc":
        return kendall_of_counts(sample)
    return (spearman_of_counts if statistic == "srcc" else pearson_of_counts)(sample)


def _never(counts: FloatArray) -> FloatArray:
    return np.full(len(counts), np.nan)
