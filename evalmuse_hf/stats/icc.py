"""Intraclass correlation: the share of the variance of ratings that is the items'."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.rated_items import ANONYMOUS, RatedItems, of_sums, read_rated_items
from evalmuse_hf.stats.resampling import Resampling
from evalmuse_hf.stats.results import AgreementResult
from evalmuse_hf.stats.sample import FloatArray, require_choice

Form = Literal["(1,1)", "(1,k)", "(A,1)", "(A,k)", "(C,1)", "(C,k)"]
FORMS: tuple[Form, ...] = ("(1,1)", "(1,k)", "(A,1)", "(A,k)", "(C,1)", "(C,k)")
ROUNDING = 1e-9


@dataclass(frozen=True)
class IccResult(AgreementResult):
    """An intraclass correlation and the variances behind it, on the squared scale of the ratings.

    Attributes:
        form: Which of the coefficients it is.
        k: Ratings that are averaged; 1 for a single rating.
        item_variance: Variance of the items' expected ratings; an unbiased estimate, which may be negative.
        rater_variance: Variance of the raters' leniency; nan in the one-way forms, which cannot tell it from error.
        error_variance: The rest, of a single rating.
    """

    form: str = ""
    k: float = 1.0
    item_variance: float = float("nan")
    rater_variance: float = float("nan")
    error_variance: float = float("nan")


def icc(
    ratings: ArrayLike,
    *,
    form: Form,
    k: float | None = None,
    identified: bool = False,
    groups: Sequence[Hashable] | None = None,
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    rng: np.random.Generator | int | None = None,
) -> IccResult:
    r"""Intraclass correlation in a named form.

    =========  ==================================================================  ==============================
    form       coefficient                                                         raters
    =========  ==================================================================  ==============================
    ``(1,·)``  :math:`\sigma_a^2 / (\sigma_a^2 + \sigma_w^2 / k)`                   any, also anonymous
    ``(A,·)``  :math:`\sigma_a^2 / (\sigma_a^2 + (\sigma_b^2 + \sigma_e^2) / k)`    identified; absolute agreement
    ``(C,·)``  :math:`\sigma_a^2 / (\sigma_a^2 + \sigma_e^2 / k)`                   identified; leniency forgiven
    =========  ==================================================================  ==============================

    ``(·,1)`` has k = 1, one rating; ``(·,k)`` is the mean of k ratings (Spearman-Brown).

    **One-way.** With :math:`m_i` of N ratings on item i of n, analysis of variance gives :math:`\sigma_w^2 = MSW` and
    :math:`\sigma_a^2 = (MSB - MSW) / k_0` with :math:`k_0 = (N - \sum m_i^2 / N) / (n - 1)`, so that
    :math:`ICC(1,1) = (MSB - MSW) / (MSB + (k_0 - 1) MSW)`.

    **Two-way.** Items a, raters b and error e (which holds their interaction) are random and add up. The variances are
    those for which the sums of squares :math:`\sum y^2`, :math:`\sum_i y_{i\cdot}^2 / m_i`, :math:`\sum_j
    y_{\cdot j}^2 / n_j` and :math:`y_{\cdot\cdot}^2 / N` have their expected values (Henderson's method I). For a
    complete table this is the analysis of variance; it stays unbiased where ratings are missing at random, but a
    likelihood fit would be somewhat more precise there. In ``(A,k)`` each item's k raters count as drawn anew.

    Estimates are not cut at 0, so that a coefficient may be negative: ratings of one item then differ more than
    ratings of different items. Report it on `first_ratings`: where disagreement brings an item more ratings, the
    coefficient over all of them is biased downward.

    Args:
        ratings: Shape ``(items, raters)``, interval scale; nan or None where there is no rating. Items with fewer than
            two are left out.
        form: Which coefficient.
        k: Ratings in the mean of ``(·,k)``. None: the harmonic mean of the numbers of ratings of the items, because
            the noise of a mean goes with 1 / m.
        identified: Whether a column is a person; the forms A and C need it.
        groups: See `krippendorff_alpha`.
        n_resamples: See `krippendorff_alpha`.
        confidence_level: See `krippendorff_alpha`.
        rng: See `krippendorff_alpha`.

    Returns:
        The coefficient, at most 1; nan with a status for too few or constant ratings, for raters that are not
        identified where the form needs them, or where raters and items cannot be told apart (every rater rated one
        item).

    Raises:
        ValueError: See `read_rated_items`; for an unknown form, or a ``k`` that is not positive or that a form ending
            in 1 has no use for.
        TypeError: See `read_rated_items`.

    References:
        Shrout and Fleiss, *Intraclass correlations: uses in assessing rater reliability*, 1979; McGraw and Wong,
        *Forming inferences about some intraclass correlation coefficients*, 1996 (names of the forms); unequal
        numbers and Henderson's method: Searle, Casella and McCulloch, *Variance Components*, 1992, chapters 3 and 5.

    >>> table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> icc(table, form="(1,1)").statistic, icc(table, form="(A,1)", identified=True).statistic
    (0.1657, 0.2898)
    """
    resampling = Resampling(n_resamples=n_resamples, confidence_level=confidence_level, rng=rng)
    require_choice("form", form, FORMS)
    rated = read_rated_items(ratings, groups=groups)
    averaged = _averaged(form, k, rated)
    name, two_way = f"ICC{form}", form[1] != "1"
    status = ANONYMOUS if two_way and not identified else _why_undefined(rated)
    if status != "ok":
        return IccResult(**vars(rated.undefined(name, status)), form=form, k=averaged)
    components = TwoWay(rated) if two_way else OneWay(rated)

    def coefficient(totals: FloatArray) -> FloatArray:
        variances = components.of_totals(totals)
        noise = variances.error if form[1] in "1C" else variances.error + variances.rater
        total = variances.item + noise / averaged
        return np.asarray(variances.item / np.where(total > 0, total, np.nan))

    result = rated.summary(of_sums(coefficient, components.sums), name=name, resampling=resampling)
    variances = components.of_totals(components.sums.sum(axis=0, keepdims=True))
    if two_way and np.isnan(variances.item[0]):
        result = replace(result, status="raters and items cannot be told apart")
    return IccResult(
        **vars(result),
        form=form,
        k=averaged,
        item_variance=float(variances.item[0]),
        rater_variance=float(variances.rater[0]),
        error_variance=float(variances.error[0]),
    )


@dataclass(frozen=True)
class Variances:
    """Components of the variance of a rating, one value per resample.

    Attributes:
        item: Of the items' expected ratings.
        rater: Of the raters' leniency; nan if it is part of the error.
        error: The rest.
    """

    item: FloatArray
    rater: FloatArray
    error: FloatArray


class OneWay:
    """Variance components of items and error, from sums over the items.

    Args:
        rated: At least two items with two ratings each.
    """

    def __init__(self, rated: RatedItems) -> None:
        self.sums = rated.sample.sums(_item_columns(rated))

    def of_totals(self, totals: FloatArray) -> Variances:
        """Estimate the components.

        Args:
            totals: Sums of each resample, shape ``(R, 6)``.
        """
        n, n_ratings, squared_sizes, total, squares, item_squares = totals.T
        with np.errstate(invalid="ignore", divide="ignore"):
            within = (squares - item_squares) / (n_ratings - n)
            between = (item_squares - total**2 / n_ratings) / (n - 1)
            k0 = (n_ratings - squared_sizes / n_ratings) / (n - 1)
            return Variances((between - within) / k0, np.full_like(n, np.nan), within)


class TwoWay:
    """Variance components of items, raters and error, from sums over the items and per rater.

    Args:
        rated: At least two items with two ratings each.
    """

    def __init__(self, rated: RatedItems) -> None:
        centered = rated.table - np.nanmean(rated.table)
        present = ~np.isnan(centered)
        self.n_raters = present.shape[1]
        columns = [_item_columns(rated), present, np.where(present, centered, 0.0)]
        self.sums = rated.sample.sums(np.column_stack(columns))

    def of_totals(self, totals: FloatArray) -> Variances:
        """Estimate the components.

        Args:
            totals: Sums of each resample, shape ``(R, 6 + 2 raters)``.
        """
        n, n_ratings, squared_sizes, total, squares, item_squares = totals[:, :6].T
        counts, sums = totals[:, 6 : 6 + self.n_raters], totals[:, 6 + self.n_raters :]
        n_raters = (counts > 0).sum(axis=1)
        rater_squares = (sums**2 / np.maximum(counts, 1)).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean_square = total**2 / n_ratings
            item_overlap, rater_overlap = squared_sizes / n_ratings, (counts**2).sum(axis=1) / n_ratings
            within = (squares - item_squares) / (n_ratings - n)  # expects rater + error
            # The expected values of the other two sums of squares, with `within - rater` put in for the error.
            of_items = item_squares - mean_square - within * (n - 1)
            of_raters = rater_squares - mean_square - within * (n_raters - 1)
            a, b = n_ratings - item_overlap, 1 - rater_overlap
            c, d = n_raters - item_overlap, n_ratings - rater_overlap - n_raters + 1
            determinant = a * d - b * c
            determinant = np.where(np.abs(determinant) > ROUNDING * n_ratings**2, determinant, np.nan)
            rater = (a * of_raters - c * of_items) / determinant
            return Variances((d * of_items - b * of_raters) / determinant, rater, within - rater)


def _item_columns(rated: RatedItems) -> FloatArray:
    """What both analyses add up: 1, ratings, their square, sum, sum of squares, square of the sum over ratings."""
    centered = rated.table - np.nanmean(rated.table)
    sizes, sums = rated.sizes, np.nansum(centered, axis=1)
    squares = np.nansum(centered**2, axis=1)
    return np.column_stack([np.ones(rated.n), sizes, sizes**2, sums, squares, sums**2 / sizes])


def _averaged(form: str, k: float | None, rated: RatedItems) -> float:
    """Ratings in the mean."""
    if k is not None and not k > 0:
        raise ValueError(f"`k` must be positive, got {k!r}; it is the number of ratings that a mean is over.")
    if k is not None and form.endswith("1)"):
        raise ValueError(f"`k` has no use in form {form!r}, which is of one rating; ask for '{form[:3]}k)'.")
    if form.endswith("1)") or not rated.n:
        return 1.0
    return float(k) if k is not None else rated.mean_size


def _why_undefined(rated: RatedItems) -> str:
    return "fewer than two items" if rated.n == 1 else rated.status
