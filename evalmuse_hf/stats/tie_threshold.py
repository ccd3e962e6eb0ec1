"""The difference below which two predictions count as a tie, tuned on comparisons of other prompts."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.stats.sample import FloatArray, IntArray

MAX_COMPARISONS = 1_000_000  # tuned on this many drawn at random where there are more: the accuracy to about 0.001
ROUNDING = 1e-12  # differences below this share of the range of the predictions are rounding noise
EQUAL = 1e-12  # accuracies that differ by less are equal


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Comparisons of two rows of one group.

    Attributes:
        first: Row of one side.
        second: Row of the other side.
    """

    first: IntArray
    second: IntArray


def comparisons_within(groups: IntArray, *, n_max: int, rng: np.random.Generator) -> Comparisons:
    """Every comparison of two rows of one group, or as many as allowed, drawn at random with replacement.

    Args:
        groups: Number of the group of each row, from 0, shape ``(n,)``.
        n_max: Most comparisons to return.
        rng: Generator of the draws.

    >>> pairs = comparisons_within(np.array([0, 1, 0, 0]), n_max=10, rng=np.random.default_rng(0))
    >>> list(zip(pairs.first.tolist(), pairs.second.tolist()))
    [(0, 2), (0, 3), (2, 3)]
    """
    order, starts, sizes = _sorted(groups)
    numbers = sizes * (sizes - 1) // 2
    if numbers.sum() <= n_max:
        return _enumerate(order, starts, sizes, 0, len(groups))
    group = rng.choice(len(sizes), size=n_max, p=numbers / numbers.sum())
    first = (rng.random(n_max) * sizes[group]).astype(np.intp)
    second = (rng.random(n_max) * (sizes[group] - 1)).astype(np.intp)
    second += second >= first
    return Comparisons(order[starts[group] + first], order[starts[group] + second])


def comparison_blocks(groups: IntArray, *, size: int) -> Iterator[Comparisons]:
    """Every comparison of two rows of one group, in blocks.

    Args:
        groups: Number of the group of each row, from 0, shape ``(n,)``.
        size: About how many comparisons a block holds.

    >>> [len(block.first) for block in comparison_blocks(np.array([0, 1, 0, 0]), size=2)]
    [2, 1]
    """
    order, starts, sizes = _sorted(groups)
    passed = np.cumsum(_later(starts, sizes))
    begin = 0
    while begin < len(groups):
        done = passed[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(passed, done + size, side="right")))
        block = _enumerate(order, starts, sizes, begin, end)
        if len(block.first):
            yield block
        begin = end


def _sorted(groups: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Rows sorted by group, where each group starts, and its size."""
    sizes = np.bincount(groups)
    return np.argsort(groups, kind="stable"), np.cumsum(sizes) - sizes, sizes


def _later(starts: IntArray, sizes: IntArray) -> IntArray:
    """How many rows of its group come after each row, in sorted order."""
    return np.repeat(starts + sizes, sizes) - np.arange(int(sizes.sum())) - 1


def _enumerate(order: IntArray, starts: IntArray, sizes: IntArray, begin: int, end: int) -> Comparisons:
    """Compare the sorted rows from ``begin`` to ``end`` with those of their group that come later."""
    later = _later(starts, sizes)[begin:end]
    first = np.repeat(np.arange(begin, end), later)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(later) - later, later)
    return Comparisons(order[first], order[second])


def tie_thresholds(
    pairs: Comparisons,
    *,
    predictions: FloatArray,
    levels: IntArray,
    groups: IntArray,
    folds: IntArray,
    held_out: list[tuple[int, int]],
) -> FloatArray:
    """Threshold with the highest accuracy on the comparisons that touch none of two folds.

    A comparison is right if people and predictions agree on the order, or both see a tie. The accuracy is the mean
    over groups of the share that is right; among equally good thresholds the smallest is taken. A threshold lies in
    the middle between two differences that occur, so that rounding decides nothing.

    Args:
        pairs: Comparisons to learn from.
        predictions: Of the rows, shape ``(n,)``.
        levels: Rank of the reference of each row, equal for ties.
        groups: Group of each row.
        folds: Fold of each row, from 0.
        held_out: Pairs of folds (the same twice for one) that a threshold must not have seen.

    Returns:
        One threshold for each of ``held_out``; nan where no comparison is left to learn from.

    References:
        Deutsch, Foster and Freitag, *Ties matter: meta-evaluating modern metrics with pairwise accuracy and tie
        calibration*, EMNLP 2023.

    >>> pairs = Comparisons(np.array([0, 2]), np.array([1, 3]))
    >>> rows = {"levels": np.array([0, 0, 0, 1]), "groups": np.zeros(4, int), "folds": np.zeros(4, int)}
    >>> tie_thresholds(pairs, predictions=np.array([0.5, 0.6, 0.2, 0.9]), **rows, held_out=[(1, 1), (0, 1)])
    array([0.4, nan])
    """
    gaps = np.abs(predictions[pairs.first] - predictions[pairs.second])
    order = np.argsort(gaps)
    first, second, gaps = pairs.first[order], pairs.second[order], gaps[order]
    tied = levels[first] == levels[second]
    ordered = (predictions[first] - predictions[second]) * (levels[first] - levels[second]) > 0
    # What a threshold gains by making the comparison a tie.
    gains = tied.astype(np.float64) - ordered
    sides = folds[first].astype(np.int32), folds[second].astype(np.int32)
    own = groups[first]
    noise = ROUNDING * float(np.ptp(predictions))
    found = np.full(len(held_out), np.nan)
    for number, (one, other) in enumerate(held_out):
        touched = (sides[0] == one) | (sides[1] == one)
        if other != one:
            touched |= (sides[0] == other) | (sides[1] == other)
        kept = np.flatnonzero(~touched)
        if len(kept):
            weights = 1 / np.bincount(own[kept])[own[kept]]
            found[number] = _best(gaps[kept], gains[kept] * weights, noise)
    return found


def _best(gaps: FloatArray, gains: FloatArray, noise: float) -> float:
    """Threshold after which the sum of the gains is highest, given differences in rising order."""
    ends = np.flatnonzero(np.r_[np.diff(gaps) > noise, True])
    sums = np.cumsum(gains)[ends]
    limits = np.r_[(gaps[ends[:-1]] + gaps[ends[:-1] + 1]) / 2, gaps[-1] + noise]
    if gaps[0] > noise:  # no difference is zero: nothing need be a tie
        sums, limits = np.r_[0.0, sums], np.r_[noise, limits]
    elif len(limits) > 1:
        limits[0] = noise
    highest = sums.max()
    return float(limits[np.flatnonzero(sums >= highest - EQUAL * max(1.0, float(np.abs(gains).sum())))[0]])


def reference_levels(references: FloatArray) -> IntArray:
    """Rank of each reference, equal for those that differ by rounding only.

    Args:
        references: Shape ``(n,)``, finite.

    >>> reference_levels(np.array([0.1 + 0.2, 2.0, 0.3]))
    array([0, 1, 0])
    """
    values, place = np.unique(references, return_inverse=True)
    steps = np.diff(values) > ROUNDING * (values[-1] - values[0]) if len(values) else np.zeros(0, dtype=bool)
    levels: NDArray[np.intp] = np.r_[0, np.cumsum(steps)].astype(np.intp)
    return levels[place] if len(references) else np.zeros(0, dtype=np.intp)
