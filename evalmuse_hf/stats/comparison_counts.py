"""Right comparisons between clusters, counted once, so that a bootstrap of them is a product of matrices."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from evalmuse_hf.stats.sample import FloatArray, IntArray

CHUNK_ROWS = 200  # below 256: a byte holds the sum of as many rows
CHUNK_VALUES = 400_000  # of a block of comparisons, in bytes: what a core's cache holds
CACHE_BYTES = 400_000_000  # counts kept between calls; what is larger is counted anew for every block of resamples
EXACT_FLOAT32 = 2**24  # whole numbers below this are exact in float32

Counts = NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class ComparedRows:
    """Rows that are all compared with one another, sorted by fold and then by cluster.

    Attributes:
        predictions: Shape ``(n,)``.
        levels: Rank of the reference, equal for ties.
        clusters: Cluster of each row, as in the draw counts.
        folds: Fold of each row, from 0; the rows of a cluster are in one fold.
        thresholds: Difference up to which predictions tie, for a row of one fold and one of another; symmetric.
        strict: Leave out comparisons of tied references.
        within: Compare the rows of one cluster too.
    """

    predictions: FloatArray
    levels: IntArray
    clusters: IntArray
    folds: IntArray
    thresholds: FloatArray
    strict: bool
    within: bool


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the folds and clusters of the sorted rows begin."""

    fold_rows: list[slice]
    fold_clusters: list[slice]
    starts: IntArray  # first row of each cluster
    clusters: IntArray  # its number in the draw counts
    sizes: FloatArray


def accuracy_of_comparisons(rows: ComparedRows) -> Callable[[FloatArray], FloatArray]:
    """Share of right comparisons in many resamples of clusters.

    A comparison of rows of two clusters counts as often as the product of their draws, one inside a cluster as often
    as the cluster was drawn: two copies of one cluster are not compared with each other.

    Args:
        rows: What is compared.

    Returns:
        What takes draw counts of shape ``(R, n_clusters)`` and returns the share, shape ``(R,)``; nan where nothing is
        compared.

    >>> rows = ComparedRows(
    ...     predictions=np.array([0.1, 0.5, 0.9]),
    ...     levels=np.array([0, 1, 1]),
    ...     clusters=np.array([0, 1, 2]),
    ...     folds=np.array([0, 0, 0]),
    ...     thresholds=np.array([[0.2]]),
    ...     strict=False,
    ...     within=True,
    ... )
    >>> accuracy_of_comparisons(rows)(np.array([[1.0, 1.0, 1.0], [2.0, 1.0, 0.0], [3.0, 0.0, 0.0]]))
    array([0.6667, 1. , nan])
    """
    layout = _layout(rows)
    n_folds = len(layout.fold_rows)
    pairs = [(one, other) for one in range(n_folds) for other in range(one, n_folds)]
    kept: dict[tuple[int, int], Counts] = {}
    n_tied = _tied_comparisons(rows, layout) if rows.strict else None

    def of_counts(counts: FloatArray) -> FloatArray:
        drawn = counts[:, layout.clusters]
        right = np.zeros(len(counts))
        for pair in pairs:
            block = kept[pair] if pair in kept else _count(rows, layout, *pair)
            if sum(part.nbytes for part in kept.values()) + block.nbytes <= CACHE_BYTES:
                kept[pair] = block
            one, other = (drawn[:, layout.fold_clusters[fold]] for fold in pair)
            if pair[0] == pair[1]:
                itself = 0.0 if rows.strict else layout.sizes[layout.fold_clusters[pair[0]]]
                right += _of_one_fold(block, one, itself, within=rows.within)
            else:
                right += _product(block, one, other)
        counted = _all_comparisons(drawn, layout.sizes, within=rows.within)
        if n_tied is not None:
            counted -= n_tied(drawn)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(right / counted, dtype=np.float64)

    return of_counts


def _layout(rows: ComparedRows) -> _Layout:
    starts = np.flatnonzero(np.r_[True, np.diff(rows.clusters) != 0])
    folds = rows.folds[starts]
    fold_rows, fold_clusters = [], []
    for fold in range(len(rows.thresholds)):
        own = np.flatnonzero(rows.folds == fold)
        begin = int(own[0]) if len(own) else 0
        fold_rows.append(slice(begin, begin + len(own)))
        first = int(np.searchsorted(folds, fold))
        fold_clusters.append(slice(first, int(np.searchsorted(folds, fold, side="right"))))
    sizes = np.diff(np.r_[starts, len(rows.clusters)]).astype(np.float64)
    return _Layout(fold_rows, fold_clusters, starts, rows.clusters[starts], sizes)


def _count(rows: ComparedRows, layout: _Layout, one: int, other: int) -> Counts:
    """Right comparisons of every row of one fold with every row of another, added up by clusters."""
    left, across = layout.fold_rows[one], layout.fold_rows[other]
    left_clusters, across_clusters = layout.fold_clusters[one], layout.fold_clusters[other]
    shape = (left_clusters.stop - left_clusters.start, across_clusters.stop - across_clusters.start)
    sizes = layout.sizes
    largest = sizes[left_clusters].max(initial=0) * sizes[across_clusters].max(initial=0)
    dtype = np.uint8 if largest < 256 else np.int32
    right = np.zeros(shape, dtype=dtype)
    if not shape[0] or not shape[1]:
        return right
    values, ranks = np.unique(rows.predictions[across], return_inverse=True)
    narrow = _narrowest(len(values))
    threshold = rows.thresholds[one, other]
    own = rows.predictions[left]
    below = np.searchsorted(values, own - threshold, side="left").astype(narrow)[:, None]
    above = np.searchsorted(values, own + threshold, side="right").astype(narrow)[:, None]
    ranks = ranks.astype(narrow)
    level_type = _narrowest(int(rows.levels.max()))
    own_levels, levels = rows.levels[left].astype(level_type)[:, None], rows.levels[across].astype(level_type)
    columns = layout.starts[across_clusters] - across.start
    own_starts = layout.starts[left_clusters] - left.start
    step = max(1, min(CHUNK_ROWS, CHUNK_VALUES // len(ranks)))
    for start in range(0, len(own), step):
        chunk = slice(start, min(start + step, len(own)))
        predicted = (ranks >= above[chunk]).view(np.int8) - (ranks < below[chunk]).view(np.int8)
        actual = (levels > own_levels[chunk]).view(np.int8) - (levels < own_levels[chunk]).view(np.int8)
        agree = predicted == actual
        if rows.strict:
            agree &= actual != 0
        _add(right, agree, own_starts, columns, chunk)
    return right


def _narrowest(highest: int) -> "np.dtype[np.integer[Any]]":
    """Type of whole numbers from 0 to ``highest``; comparing short ones is faster."""
    return np.dtype(np.uint16 if highest < 2**16 else np.int64)


def _add(table: Counts, marks: NDArray[np.bool_], own_starts: IntArray, columns: IntArray, chunk: slice) -> None:
    """Add the marks of a chunk of rows to the table of clusters."""
    first = int(np.searchsorted(own_starts, chunk.start, side="right")) - 1
    last = int(np.searchsorted(own_starts, chunk.stop, side="left"))
    added = marks.view(np.uint8)
    if last - first < len(added):  # else every row is a cluster of its own
        bounds = [0, *(own_starts[first + 1 : last] - chunk.start).tolist(), len(added)]
        sums = np.empty((last - first, added.shape[1]), dtype=np.uint8)
        for number, (begin, end) in enumerate(pairwise(bounds)):  # a third of the time of `np.add.reduceat`
            np.add.reduce(added[begin:end], axis=0, dtype=np.uint8, out=sums[number])
        added = sums
    if len(columns) < added.shape[1]:
        added = np.add.reduceat(added, columns, axis=1, dtype=table.dtype)
    table[first:last] += added


def _product(block: Counts, one: FloatArray, other: FloatArray) -> FloatArray:
    """The sum over two folds of draws times draws times counts, in each resample."""
    exact = float(one.sum(axis=1).max(initial=0)) * float(block.max(initial=0)) < EXACT_FLOAT32
    precision = np.float32 if exact else np.float64
    partial = one.astype(precision) @ block.astype(precision)
    return np.asarray(np.einsum("rk,rk->r", partial.astype(np.float64), other), dtype=np.float64)


def _of_one_fold(block: Counts, drawn: FloatArray, itself: FloatArray | float, *, within: bool) -> FloatArray:
    """The same inside a fold, where a comparison was met from both sides and a row met itself."""
    diagonal = np.diagonal(block).astype(np.float64)
    between = (_product(block, drawn, drawn) - drawn**2 @ diagonal) / 2
    return np.asarray(between + drawn @ ((diagonal - itself) / 2) if within else between, dtype=np.float64)


def _all_comparisons(drawn: FloatArray, sizes: FloatArray, *, within: bool) -> FloatArray:
    between = ((drawn @ sizes) ** 2 - drawn**2 @ sizes**2) / 2
    return np.asarray(between + drawn @ (sizes * (sizes - 1) / 2) if within else between, dtype=np.float64)


def _tied_comparisons(rows: ComparedRows, layout: _Layout) -> Callable[[FloatArray], FloatArray]:
    """Comparisons of tied references in many resamples, from how many rows of each level a cluster has."""
    tied = np.flatnonzero(np.bincount(rows.levels)[rows.levels] > 1)
    of_row = np.repeat(np.arange(len(layout.starts)), layout.sizes.astype(np.intp))[tied]
    levels, place = np.unique(rows.levels[tied], return_inverse=True)
    table = csr_array((np.ones(len(tied)), (of_row, place)), shape=(len(layout.starts), len(levels)))
    squares = np.asarray((table * table).sum(axis=1)).ravel()
    inside = (squares - np.asarray(table.sum(axis=1)).ravel()) / 2

    def of_draws(drawn: FloatArray) -> FloatArray:
        between = (((table.T @ drawn.T) ** 2).sum(axis=0) - drawn**2 @ squares) / 2
        return np.asarray(between + drawn @ inside if rows.within else between, dtype=np.float64)

    return of_draws
