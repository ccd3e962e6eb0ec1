"""What somebody may have meant by a name that does not exist."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

_LIKE_ENOUGH = 0.6
_MOST = 2


def nearest_names(name: str, known: Iterable[str]) -> list[str]:
    """Names that are spelt almost like another, the most alike first.

    Case, and what stands between words, do not count.

    Args:
        name: What was given.
        known: What there is.

    >>> nearest_names("FGA-BLIP", ["pn_vqa", "fga_blip2", "clip_score"])
    ['fga_blip2']
    """
    plain = _plain(name)
    likeness = {other: _likeness(plain, _plain(other)) for other in known}
    best = max(likeness.values(), default=0.0)
    near = [other for other, value in likeness.items() if value >= max(_LIKE_ENOUGH, best - 0.05)]
    return sorted(near, key=lambda other: -likeness[other])[:_MOST]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Ask about the nearest names, as the middle of a sentence.

    Args:
        name: What was given.
        known: What there is.

    Returns:
        ``"; did you mean 'x'?"``, or nothing where no name is alike.

    >>> did_you_mean("scroe", ["score", "space"])
    "; did you mean 'score'?"
    """
    near = nearest_names(name, known)
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())


def _likeness(one: str, other: str) -> float:
    """From 0 to 1; a beginning or an end of three letters or more is as good as a slip of the keys."""
    if len(one) >= 3 and (other.startswith(one) or other.endswith(one)):
        return max(0.8, SequenceMatcher(None, one, other).ratio())
    return SequenceMatcher(None, one, other).ratio()
