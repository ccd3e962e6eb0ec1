"""How numbers of a ranking are spelled: with as many digits as their error allows."""

import math
from collections.abc import Iterable

from evalmuse_hf.ranking.records import Ranking

UNKNOWN = "–"
_FEWEST, _MOST = 2, 6


def digits_of(ranking: Ranking) -> int:
    """Digits after the point of the means: two that the half-width of their intervals still says something about.

    Args:
        ranking: On any scale.
    """
    widths = [(row.high - row.low) / 2 for row in ranking.rows if row.low is not None and row.high is not None]
    means = [row.mean for row in ranking.rows]
    size = sorted(widths)[len(widths) // 2] if widths else (max(means) - min(means)) / 10
    if not math.isfinite(size) or size <= 0:
        return _FEWEST
    return min(max(1 - math.floor(math.log10(size)), _FEWEST), _MOST)


def spell_interval(low: float | None, high: float | None, digits: int) -> str:
    """Spell an interval.

    Args:
        low: Its lower end; None or nan without one.
        high: Its upper end.
        digits: After the point.

    >>> spell_interval(3.288, 3.561, 2), spell_interval(-0.2, 0.1, 2), spell_interval(None, None, 2)
    ('3.29 to 3.56', '-0.20 to 0.10', '–')
    """
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return UNKNOWN
    return f"{low:z.{digits}f} to {high:z.{digits}f}"


def spell_p(value: float) -> str:
    """Spell a p-value.

    Args:
        value: In [0, 1], or nan.

    >>> spell_p(0.0471), spell_p(0.00002), spell_p(float("nan"))
    ('0.047', '< 0.001', '–')
    """
    if math.isnan(value):
        return UNKNOWN
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def known(value: float | None) -> float | None:
    """None for nan, which a table shows as a dash.

    Args:
        value: Any number.
    """
    return None if value is None or not math.isfinite(value) else value


def count_range(numbers: Iterable[int]) -> int | str:
    """One count where all generators have the same, else a range in words.

    Args:
        numbers: One at least.

    >>> count_range([1200, 1200]), count_range([90, 1200])
    (1200, '90 to 1,200')
    """
    counts = sorted(set(numbers))
    return counts[0] if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"
