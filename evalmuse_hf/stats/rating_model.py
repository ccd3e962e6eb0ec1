"""How ratings on a scale of whole numbers arise: a true score, a rater's noise, and rounding."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import ndtr

from evalmuse_hf.stats.sample import FloatArray, IntArray

N_SCORES = 61
BEYOND = 1.0  # true scores reach so many points beyond the scale: all raters then agree on its end
N_STEPS = 100  # of EM; stopping early keeps the distribution of true scores smooth
LEAST_NOISE = 0.05
CARELESS_NOISE = 0.5  # of the length of the scale
FIRST_CARELESS = 0.1  # where EM starts
FLOOR = 1e-300


@dataclass(frozen=True, slots=True)
class SimulatedRatings:
    """Items of a simulated data set.

    Attributes:
        expected: Expected rating of each item, what the perfect scorer returns.
        means: Mean of the ratings that it got.
    """

    expected: FloatArray
    means: FloatArray


@dataclass(frozen=True, slots=True)
class RatingModel:
    """A rating is a true score plus normal noise, rounded to the nearest number of the scale; some are careless.

    The true scores have any distribution, with an even density between the points of a grid that reaches one point
    beyond the scale on either side. A share of the ratings, of any item, is careless: their noise is half the length
    of the scale. Noise is all in which two ratings of one item differ: leniency, attention and taste.

    Attributes:
        levels: Numbers of the scale, in rising order.
        scores: The points of the grid, shape ``(T,)``, in rising order.
        weights: Probability of the cell around each point.
        noise: Standard deviation of the noise of the other ratings, in points.
        careless: Share of ratings that are careless.
    """

    levels: FloatArray
    scores: FloatArray
    weights: FloatArray
    noise: float
    careless: float

    def simulate(
        self,
        n: int,
        *,
        sizes: IntArray,
        shares: FloatArray,
        again_at: float | None = None,
        rng: np.random.Generator | int | None = None,
    ) -> SimulatedRatings:
        """Have items rated.

        Args:
            n: Number of items. Their true scores are spread evenly over the distribution, without chance.
            sizes: Possible numbers of ratings.
            shares: How often each occurs.
            again_at: Items whose ratings range over at least this are rated as many times again; None: no item is.
            rng: Generator or seed.
        """
        generator = np.random.default_rng(rng)
        scores, most = self._spread_scores(n), int(sizes.max())
        careful, careless = _chances(scores, self.levels, self.noise), _careless_chances(scores, self.levels)
        chances = (1 - self.careless) * careful + self.careless * careless
        uniform = generator.random((n, most if again_at is None else 2 * most))
        places_on_scale = np.zeros(uniform.shape, dtype=np.intp)
        for bound in chances.cumsum(axis=1)[:, :-1].T:
            places_on_scale += uniform > bound[:, None]
        ratings = self.levels[places_on_scale]
        own = generator.choice(sizes, size=n, p=shares / shares.sum())[:, None]
        places = np.arange(uniform.shape[1])
        given = places < own
        if again_at is not None:
            first = np.where(given, ratings, np.nan)
            again = np.nanmax(first, axis=1) - np.nanmin(first, axis=1) >= again_at
            given |= again[:, None] & (places < 2 * own)
        return SimulatedRatings(chances @ self.levels, (ratings * given).sum(axis=1) / given.sum(axis=1))

    def _spread_scores(self, n: int) -> FloatArray:
        """The quantiles of the true scores at n even steps."""
        edges = np.concatenate([self.scores[:1], (self.scores[1:] + self.scores[:-1]) / 2, self.scores[-1:]])
        shares = np.concatenate([[0.0], np.cumsum(self.weights) / self.weights.sum()])
        return np.asarray(np.interp((np.arange(n) + 0.5) / n, shares, edges), dtype=np.float64)


def fit_rating_model(*, counts: FloatArray, weights: FloatArray, levels: FloatArray) -> RatingModel:
    """Fit true scores, noise and share of careless ratings by maximum likelihood.

    True scores and careless ratings are fitted by EM for each noise, and the noise by a search. What a rule decides
    upon the ratings themselves (three more where the first three disagree) does not bias a likelihood, so that pooled
    ratings may be given.

    Args:
        counts: Ratings of each kind of item by number of the scale, shape ``(kinds, levels)``.
        weights: How many items are of that kind.
        levels: The numbers of the scale, one apart, in rising order.

    References:
        Laird, *Nonparametric maximum likelihood estimation of a mixing distribution*, 1978 (the EM); the threshold
        model of ordered ratings: McCullagh, *Regression models for ordinal data*, 1980.

    >>> counts = np.array([[3.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 3.0], [1.0, 2.0, 0.0]])
    >>> model = fit_rating_model(counts=counts, weights=np.full(4, 10.0), levels=np.array([1.0, 2.0, 3.0]))
    >>> model.noise < 0.5, float(model.weights.sum())
    (True, 1.0)
    """
    scores = np.linspace(levels[0] - BEYOND, levels[-1] + BEYOND, N_SCORES)

    def mix(log_noise: float) -> _Mixture:
        careful = _chances(scores, levels, float(np.exp(log_noise)))
        return _mix(careful, _careless_chances(scores, levels), counts=counts, weights=weights)

    bounds = (np.log(LEAST_NOISE), np.log(2 * (levels[-1] - levels[0])))
    search = {"method": "bounded", "options": {"xatol": 0.03}}
    log_noise = minimize_scalar(lambda value: -mix(value).log_likelihood, bounds=bounds, **search).x
    mixture = mix(log_noise)
    return RatingModel(levels, scores, mixture.weights, float(np.exp(log_noise)), mixture.careless)


@dataclass(frozen=True, slots=True)
class _Mixture:
    """True scores and careless ratings that go with a noise."""

    weights: FloatArray
    careless: float
    log_likelihood: float


def _mix(careful: FloatArray, wild: FloatArray, *, counts: FloatArray, weights: FloatArray) -> _Mixture:
    """Run `N_STEPS` steps of EM from an even distribution, given the chances of careful and of careless ratings."""
    n_ratings = float((weights @ counts).sum())
    mixture, careless = np.full(len(careful), 1 / len(careful)), FIRST_CARELESS
    log_likelihood = -np.inf
    for _ in range(N_STEPS):
        chances = (1 - careless) * careful + careless * wild
        logs = counts @ np.log(np.maximum(chances, FLOOR)).T
        highest = logs.max(axis=1, keepdims=True)
        joint = np.exp(logs - highest) * mixture
        of_kinds = joint.sum(axis=1)
        log_likelihood = float(weights @ (np.log(of_kinds) + highest[:, 0]))
        posteriors = joint * (weights / of_kinds)[:, None]
        named = posteriors.T @ counts  # expected ratings by true score and number
        mixture = posteriors.sum(axis=0) / weights.sum()
        careless = float((named * careless * wild / np.maximum(chances, FLOOR)).sum() / n_ratings)
    return _Mixture(mixture, careless, log_likelihood)


def _careless_chances(scores: FloatArray, levels: FloatArray) -> FloatArray:
    return _chances(scores, levels, CARELESS_NOISE * float(levels[-1] - levels[0]))


def _chances(scores: FloatArray, levels: FloatArray, noise: float) -> FloatArray:
    bounds = np.concatenate([[-np.inf], (levels[1:] + levels[:-1]) / 2, [np.inf]])
    return np.asarray(np.diff(ndtr((bounds - scores[:, None]) / noise), axis=1))
