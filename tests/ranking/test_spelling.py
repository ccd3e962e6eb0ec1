from dataclasses import replace

import pytest

from evalmuse_hf.ranking.spelling import count_range, digits_of, known, spell_interval, spell_p


@pytest.mark.parametrize(
    "half_width, digits", [(0.12, 2), (0.1, 2), (0.05, 3), (0.0031, 4), (1e-9, 6), (0.0, 2), (20.0, 2)]
)
def test_means_have_two_digits_of_the_half_width_of_their_intervals(full_ranking, half_width, digits):
    rows = tuple(replace(row, low=row.mean - half_width, high=row.mean + half_width) for row in full_ranking.rows)
    assert digits_of(replace(full_ranking, rows=rows)) == digits


def test_without_intervals_the_spread_of_the_means_says_how_many(bare_ranking):
    assert digits_of(bare_ranking) == 2
    (row,) = bare_ranking.rows
    two = replace(bare_ranking, rows=(row, replace(row, mean=0.2431)))
    assert digits_of(two) == 4


def test_what_is_undefined_is_a_dash_and_never_a_number():
    nan = float("nan")
    assert [spell_interval(nan, 1.0, 2), spell_interval(1.0, None, 2), spell_p(nan)] == ["–"] * 3
    assert known(nan) is None
    assert known(None) is None
    assert known(0.0) == 0.0


def test_a_p_value_is_never_spelled_as_zero():
    assert (spell_p(0.0), spell_p(0.0009), spell_p(0.001), spell_p(1.0)) == ("< 0.001", "< 0.001", "0.001", "1.000")


def test_equal_counts_are_one_number():
    assert count_range([3, 3, 3]) == 3
    assert count_range([1000, 3, 7]) == "3 to 1,000"
