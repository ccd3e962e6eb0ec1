from dataclasses import replace

import pytest

from evalmuse_hf.reports.heat import heat_cells
from evalmuse_hf.reports.plot_data import Heat


@pytest.fixture
def heat():
    return Heat(title="Differences", rows=("a", "b"), columns=("a", "b"), values=((None, 0.5), (-0.5, None)))


def contrast(first, second):
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color):
    parts = [int(color[place : place + 2], 16) for place in (1, 3, 5)]
    linear = [(part / 255 / 12.92) if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_cell_says_its_sign_in_words_and_in_color(heat):
    (empty, plus), (minus, _) = heat_cells(heat)
    assert (empty.text, empty.background) == ("", "")
    assert (plus.text, minus.text) == ("+0.50", "−0.50")
    assert plus.background != minus.background


def test_noise_is_in_brackets_and_paler(heat):
    quiet = heat_cells(replace(heat, noise=((False, True), (False, False))))[0][1]
    assert (quiet.text, quiet.noise) == ("(+0.50)", True)
    assert luminance(quiet.background) > luminance(heat_cells(heat)[0][1].background)


def test_texts_and_details_of_the_caller_stand_in_the_cells(heat):
    cell = heat_cells(replace(heat, texts=(("", "yes"), ("", "")), details=(("", "0.5 of 9"), ("", ""))))[0][1]
    assert (cell.text, cell.detail) == ("yes", "0.5 of 9")


def test_the_deepest_color_can_be_fixed_so_that_two_matrices_compare(heat):
    fixed = heat_cells(replace(heat, limit=2.0))[0][1].background
    assert luminance(fixed) > luminance(heat_cells(heat)[0][1].background)


def test_a_matrix_of_zeros_has_no_color():
    heat = Heat(title="", rows=("a",), columns=("a", "b"), values=((0.0, None),))
    assert heat_cells(heat)[0][0].background == "#ffffff"


@pytest.mark.parametrize("sign", [1, -1])
def test_every_shade_is_dark_or_light_enough_for_its_text(sign):
    values = tuple(sign * step / 50 for step in range(1, 51))
    cells = heat_cells(Heat(title="", rows=("a",), columns=tuple(map(str, values)), values=(values,)))[0]
    assert min(contrast(cell.background, cell.ink) for cell in cells) >= 4.5
