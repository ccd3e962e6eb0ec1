import math

import pytest

from evalmuse_hf.annotations.guidelines import OVERALL_ANCHORS
from evalmuse_hf.pages.playground.scales import HUMAN_SCALE, SHARE_SCALE, explanation, meaning, scale_of


@pytest.mark.parametrize(
    "value, words",
    [
        (1.0, "1 (does not match)"),
        (1.85, "between 1 (does not match) and 2 (matches little)"),
        (3.42, "between 3 (matches in part) and 4 (matches mostly)"),
        (3.98, "between 3 (matches in part) and 4 (matches mostly)"),
        (3.996, "4 (matches mostly)"),  # what two decimals show
        (4.1, "between 4 (matches mostly) and 5 (matches fully)"),
        (5.0, "5 (matches fully)"),
        (5.3, "5 (matches fully)"),
        (0.2, "1 (does not match)"),
    ],
)
def test_a_score_between_two_ratings_is_not_rounded_up(value, words):
    assert meaning(value, HUMAN_SCALE) == words


def test_what_raters_are_told_is_quoted():
    assert explanation(3.4, HUMAN_SCALE) == tuple(
        f"{rating}: {OVERALL_ANCHORS[rating].split(': ')[1]}" for rating in (3, 4)
    )
    assert explanation(0.4, SHARE_SCALE) == explanation(math.nan, HUMAN_SCALE) == ()


def test_other_scales_are_not_called_ratings():
    assert "not the scale of the raters" in meaning(0.9, SHARE_SCALE)
    assert "only its own scores compare" in meaning(0.9, None)
    assert meaning(math.nan, HUMAN_SCALE) == "there is no score"


def test_each_kind_of_scorer_has_its_scale():
    assert scale_of("fga_blip2:/some/folder") == HUMAN_SCALE
    assert scale_of("tifa") == SHARE_SCALE
    assert scale_of("clip_score:OWNER/MODEL") is None
