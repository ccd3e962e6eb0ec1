"""Pictures of the drawn world."""

from dataclasses import replace

import numpy as np
import pytest

from evalmuse_hf.mini.drawing import SIDE, draw
from evalmuse_hf.mini.scene import Scene, Thing
from evalmuse_hf.mini.vocabulary import (
    ACTIVITIES,
    COLORS,
    MATERIALS,
    NOUNS,
    PLACES,
    SHAPES,
    WEATHER,
    WORDS,
)


def pixels(scene):
    return np.asarray(draw(scene).image).astype(int)


def test_the_same_scene_gives_the_same_pixels():
    scene = Scene((Thing("cat", "red"),), place="city", weather="snow", seed=3)
    assert np.array_equal(pixels(scene), pixels(scene))


@pytest.mark.parametrize("noun", NOUNS)
def test_every_noun_is_drawn_where_it_is_said_to_be(noun):
    drawing = draw(Scene((Thing(noun, "blue", x=0.3, y=0.7, radius=0.2),)))
    rows, columns = np.nonzero(drawing.things == 1)
    assert drawing.image.size == (SIDE, SIDE)
    assert abs(columns.mean() / SIDE - 0.3) < 0.08
    assert abs(rows.mean() / SIDE - 0.7) < 0.08


def test_nouns_have_different_outlines():
    pictures = [pixels(Scene((Thing(noun, "blue", radius=0.3, shape="round"),))) for noun in NOUNS]
    for index, picture in enumerate(pictures):
        assert all(np.abs(picture - other).mean() > 0.5 for other in pictures[:index])


@pytest.mark.parametrize(
    "noun, kind, words",
    [
        ("car", "color", tuple(COLORS)),
        ("car", "material", (None, *MATERIALS)),
        ("kite", "shape", SHAPES),
        ("cat", "activity", (None, *ACTIVITIES)),
        ("cup", "state", (None, "glowing", "broken")),
        ("sign", "word", (None, *WORDS)),
    ],
)
def test_every_property_changes_the_picture(noun, kind, words):
    base = Thing(noun, "red", radius=0.25, shape="round" if noun in {"kite", "sign"} else None)
    pictures = [pixels(Scene((replace(base, **{kind: word}),))) for word in words]
    for index, picture in enumerate(pictures):
        assert all(np.abs(picture - other).mean() > 0.1 for other in pictures[:index])


def test_places_and_weathers_look_different():
    scenes = [Scene((), place=place) for place in (None, *PLACES)] + [
        Scene((), weather=weather) for weather in WEATHER
    ]
    pictures = [pixels(scene) for scene in scenes]
    for index, picture in enumerate(pictures):
        assert all(np.abs(picture - other).mean() > 1 for other in pictures[:index])


def test_a_fault_shows():
    thing = Thing("man", "blue", radius=0.3)
    assert np.abs(pixels(Scene((thing,))) - pixels(Scene((replace(thing, fault=True),)))).mean() > 0.5
