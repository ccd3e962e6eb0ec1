"""Which of many things can be told apart, spelled in letters."""

from string import ascii_letters

import numpy as np
from numpy.typing import ArrayLike


def significance_letters(*, separated: ArrayLike) -> tuple[str, ...]:
    """Compact letter display: two things share a letter if, and only if, they are not separated.

    Starts from one letter for all. For each separated pair, a letter that both have is split into one without the
    first and one without the second, and letters whose holders all hold another letter together are dropped. At the
    end every letter is dropped that shows no pair which the others do not show.

    Args:
        separated: Whether the difference of two things is more than noise, symmetric, shape ``(k, k)``; the diagonal
            is not read.

    Returns:
        The letters of each thing, in alphabetical order. The first thing has an ``a``, and letters follow the first
        thing that holds them, so that for things in the order of their means the letters run down the table.

    Raises:
        ValueError: If ``separated`` is not square and symmetric.

    References:
        Piepho, *An algorithm for a letter-based representation of all-pairwise comparisons*, 2004 (insert and absorb,
        then sweep).

    >>> significance_letters(separated=[[False, False, True], [False, False, False], [True, False, False]])
    ('a', 'ab', 'b')
    """
    apart = np.asarray(separated, dtype=bool)
    if apart.ndim != 2 or apart.shape[0] != apart.shape[1] or (apart != apart.T).any():
        raise ValueError(f"`separated` must be square and symmetric, got an array of shape {apart.shape}.")
    columns = _sweep(_insert_and_absorb(apart), len(apart))
    ordered = sorted(columns, key=sorted)
    names = [_letter(number) for number in range(len(ordered))]
    return tuple(
        "".join(name for name, column in zip(names, ordered, strict=True) if thing in column)
        for thing in range(len(apart))
    )


def _insert_and_absorb(apart: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]") -> list[frozenset[int]]:
    columns = [frozenset(range(len(apart)))]
    for first, second in zip(*np.nonzero(np.triu(apart, 1)), strict=True):
        held = [column for column in columns if int(first) in column and int(second) in column]
        columns = [column for column in columns if column not in held]
        for column in (part - {int(left_out)} for part in held for left_out in (first, second)):
            if not any(column <= other for other in columns):
                columns = [*(other for other in columns if not other <= column), column]
    return columns


def _sweep(columns: list[frozenset[int]], n: int) -> list[frozenset[int]]:
    """Drop every letter whose pairs all stand in other letters; one held by a single thing shows that thing itself."""
    shown = np.zeros((n, n), dtype=np.intp)
    indices = {column: np.ix_(sorted(column), sorted(column)) for column in columns}
    for place in indices.values():
        shown[place] += 1
    kept = []
    for column in sorted(columns, key=len):
        place = indices[column]
        if (shown[place] > 1).all():
            shown[place] -= 1
        else:
            kept.append(column)
    return kept


def _letter(number: int) -> str:
    """Lower case, upper case, then numbers in brackets."""
    return ascii_letters[number] if number < len(ascii_letters) else f"({number + 1})"
