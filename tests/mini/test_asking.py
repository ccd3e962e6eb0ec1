"""Words that are asked of a picture, or of the whole vocabulary."""

import numpy as np
import pytest

from evalmuse_hf.mini.asking import MAX_COUNT, Ask
from evalmuse_hf.mini.scene import Scene, Thing
from evalmuse_hf.mini.vocabulary import COLORS, MATERIALS, NOUNS, RELATIONS, is_held_out

SCENE = Scene((Thing("car", "red", x=0.2), Thing("car", "red", x=0.25, y=0.9), Thing("cup", "blue", x=0.8)), "beach")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def share(values, expected):
    return np.mean([value == expected for value in values])


def test_no_word_is_drawn_twice(rng):
    ask = Ask(rng, SCENE)
    assert len({ask.noun() for _ in NOUNS}) == len(NOUNS)


def test_nouns_are_mostly_those_of_the_picture(rng):
    shown = np.mean([Ask(rng, SCENE).noun() in {"car", "cup"} for _ in range(400)])
    assert shown == pytest.approx(0.75 + 0.25 * 2 / len(NOUNS), abs=0.07)  # three standard errors of 400 draws


def test_a_property_is_often_that_of_the_noun(rng):
    reds = [Ask(rng, SCENE).word("car", "color", tuple(COLORS)) for _ in range(400)]
    assert share(reds, "red") > 0.5
    assert share(reds, "blue") > 0.05


def test_a_property_that_nothing_has_is_common(rng):
    colors = [Ask(rng, SCENE).word("car", "color", tuple(COLORS)) for _ in range(400)]
    assert np.mean([color not in ("red", "blue") for color in colors]) > 0.25


def test_a_drill_asks_half_of_the_time_for_what_is_there_and_mostly_for_the_first_colors(rng):
    asked = [Ask(rng, SCENE).colored_noun() for _ in range(600)]
    true = [pair in {("car", "red"), ("cup", "blue")} for pair in asked]
    assert np.mean(true) == pytest.approx(0.47, abs=0.07)  # half of those about the picture
    wrong = [color for (_, color), holds in zip(asked, true, strict=True) if not holds]
    assert share(wrong, "orange") > 2 * share(wrong, "purple") > 0
    assert not any(is_held_out(color, noun) for noun, color in asked)


def test_a_drill_without_a_picture_asks_anything(rng):
    assert len({Ask(rng).colored_noun() for _ in range(50)}) > 30


def test_held_out_pairs_are_never_said_in_training(rng):
    held_out = [(word, noun) for word in MATERIALS for noun in NOUNS if is_held_out(word, noun)]
    noun = held_out[0][1]
    words = {Ask(rng).word(noun, "material", MATERIALS) for _ in range(100)}
    assert words == {word for word in MATERIALS if not is_held_out(word, noun)}
    assert {Ask(rng, held_out=True).word(noun, "material", MATERIALS) for _ in range(100)} == set(MATERIALS)


def test_a_number_is_often_the_one_shown_and_never_the_one_taken(rng):
    numbers = [Ask(rng, SCENE).count("car") for _ in range(400)]
    assert share(numbers, 2) > 0.4
    assert set(numbers) == set(range(MAX_COUNT + 1))
    assert 2 not in {Ask(rng, SCENE).count("car", taken=2) for _ in range(100)}


def test_a_relation_holds_about_half_of_the_time(rng):
    relations = [Ask(rng, SCENE).relation("car", "cup") for _ in range(400)]
    assert share(relations, "left of") == pytest.approx(0.45 + 0.25 / 4, abs=0.08)
    assert set(relations) == set(RELATIONS)


def test_a_setting_is_drawn_from_the_picture_or_the_list(rng):
    places = [Ask(rng, SCENE).setting("place", ("city", "room")) for _ in range(400)]
    assert share(places, "beach") == pytest.approx(0.4, abs=0.08)
    assert {Ask(rng).setting("place", ("city",)) for _ in range(5)} == {"city"}
