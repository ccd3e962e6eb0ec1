"""Finds the level at which all bins of a dimension can be equal."""

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.prompts.label_table import LabelTable
from evalmuse_hf.prompts.linear_model import Deviation, build_model, free_levels, relax
from evalmuse_hf.prompts.patterns import Patterns
from evalmuse_hf.prompts.quotas import Bin, even_level

_ROUNDS = 8  # after which bins that change between full and not are left as they are


def fix_levels(
    patterns: Patterns,
    bins: Sequence[Bin],
    table: LabelTable,
    *,
    n: int,
    usable: NDArray[np.bool_],
    deviation: Deviation,
    cap_at_supply: bool,
    deadline: float,
) -> tuple[list[Bin], dict[str, float]]:
    """Give every bin a target.

    The level is the one at which the relaxation deviates least; of several, the nearest to the even level, at which
    n candidates would hold as many labels as n drawn at random. It is rounded to a whole number, and what follows
    holds for that number. Bins with a smaller supply than the level want that supply, if capped; which these are is
    found by repetition.

    Args:
        patterns: The candidates.
        bins: What is wanted; a target is nan where the level is free.
        table: The candidates' labels.
        n: How many are selected.
        usable: Which candidates may be.
        deviation: What is minimised.
        cap_at_supply: Whether a bin wants no more than there are.
        deadline: When to stop, by `time.monotonic`; the even level is taken then.

    Returns:
        The bins, each with a target, and the level by dimension with a free one.
    """
    free = list(dict.fromkeys(bin_.dimension for bin_ in bins if np.isnan(bin_.target)))
    if not free:
        return list(bins), {}
    even = {}
    for name in free:
        members = table.labels[name].members[usable]
        even[name] = even_level(members.sum(axis=0), n * members.sum() / len(members))
    levels, full = dict(even), _full(bins, even, cap_at_supply)
    for _ in range(_ROUNDS):
        trial = [bin_.at_level(bin_.supply, capped=True) if row in full else bin_ for row, bin_ in enumerate(bins)]
        model = build_model(patterns, trial, n=n, deviation=deviation)
        place = len(model.cost)
        solved = relax(free_levels(model, trial, even), time_limit=deadline - time.monotonic())
        if solved.status != "optimal":
            break
        levels = {name: float(solved.solution[place + 3 * number]) for number, name in enumerate(free)}
        before, full = full, _full(bins, levels, cap_at_supply)
        if full == before:
            break
    levels = {name: float(round(level)) for name, level in levels.items()}
    fixed = [
        bin_.at_level(levels[bin_.dimension], capped=cap_at_supply) if np.isnan(bin_.target) else bin_ for bin_ in bins
    ]
    return fixed, levels


def _full(bins: Sequence[Bin], levels: dict[str, float], cap_at_supply: bool) -> set[int]:
    """Bins whose supply is below the level of their dimension."""
    if not cap_at_supply:
        return set()
    return {
        row for row, bin_ in enumerate(bins) if np.isnan(bin_.target) and bin_.supply < levels[bin_.dimension] - 1e-6
    }
