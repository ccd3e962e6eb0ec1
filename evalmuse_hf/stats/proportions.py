"""Intervals of a share."""

import math
from statistics import NormalDist

from evalmuse_hf.stats.results import ConfidenceInterval


def wilson_interval(successes: int, n: int, *, confidence_level: float = 0.95) -> ConfidenceInterval:
    """Wilson's score interval of a share of independent trials.

    Unlike the share plus and minus twice its standard error, it stays in [0, 1] and is honest for few trials and for
    shares near 0 or 1.

    Args:
        successes: Trials that succeeded, 0 to ``n``.
        n: Trials, at least 1.
        confidence_level: In (0, 1).

    Raises:
        ValueError: If a number is out of its range.

    References:
        Wilson, *Probable inference, the law of succession, and statistical inference*, 1927.

    >>> wilson_interval(10, 10)
    ConfidenceInterval(low=0.7225, high=1.0)
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"Expected 0 to `n` successes in at least one trial, got {successes!r} in {n!r}.")
    if not 0 < confidence_level < 1:
        raise ValueError(f"`confidence_level` must be between 0 and 1, got {confidence_level!r}.")
    z = NormalDist().inv_cdf((1 + confidence_level) / 2)
    share = successes / n
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return ConfidenceInterval(low=max(0.0, (middle - half) / scale), high=min(1.0, (middle + half) / scale))
