import math

import numpy as np
import pytest
from PIL import Image

from evalmuse_hf.meta_evaluation.studies.maps_game import find_best_points, play
from evalmuse_hf.meta_evaluation.studies.maps_peaks import Peaks, PicturePeaks
from evalmuse_hf.meta_evaluation.studies.maps_places import MapPicture, PlacedElement
from evalmuse_hf.mini.prompts import ElementClaim
from evalmuse_hf.mini.scene import Claim

LEFT, RIGHT = (4, 2), (4, 6)


def place(columns):
    found = np.zeros((8, 8), dtype=bool)
    found[:, columns] = True
    return found


def picture(shown):
    claims = [Claim("color", "red", "cat"), Claim("present", "cat", "cat"), Claim("present", "car", "car")]
    claims += [Claim("place", "beach"), Claim("present", "key", "key")]
    elements = tuple(ElementClaim(claim.value, "object", "object", claim) for claim in claims)
    return MapPicture(Image.new("RGB", (8, 8)), "a red cat and a car", elements, tuple(shown))


RED = PlacedElement(0, "color", frozenset({"cat"}), place(slice(0, 4)))
CAR = PlacedElement(2, "object", frozenset({"car"}), place(slice(5, 8)))
BEACH = PlacedElement(3, "location", frozenset(), None)


def peaks(*pixels):
    return Peaks(pixels, (0.75, None, None, None, None))


PEAKS = PicturePeaks(
    #     red   cat    car   beach  key
    peaks(LEFT, LEFT, RIGHT, RIGHT, None),
    (peaks(RIGHT, None, RIGHT, None, None), peaks(RIGHT, None, LEFT, None, None)),
    (peaks(LEFT, None, LEFT, None, None), peaks(RIGHT, None, LEFT, None, None)),
)
POINTS = {"color": (0, 0), "object": (0, 4), "location": (0, 0)}


def test_a_hand_made_game():
    red, car = play([picture([RED, CAR, BEACH])], [PEAKS], best_points=POINTS, grid=2)
    assert (red.category, red.prompt, red.hit, red.score) == ("color", "a red cat and a car", 1.0, 0.75)
    assert red.others == {
        "area": (0.5,),
        "centre": (0.0,),  # the pixel (4, 4)
        "best_point": (1.0,),
        "random_map": (0.5,),  # one of the columns 2 and 6
        "random_qformer": (0.0, 0.0),
        "random_weights": (1.0, 0.0),
        "other_element": (0.0,),  # the car's peak is outside, the key has none
    }
    assert (red.shown_rivals, red.missing_rivals) == ((0.0,), (0.0,))  # the car is shown, the key is not
    assert (car.hit, math.isnan(car.score)) == (1.0, True)
    assert car.others == {
        "area": (3 / 8,),
        "centre": (0.0,),
        "best_point": (0.0,),
        "random_map": (0.5,),
        "random_qformer": (1.0, 0.0),
        "random_weights": (0.0, 0.0),
        "other_element": (0.0,),  # red, cat and key; the beach is no rival
    }


def test_rivals_are_told_apart_by_whether_the_picture_shows_them():
    crossed = PicturePeaks(peaks(RIGHT, RIGHT, LEFT, LEFT, LEFT), (), ())
    red, car = play([picture([RED, CAR])], [crossed], best_points=POINTS, grid=2)
    assert (red.shown_rivals, red.missing_rivals) == ((1.0,), (1.0,))  # of car and key
    assert (car.shown_rivals, car.missing_rivals) == ((1.0,), (1.0, 0.0))  # of red; of cat and key
    assert car.others["other_element"] == (pytest.approx(2 / 3),)


def test_no_map_is_a_miss_and_no_rival_no_comparison():
    none = peaks(None, None, None, None, None)
    both = PlacedElement(1, "spatial", frozenset({"cat", "car", "key"}), place(slice(0, 8)))
    game = play([picture([both])], [PicturePeaks(none, (none,), (none,))], best_points={"spatial": (0, 0)}, grid=2)
    (found,) = game
    assert found.hit == 0.0
    assert found.others["random_weights"] == (0.0,)
    assert found.others["area"] == found.others["centre"] == (1.0,)
    assert "other_element" not in found.others


def test_the_best_point_is_the_pixel_that_is_most_often_right():
    narrow = PlacedElement(0, "color", frozenset({"cat"}), place(slice(3, 6)))
    pictures = [picture([RED]), picture([narrow]), picture([CAR])]
    assert find_best_points(pictures, ["color", "object", "food"]) == {
        "color": (0, 3),  # in both
        "object": (0, 5),
        "food": (0, 3),  # of all: two of three
    }
    with pytest.raises(ValueError, match="None of 1 drawings shows an element with a place"):
        find_best_points([picture([BEACH])], ["color"])
