"""Selections without a solver, to compare with and to fall back on: at random, greedy, by rounding the relaxation."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.prompts.linear_model import Deviation
from evalmuse_hf.prompts.patterns import Patterns
from evalmuse_hf.prompts.quotas import Bin

_MOST_LOOKED_AT = 10_000
_LEAST_GAIN = 1e-9
_BOUND_WEIGHT = 1e6  # of a bound that is not kept, against any deviation


@dataclass(frozen=True, slots=True)
class Choice:
    """A selection by patterns, and what it is worth.

    Attributes:
        numbers: How many of each pattern.
        achieved: What the selection adds up to in each bin.
        value: What is minimised.
        total: Sum of the absolute deviations, without weights.
        largest: Largest absolute deviation, without weights.
        keeps_bounds: Whether every bin lies within its bounds.
    """

    numbers: NDArray[np.int64]
    achieved: NDArray[np.float64]
    value: float
    total: float
    largest: float
    keeps_bounds: bool


class _Limits(NamedTuple):
    """Columns of the bins, for arithmetic."""

    target: NDArray[np.float64]
    weight: NDArray[np.float64]
    at_least: NDArray[np.float64]
    at_most: NDArray[np.float64]

    def of(self, row: int) -> "_Limits":
        return _Limits(*(column[row] for column in self))

    def cost(self, reached: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weighted deviation of each bin, and far more where it leaves its bounds."""
        outside = np.maximum(self.at_least - reached, 0.0) + np.maximum(reached - self.at_most, 0.0)
        return np.asarray(self.weight * np.abs(reached - self.target) + _BOUND_WEIGHT * outside)


def appraise(numbers: NDArray[np.int64], patterns: Patterns, bins: Sequence[Bin], deviation: Deviation) -> Choice:
    """Say what a selection is worth.

    Args:
        numbers: How many of each pattern.
        patterns: The candidates.
        bins: What is wanted.
        deviation: What is minimised.
    """
    achieved = patterns.matrix @ numbers.astype(np.float64)
    gaps = np.abs(achieved - [bin_.target for bin_ in bins])
    weights = np.array([bin_.weight for bin_ in bins])
    counting = gaps[weights > 0]
    weighted = weights * gaps
    slack = 1e-6
    return Choice(
        numbers=numbers,
        achieved=achieved,
        value=float(weighted.sum() if deviation == "l1" else weighted.max(initial=0.0)),
        total=float(counting.sum()),
        largest=float(counting.max(initial=0.0)),
        keeps_bounds=all(
            bin_.at_least - slack <= count <= bin_.at_most + slack for bin_, count in zip(bins, achieved, strict=True)
        ),
    )


def draw(patterns: Patterns, lots: NDArray[np.uint64], kept: NDArray[np.bool_], n: int) -> NDArray[np.int64]:
    """Numbers of each pattern where those to keep and the first lots are taken.

    Args:
        patterns: The candidates.
        lots: Of every candidate.
        kept: Which must be selected.
        n: How many are selected.
    """
    places = patterns.order
    first = places[np.lexsort((lots[places], ~kept[places]))[:n]]
    return patterns.count(first)


def fill_greedily(patterns: Patterns, bins: Sequence[Bin], n: int) -> NDArray[np.int64]:
    """Take, one after another, what lowers the weighted sum of deviations most; the first pattern in a tie.

    Without bounds to keep, only the first 10,000 patterns are looked at, or more where these are too few.

    Args:
        patterns: The candidates.
        bins: What is wanted.
        n: How many are selected.
    """
    limits = _limits(bins)
    numbers = patterns.lower.copy()
    counts = patterns.matrix @ numbers.astype(np.float64)
    room = patterns.upper - patterns.lower
    is_bound = np.isfinite([limits.at_least, limits.at_most]).any()
    most = len(room) if is_bound else max(_MOST_LOOKED_AT, int(np.searchsorted(np.cumsum(room), 2 * n)) + 1)
    by_pattern = patterns.matrix[:, :most].T.tocsr()
    by_bin = patterns.matrix[:, :most].tocsr()
    spans = list(pairwise(by_bin.indptr))
    real = [row for row, (begin, end) in enumerate(spans) if (by_bin.data[begin:end] != 1.0).any()]
    amounts = {row: by_bin[[row]].toarray().reshape(-1) for row in real}
    full = numbers[:most] >= patterns.upper[:most]
    for _ in range(n - int(numbers.sum())):
        gain = limits.cost(counts + 1.0) - limits.cost(counts)
        gain[real] = 0.0
        growth = by_pattern @ gain
        for row in real:
            growth += limits.of(row).cost(counts[row] + amounts[row]) - limits.of(row).cost(counts[row])
        growth[full] = np.inf
        best = int(np.argmin(growth))
        numbers[best] += 1
        full[best] = numbers[best] >= patterns.upper[best]
        begin, end = by_pattern.indptr[best], by_pattern.indptr[best + 1]
        counts[by_pattern.indices[begin:end]] += by_pattern.data[begin:end]
    return numbers


def round_relaxation(solution: NDArray[np.float64], patterns: Patterns, n: int) -> NDArray[np.int64]:
    """Take the whole parts, then one more of those with the largest remainders.

    Args:
        solution: How many of each pattern, in part.
        patterns: The candidates.
        n: How many are selected.
    """
    numbers = np.clip(np.floor(solution + 1e-9), patterns.lower, patterns.upper).astype(np.int64)
    missing = n - int(numbers.sum())
    while missing:
        rest = solution - numbers
        room = (patterns.upper - numbers) if missing > 0 else (numbers - patterns.lower)
        order = np.argsort(-np.sign(missing) * rest, kind="stable")
        order = order[room[order] > 0][: abs(missing)]
        numbers[order] += int(np.sign(missing))
        missing = n - int(numbers.sum())
    return numbers


def exchange(
    numbers: NDArray[np.int64],
    patterns: Patterns,
    bins: Sequence[Bin],
    *,
    free: NDArray[np.int64],
    deviation: Deviation,
    deadline: float,
) -> NDArray[np.int64]:
    """Swap one candidate for another, the best pair each time, while that lowers the value.

    Args:
        numbers: How many of each pattern, at first.
        patterns: The candidates.
        bins: What is wanted.
        free: Patterns that may be swapped.
        deviation: What is minimised.
        deadline: When to stop, by `time.monotonic`.

    Returns:
        How many of each pattern, in the end.
    """
    limits = _limits(bins)
    values = patterns.matrix[:, free].toarray().T  # (free, bins)
    counts = patterns.matrix @ numbers.astype(np.float64)
    numbers = numbers.copy()

    def total(costs: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(costs.sum(axis=-1) if deviation == "l1" else costs.max(axis=-1, initial=0.0))

    now = float(total(limits.cost(counts)))
    while time.monotonic() < deadline:
        leaving = np.flatnonzero(numbers[free] > patterns.lower[free])
        coming = np.flatnonzero(numbers[free] < patterns.upper[free])
        if not len(leaving) or not len(coming):
            break
        after = np.array([total(limits.cost(counts - values[place] + values[coming])) for place in leaving])
        out, into = np.unravel_index(int(after.argmin()), after.shape)
        if after[out, into] > now - _LEAST_GAIN:
            break
        now = float(after[out, into])
        counts = counts - values[leaving[out]] + values[coming[into]]
        numbers[free[leaving[out]]] -= 1
        numbers[free[coming[into]]] += 1
    return numbers


def _limits(bins: Sequence[Bin]) -> _Limits:
    names = ("target", "weight", "at_least", "at_most")
    return _Limits(*(np.array([getattr(bin_, name) for bin_ in bins], dtype=np.float64) for name in names))
