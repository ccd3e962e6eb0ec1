import numpy as np
import pytest

from evalmuse_hf.prompts import FeatureQuota, LabelTable, Quota, SamplingOptions, sample, sampling, search
from evalmuse_hf.prompts.integer_program import IntegerSolution
from evalmuse_hf.prompts.linear_model import Relaxation


@pytest.fixture
def table(small_table):
    return small_table(1, n=60, n_real=1)


QUOTAS = [Quota(dimension="first", target=7.5), FeatureQuota(feature="number 0", mean=0.11)]


def test_a_solver_that_finds_nothing_leaves_the_best_that_swaps_find(table, monkeypatch):
    monkeypatch.setattr(search, "solve_restricted", lambda *_, **__: IntegerSolution(None))
    found = sample(table, QUOTAS, n=20)
    assert found.status == "time_limit"
    assert found.value <= min(choice.value for choice in found.choices.values())
    assert found.proven_gap == pytest.approx(found.value - found.lp_bound)
    assert len(found.ids) == 20


def test_a_solver_that_was_stopped_is_believed_only_in_what_it_found(table, monkeypatch):
    quick = SamplingOptions(time_limit=0.5)  # enough for 60 candidates, too little for a proof

    def stopped(*arguments, **options):
        found = solve(*arguments, **options)
        return IntegerSolution(found.numbers)

    solve = search.solve_restricted
    monkeypatch.setattr(search, "solve_restricted", stopped)
    found = sample(table, QUOTAS, n=20, options=quick)
    assert found.value < min(choice.value for choice in found.choices.values())
    assert found.status == "time_limit"
    assert found.proven_gap == pytest.approx(found.value - found.lp_bound)


def test_without_a_relaxation_greedy_is_the_answer_and_nothing_the_bound(table, monkeypatch):
    def unsolved(model, **_):
        nothing = np.zeros(len(model.cost))
        return Relaxation("unsolved", 0.0, nothing, nothing)

    monkeypatch.setattr(sampling, "relax", unsolved)
    found = sample(table, QUOTAS, n=20, options=SamplingOptions(compare=False))
    assert (found.status, found.lp_bound) == ("time_limit", 0.0)
    assert found.value == found.choices["greedy"].value == found.proven_gap


HARD = [FeatureQuota(feature="number 0", mean=0.3), FeatureQuota(feature="number 1", mean=-0.1)]


def test_a_second_problem_frees_all_that_could_matter(small_table):
    found = sample(small_table(0, n=14, n_real=2), HARD, n=5, options=SamplingOptions(free_patterns=1))
    assert found.all_candidates_free
    assert found.status == "optimal"
    assert found.n_free > 1


def test_too_many_that_could_matter_are_left_fixed_and_that_is_said(small_table, monkeypatch):
    monkeypatch.setattr(search, "_MOST_FREE", 3)
    found = sample(small_table(0, n=14, n_real=2), HARD, n=5, options=SamplingOptions(free_patterns=1))
    assert not found.all_candidates_free
    assert found.status == "feasible"
    assert found.proven_gap == pytest.approx(found.value - found.lp_bound)


def test_no_selection_within_the_bounds_is_one_sentence(monkeypatch):
    """Halves of the three candidates keep the bounds, whole ones cannot: any two carry one label both."""
    marks = np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1]], dtype=bool)
    table = LabelTable.from_arrays(list("123"), labels={"d": (list("abc"), marks)})
    monkeypatch.setattr(sampling, "find_missing", lambda *_, **__: {})  # as bounds that only fractions keep
    quota = Quota(dimension="d", target=0.0, at_most={"a": 1, "b": 1, "c": 1})
    with pytest.raises(ValueError, match=r"No selection that keeps the bounds was found within 60 s"):
        sample(table, [quota], n=2)
