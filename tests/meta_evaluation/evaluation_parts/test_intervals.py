import pytest

from evalmuse_hf.meta_evaluation.evaluation_parts.intervals import FEWEST, Intervals


@pytest.mark.parametrize("cost", ["sums", "ranks", "pairs", "fit"])
def test_resamples_never_exceed_what_was_asked_for_and_seldom_fall_below_200(cost):
    for asked in (0, 50, 1000, 10_000):
        intervals = Intervals(n_resamples=asked, seed=0)
        for n_rows in (1, 10_000, 1_000_000):
            used = intervals.affordable(n_rows, cost)
            assert used <= asked
            assert used >= min(asked, FEWEST)


def test_who_asks_for_more_gets_more_in_proportion():
    few, many = (Intervals(n_resamples=asked, seed=0).affordable(100_000, "ranks") for asked in (1000, 10_000))
    assert many == 10 * few


def test_random_numbers_of_a_part_depend_on_its_name_and_the_seed_alone():
    first = Intervals(n_resamples=10, seed=1).generator("pairwise").random()
    assert Intervals(n_resamples=99, seed=1).generator("pairwise").random() == first
    assert Intervals(n_resamples=10, seed=1).generator("system").random() != first
    assert Intervals(n_resamples=10, seed=2).generator("pairwise").random() != first


def test_what_stands_beside_the_main_figures_gets_a_fifth_and_at_least_200():
    asked = (0, 50, 1000, 10_000)
    assert [Intervals(n_resamples=n, seed=0).beside for n in asked] == [0, 50, 200, 2000]
