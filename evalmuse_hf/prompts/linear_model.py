"""The sampling problem as rows and columns, and its relaxation in which candidates may be taken in part."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from evalmuse_hf.prompts.patterns import Patterns
from evalmuse_hf.prompts.quotas import Bin

Deviation = Literal["l1", "max"]
"""What is minimised: the weighted sum of the deviations of all bins, or the largest weighted deviation."""

_LEVEL_WEIGHT = 1e-3  # of the distance from the even level: decides among levels that deviate alike


@dataclass(frozen=True, slots=True)
class LinearModel:
    r"""Minimise ``cost @ v`` where ``equal @ v == equal_to``, ``within @ v <= within_to``, ``lower <= v <= upper``.

    The first variables say how many candidates of each pattern are selected and are whole numbers; the others are the
    deviations above and below each target, then the largest of all, then the free levels.

    Attributes:
        cost: Of each variable.
        equal: Rows of the equations, by row.
        equal_to: Their right sides.
        within: Rows of the inequalities, by row.
        within_to: Their right sides.
        lower: Least value of each variable.
        upper: Largest value of each variable.
        n_whole: Variables that are whole numbers.
    """

    cost: NDArray[np.float64]
    equal: "sparse.csr_array"
    equal_to: NDArray[np.float64]
    within: "sparse.csr_array"
    within_to: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    n_whole: int


@dataclass(frozen=True, slots=True)
class Relaxation:
    """Solution of a model in which nothing need be whole.

    Attributes:
        status: ``"optimal"``, ``"infeasible"``, or ``"unsolved"`` if the solver stopped before.
        value: What was minimised: no selection can do better.
        solution: Every variable.
        reduced_cost: By how much the value grows at least per unit that a variable moves off its bound.
    """

    status: Literal["optimal", "infeasible", "unsolved"]
    value: float
    solution: NDArray[np.float64]
    reduced_cost: NDArray[np.float64]


def build_model(patterns: Patterns, bins: Sequence[Bin], *, n: int, deviation: Deviation) -> LinearModel:
    """Write down the problem with given targets.

    Args:
        patterns: The candidates.
        bins: What is wanted.
        n: How many are selected.
        deviation: What is minimised.
    """
    n_patterns, n_bins = len(patterns.upper), len(bins)
    weights = np.array([bin_.weight for bin_ in bins])
    identity = sparse.eye_array(n_bins)
    extra = 1 if deviation == "max" else 0
    ones = sparse.csr_array(np.ones((1, n_patterns)))
    equal = sparse.block_array(
        [
            [patterns.matrix, -identity, identity, sparse.csr_array((n_bins, extra))],
            [ones, sparse.csr_array((1, n_bins)), sparse.csr_array((1, n_bins)), sparse.csr_array((1, extra))],
        ],
        format="csr",
    )
    hard, hard_to = _hard_rows(patterns, bins)
    within = sparse.hstack([hard, sparse.csr_array((hard.shape[0], 2 * n_bins + extra))], format="csr")
    within_to = hard_to
    if extra:
        scaled = sparse.diags_array(weights)
        largest = sparse.csr_array(-np.ones((n_bins, 1)))
        rows = sparse.hstack([sparse.csr_array((n_bins, n_patterns)), scaled, scaled, largest], format="csr")
        within = sparse.vstack([within, rows], format="csr")
        within_to = np.concatenate([within_to, np.zeros(n_bins)])
    costs = np.zeros(2 * n_bins) if extra else np.concatenate([weights, weights])
    return LinearModel(
        cost=np.concatenate([np.zeros(n_patterns), costs, np.ones(extra)]),
        equal=equal,
        equal_to=np.array([*(bin_.target for bin_ in bins), n], dtype=np.float64),
        within=within,
        within_to=within_to,
        lower=np.concatenate([patterns.lower, np.zeros(2 * n_bins + extra)]).astype(np.float64),
        upper=np.concatenate([patterns.upper, np.full(2 * n_bins + extra, np.inf)]),
        n_whole=n_patterns,
    )


def free_levels(model: LinearModel, bins: Sequence[Bin], even: dict[str, float]) -> LinearModel:
    """Let the level of some dimensions be found: the target of their bins without one becomes a variable.

    Args:
        model: The model of the bins, in which such a target is nan.
        bins: The bins.
        even: By dimension, the level to stay near where others deviate as little.

    Returns:
        The model with, per dimension, its level and the distances above and below the even one, at the end.
    """
    names = list(even)
    n_rows, n_bins = model.equal.shape[0], len(bins)
    columns = sparse.lil_array((n_rows + len(names), 3 * len(names)))
    for row, bin_ in enumerate(bins):
        if np.isnan(bin_.target):
            columns[row, 3 * names.index(bin_.dimension)] = -1.0
    for place in range(len(names)):
        columns[n_rows + place, 3 * place : 3 * place + 3] = [1.0, -1.0, 1.0]
    equal = sparse.vstack([model.equal, sparse.csr_array((len(names), model.equal.shape[1]))])
    within = sparse.hstack([model.within, sparse.csr_array((model.within.shape[0], 3 * len(names)))], format="csr")
    weight = max((bin_.weight for bin_ in bins), default=1.0)
    costs = np.tile([0.0, 1.0, 1.0], len(names)) * _LEVEL_WEIGHT * weight / max(n_bins, 1)
    return LinearModel(
        cost=np.concatenate([model.cost, costs]),
        equal=sparse.hstack([equal, columns.tocsr()], format="csr"),
        equal_to=np.concatenate([np.nan_to_num(model.equal_to), np.array([even[name] for name in names])]),
        within=within,
        within_to=model.within_to,
        lower=np.concatenate([model.lower, np.zeros(3 * len(names))]),
        upper=np.concatenate([model.upper, np.full(3 * len(names), np.inf)]),
        n_whole=model.n_whole,
    )


def relax(model: LinearModel, *, time_limit: float) -> Relaxation:
    """Solve the model with every variable real.

    Args:
        model: The model.
        time_limit: Seconds; a solver may overstep it by some.
    """
    from scipy.optimize import linprog

    found = linprog(
        model.cost,
        A_eq=model.equal,
        b_eq=model.equal_to,
        A_ub=model.within if model.within.shape[0] else None,
        b_ub=model.within_to if model.within.shape[0] else None,
        bounds=np.column_stack([model.lower, model.upper]),
        method="highs",
        options={"time_limit": max(time_limit, 1e-3)},
    )
    if found.status == 0 and found.x is not None:
        return Relaxation("optimal", float(found.fun), found.x, found.lower.marginals + found.upper.marginals)
    nothing = np.zeros(len(model.cost))
    return Relaxation("infeasible" if found.status == 2 else "unsolved", 0.0, nothing, nothing)


def find_missing(patterns: Patterns, bins: Sequence[Bin], *, n: int, time_limit: float) -> dict[int, float]:
    """How far bounds that contradict each other must give way, as little as possible in all.

    Args:
        patterns: The candidates.
        bins: With bounds.
        n: How many are selected.
        time_limit: Seconds.

    Returns:
        By bin, how many are missing (above 0) or too many (below 0); empty if nothing contradicts.
    """
    hard, hard_to = _hard_rows(patterns, bins)
    n_hard = hard.shape[0]
    model = LinearModel(
        cost=np.concatenate([np.zeros(len(patterns.upper)), np.ones(n_hard)]),
        equal=sparse.csr_array(np.concatenate([np.ones(len(patterns.upper)), np.zeros(n_hard)])[None]),
        equal_to=np.array([float(n)]),
        within=sparse.hstack([hard, -sparse.eye_array(n_hard)], format="csr"),
        within_to=hard_to,
        lower=np.concatenate([patterns.lower, np.zeros(n_hard)]).astype(np.float64),
        upper=np.concatenate([patterns.upper, np.full(n_hard, np.inf)]),
        n_whole=len(patterns.upper),
    )
    slack = relax(model, time_limit=time_limit).solution[len(patterns.upper) :]
    least, most = _bounded(bins)
    signed = [*((row, 1.0) for row in least), *((row, -1.0) for row in most)]
    return {row: sign * float(gap) for (row, sign), gap in zip(signed, slack, strict=True) if gap > 1e-6}


def _bounded(bins: Sequence[Bin]) -> tuple[list[int], list[int]]:
    """Bins with a least number, and bins with a largest one."""
    least = [row for row, bin_ in enumerate(bins) if np.isfinite(bin_.at_least)]
    return least, [row for row, bin_ in enumerate(bins) if np.isfinite(bin_.at_most)]


def _hard_rows(patterns: Patterns, bins: Sequence[Bin]) -> tuple["sparse.csr_array", NDArray[np.float64]]:
    least, most = _bounded(bins)
    matrix = patterns.matrix.tocsr()
    rows = sparse.vstack([-matrix[least], matrix[most]], format="csr")
    right = [*(-bins[row].at_least for row in least), *(bins[row].at_most for row in most)]
    return rows, np.array(right, dtype=np.float64)
