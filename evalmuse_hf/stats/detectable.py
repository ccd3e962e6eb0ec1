"""How small a difference a number of prompts can show, and how many prompts a difference needs."""

import math

import numpy as np
from scipy.stats import norm

from evalmuse_hf.stats.equivalence import minimum_detectable_difference, power

MIN_PROMPTS = 2
MOST_PROMPTS = 10_000_000  # beyond this nobody collects ratings: `prompts_needed` says None


def detectable_difference(
    *,
    standard_error: float,
    n_prompts: int,
    planned_prompts: int | None = None,
    alpha: float = 0.05,
    chance: float = 0.8,
) -> float:
    r"""The smallest true difference that a number of prompts shows with a given chance.

    Prompts are the clusters of the error, so that it falls with their number, :math:`s \sqrt{n / m}`, whatever the
    number of pictures of each. The test is a two-sided t test with m - 1 degrees of freedom.

    Args:
        standard_error: Of the difference, measured on ``n_prompts``, >= 0; from `scorer_difference`, for example.
        n_prompts: Prompts behind ``standard_error``, >= 2.
        planned_prompts: Prompts of the study that is planned, >= 2; None: as many as were measured.
        alpha: Level of the test, in (0, 1). For one of m tests under Holm, alpha / m is safe.
        chance: Power asked for, in (alpha, 1).

    Returns:
        The difference, on the scale of ``standard_error``; nan for an undefined error.

    Raises:
        ValueError: If an argument is outside its range.

    References:
        See `minimum_detectable_difference`.

    >>> detectable_difference(standard_error=0.01, n_prompts=200, planned_prompts=800)  # half the error, times 2.8
    0.0140
    """
    planned = n_prompts if planned_prompts is None else planned_prompts
    for name, value in (("n_prompts", n_prompts), ("planned_prompts", planned)):
        if value < MIN_PROMPTS:
            raise ValueError(f"`{name}` must be at least {MIN_PROMPTS}, got {value!r}.")
    if np.isnan(standard_error):
        return float("nan")
    return minimum_detectable_difference(
        standard_error=float(standard_error * np.sqrt(n_prompts / planned)),
        degrees_of_freedom=planned - 1,
        alpha=alpha,
        chance=chance,
    )


def prompts_needed(
    *, difference: float, standard_error: float, n_prompts: int, alpha: float = 0.05, chance: float = 0.8
) -> int | None:
    """The fewest prompts with which a true difference is found with a given chance.

    Args:
        difference: The true difference that shall be found; its sign does not matter.
        standard_error: Of the difference, measured on ``n_prompts``, >= 0.
        n_prompts: Prompts behind ``standard_error``, >= 2.
        alpha: See `detectable_difference`.
        chance: See `detectable_difference`.

    Returns:
        The number, at least 2; None where ten million prompts would not do, and where an argument is nan. A difference
        that was itself estimated gives a rough number: it may be too large or too small by far.

    Raises:
        ValueError: If an argument is outside its range.

    References:
        See `detectable_difference`, of which this is the inverse.

    >>> prompts_needed(difference=0.014, standard_error=0.01, n_prompts=200)
    803
    >>> prompts_needed(difference=0.0, standard_error=0.01, n_prompts=200)
    """
    if n_prompts < MIN_PROMPTS:
        raise ValueError(f"`n_prompts` must be at least {MIN_PROMPTS}, got {n_prompts!r}.")
    if not alpha < chance < 1:
        raise ValueError(f"`chance` must be between `alpha` and 1, got {chance!r}.")
    if np.isnan(difference) or np.isnan(standard_error):
        return None

    def enough(prompts: int) -> bool:
        error = float(standard_error * np.sqrt(n_prompts / prompts))
        return error == 0 or chance <= power(
            difference=abs(difference), standard_error=error, degrees_of_freedom=prompts - 1, alpha=alpha
        )

    if difference == 0 or not enough(MOST_PROMPTS):
        return None
    # The normal approximation with Guenther's correction is next to the answer; from there the steps double.
    quantile = float(norm.isf(alpha / 2))
    guess = n_prompts * (standard_error * (quantile + float(norm.ppf(chance))) / difference) ** 2 + quantile**2 / 2
    low, high, step = MIN_PROMPTS - 1, min(max(math.ceil(guess), MIN_PROMPTS), MOST_PROMPTS), 1
    while not enough(high):
        low, high, step = high, min(high + step, MOST_PROMPTS), 2 * step
    step = 1
    while high - step > low and enough(high - step):
        high, step = high - step, 2 * step
    low = max(low, high - step)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
