"""The drawings of the nouns, as data."""

import math

import pytest

from evalmuse_hf.mini.sprites import FAULTS, SHAPE_OUTLINES, SPRITES
from evalmuse_hf.mini.vocabulary import NOUNS, SHAPED_OBJECTS, SHAPES, noun_category


def test_every_noun_and_every_shape_has_one_drawing():
    assert set(SPRITES) == set(NOUNS)
    assert set(SHAPE_OUTLINES) == set(SHAPES)
    assert set(FAULTS) == {noun_category(noun) for noun in NOUNS}


@pytest.mark.parametrize("noun", NOUNS)
def test_every_noun_shows_its_colour(noun):
    assert any(role == "body" for _, role, _ in SPRITES[noun])


@pytest.mark.parametrize("noun", NOUNS)
def test_exactly_the_shaped_nouns_follow_a_shape(noun):
    assert any(primitive == "outline" for primitive, *_ in SPRITES[noun]) == (noun in SHAPED_OBJECTS)


def test_a_star_has_ten_corners_and_points_up():
    """By hand: the first tip is half a unit above the middle, and every other corner is as far from it."""
    _, points = SHAPE_OUTLINES["star-shaped"]
    assert len(points) == 20
    assert points[:2] == pytest.approx((0.5, 0.0))
    tips = zip(points[0::4], points[1::4], strict=True)
    assert [math.dist(tip, (0.5, 0.5)) for tip in tips] == pytest.approx([0.5] * 5)
