"""Lists of names in the sentences of a ranking."""

from collections.abc import Sequence

MOST_NAMES = 6


def listed(names: Sequence[str]) -> str:
    """Spell names in a sentence, the first few of many.

    Args:
        names: What to list.

    >>> listed(["A", "B", "C"]), listed("ABCDEFGHI")
    ('A, B and C', 'A, B, C, D, E, F and 3 more')
    """
    if len(names) > MOST_NAMES + 1:
        return f"{', '.join(names[:MOST_NAMES])} and {len(names) - MOST_NAMES} more"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
