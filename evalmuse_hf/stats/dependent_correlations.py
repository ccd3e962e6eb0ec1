"""Classical tests of two correlations with the same references, which take the pairs for independent."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

MIN_PAIRS = 4
ROUNDING = 1e-12  # a variance below this is rounding noise


@dataclass(frozen=True)
class DependentCorrelationTest:
    """A test of two dependent correlations.

    Attributes:
        statistic: Williams' t or Steiger's z, positive when the first correlation is higher; nan when undefined.
        p_value: Two-sided, of the hypothesis that both correlations are equal; nan when undefined.
        degrees_of_freedom: Of Student's t; infinite for a normal z.
        status: ``"ok"``, or why the numbers are nan.
    """

    statistic: float
    p_value: float
    degrees_of_freedom: float
    status: str = "ok"


def williams_test(*, r_first: float, r_second: float, r_between: float, n: int) -> DependentCorrelationTest:
    r"""Williams' t for two correlations that share a variable.

    .. math::
        t = (r_1 - r_2) \sqrt{\frac{(n - 1)(1 + r_{12})}{2 \frac{n - 1}{n - 3} D + \bar r^2 (1 - r_{12})^3}}

    with D the determinant of the three correlations and n - 3 degrees of freedom.

    It holds for independent pairs and normal values. Pictures of one prompt are not independent: there it finds
    differences that are none (``docs/uncertainty.md`` has the measured size). Shown beside `scorer_difference` only
    as contrast, because published comparisons use it.

    Args:
        r_first: Correlation of the first scorer with the references, in [-1, 1].
        r_second: Correlation of the second scorer with the same references.
        r_between: Correlation of the two scorers with each other.
        n: Pairs behind all three.

    Returns:
        Statistic and p-value; nan with a status for fewer than four pairs, an undefined correlation, or scorers that
        are the same up to a linear map.

    Raises:
        ValueError: If a correlation is outside [-1, 1].

    References:
        Williams, *The comparison of regression variables*, 1959; Steiger, *Tests for comparing elements of a
        correlation matrix*, 1980, equation 7.

    >>> test = williams_test(r_first=0.3, r_second=0.4, r_between=0.5, n=100)
    >>> test.statistic, test.p_value
    (-1.0767, 0.2843)
    """
    status = _status(r_first, r_second, r_between, n)
    if status != "ok":
        return DependentCorrelationTest(float("nan"), float("nan"), float(n - 3), status)
    determinant = 1 - r_first**2 - r_second**2 - r_between**2 + 2 * r_first * r_second * r_between
    mean = (r_first + r_second) / 2
    below = 2 * (n - 1) / (n - 3) * max(determinant, 0.0) + mean**2 * (1 - r_between) ** 3
    statistic = (r_first - r_second) * float(np.sqrt((n - 1) * (1 + r_between) / below))
    return DependentCorrelationTest(statistic, float(2 * student.sf(abs(statistic), n - 3)), float(n - 3))


def steiger_test(*, r_first: float, r_second: float, r_between: float, n: int) -> DependentCorrelationTest:
    r"""Steiger's z for two correlations that share a variable, with the pooled correlation in the covariance.

    .. math::
        z = (\operatorname{artanh} r_1 - \operatorname{artanh} r_2) \sqrt{\frac{n - 3}{2 - 2 c}}, \qquad
        c = \frac{r_{12} (1 - 2 \bar r^2) - \bar r^2 (1 - 2 \bar r^2 - r_{12}^2) / 2}{(1 - \bar r^2)^2}

    It takes the pairs for independent, as `williams_test` does; the same warning holds.

    Args:
        r_first: See `williams_test`.
        r_second: See `williams_test`.
        r_between: See `williams_test`.
        n: See `williams_test`.

    Returns:
        As `williams_test`; also undefined where a correlation is -1 or 1.

    Raises:
        ValueError: If a correlation is outside [-1, 1].

    References:
        Steiger, *Tests for comparing elements of a correlation matrix*, Psychological Bulletin 87, 1980, equations 3
        and 14.

    >>> steiger_test(r_first=0.4, r_second=0.5, r_between=0.1, n=103).statistic  # case A of the article
    -0.8887
    """
    status = _status(r_first, r_second, r_between, n)
    if status == "ok" and max(abs(r_first), abs(r_second)) >= 1 - ROUNDING:
        status = "a correlation of -1 or 1 has no Fisher transform"
    if status != "ok":
        return DependentCorrelationTest(float("nan"), float("nan"), float("inf"), status)
    squared = ((r_first + r_second) / 2) ** 2
    covariance = r_between * (1 - 2 * squared) - squared * (1 - 2 * squared - r_between**2) / 2
    covariance /= (1 - squared) ** 2
    statistic = float((np.arctanh(r_first) - np.arctanh(r_second)) * np.sqrt((n - 3) / (2 - 2 * covariance)))
    return DependentCorrelationTest(statistic, float(2 * norm.sf(abs(statistic))), float("inf"))


def _status(r_first: float, r_second: float, r_between: float, n: int) -> str:
    for name, value in (("r_first", r_first), ("r_second", r_second), ("r_between", r_between)):
        if abs(value) > 1 + ROUNDING:
            raise ValueError(f"`{name}` must be a correlation between -1 and 1, got {value!r}.")
    if np.isnan([r_first, r_second, r_between]).any():
        return "a correlation is undefined"
    if n < MIN_PAIRS:
        return f"fewer than {MIN_PAIRS} pairs"
    if abs(r_between) >= 1 - ROUNDING:
        return "the two scorers are the same up to a linear map"
    return "ok"
