import os

import numpy as np
import pytest

from evalmuse_hf.prompts import integer_program
from evalmuse_hf.prompts.integer_program import choose_solver, solve_restricted
from evalmuse_hf.prompts.linear_model import build_model
from evalmuse_hf.prompts.patterns import group
from evalmuse_hf.prompts.quotas import Bin

pulp = pytest.importorskip("pulp")
VALUES = np.array([[3.0], [5.0], [7.0], [11.0]])


def model_of(target, n=2):
    everyone = np.ones(4, dtype=bool)
    patterns = group(VALUES, usable=everyone, kept=~everyone, lots=np.arange(4, dtype=np.uint64))
    bins = [Bin(dimension="d", name="sum", target=target, wanted=target)]
    return build_model(patterns, bins, n=n, deviation="l1")


def solve(solver, free, fixed=(0, 0, 0, 0), *, target=13.0):
    return solve_restricted(model_of(target), free=np.array(free), fixed=np.array(fixed), solver=solver, time_limit=10)


@pytest.mark.parametrize("solver", ["highs", "cbc"])
def test_both_solvers_find_the_best_of_the_free(solver):
    # Two of 3, 5, 7, 11 nearest to 13: 3 + 11 and 5 + 7 are off by one.
    found = solve(solver, [0, 1, 2, 3])
    assert found.is_optimal
    assert abs(float(VALUES[:, 0] @ found.numbers) - 13.0) == 1.0
    assert solve(solver, [1, 2], fixed=(1, 0, 0, 0)).numbers.tolist() == [1, 0, 1, 0]  # 3 + 7


@pytest.mark.parametrize("solver", ["highs", "cbc"])
def test_what_the_fixed_ones_exclude_is_infeasible(solver):
    found = solve(solver, [1], fixed=(1, 0, 1, 1))
    assert found.is_infeasible
    assert found.numbers is None


def test_a_run_that_the_time_limit_ended_is_not_optimal(monkeypatch):
    """PuLP's status says Optimal then; only `sol_status` tells."""

    def stop_early(problem, _solver):
        problem.status, problem.sol_status = pulp.LpStatusOptimal, pulp.LpSolutionIntegerFeasible
        for variable in problem.variables():
            variable.varValue = 1.0 if variable.cat == "Integer" and variable.name in ("v0", "v1") else 0.0

    monkeypatch.setattr(pulp.LpProblem, "solve", stop_early)
    found = solve("highs", [0, 1, 2, 3])
    assert not found.is_optimal
    assert found.numbers.tolist() == [1, 1, 0, 0]


def test_a_solver_that_fails_or_finds_nothing_gives_nothing(monkeypatch):
    def fail(problem, _solver):
        raise pulp.PulpSolverError("no memory")

    monkeypatch.setattr(pulp.LpProblem, "solve", fail)
    assert solve("highs", [0, 1, 2, 3]).numbers is None
    monkeypatch.setattr(pulp.LpProblem, "solve", lambda problem, _solver: None)
    assert solve("highs", [0, 1, 2, 3]).numbers is None  # a problem that was not solved


def test_highs_writes_nothing_to_stdout(capfd):
    solve("highs", [0, 1, 2, 3])
    assert capfd.readouterr().out == ""
    os.write(1, b"still open")
    assert capfd.readouterr().out == "still open"


def test_the_first_solver_that_is_there_is_taken(monkeypatch):
    assert choose_solver("cbc") == "cbc"
    monkeypatch.setattr(pulp, "listSolvers", lambda onlyAvailable: ["PULP_CBC_CMD"])  # noqa: N803
    assert choose_solver(None) == "cbc"
    with pytest.raises(ValueError, match=r"PuLP finds no solver highs here, only cbc"):
        choose_solver("highs")
    with pytest.raises(ValueError, match=r"There is no solver 'gurobi', only highs, cbc"):
        choose_solver("gurobi")


def test_without_pulp_the_extra_is_named(monkeypatch):
    def absent(module, *, purpose, extra):
        raise ImportError(f"{purpose} needs `{module}`: pip install 'evalmuse-hf[{extra}]'")

    monkeypatch.setattr(integer_program, "require", absent)
    with pytest.raises(ImportError, match=r"Sampling needs `pulp`: pip install 'evalmuse-hf\[prompts\]'"):
        choose_solver(None)
