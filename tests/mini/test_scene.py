"""Truth in the drawn world, against hand-made scenes."""

import pytest

from evalmuse_hf.mini.scene import Claim, Scene, Thing, is_true, relation_of

CAT = Thing("cat", "red", x=0.2, y=0.5, activity="sleeping")
DOG_LIKE = Thing("rabbit", "blue", x=0.8, y=0.6, state="giant")
SCENE = Scene((CAT, DOG_LIKE, Thing("cat", "green", x=0.3, y=0.1)), place="beach", weather="rain")


@pytest.mark.parametrize(
    "claim, expected",
    [
        (Claim("present", "cat", "cat"), True),
        (Claim("present", "fish", "fish"), False),
        (Claim("color", "red", "cat"), True),
        (Claim("color", "green", "cat"), True),
        (Claim("color", "blue", "cat"), False),
        (Claim("activity", "sleeping", "rabbit"), False),
        (Claim("state", "giant", "rabbit"), True),
        (Claim("count", "2", "cat"), True),
        (Claim("count", "1", "cat"), False),
        (Claim("count", "0", "fish"), True),
        (Claim("relation", "left of", "cat", "rabbit"), True),
        (Claim("relation", "right of", "cat", "rabbit"), False),
        (Claim("relation", "above", "rabbit", "cat"), False),
        (Claim("relation", "left of", "cat", "fish"), False),
        (Claim("place", "beach"), True),
        (Claim("weather", "snow"), False),
    ],
    ids=lambda value: f"{value.noun} {value.kind} {value.value}" if isinstance(value, Claim) else str(value),
)
def test_a_claim_is_decided_exactly(claim, expected):
    assert is_true(claim, SCENE) is expected


def test_a_property_of_another_thing_does_not_make_a_claim_true():
    """The picture has something red and it has a rabbit, but no red rabbit."""
    assert not is_true(Claim("color", "red", "rabbit"), SCENE)


@pytest.mark.parametrize(
    "x, y, expected",
    [(0.1, 0.4, "left of"), (0.9, 0.6, "right of"), (0.4, 0.1, "above"), (0.6, 0.9, "below")],
)
def test_a_relation_follows_the_larger_distance(x, y, expected):
    assert relation_of(Thing("cat", "red", x=x, y=y), Thing("cup", "red", x=0.5, y=0.5)) == expected
