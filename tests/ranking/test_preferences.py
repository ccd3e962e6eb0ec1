import numpy as np
import pytest

from evalmuse_hf.ranking.preferences import compare_within_prompts
from evalmuse_hf.stats import bradley_terry, wins_within

NAN = float("nan")


def compare(table, n_resamples=50):
    return compare_within_prompts("ABC", np.array(table), n_resamples=n_resamples, rng=np.random.default_rng(0))


def test_strengths_ranks_and_shares_are_those_of_the_wins():
    table = np.random.default_rng(0).normal(0, 1, (3, 50)) + np.array([[0.0], [0.5], [-0.3]])
    found = compare(table).by_generator
    expected = bradley_terry(wins=wins_within(scores=table))
    assert [one.strength for one in found.values()] == [one.statistic for one in expected.strengths]
    assert [one.win_rate for one in found.values()] == [*expected.win_rates]
    assert [(one.rank, one.n) for one in found.values()] == [(2, 100), (1, 100), (3, 100)]
    assert all(one.low < one.strength < one.high for one in found.values())


def test_equal_strengths_share_a_rank():
    found = compare([[2.0, 1.0, 1.0], [1.0, 2.0, 1.0], [1.0, 1.0, 2.0]], n_resamples=0).by_generator
    assert [(one.rank, one.low) for one in found.values()] == [(1, None)] * 3


def test_a_generator_that_always_wins_is_named():
    preferences = compare([[5.0, 5.0], [1.0, 2.0], [2.0, 1.0]])
    assert preferences.by_generator == {}
    assert preferences.notes == (
        "There are no Bradley-Terry strengths: no other generator ever beat or tied A, so that the strength would be "
        "infinite; more prompts would change that.",
    )


def test_a_generator_that_met_nobody_is_named():
    preferences = compare([[5.0, NAN], [1.0, NAN], [NAN, 1.0]])
    assert preferences.notes == ("There are no Bradley-Terry strengths: some were compared with nobody (C).",)


def test_too_many_resamples_without_strengths_leave_no_intervals():
    table = np.tile([[3.0], [2.0], [1.0]], 12)
    table[:, 0] = [1.0, 2.0, 3.0]
    preferences = compare(table)
    assert [one.low for one in preferences.by_generator.values()] == [None] * 3
    assert "no intervals: infinite strengths in" in preferences.notes[0]


@pytest.mark.parametrize("n_resamples", [0, 20])
def test_ties_alone_are_said(n_resamples):
    preferences = compare([[1.0, 2.0, 3.0]] * 3, n_resamples=n_resamples)
    assert [one.strength for one in preferences.by_generator.values()] == pytest.approx([0, 0, 0])
    assert preferences.notes == (
        "All comparisons within prompts are ties, so all Bradley-Terry strengths are 0, without intervals.",
    )
