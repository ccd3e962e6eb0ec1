"""Agreement of raters beyond chance: Krippendorff's alpha."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalmuse_hf.stats.rated_items import read_rated_items, read_table, refuse_cells
from evalmuse_hf.stats.resampling import Resampling
from evalmuse_hf.stats.results import AgreementResult
from evalmuse_hf.stats.sample import FloatArray, IntArray, require_choice

Level = Literal["nominal", "ordinal", "interval", "ratio"]


@dataclass(frozen=True)
class _Ratings:
    """The ratings that can be compared: items with at least two of them.

    Attributes:
        items: Item of every rating, shape ``(n_ratings,)``, from 0.
        codes: Place of every rating among ``values``, shape ``(n_ratings,)``.
        values: The different ratings in rising order.
        sizes: Ratings of every item, shape ``(n_items,)``.
        table: The ratings as given, shape ``(n_items, raters)``, nan where there is none.
    """

    items: IntArray
    codes: IntArray
    values: FloatArray
    sizes: FloatArray
    table: FloatArray


def krippendorff_alpha(
    ratings: ArrayLike,
    *,
    level: Level,
    groups: Sequence[Hashable] | None = None,
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    rng: np.random.Generator | int | None = None,
) -> AgreementResult:
    r"""Krippendorff's alpha: how far the ratings of one item lie closer together than ratings of different items.

    .. math::
        \alpha = 1 - D_o / D_e

    where :math:`D_o` is the mean difference between two ratings of one item (each item counts by its number of
    ratings) and :math:`D_e` that between any two ratings. The level says what a difference is: 0 or 1 for
    ``"nominal"``, the squared difference of the mean ranks for ``"ordinal"``, the squared difference for
    ``"interval"``, and the squared share ``(a - b) / (a + b)`` for ``"ratio"``.

    A column need not be one person: the coefficient does not know who gave which rating. Report it on
    `first_ratings`: where disagreement brings an item more ratings, alpha over all of them is biased, mostly downward.

    Args:
        ratings: Shape ``(items, raters)``, any scale; nan or None where a rater did not rate an item.
        level: What can be said of two ratings.
        groups: One label per item, for example the prompt: items of one group are drawn together for the interval.
        n_resamples: Bootstrap resamples for the interval; 0 means no interval.
        confidence_level: Share of the bootstrap distribution inside the interval.
        rng: Generator or seed of the bootstrap.

    Returns:
        Alpha, at most 1, 0 for chance; nan with a status if no item has two ratings or all ratings are the same.
        ``n`` counts the items with at least two ratings, ``n_dropped`` the others.

    Raises:
        ValueError: If ``ratings`` is not two-dimensional or holds an infinite value, or, for ``"ratio"``, a negative
            one; if there is not one group per item; or for an unknown level.
        TypeError: If ``ratings`` is not numeric.

    References:
        Krippendorff, *Content Analysis*, 3rd edition, 2013, chapter 12; Hayes and Krippendorff, *Answering the call
        for a standard reliability measure for coding data*, 2007.

    >>> krippendorff_alpha([[1, 1], [2, 2], [3, 4], [4, 4]], level="ordinal").statistic
    0.9103
    >>> krippendorff_alpha([[1, None], [2, 2], [3, 4]], level="nominal").n
    2
    """
    resampling = Resampling(n_resamples=n_resamples, confidence_level=confidence_level, rng=rng)
    require_choice("level", level, ("nominal", "ordinal", "interval", "ratio"))
    rated = read_rated_items(ratings, groups=groups)
    if level == "ratio":
        refuse_cells(read_table(ratings), read_table(ratings) < 0, "0 or more at level 'ratio'")
    name = f"Krippendorff's alpha ({level})"
    if rated.status != "ok":
        return rated.undefined(name, rated.status)
    of_weights = _alpha_of_weights(_compared(rated.packed), level)

    def of_counts(counts: FloatArray) -> FloatArray:
        return np.asarray([of_weights(drawn[rated.sample.codes]) for drawn in counts])

    return rated.summary(of_counts, name=name, resampling=resampling)


def _compared(table: FloatArray) -> _Ratings:
    present = ~np.isnan(table)
    values, codes = np.unique(table[present], return_inverse=True)
    return _Ratings(
        items=np.nonzero(present)[0],
        codes=codes.reshape(-1),
        values=values,
        sizes=present.sum(axis=1).astype(np.float64),
        table=table,
    )


def _alpha_of_weights(rated: _Ratings, level: Level) -> Callable[[FloatArray], float]:
    """Alpha as a function of how often every item counts, shape ``(n_items,)``; nan where it is undefined."""
    observed = None if level == "ordinal" else _observed(rated, level)
    n_values = len(rated.values)

    def of_weights(weights: FloatArray) -> float:
        frequencies = np.bincount(rated.codes, weights=weights[rated.items], minlength=n_values).astype(np.float64)
        if np.count_nonzero(frequencies) <= 1:
            return float("nan")
        total = frequencies.sum()
        if observed is None:
            # The ordinal difference of two values is the interval difference of their mean ranks.
            ranks = np.cumsum(frequencies) - frequencies / 2
            within, between = _squares(rated, ranks), _expected(ranks, frequencies, "interval")
        else:
            within, between = observed, _expected(rated.values, frequencies, level)
        return float(1 - (total - 1) * (weights @ within) / between)

    return of_weights


def _observed(rated: _Ratings, level: Level) -> FloatArray:
    """Sum of the differences between the ratings of each item, over ordered pairs, divided by its ratings less 1."""
    if level == "interval":
        return _squares(rated, rated.values)
    sums = np.zeros(len(rated.table))
    for first, second in combinations(rated.table.T, 2):
        both = ~np.isnan(first) & ~np.isnan(second)
        sums[both] += 2 * _difference(first[both], second[both], level)
    return sums / (rated.sizes - 1)


def _squares(rated: _Ratings, scores: FloatArray) -> FloatArray:
    """The same for squared differences, from sums, with ``scores`` in place of the values."""
    spread = (scores - scores.mean())[rated.codes]
    sums, squares = (np.bincount(rated.items, weights=weights) for weights in (spread, spread**2))
    return np.asarray(2 * (rated.sizes * squares - sums**2) / (rated.sizes - 1))


def _expected(scores: FloatArray, frequencies: FloatArray, level: Level) -> float:
    """Sum of the differences between all ratings, over ordered pairs."""
    total = frequencies.sum()
    if level == "nominal":
        return float(total**2 - frequencies @ frequencies)
    if level == "interval":
        mean = frequencies @ scores / total
        return float(2 * total * (frequencies @ (scores - mean) ** 2))
    sums = [frequencies @ _difference(scores, score, level) for score in scores]
    return float(frequencies @ sums)


def _difference(first: FloatArray, second: FloatArray | float, level: Level) -> NDArray[np.float64]:
    if level == "nominal":
        return np.asarray(first != second, dtype=np.float64)
    total = first + second
    return np.asarray(((first - second) / np.where(total == 0, 1, total)) ** 2)
