"""Candidates that add the same to every bin, taken together: a hundred thousand prompts are far fewer patterns."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


@dataclass(frozen=True, slots=True)
class Patterns:
    """Groups of exchangeable candidates.

    Attributes:
        matrix: What one candidate of each pattern adds to each bin, shape ``(bins, P)``, by column.
        lower: How many of each must be selected.
        upper: How many of each may be selected.
        order: Places of the usable candidates, pattern by pattern; in each first those to keep, then by lot.
        starts: Where each pattern begins in ``order``.
    """

    matrix: "sparse.csc_array"
    lower: NDArray[np.int64]
    upper: NDArray[np.int64]
    order: NDArray[np.int64]
    starts: NDArray[np.int64]

    def pick(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Places of the candidates that a selection by numbers means.

        Args:
            numbers: How many of each pattern.

        Returns:
            Places, in ascending order.
        """
        within = np.arange(len(self.order)) - np.repeat(self.starts, self.upper)
        return np.sort(self.order[within < np.repeat(numbers, self.upper)])

    def count(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many of each pattern some candidates are.

        Args:
            places: Places of usable candidates.
        """
        pattern = np.empty(int(self.order.max()) + 1 if len(self.order) else 0, dtype=np.int64)
        pattern[self.order] = np.repeat(np.arange(len(self.starts)), self.upper)
        return np.bincount(pattern[places], minlength=len(self.starts)).astype(np.int64)


def group(
    values: NDArray[np.float64], *, usable: NDArray[np.bool_], kept: NDArray[np.bool_], lots: NDArray[np.uint64]
) -> Patterns:
    """Find the patterns; they are numbered by their first lot, so that the seed alone says which comes first.

    Args:
        values: What each candidate adds to each bin, shape ``(N, bins)``.
        usable: Which candidates may be selected.
        kept: Which of them must be.
        lots: Who goes first among equals.
    """
    places = np.flatnonzero(usable)
    drawn = places[np.argsort(lots[places], kind="stable")]
    keys = _keys(values[drawn])
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    pattern = rank[inverse.reshape(-1)]
    within = np.lexsort((np.arange(len(drawn)), ~kept[drawn], pattern))
    upper = np.bincount(pattern, minlength=len(first)).astype(np.int64)
    lower = np.bincount(pattern, weights=kept[drawn], minlength=len(first)).astype(np.int64)
    rows = values[drawn[np.sort(first)]]
    return Patterns(
        sparse.csc_array(rows.T), lower, upper, drawn[within], np.concatenate([[0], np.cumsum(upper)[:-1]])
    )


def _keys(values: NDArray[np.float64]) -> NDArray[np.void]:
    """Each row as one value that can be sorted: bits where a column holds but 0 and 1, bytes elsewhere."""
    binary = np.array([bool(((column == 0) | (column == 1)).all()) for column in values.T], dtype=np.bool_)
    bits = np.packbits(values[:, binary].astype(np.bool_), axis=1)
    rest = np.ascontiguousarray(values[:, ~binary] + 0.0).view(np.uint8)  # + 0.0 makes one zero of both
    joined = np.ascontiguousarray(np.concatenate([bits, rest.reshape(len(values), -1)], axis=1))
    if joined.shape[1] == 0:
        joined = np.zeros((len(values), 1), dtype=np.uint8)
    return joined.view(np.dtype((np.void, joined.shape[1]))).reshape(-1)
