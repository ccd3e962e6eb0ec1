"""How the statistics of a record stand in a table."""

from collections.abc import Mapping
from typing import Any

from evalmuse_hf.reports import Cell

Statistic = Mapping[str, Any]

NOTHING: Statistic = {
    "value": None,
    "low": None,
    "high": None,
    "n": 0,
    "n_groups": None,
    "status": "",
    "n_resamples": 0,
}


def find(record: Mapping[str, Any], *path: str) -> Statistic:
    """A statistic of a record; one without a value where the record lacks the part.

    Args:
        record: See `evalmuse_hf.meta_evaluation.evaluate_scores`.
        *path: Keys, from the outside in.

    >>> find({"overall": {}}, "overall", "srcc")["value"] is None
    True
    """
    entry: Any = record
    for key in path:
        if not isinstance(entry, Mapping) or key not in entry:
            return NOTHING
        entry = entry[key]
    return entry if isinstance(entry, Mapping) else NOTHING


def value(statistic: Statistic) -> float | None:
    """Its number; None where it is undefined.

    Args:
        statistic: Of a record.
    """
    number = statistic.get("value")
    return None if number is None else float(number)


def interval(statistic: Statistic, digits: int = 3) -> Cell:
    """Its interval.

    Args:
        statistic: Of a record.
        digits: Behind the point.

    >>> interval({"low": 0.25, "high": 0.5}, digits=2)
    '0.25 to 0.50'
    """
    if statistic.get("low") is None:
        return None
    return f"{statistic['low']:.{digits}f} to {statistic['high']:.{digits}f}"


def with_interval(statistic: Statistic, digits: int = 3) -> Cell:
    """Its number and, in brackets, its interval; why there is none, where it is undefined.

    Args:
        statistic: Of a record.
        digits: Behind the point.

    >>> with_interval({"value": 0.4, "low": 0.25, "high": 0.5}, digits=2)
    '0.40 [0.25, 0.50]'
    """
    number = value(statistic)
    if number is None:
        return None
    ends = "" if statistic.get("low") is None else f" [{statistic['low']:.{digits}f}, {statistic['high']:.{digits}f}]"
    return f"{number:.{digits}f}{ends}"


def status(statistic: Statistic) -> Cell:
    """Why it has no number; None where it has one.

    Args:
        statistic: Of a record.
    """
    return None if value(statistic) is not None else str(statistic.get("status") or "not computed")
