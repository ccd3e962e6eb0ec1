import numpy as np
import pytest

from evalmuse_hf.prompts.linear_model import build_model, find_missing, relax
from evalmuse_hf.prompts.patterns import group
from evalmuse_hf.prompts.quotas import Bin


def problem(values, bins):
    values = np.array(values, dtype=float)
    everyone = np.ones(len(values), dtype=bool)
    patterns = group(values, usable=everyone, kept=~everyone, lots=np.arange(len(values), dtype=np.uint64))
    return patterns, [Bin(dimension="d", name=str(row), **{"wanted": 0.0, **bin_}) for row, bin_ in enumerate(bins)]


@pytest.mark.parametrize("deviation, value", [("l1", 3.0), ("max", 2.0)])
def test_the_relaxation_is_that_of_the_hand(deviation, value):
    # Two of three rows, all in bin 0 which wants none: off by 2; half of the third in bin 1 would cost as much.
    patterns, bins = problem([[1, 0], [1, 0], [1, 1]], [{"target": 0.0}, {"target": 2.0}])
    # L1: 2 + (2 - 1) with the third row; max: 2.
    found = relax(build_model(patterns, bins, n=2, deviation=deviation), time_limit=10)
    assert found.status == "optimal"
    assert found.value == pytest.approx(value, abs=1e-9)


def test_bounds_hold_in_the_relaxation():
    patterns, bins = problem([[1, 0]] * 3 + [[0, 1]] * 3, [{"target": 2.0, "at_most": 1.0}, {"target": 0.0}])
    found = relax(build_model(patterns, bins, n=2, deviation="l1"), time_limit=10)
    assert found.value == pytest.approx(2.0, abs=1e-9)  # one of each, so that both are off by one


def test_bounds_that_contradict_are_found_and_measured():
    # No row is in both bins, so that two rows cannot fill three places: one is missing.
    patterns, bins = problem(
        [[1, 0]] * 3 + [[0, 1]] * 3, [{"target": 0.0, "at_least": 2.0}, {"target": 0.0, "at_least": 1.0}]
    )
    assert relax(build_model(patterns, bins, n=2, deviation="l1"), time_limit=10).status == "infeasible"
    assert sum(find_missing(patterns, bins, n=2, time_limit=10).values()) == pytest.approx(1.0)
    assert find_missing(patterns, bins, n=3, time_limit=10) == {}


def test_more_than_there_may_be_is_counted_below_zero():
    patterns, bins = problem([[1, 0]] * 3 + [[0, 1]], [{"target": 0.0, "at_most": 1.0}, {"target": 0.0}])
    assert find_missing(patterns, bins, n=3, time_limit=10) == {0: pytest.approx(-1.0)}


def test_a_solver_without_time_solves_nothing():
    rng = np.random.default_rng(0)
    patterns, bins = problem(rng.random((3000, 20)), [{"target": float(place)} for place in range(20)])
    assert relax(build_model(patterns, bins, n=500, deviation="l1"), time_limit=0).status == "unsolved"
