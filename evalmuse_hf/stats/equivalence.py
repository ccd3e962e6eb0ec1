"""Whether a difference is negligible, and how small a difference a study could have seen."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2, norm
from scipy.stats import t as student

from evalmuse_hf.stats.sample import FloatArray

_LARGEST_EFFECT = 1e4  # standard errors
_NODES = 200  # of the integral; the test compares it with a simulation and with scipy's noncentral t


@dataclass(frozen=True)
class EquivalenceResult:
    """Outcome of two one-sided tests.

    Attributes:
        p_value: The larger of the two; small: the difference lies within the margin.
        equivalent: Whether it is below the level of the test.
    """

    p_value: float
    equivalent: bool


def equivalence_test(
    *, difference: float, standard_error: float, degrees_of_freedom: float, margin: float, alpha: float = 0.05
) -> EquivalenceResult:
    """Two one-sided t tests: is the true difference between -margin and +margin?

    "Not significantly different" is no evidence of equality; this is.

    Args:
        difference: The estimate.
        standard_error: Its standard error, >= 0.
        degrees_of_freedom: Of the standard error, > 0.
        margin: The smallest difference that matters, > 0.
        alpha: Level of each test.

    Returns:
        The p-value and the decision.

    Raises:
        ValueError: If an argument is outside its range.

    References:
        Schuirmann, *A comparison of the two one-sided tests procedure and the power approach*, 1987.

    >>> equivalence_test(difference=0.001, standard_error=0.001, degrees_of_freedom=9, margin=0.005)
    EquivalenceResult(p_value=0.0015, equivalent=True)
    """
    _check(standard_error, degrees_of_freedom, alpha)
    if not margin > 0:
        raise ValueError(f"`margin` must be more than 0, got {margin!r}.")
    if standard_error == 0:
        p_value = 0.0 if abs(difference) < margin else 1.0
    else:
        p_value = float(student.sf((margin - abs(difference)) / standard_error, degrees_of_freedom))
    return EquivalenceResult(p_value, p_value < alpha)


def power(*, difference: float, standard_error: float, degrees_of_freedom: float, alpha: float = 0.05) -> float:
    """Chance that a two-sided t test finds a true difference.

    Args:
        difference: The true difference.
        standard_error: Of its estimate, > 0.
        degrees_of_freedom: Of the standard error, > 0.
        alpha: Level of the test.

    Returns:
        The chance, in [alpha, 1].

    Raises:
        ValueError: If an argument is outside its range.

    References:
        Cohen, *Statistical Power Analysis for the Behavioral Sciences*, 1988, chapter 2.

    >>> power(difference=0.8, standard_error=(2 / 20) ** 0.5, degrees_of_freedom=38)  # Cohen: d = .8, 20 in each group
    0.6934
    """
    _check(standard_error, degrees_of_freedom, alpha)
    if standard_error == 0:
        raise ValueError("`standard_error` must be more than 0 for a power, got 0.")
    nodes, shares = _spread(degrees_of_freedom)
    critical = student.ppf(1 - alpha / 2, degrees_of_freedom) * nodes
    effect = difference / standard_error
    return float((norm.sf(critical - effect) + norm.cdf(-critical - effect)) @ shares)


@lru_cache
def _spread(degrees_of_freedom: float) -> tuple[FloatArray, FloatArray]:
    """Values of the estimated over the true standard error, and the share of each.

    Given the value, the estimate over its true error is normal; summed over the values that gives Student's noncentral
    t, of which scipy's version has holes (nan).
    """
    nodes, shares = _legendre()
    return np.sqrt(chi2.ppf((nodes + 1) / 2, degrees_of_freedom) / degrees_of_freedom), shares / 2


@lru_cache
def _legendre() -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of the integral; they take longer than all that is done with them."""
    nodes, shares = np.polynomial.legendre.leggauss(_NODES)
    return nodes, shares


def minimum_detectable_difference(
    *, standard_error: float, degrees_of_freedom: float, alpha: float = 0.05, chance: float = 0.8
) -> float:
    """The smallest true difference that a two-sided t test finds with a given chance.

    Args:
        standard_error: Of the estimate, >= 0.
        degrees_of_freedom: Of the standard error, > 0.
        alpha: Level of the test.
        chance: Power asked for, in (alpha, 1).

    Returns:
        The difference, on the scale of ``standard_error``; 0 for a standard error of 0.

    Raises:
        ValueError: If an argument is outside its range.

    References:
        See `power`.

    >>> minimum_detectable_difference(standard_error=0.01, degrees_of_freedom=9)
    0.0315
    """
    _check(standard_error, degrees_of_freedom, alpha)
    if not alpha < chance < 1:
        raise ValueError(f"`chance` must be between `alpha` and 1, got {chance!r}.")

    def shortfall(effect: float) -> float:
        found = power(difference=effect, standard_error=1.0, degrees_of_freedom=degrees_of_freedom, alpha=alpha)
        return found - chance

    return standard_error * float(brentq(shortfall, 0.0, _LARGEST_EFFECT))


def _check(standard_error: float, degrees_of_freedom: float, alpha: float) -> None:
    if not (standard_error >= 0 and np.isfinite(standard_error)):
        raise ValueError(f"`standard_error` must be >= 0, got {standard_error!r}.")
    if not degrees_of_freedom > 0:
        raise ValueError(f"`degrees_of_freedom` must be more than 0, got {degrees_of_freedom!r}.")
    if not 0 < alpha < 1:
        raise ValueError(f"`alpha` must be between 0 and 1, got {alpha!r}.")
