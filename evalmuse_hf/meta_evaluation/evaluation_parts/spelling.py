"""How a record spells a statistic."""

import math
from typing import Any

from evalmuse_hf.stats import StatisticResult

Record = dict[str, Any]


def spell(result: StatisticResult, *, n_resamples: int, **details: Any) -> Record:
    """Spell a statistic for JSON.

    Args:
        result: The statistic.
        n_resamples: Resamples behind its interval, as asked for.
        **details: Further keys.

    Returns:
        ``value`` (None if it is undefined), ``low`` and ``high`` (None without interval), ``n``, ``n_groups``,
        ``status``, ``n_resamples`` (0 without interval), ``n_failed`` (resamples without a value, which the interval
        leaves out), and the further keys.
    """
    interval = result.confidence_interval
    return {
        "value": number(result.statistic),
        "low": None if interval is None else number(interval[0]),
        "high": None if interval is None else number(interval[1]),
        "n": result.n,
        "n_groups": result.n_groups,
        "status": result.status,
        "n_resamples": 0 if interval is None else n_resamples,
        "n_failed": result.n_failed,
        **details,
    }


def undefined(status: str, *, n: int, n_groups: int | None = None, **details: Any) -> Record:
    """Spell a statistic that has no value.

    Args:
        status: Why.
        n: Rows that there are.
        n_groups: Their groups.
        **details: Further keys.
    """
    nothing = {"value": None, "low": None, "high": None, "n": n, "n_groups": n_groups}
    return {**nothing, "status": status, "n_resamples": 0, "n_failed": 0, **details}


def number(value: float) -> float | None:
    """Spell a number for JSON: None where it is nan.

    Args:
        value: Any number.

    >>> number(0.5), number(float("nan"))
    (0.5, None)
    """
    return None if math.isnan(value) else float(value)
