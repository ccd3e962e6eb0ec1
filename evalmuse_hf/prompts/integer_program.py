"""A small whole-number problem over a few patterns, the others fixed, by PuLP."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.optional import require
from evalmuse_hf.prompts.linear_model import LinearModel

logger = logging.getLogger(__name__)

SolverName = Literal["highs", "cbc"]
SOLVERS: dict[SolverName, str] = {"highs": "HiGHS", "cbc": "PULP_CBC_CMD"}
"""What PuLP calls the solvers, in the order in which the first that is there is taken."""

_TO_WHOLE = 1e-5  # a solver's whole numbers are whole to about 1e-6


@dataclass(frozen=True, slots=True)
class IntegerSolution:
    """What a solver found.

    Attributes:
        numbers: How many of each pattern; None if nothing was found.
        is_optimal: Whether it proved that the fixed patterns leave nothing better.
        is_infeasible: Whether it proved that the fixed patterns leave nothing at all.
    """

    numbers: NDArray[np.int64] | None
    is_optimal: bool = False
    is_infeasible: bool = False


def choose_solver(name: SolverName | None) -> SolverName:
    """Pick a solver that is there.

    Args:
        name: The one that must be taken; None takes the first of `SOLVERS` that is installed.

    Raises:
        ImportError: If PuLP is not installed.
        ValueError: If the solver is not there.
    """
    pulp = require("pulp", purpose="Sampling", extra="prompts")
    present = pulp.listSolvers(onlyAvailable=True)
    usable = [solver for solver in SOLVERS if SOLVERS[solver] in present]
    if name is not None and name not in SOLVERS:
        raise ValueError(f"There is no solver {name!r}, only {', '.join(SOLVERS)}.")
    if not usable or (name is not None and name not in usable):
        raise ValueError(
            f"PuLP finds no solver {name or ' or '.join(SOLVERS)} here, only {', '.join(usable) or 'none'}; "
            "`pip install highspy` brings HiGHS."
        )
    return name or usable[0]


def solve_restricted(
    model: LinearModel,
    *,
    free: NDArray[np.int64],
    fixed: NDArray[np.int64],
    solver: SolverName,
    time_limit: float,
    seed: int = 0,
) -> IntegerSolution:
    """Solve the model where only some patterns may change.

    PuLP calls a run that its time limit ended optimal; whether it was is read from `sol_status`.

    Args:
        model: The model.
        free: Patterns that may change.
        fixed: How many of every pattern; those of the free ones do not matter.
        solver: Who solves it.
        time_limit: Seconds.
        seed: Of the solver.
    """
    pulp = require("pulp", purpose="Sampling", extra="prompts")
    problem, variables = _write(pulp, model, free, fixed)
    if solver == "highs":
        _let_highs_greet()
    try:
        problem.solve(_solver(pulp, solver, time_limit, seed))
    except (pulp.PulpSolverError, OSError) as error:
        logger.warning("%s gave up (%s); the best selection found without it is kept.", solver, error)
        return IntegerSolution(None)
    values = [variable.varValue for variable in variables]
    if problem.sol_status == pulp.LpSolutionInfeasible:
        return IntegerSolution(None, is_infeasible=True)
    if problem.sol_status not in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible) or None in values:
        return IntegerSolution(None)
    whole = np.rint(np.array(values, dtype=np.float64))
    if np.abs(whole - values).max(initial=0.0) > _TO_WHOLE:
        return IntegerSolution(None)
    numbers = fixed.copy()
    numbers[free] = whole.astype(np.int64)
    return IntegerSolution(numbers, is_optimal=problem.sol_status == pulp.LpSolutionOptimal)


def _let_highs_greet() -> None:
    """Make the first solver of this process: it writes its name and licence to stdout, where results go."""
    highspy = require("highspy", purpose="Sampling with HiGHS", extra="prompts")
    with _no_stdout():
        highspy.Highs()


@contextmanager
def _no_stdout() -> Iterator[None]:
    """Drop what compiled code writes to stdout."""
    sys.stdout.flush()
    try:
        saved = os.dup(1)
    except OSError:  # no stdout at all
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
        yield
    finally:
        os.dup2(saved, 1)
        os.close(saved)


def _solver(pulp: Any, name: SolverName, time_limit: float, seed: int) -> Any:
    limits = {"msg": False, "timeLimit": max(time_limit, 1e-1), "gapRel": 0.0, "gapAbs": 1e-7, "threads": 1}
    if name == "highs":
        return pulp.HiGHS(**limits, random_seed=seed % 2**31)
    return pulp.PULP_CBC_CMD(**limits, options=["randomCbcSeed", str(seed % 2**31)] if seed else None)


def _write(pulp: Any, model: LinearModel, free: NDArray[np.int64], fixed: NDArray[np.int64]) -> tuple[Any, list[Any]]:
    """The problem and the variables of the free patterns; a row's fixed part moves to its right side."""
    places = np.concatenate([free, np.arange(model.n_whole, len(model.cost))])
    held = np.zeros(len(model.cost))
    held[: model.n_whole] = fixed
    held[free] = 0.0
    digits = len(str(len(places)))
    variables = [
        pulp.LpVariable(
            f"v{number:0{digits}}",
            model.lower[place],
            None if np.isinf(model.upper[place]) else model.upper[place],
            cat="Integer" if place < model.n_whole else "Continuous",
        )
        for number, place in enumerate(places)
    ]
    problem = pulp.LpProblem("sample", pulp.LpMinimize)
    costs = zip(variables, model.cost[places], strict=True)
    problem.setObjective(pulp.LpAffineExpression([(variable, cost) for variable, cost in costs if cost]))
    parts = ((model.equal, model.equal_to, 0), (model.within, model.within_to, -1))
    for rows, right_sides, sense in parts:
        rest = right_sides - rows @ held
        small = rows[:, places].tocsr()
        for row, right in enumerate(rest):
            begin, end = small.indptr[row], small.indptr[row + 1]
            terms = [
                (variables[place], float(value))
                for place, value in zip(small.indices[begin:end], small.data[begin:end], strict=True)
            ]
            problem.addConstraint(
                pulp.LpConstraint(pulp.LpAffineExpression(terms), sense, f"r{sense}_{row}", float(right))
            )
    return problem, variables[: len(free)]
