import math

import numpy as np
import pytest

from evalmuse_hf.prompts.patterns import group
from evalmuse_hf.prompts.quotas import Bin
from evalmuse_hf.prompts.simple_choices import appraise, draw, exchange, fill_greedily, round_relaxation

VALUES = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [1, 1]], dtype=float)
LOTS = np.arange(5, dtype=np.uint64)


def problem(kept=(), values=VALUES, **bounds):
    marks = np.isin(np.arange(len(values)), kept)
    patterns = group(values, usable=np.ones(len(values), dtype=bool), kept=marks, lots=LOTS)
    bins = [Bin(dimension="d", name="a", target=2.0, wanted=2.0, weight=3.0, **bounds)]
    bins.append(Bin(dimension="d", name="b", target=1.0, wanted=1.0))
    return patterns, bins, marks


def test_a_selection_is_worth_its_weighted_deviations():
    patterns, bins, _ = problem(at_least=2.0)
    choice = appraise(np.array([0, 1, 1]), patterns, bins, "l1")  # bins hold 1 and 2
    assert choice.achieved.tolist() == [1, 2]
    assert (choice.value, choice.total, choice.largest, choice.keeps_bounds) == (4.0, 2.0, 1.0, False)
    assert appraise(np.array([0, 1, 1]), patterns, bins, "max").value == 3.0


def test_a_draw_keeps_those_to_keep_and_takes_the_first_lots():
    patterns, _, marks = problem(kept=[4])
    assert patterns.pick(draw(patterns, LOTS, marks, 3)).tolist() == [0, 1, 4]


def test_greedy_takes_the_best_step_each_time():
    patterns, bins, _ = problem()
    # Both bins want more at first: the row in both lowers the sum most; then one of bin a.
    assert appraise(fill_greedily(patterns, bins, 2), patterns, bins, "l1").value == 0


def test_greedy_keeps_bounds_first():
    patterns, bins, _ = problem(at_most=0.0)
    assert (patterns.matrix @ fill_greedily(patterns, bins, 2)).tolist() == [0, 2]


def test_greedy_weighs_real_numbers_as_they_are():
    patterns, bins, _ = problem(values=np.array([[0.5, 0], [2.0, 0], [9.0, 0], [0.25, 0], [0.125, 0]]))
    assert patterns.pick(fill_greedily(patterns, bins, 1)).tolist() == [1]  # 2.0 is the target


@pytest.mark.parametrize(
    "solution, numbers",
    [([1.6, 1.4, 0.0], [2, 1, 0]), ([0.4, 0.3, 2.3], [1, 1, 1]), ([2.0, 1.0, 0.0], [2, 1, 0])],
    ids=["largest remainder", "more than there are", "whole already"],
)
def test_rounding_gives_the_wanted_number(solution, numbers):
    patterns, _, _ = problem()
    assert patterns.upper.tolist() == [2, 2, 1]
    assert round_relaxation(np.array(solution), patterns, 3).tolist() == numbers


@pytest.mark.parametrize("deviation", ["l1", "max"])
def test_swaps_lower_the_value_until_none_does(deviation):
    values = np.array([[1.0, 4.0], [2.0, 0.5], [0.5, 0.25], [9.0, 9.0], [1.5, 0.75]])
    patterns, bins, _ = problem(values=values)  # targets 2 and 1, of which the first weighs three times as much
    swap = {"deviation": deviation, "free": np.arange(5), "deadline": math.inf}
    numbers = exchange(np.array([1, 0, 0, 1, 0]), patterns, bins, **swap)
    assert patterns.pick(numbers).tolist() == [2, 4]  # 0.5 + 1.5 and 0.25 + 0.75: the only pair without deviation
    assert exchange(np.array([1, 0, 0, 1, 0]), patterns, bins, **{**swap, "deadline": 0.0}).tolist() == [1, 0, 0, 1, 0]


def test_swaps_leave_what_is_not_free_and_what_is_to_keep():
    patterns, bins, _ = problem(kept=[4])
    start = np.array([0, 1, 1])
    swap = {"deviation": "l1", "deadline": math.inf}
    both = exchange(start, patterns, bins, free=np.arange(3), **swap)
    assert both[np.flatnonzero(patterns.lower)[0]] == 1
    assert exchange(start, patterns, bins, free=np.array([0]), **swap).tolist() == start.tolist()
