import numpy as np
import pytest
from PIL import Image

from evalmuse_hf.pages.playground.heat_picture import LONGEST_SIDE, describe_place, draw_heat


def peak(row, column, side=6):
    values = np.full((side, side), 0.1, dtype=np.float32)
    values[row, column] = 4.0
    return values / values.sum()


@pytest.mark.parametrize(
    "size, expected", [((100, 50), (320, 160)), ((2000, 1000), (LONGEST_SIDE, 320)), ((7, 1), (320, 46))]
)
def test_the_shape_of_the_picture_is_kept(size, expected):
    assert draw_heat(Image.new("RGB", size, "white"), peak(0, 0)).size == expected


def test_the_map_is_brightest_and_ringed_where_it_is_strongest():
    drawn = draw_heat(Image.new("RGB", (300, 300), "black"), peak(1, 4))
    middle = (round(4.5 * drawn.width / 6), round(1.5 * drawn.height / 6))
    levels = np.asarray(drawn.convert("L"), dtype=float)
    assert levels[middle[1], middle[0]] > 180
    assert levels[-20, 20] < 40  # far away the picture is left nearly as it was
    ring = levels[middle[1], middle[0] : middle[0] + drawn.width // 8]
    assert ring.min() < 30  # black beside white, on any map


def test_a_gray_picture_stays_gray_where_there_is_nothing():
    drawn = draw_heat(Image.new("RGB", (60, 60), (120, 120, 120)), peak(0, 0))
    assert drawn.getpixel((310, 310)) == pytest.approx((120, 120, 120), abs=14)


@pytest.mark.parametrize(
    "row, column, words", [(0, 0, "upper left"), (5, 3, "lower centre"), (2, 5, "middle right"), (3, 3, "centre")]
)
def test_the_place_is_said_in_words(row, column, words):
    assert describe_place(peak(row, column)) == words
