"""How often ratings of one item lie close together, without any correction for chance."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.rated_items import NO_TWO_RATINGS, of_sums, read_rated_items
from evalmuse_hf.stats.resampling import Resampling
from evalmuse_hf.stats.results import AgreementResult
from evalmuse_hf.stats.sample import FloatArray

ROUNDING = 1e-9  # 0.4 - 0.1 is more than 0.3


@dataclass(frozen=True)
class ShareResult(AgreementResult):
    """A share, not corrected for chance."""

    pooled_note: ClassVar[str] = (
        "a share of items falls with the number of ratings; one of pairs is biased upward where items that disagreed "
        "were rated again"
    )


@dataclass(frozen=True, slots=True)
class ShareWithin:
    """Two shares that are easily taken for each other.

    Attributes:
        items: Share of items whose ratings all lie within the tolerance: highest less lowest. With more ratings it
            falls, whatever the raters do.
        pairs: Share of pairs of ratings of one item within the tolerance, averaged over the items. It does not depend
            on the number of ratings.
    """

    items: ShareResult
    pairs: ShareResult


def share_within(
    ratings: ArrayLike,
    *,
    tolerance: float = 1.0,
    groups: Sequence[Hashable] | None = None,
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    rng: np.random.Generator | int | None = None,
) -> ShareWithin:
    """Share of items, and of pairs of ratings, that differ by at most so much.

    EvalMuse-40K reports the share of items whose first three ratings differ by at most 1. It has no correction for
    chance: on a scale that raters use only the middle of, it is high whatever they saw.

    Args:
        ratings: Shape ``(items, raters)``, nan or None where there is no rating; items with fewer than two are left
            out. A column need not be one person.
        tolerance: Largest difference that counts as close, on the scale of the ratings.
        groups: See `krippendorff_alpha`.
        n_resamples: See `krippendorff_alpha`.
        confidence_level: See `krippendorff_alpha`.
        rng: See `krippendorff_alpha`.

    Returns:
        Both shares, in [0, 1]; nan with a status if no item has two ratings.

    Raises:
        ValueError: See `read_rated_items`; for a negative tolerance.
        TypeError: See `read_rated_items`.

    References:
        Han et al., *EvalMuse-40K*, 2024, https://huggingface.co/papers/2412.18150.

    >>> shares = share_within([[1, 2, 3], [4, 4, 5]])
    >>> shares.items.statistic, shares.pairs.statistic
    (0.5, 0.8333)
    """
    if not tolerance >= 0:
        raise ValueError(f"`tolerance` must be 0 or more, got {tolerance!r}.")
    resampling = Resampling(n_resamples=n_resamples, confidence_level=confidence_level, rng=np.random.default_rng(rng))
    rated = read_rated_items(ratings, groups=groups)
    names = (f"share of items within {tolerance:g}", f"share of pairs of ratings within {tolerance:g}")
    if not rated.n:
        return ShareWithin(*(ShareResult(**vars(rated.undefined(name, NO_TWO_RATINGS))) for name in names))
    packed, limit = rated.packed, tolerance + ROUNDING
    close = sum((np.abs(first - second) <= limit).astype(np.float64) for first, second in combinations(packed.T, 2))
    n_pairs = rated.sizes * (rated.sizes - 1) / 2
    spans = np.nanmax(packed, axis=1) - np.nanmin(packed, axis=1)

    def result(name: str, shares: FloatArray) -> ShareResult:
        sums = rated.sample.sums(np.column_stack([np.ones(rated.n), shares]))
        mean = of_sums(lambda totals: totals[:, 1] / totals[:, 0], sums)
        return ShareResult(**vars(rated.summary(mean, name=name, resampling=resampling)))

    return ShareWithin(
        items=result(names[0], (spans <= limit).astype(np.float64)), pairs=result(names[1], close / n_pairs)
    )
