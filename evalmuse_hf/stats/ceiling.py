"""The noise ceiling: what a scorer that returns the expected rating would reach."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.beta_binomial import fit_beta_binomial
from evalmuse_hf.stats.correlation import krcc, plcc, srcc
from evalmuse_hf.stats.icc import IccResult, icc
from evalmuse_hf.stats.rated_items import UNDEFINED, RatedItems, read_rated_items, refuse_cells
from evalmuse_hf.stats.rating_model import fit_rating_model
from evalmuse_hf.stats.resampling import Resampling
from evalmuse_hf.stats.results import AgreementResult, ConfidenceInterval
from evalmuse_hf.stats.sample import FloatArray, IntArray, require_choice

Ceiling = Literal["plcc", "srcc", "krcc", "accuracy"]
OfKinds = Callable[[FloatArray], float]  # of how often each kind of item occurs

MOST_LEVELS = 101
RELIABILITY, SIMULATION, BETA_BINOMIAL = "reliability of the mean", "simulated ratings", "beta-binomial model"


@dataclass(frozen=True)
class CeilingResult(AgreementResult):
    """A noise ceiling.

    Attributes:
        method: ``"reliability of the mean"``, ``"simulated ratings"`` or ``"beta-binomial model"``.
        k: Ratings in the mean that a scorer is compared with; the harmonic mean where items differ.
    """

    method: str = ""
    k: float = float("nan")
    pooled_note: ClassVar[str] = (
        "where items that disagreed were rated again, the reliability is biased downward, the models are not"
    )


def noise_ceiling(
    ratings: ArrayLike,
    *,
    statistic: Ceiling,
    k: int | None = None,
    again_at: float | None = None,
    scale: tuple[int, int] | None = None,
    n_simulated: int = 100_000,
    groups: Sequence[Hashable] | None = None,
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    rng: np.random.Generator | int | None = None,
) -> CeilingResult:
    r"""What a scorer would reach that returns the expected rating of each item, judged by mean ratings as they are.

    The mean of a few ratings is not the expected rating, so that even this scorer falls short of 1. **It is not**
    `human_as_scorer`, which judges one noisy rating and lies far below. Raters need not be identified: whatever makes
    two ratings of one item differ is noise. (Where the same few persons rated every item, their leniency moves all
    means alike and is no noise: the ceiling of PLCC is then the root of ICC(C,k), somewhat higher.)

    ``"plcc"``: the square root of the reliability of the mean, :math:`\sqrt{ICC(1,k)}` (see `icc`), exact for any
    distribution of the ratings.

    ``"srcc"`` and ``"krcc"`` (tau-b): no formula. A `RatingModel` is fitted to the ratings (a true score of any
    distribution, normal noise, rounding to the scale, a share of careless ratings), ``n_simulated`` items are rated
    by it, and the correlation of their expected and their mean ratings is the ceiling. Its Monte-Carlo error is about
    :math:`(1 - \rho^2) / \sqrt{n}`, some 0.001 for the default. In simulated worlds whose noise has another form it
    came within 0.01 of the truth for SRCC and within 0.02 for tau-b. True scores are taken to be all different: where
    many items are exactly alike, as with counts of objects, both are too low, and a scorer that returns whole numbers
    may pass them.

    ``"accuracy"``: ratings are yes (1) or no (0). The chance of a yes follows a beta distribution over the items,
    fitted by maximum likelihood, and the verdicts of the expected and the mean rating, each a yes from 0.5 on, agree
    as often as `BetaBinomial.accuracy` says: the limit of a simulation, in closed form.

    Args:
        ratings: Shape ``(items, raters)``, nan or None where there is no rating; items with fewer than two are left
            out. For ``"plcc"`` give `first_ratings` and ``k``: the reliability is biased downward where items that
            disagreed were rated again. The models of the others are not biased by that.
        statistic: Which ceiling.
        k: Ratings in the mean that scorers are judged by. None: as many as each item has here.
        again_at: Items whose first ``k`` ratings range over at least this get k more, as by the rule of EvalMuse-40K
            (k = 3, again at 2), and scorers are judged by the mean of all. Needs ``k``; makes ``"plcc"`` a simulation
            too; has no use for ``"accuracy"``.
        scale: Lowest and highest number of the scale. None: those that occur.
        n_simulated: Items to simulate.
        groups: See `krippendorff_alpha`.
        n_resamples: See `krippendorff_alpha`; the model is fitted anew in each, some 0.3 seconds.
        confidence_level: See `krippendorff_alpha`.
        rng: Generator or seed of the simulation and of the bootstrap. All resamples are simulated with the same random
            numbers.

    Returns:
        The ceiling, at most 1; nan with a status if no item has two ratings, all ratings are the same, or ratings of
        one item agree no better than chance.

    Raises:
        ValueError: See `read_rated_items`; for ratings that are not whole numbers on the scale (not 0 or 1 for
            ``"accuracy"``) where a model needs them, or options that do not fit together.
        TypeError: See `read_rated_items`.

    References:
        Spearman, *Correlation calculated from faulty data*, 1910; Brown, 1910 (reliability of a mean); Nunnally and
        Bernstein, *Psychometric Theory*, 3rd edition, 1994 (the root of the reliability as the highest
        correlation).

    >>> table = [[1, 2, 1], [3, 3, 4], [4, 5, 5], [2, 2, 3], [5, 4, 5]]
    >>> noise_ceiling(table, statistic="plcc").statistic
    0.9736
    >>> noise_ceiling([[1, 1, 0], [0, 0, 0], [1, 1, 1], [0, 1, 0]], statistic="accuracy").status
    'ok'
    """
    require_choice("statistic", statistic, ("plcc", "srcc", "krcc", "accuracy"))
    _check_options(statistic, k, again_at, n_simulated)
    rated = read_rated_items(ratings, groups=groups)
    name = f"noise ceiling, {statistic.upper() if statistic != 'accuracy' else 'element accuracy'}"
    averaged = float(k) if k is not None else rated.mean_size
    if statistic == "plcc" and again_at is None:
        reliability = icc(
            ratings,
            form="(1,k)",
            k=averaged if rated.n else None,
            groups=groups,
            n_resamples=n_resamples,
            confidence_level=confidence_level,
            rng=rng,
        )
        return _of_reliability(reliability, name)
    method = BETA_BINOMIAL if statistic == "accuracy" else SIMULATION
    levels = _levels(rated, scale if statistic != "accuracy" else (0, 1))
    if rated.status != "ok":
        return CeilingResult(**vars(rated.undefined(name, rated.status)), method=method, k=averaged)
    generator = np.random.default_rng(rng)
    resampling = Resampling(n_resamples=n_resamples, confidence_level=confidence_level, rng=generator)
    named = np.stack([(rated.table == level).sum(axis=1) for level in levels], axis=1).astype(np.float64)
    kinds, kind = np.unique(named, axis=0, return_inverse=True)
    if statistic == "accuracy":
        ceiling = _accuracy_of(kinds, k)
    else:
        seed = int(generator.integers(2**32))
        ceiling = _correlation_of(kinds, statistic, levels=levels, k=k, again_at=again_at, n=n_simulated, seed=seed)

    def of_counts(counts: FloatArray) -> FloatArray:
        drawn = (
            np.bincount(kind.reshape(-1), weights, len(kinds)).astype(np.float64)
            for weights in counts[:, rated.sample.codes]
        )
        return np.asarray([ceiling(weights) for weights in drawn])

    return CeilingResult(**vars(rated.summary(of_counts, name=name, resampling=resampling)), method=method, k=averaged)


def _of_reliability(reliability: IccResult, name: str) -> CeilingResult:
    """The square root of the reliability of a mean, and of its interval."""
    value, interval, status = reliability.statistic, reliability.confidence_interval, reliability.status
    if value < 0 or status == UNDEFINED:
        value, interval, status = float("nan"), None, "ratings of one item agree no better than chance"
    if interval is not None:
        interval = ConfidenceInterval(*(float(np.sqrt(max(end, 0.0))) for end in interval))
    return CeilingResult(
        statistic=float(np.sqrt(value)),
        confidence_interval=interval,
        n=reliability.n,
        n_dropped=reliability.n_dropped,
        status=status,
        n_groups=reliability.n_groups,
        name=name,
        fewest_ratings=reliability.fewest_ratings,
        most_ratings=reliability.most_ratings,
        method=RELIABILITY,
        k=reliability.k,
    )


def _correlation_of(
    kinds: FloatArray,
    statistic: str,
    *,
    levels: FloatArray,
    k: int | None,
    again_at: float | None,
    n: int,
    seed: int,
) -> OfKinds:
    def of_kinds(weights: FloatArray) -> float:
        if np.count_nonzero(weights @ kinds) < 2:
            return float("nan")
        sizes, shares = _sizes(kinds, weights, k)
        model = fit_rating_model(counts=kinds, weights=weights, levels=levels)
        items = model.simulate(n, sizes=sizes, shares=shares, again_at=again_at, rng=seed)
        if statistic == "plcc":
            return plcc(predictions=items.expected, references=items.means).statistic
        return (srcc if statistic == "srcc" else krcc)(predictions=items.expected, references=items.means).statistic

    return of_kinds


def _accuracy_of(kinds: FloatArray, k: int | None) -> OfKinds:
    def of_kinds(weights: FloatArray) -> float:
        if np.count_nonzero(weights @ kinds) < 2:
            return float("nan")
        sizes, shares = _sizes(kinds, weights, k)
        fit = fit_beta_binomial(yes=kinds[:, 1], sizes=kinds.sum(axis=1), weights=weights)
        return fit.accuracy(sizes.astype(np.float64), shares)

    return of_kinds


def _sizes(kinds: FloatArray, weights: FloatArray, k: int | None) -> tuple[IntArray, FloatArray]:
    """Numbers of ratings in the means, and how often each occurs."""
    if k is not None:
        return np.array([k]), np.ones(1)
    sizes, places = np.unique(kinds.sum(axis=1).astype(np.intp), return_inverse=True)
    return np.asarray(sizes), np.asarray(np.bincount(places.reshape(-1), weights=weights), dtype=np.float64)


def _levels(rated: RatedItems, scale: tuple[int, int] | None) -> FloatArray:
    """Numbers of the scale, after checking that the ratings are among them."""
    refuse_cells(rated.table, rated.table % 1 > 0, "whole numbers for a model of ratings")
    low, high = scale if scale is not None else (rated.values[[0, -1]] if rated.n else (0, 1))
    if not low <= high < low + MOST_LEVELS:
        raise ValueError(f"`scale` must rise by less than {MOST_LEVELS}, got {low} to {high}.")
    refuse_cells(rated.table, (rated.table < low) | (rated.table > high), f"from {low:g} to {high:g}")
    return np.arange(low, high + 1, dtype=np.float64)


def _check_options(statistic: str, k: int | None, again_at: float | None, n_simulated: int) -> None:
    if k is not None and k < 1:
        raise ValueError(f"`k` must be at least 1, got {k!r}.")
    if n_simulated < 2:
        raise ValueError(f"`n_simulated` must be at least 2, got {n_simulated!r}.")
    if again_at is not None and (k is None or statistic == "accuracy"):
        raise ValueError(
            "`again_at` needs `k`, the ratings of the first round, and a statistic other than 'accuracy'."
        )
