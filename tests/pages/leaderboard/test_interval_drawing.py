import re

import pytest

from evalmuse_hf.pages.leaderboard.interval_drawing import Mark, draw_axis, draw_marks, make_axis


@pytest.mark.parametrize("values", [[2.4, 3.5], [0.0, 1.0], [-5.0, -4.99], [1e-9, 2e-9], [3.0], [], [None, 1e12]])
def test_an_axis_has_room_for_all_values_and_one_to_six_ticks(values):
    axis = make_axis(values)
    assert all(axis.low < value < axis.high for value in values if value is not None)
    assert 1 <= len(axis.ticks) <= 6
    assert all(axis.low <= tick <= axis.high for tick in axis.ticks)


def test_ticks_are_round():
    assert make_axis([2.39, 3.69]).ticks == (2.5, 3.0, 3.5)


def test_marks_stand_where_their_values_are():
    axis = make_axis([0.0, 10.0])  # -0.4 to 10.4
    content = draw_marks(axis, (Mark(5.0, 0.0, 10.0), Mark(2.0)))
    assert 'x1="3.7%" x2="96.3%"' in content  # 0.4 / 10.8
    assert re.findall(r'<svg x="([\d.]+)%"', content) == ["50.0", "22.2"]  # 2.4 / 10.8
    assert content.count("lb-interval") == 1


def test_what_is_not_known_is_not_drawn():
    content = draw_marks(make_axis([0.0, 1.0]), (Mark(None, 0.1, 0.2),))
    assert "lb-interval" not in content
    assert "lb-point" not in content


def test_the_numbers_of_an_axis_have_the_digits_of_its_steps():
    assert re.findall(r">([\d.−]+)<", draw_axis(make_axis([-1.0, 1.0]))) == ["−1", "0", "1"]
    assert re.findall(r">([\d.−]+)<", draw_axis(make_axis([0.0, 1.0]))) == ["0.0", "0.5", "1.0"]
