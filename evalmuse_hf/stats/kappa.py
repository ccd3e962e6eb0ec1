"""Agreement of raters beyond chance on categories: Fleiss' and Cohen's kappa."""

from collections.abc import Callable, Hashable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.rated_items import ANONYMOUS, of_sums, read_rated_items
from evalmuse_hf.stats.resampling import CountStatistic, Resampling
from evalmuse_hf.stats.results import AgreementResult
from evalmuse_hf.stats.sample import FloatArray, float_vector, require_choice

Weights = Literal["linear", "quadratic"]
WEIGHTS: tuple[Weights | None, ...] = (None, "linear", "quadratic")


def fleiss_kappa(
    ratings: ArrayLike,
    *,
    groups: Sequence[Hashable] | None = None,
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    rng: np.random.Generator | int | None = None,
) -> AgreementResult:
    r"""Fleiss' kappa: agreement on categories beyond chance, whoever gave the ratings.

    .. math::
        \kappa = 1 - \frac{\sum_i \sum_c x_{ic} (m_i - x_{ic}) / m_i}{\sum_i (m_i - 1) \; (1 - \sum_c p_c^2)}

    with :math:`x_{ic}` of the :math:`m_i` ratings of item i naming category c, and :math:`p_c` the share of c among
    all ratings. For equal numbers of ratings this is Fleiss' coefficient of 1971. For unequal numbers it is the rule
    of Fleiss, Levin and Paik, averaged over the categories with weights :math:`p_c (1 - p_c)`: an item counts by its
    number of ratings less one. Items with fewer than two ratings are left out.

    Args:
        ratings: Shape ``(items, raters)``; every different number is a category, without order; nan or None where
            there is no rating. A column need not be one person.
        groups: See `krippendorff_alpha`.
        n_resamples: See `krippendorff_alpha`.
        confidence_level: See `krippendorff_alpha`.
        rng: See `krippendorff_alpha`.

    Returns:
        Kappa, at most 1, 0 for chance; nan with a status if no item has two ratings or all ratings are the same.
        Report it on `first_ratings`: pooled with second rounds it is biased downward.

    Raises:
        ValueError: See `read_rated_items`.
        TypeError: See `read_rated_items`.

    References:
        Fleiss, *Measuring nominal scale agreement among many raters*, 1971; Fleiss, Levin and Paik, *Statistical
        Methods for Rates and Proportions*, 3rd edition, 2003, section 18.3 (unequal numbers of ratings).

    >>> fleiss_kappa([[1, 1, 1], [0, 0, 1], [0, 0, 0]]).statistic
    0.5500
    """
    resampling = Resampling(n_resamples=n_resamples, confidence_level=confidence_level, rng=rng)
    rated = read_rated_items(ratings, groups=groups)
    if rated.status != "ok":
        return rated.undefined("Fleiss' kappa", rated.status)
    named = np.stack([(rated.table == value).sum(axis=1) for value in rated.values], axis=1).astype(np.float64)
    sizes = rated.sizes
    disagreement = (named * (sizes[:, None] - named)).sum(axis=1) / sizes
    sums = rated.sample.sums(np.column_stack([disagreement, sizes - 1, named]))

    def kappa(totals: FloatArray) -> FloatArray:
        by_category = totals[:, 2:]
        chance = 1 - (by_category**2).sum(axis=1) / by_category.sum(axis=1) ** 2
        return np.asarray(1 - totals[:, 0] / (totals[:, 1] * np.where(chance > 0, chance, np.nan)))

    return rated.summary(of_sums(kappa, sums), name="Fleiss' kappa", resampling=resampling)


def cohen_kappa(
    first: ArrayLike,
    second: ArrayLike,
    *,
    identified: bool,
    weights: Weights | None = None,
    groups: Sequence[Hashable] | None = None,
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    rng: np.random.Generator | int | None = None,
) -> AgreementResult:
    r"""Cohen's kappa of two persons: agreement beyond what their own habits would give by chance.

    .. math::
        \kappa = 1 - \frac{\sum_{ab} w_{ab} \, p_{ab}}{\sum_{ab} w_{ab} \, p_{a \cdot} p_{\cdot b}}

    where a difference between the ratings a and b weighs :math:`w = [a \ne b]`, :math:`|a - b|` for ``"linear"``, or
    :math:`(a - b)^2` for ``"quadratic"``. Differences are those of the ratings themselves, so that a category that
    nobody used changes nothing.

    Args:
        first: Ratings of one person, shape ``(items,)``; nan or None where there is none.
        second: Ratings of the other.
        identified: Whether each is really one person. Lists of anonymous ratings have no first and no second rater.
        weights: How differences count; None: all the same.
        groups: See `krippendorff_alpha`.
        n_resamples: See `krippendorff_alpha`.
        confidence_level: See `krippendorff_alpha`.
        rng: See `krippendorff_alpha`.

    Returns:
        Kappa, at most 1, 0 for chance; nan with a status for raters that are not identified, without items that both
        rated, or if all ratings are the same. ``n_dropped`` counts the items that only one of them rated.

    Raises:
        ValueError: For different lengths, infinite ratings or unknown weights.
        TypeError: If the ratings are not numeric.

    References:
        Cohen, *A coefficient of agreement for nominal scales*, 1960; *Weighted kappa*, 1968.

    >>> cohen_kappa([1, 2, 3, 4], [1, 2, 4, 4], identified=True, weights="quadratic").statistic
    0.9167
    """
    resampling = Resampling(n_resamples=n_resamples, confidence_level=confidence_level, rng=rng)
    require_choice("weights", weights, WEIGHTS)
    columns = [float_vector("first", first), float_vector("second", second)]
    if len(columns[0]) != len(columns[1]):
        raise ValueError(f"Expected one rating each per item, got {len(columns[0])} and {len(columns[1])}.")
    rated = read_rated_items(np.column_stack(columns), groups=groups)
    name = kappa_name(weights)
    if not identified or rated.status != "ok":
        return rated.undefined(name, rated.status if identified else ANONYMOUS)
    statistic = of_kappa(rated.table, values=rated.values, weights=weights, sums_of=rated.sample.sums)
    return rated.summary(statistic, name=name, resampling=resampling)


def kappa_name(weights: Weights | None) -> str:
    """Name Cohen's kappa with its weights.

    Args:
        weights: How differences count.
    """
    return f"Cohen's kappa ({weights or 'unweighted'})"


def of_kappa(
    pairs: FloatArray, *, values: FloatArray, weights: Weights | None, sums_of: Callable[[ArrayLike], FloatArray]
) -> CountStatistic:
    """Cohen's kappa of two columns without gaps, as a function of draw counts.

    Args:
        pairs: Shape ``(items, 2)``.
        values: All ratings that occur, in rising order.
        weights: How differences count.
        sums_of: Adds up rows of items to clusters.
    """
    distance = _weigh(values[:, None] - values, weights)
    chosen = pairs[:, :, None] == values  # (items, 2, values)
    observed = _weigh(pairs[:, 0] - pairs[:, 1], weights)
    sums = sums_of(np.column_stack([np.ones(len(pairs)), observed, chosen[:, 0], chosen[:, 1]]))
    n_values = len(values)

    def kappa(totals: FloatArray) -> FloatArray:
        of_first, of_second = totals[:, 2 : 2 + n_values], totals[:, 2 + n_values :]
        expected = np.einsum("ra,ab,rb->r", of_first, distance, of_second)
        return np.asarray(1 - totals[:, 0] * totals[:, 1] / np.where(expected > 0, expected, np.nan))

    return of_sums(kappa, sums)


def _weigh(differences: FloatArray, weights: Weights | None) -> FloatArray:
    if weights is None:
        return np.asarray(differences != 0, dtype=np.float64)
    return np.asarray(np.abs(differences) if weights == "linear" else differences**2)
