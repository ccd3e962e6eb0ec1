"""Yes/no ratings of items whose chance of a yes differs: the beta-binomial model."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import betainc, betaln, expit, gammaln

from evalmuse_hf.stats.sample import FloatArray

THRESHOLD = 0.5
MEAN_BOUNDS = (-9.0, 9.0)  # of the logit: chances of about 1 in 10,000
PRECISION_BOUNDS = (-5.0, 9.0)  # of the logarithm of a + b: from always unanimous to one chance for all items


@dataclass(frozen=True, slots=True)
class BetaBinomial:
    """The chance of a yes is drawn from Beta(a, b) for each item; its ratings are independent given it.

    Attributes:
        a: First parameter; the mean chance is a / (a + b).
        b: Second parameter.
    """

    a: float
    b: float

    def accuracy(self, sizes: FloatArray, weights: FloatArray) -> float:
        r"""Chance that the verdict of an item's expected rating is the verdict of its mean rating.

        Both are a yes from 0.5 on. With x yes of m,
        :math:`P(x, p \ge .5) = P(x) \, (1 - I_{.5}(a + x, b + m - x))`, summed over x and averaged over the m.

        Args:
            sizes: Numbers of ratings m of an item.
            weights: How often each occurs.

        >>> round(BetaBinomial(1.0, 1.0).accuracy(np.array([1.0]), np.array([1.0])), 4)
        0.75
        """
        agreed = [self._agreed(int(size)) for size in sizes]
        return float(np.average(agreed, weights=weights))

    def _agreed(self, size: int) -> float:
        yes = np.arange(size + 1.0)
        choose = gammaln(size + 1) - gammaln(yes + 1) - gammaln(size - yes + 1)
        chances = np.exp(choose + betaln(self.a + yes, self.b + size - yes) - betaln(self.a, self.b))
        low = betainc(self.a + yes, self.b + size - yes, THRESHOLD)
        return float(chances @ np.where(yes / size >= THRESHOLD, 1 - low, low))


def fit_beta_binomial(*, yes: FloatArray, sizes: FloatArray, weights: FloatArray) -> BetaBinomial:
    """Fit the model by maximum likelihood.

    Args:
        yes: Yes ratings of each kind of item, shape ``(kinds,)``.
        sizes: Ratings of each.
        weights: How many items are of that kind.

    References:
        Skellam, *A probability distribution derived from the binomial distribution by regarding the probability of
        success as variable between the sets of trials*, 1948.

    >>> fit = fit_beta_binomial(
    ...     yes=np.array([0.0, 1.0, 2.0, 3.0]), sizes=np.full(4, 3.0), weights=np.array([25.0, 25.0, 25.0, 25.0])
    ... )
    >>> round(fit.a, 2), round(fit.b, 2)
    (1.0, 1.0)
    """
    total = weights.sum()

    def loss(parameters: FloatArray) -> float:
        a, b = _shapes(parameters)
        logs = betaln(a + yes, b + sizes - yes) - betaln(a, b)
        return float(-(weights @ logs) / total)

    mean = np.clip((weights @ yes) / (weights @ sizes), 0.001, 0.999)
    start = np.array([np.log(mean / (1 - mean)), 0.0])
    best = minimize(loss, start, method="L-BFGS-B", bounds=[MEAN_BOUNDS, PRECISION_BOUNDS])
    return BetaBinomial(*_shapes(best.x))


def _shapes(parameters: FloatArray) -> tuple[float, float]:
    mean, precision = expit(parameters[0]), np.exp(parameters[1])
    return float(mean * precision), float((1 - mean) * precision)
