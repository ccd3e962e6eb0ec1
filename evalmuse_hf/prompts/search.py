"""The search for the best selection: simple choices first, then a small whole-number problem around the relaxation."""

import time
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from evalmuse_hf.prompts.integer_program import SolverName, solve_restricted
from evalmuse_hf.prompts.linear_model import LinearModel, Relaxation, build_model
from evalmuse_hf.prompts.patterns import Patterns
from evalmuse_hf.prompts.quotas import Bin
from evalmuse_hf.prompts.sampling_options import SamplingOptions
from evalmuse_hf.prompts.simple_choices import Choice, appraise, draw, exchange, fill_greedily, round_relaxation

_TOLERANCE = 1e-6
_MOST_FREE = 5000  # patterns that a whole-number problem is still given
_SECONDS_TO_SPREAD = 5.0
_SHARE_TO_EXCHANGE = 0.1  # of the time limit, at most
_SHARE_OF_TIME = 0.8  # of the time left, for the first whole-number problem


@dataclass(slots=True)
class Search:
    """The problem, and the best selection so far.

    Attributes:
        patterns: The candidates.
        bins: What is wanted.
        n: How many are selected.
        model: The problem as rows and columns.
        relaxation: Its solution in parts.
        options: How to look.
        solver: Who solves whole-number problems.
        deadline: When to stop, by `time.monotonic`.
        best: The best selection that keeps the bounds; None before there is one.
        is_optimal: Whether nothing better exists.
        stopped: Whether a solver was stopped, or gave nothing.
        free: Patterns that the last whole-number problem could change.
        all_free: Whether all that could matter were among these.
    """

    patterns: Patterns
    bins: list[Bin]
    n: int
    model: LinearModel
    relaxation: Relaxation
    options: SamplingOptions
    solver: SolverName
    deadline: float
    best: Choice | None = None
    is_optimal: bool = False
    stopped: bool = False
    free: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    all_free: bool = False

    def offer(self, numbers: NDArray[np.int64]) -> Choice:
        """Appraise a selection and keep it if it is the best that keeps the bounds."""
        choice = appraise(numbers, self.patterns, self.bins, self.options.deviation)
        if choice.keeps_bounds and (self.best is None or choice.value < self.best.value - 1e-12):
            self.best = choice
        return choice

    @property
    def gap(self) -> float:
        """Distance of the best selection from the bound."""
        return np.inf if self.best is None else max(0.0, self.best.value - self.relaxation.value)

    def free_within(self, gap: float) -> NDArray[np.int64]:
        """Patterns that a selection at most so far from the bound may take otherwise than the relaxation does."""
        solution = self.relaxation.solution[: self.model.n_whole]
        broken = np.abs(solution - np.rint(solution)) > _TOLERANCE
        movable = self.patterns.upper > self.patterns.lower
        costs = np.abs(self.relaxation.reduced_cost[: self.model.n_whole])
        return np.flatnonzero(movable & (broken | (costs <= gap + _TOLERANCE)))


def choose_simply(search: Search, lots: NDArray[np.uint64], kept: NDArray[np.bool_]) -> dict[str, Choice]:
    """Selections at random, greedy and by rounding; the best of them is what a solver has to beat.

    Args:
        search: The problem.
        lots: Of every candidate.
        kept: Which must be selected.
    """
    choices = {}
    solved = search.relaxation.status == "optimal"
    if search.options.compare:
        choices["random"] = search.offer(draw(search.patterns, lots, kept, search.n))
    if search.options.compare or not solved:
        choices["greedy"] = search.offer(fill_greedily(search.patterns, search.bins, search.n))
    if solved:
        solution = search.relaxation.solution[: search.model.n_whole]
        choices["lp_rounding"] = search.offer(round_relaxation(solution, search.patterns, search.n))
    return choices


def improve(search: Search) -> None:
    """Solve the small whole-number problem, and a larger one where that may prove or better the result.

    Args:
        search: The problem.
    """
    if search.relaxation.status != "optimal":
        search.stopped = True
        return
    solution = search.relaxation.solution[: search.model.n_whole]
    fixed = np.clip(np.rint(solution), search.patterns.lower, search.patterns.upper).astype(np.int64)
    costs = np.abs(search.relaxation.reduced_cost[: search.model.n_whole])
    free = search.free_within(-np.inf)  # those taken in part
    cheapest = np.lexsort((np.arange(len(costs)), costs))
    cheapest = cheapest[(search.patterns.upper > search.patterns.lower)[cheapest]]
    free = np.union1d(free, cheapest[: search.options.free_patterns])
    rounded = round_relaxation(solution, search.patterns, search.n)
    until = min(search.deadline, time.monotonic() + _SHARE_TO_EXCHANGE * search.options.time_limit)
    search.offer(
        exchange(
            rounded,
            search.patterns,
            search.bins,
            free=free,
            deviation=search.options.deviation,
            deadline=until,
        )
    )
    _solve(search, free, fixed, share=_SHARE_OF_TIME)
    while not search.is_optimal and (search.best is None or not search.all_free):
        wanted = search.free_within(search.gap)
        if search.best is None:
            wanted = np.union1d(free, cheapest[: min(4 * len(free), len(cheapest))])
        if len(wanted) > _MOST_FREE or len(wanted) <= len(free) or time.monotonic() >= search.deadline:
            return
        free = np.union1d(free, wanted)
        _solve(search, free, fixed, share=1.0)


def spread(search: Search) -> None:
    """Among selections of the best value, look for one in which no bin bears much of the deviation alone.

    Args:
        search: The problem.
    """
    options = search.options
    if not search.is_optimal or search.best is None or options.deviation != "l1" or search.best.largest <= 1:
        return
    left = min(search.deadline - time.monotonic(), _SECONDS_TO_SPREAD)
    if left <= 0:
        return
    even = build_model(search.patterns, search.bins, n=search.n, deviation="max")
    budget = np.zeros(len(even.cost))
    budget[: len(search.model.cost)] = search.model.cost
    model = replace(
        even,
        within=sparse.vstack([even.within, sparse.csr_array(budget[None])], format="csr"),
        within_to=np.append(even.within_to, search.best.value + _TOLERANCE),
    )
    found = solve_restricted(
        model,
        free=search.free,
        fixed=search.best.numbers,
        solver=search.solver,
        time_limit=left,
        seed=options.seed,
    )
    if found.numbers is None or found.numbers.sum() != search.n:
        return
    choice = appraise(found.numbers, search.patterns, search.bins, options.deviation)
    if choice.keeps_bounds and choice.value <= search.best.value + _TOLERANCE and choice.largest < search.best.largest:
        search.best = choice


def _solve(search: Search, free: NDArray[np.int64], fixed: NDArray[np.int64], *, share: float) -> None:
    left = search.deadline - time.monotonic()
    search.free = free
    found = None
    if left > 0 and search.gap > _TOLERANCE:
        found = solve_restricted(
            search.model,
            free=free,
            fixed=fixed,
            solver=search.solver,
            time_limit=share * left,
            seed=search.options.seed,
        )
        if found.numbers is not None and found.numbers.sum() == search.n:
            search.offer(found.numbers)
    search.all_free = bool(np.isin(search.free_within(search.gap), free).all())
    ended = found is not None and (found.is_optimal or found.is_infeasible)
    search.is_optimal = search.gap <= _TOLERANCE or (ended and search.all_free)
    search.stopped = not search.is_optimal and not ended
