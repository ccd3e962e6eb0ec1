import numpy as np

from evalmuse_hf.meta_evaluation.studies.maps_places import draw_pictures, nouns_of, rivals_of, true_place
from evalmuse_hf.mini.drawing import draw
from evalmuse_hf.mini.scene import Claim, Scene, Thing, is_true
from evalmuse_hf.mini.vocabulary import is_held_out, is_test_prompt

SCENE = Scene(
    things=(
        Thing("cat", "red", 0.2, 0.2, 0.12),
        Thing("cat", "blue", 0.1, 0.8, 0.12),
        Thing("car", "red", 0.8, 0.2, 0.12),
        Thing("sign", "pink", 0.9, 0.8, 0.15, word="GO"),
    ),
    place="beach",
    weather="rain",
)
DRAWING = draw(SCENE)


def numbers(claim):
    """Numbers of the things whose pixels are the place of a claim."""
    place = true_place(claim, SCENE, DRAWING.things)
    if place is None:
        return None
    found = set(np.unique(DRAWING.things[place]).tolist())
    assert int(place.sum()) == sum(int((DRAWING.things == number).sum()) for number in found)
    return found


def test_a_place_is_every_pixel_of_the_things_that_make_a_claim_true():
    assert numbers(Claim("present", "cat", "cat")) == {1, 2}
    assert numbers(Claim("count", "2", "cat")) == {1, 2}
    assert numbers(Claim("color", "red", "cat")) == {1}
    assert numbers(Claim("color", "red", "car")) == {3}
    assert numbers(Claim("word", "GO", "sign")) == {4}


def test_a_relation_is_at_both_ends_of_the_pairs_that_stand_so():
    # Both cats are further from the car and the sign across than in height.
    assert numbers(Claim("relation", "left of", "cat", "car")) == {1, 2, 3}
    assert numbers(Claim("relation", "right of", "sign", "cat")) == {1, 2, 4}
    assert numbers(Claim("relation", "below", "sign", "car")) == {3, 4}


def test_backgrounds_weather_and_nothing_have_no_place():
    assert numbers(Claim("place", "beach")) is None
    assert numbers(Claim("weather", "rain")) is None
    assert numbers(Claim("count", "0", "bird")) is None


def test_pictures_are_fresh_ones_of_the_test_side_and_the_same_for_the_same_seed():
    pictures = draw_pictures(18, seed=[5])
    assert len(pictures) == 18
    assert {element.category for picture in pictures for element in picture.elements} >= {
        "color",
        "counting",
        "spatial",
    }
    for picture, again in zip(pictures, draw_pictures(20, seed=[5]), strict=False):
        assert picture.prompt == again.prompt
        assert np.array_equal(np.asarray(picture.image), np.asarray(again.image))
        pairs = [(one.claim.value, one.claim.noun) for one in picture.elements]
        pairs += [(one.claim.noun, one.claim.other) for one in picture.elements if one.claim.other]
        assert is_test_prompt(picture.prompt) or any(is_held_out(*pair) for pair in pairs)
    assert pictures[0].prompt != draw_pictures(1, seed=[6])[0].prompt


def test_shown_elements_are_true_ones_and_rivals_are_about_other_nouns():
    for picture in draw_pictures(9, seed=[7]):
        for shown in picture.shown:
            claim = picture.elements[shown.index].claim
            assert shown.nouns == nouns_of(claim)
            assert (shown.place is None) == (claim.kind in ("place", "weather") or claim.value == "0")
            for rival in rivals_of(picture, shown):
                other = picture.elements[rival].claim
                assert other.noun
                assert other.noun not in shown.nouns
    assert is_true(Claim("color", "red", "cat"), SCENE)
