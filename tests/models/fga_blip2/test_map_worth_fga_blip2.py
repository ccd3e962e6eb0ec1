import math
from dataclasses import replace

import numpy as np
import pytest

from evalmuse_hf.models.fga_blip2.element_maps_fga_blip2 import ElementMap
from evalmuse_hf.models.fga_blip2.map_worth_fga_blip2 import UNMEASURED, describe_map, map_objection

CAT = ElementMap("cat", "animal/human", np.full((2, 2), 0.25, dtype=np.float32), 0.5, "ok")


class Evidence:
    def is_shown(self, category):
        return category == "animal/human"

    def sentence(self, category):
        return f"What was measured of {category}."


def test_a_map_of_a_found_element_of_a_measured_category_is_evidence():
    assert map_objection(Evidence(), CAT) is None
    assert describe_map(Evidence(), CAT) == "What was measured of animal/human."


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"category": "counting"}, "What was measured of counting."),
        ({"category": None}, "What was measured of None."),
        (
            {"score": 0.4999},
            "The model does not find this in the picture (score .50), and of what is missing a map says nothing.",
        ),
        (
            {"score": 0.0004},
            "The model does not find this in the picture (score .00), and of what is missing a map says nothing.",
        ),
        (
            {"status": "ambiguous"},
            "“cat” stands in the prompt more or fewer times than among the elements; no such map was measured, "
            "so this one is no evidence.",
        ),
        (
            {"status": "inexact"},
            "“cat” stands in the prompt in another form; no such map was measured, so this one is no evidence.",
        ),
        (
            {"values": None, "status": "flat"},
            "There is no map of “cat”: no place of the picture would raise its score.",
        ),
        (
            {"values": None, "score": math.nan, "status": "unmatched"},
            "There is no map of “cat”: it does not stand in the prompt.",
        ),
        (
            {"values": None, "score": math.nan, "status": "truncated"},
            "There is no map of “cat”: it stands beyond the words that the model reads.",
        ),
        (
            {"values": None, "score": math.nan, "status": "empty"},
            "There is no map of “cat”: nothing is left of it after cleaning.",
        ),
        ({"values": None, "score": math.nan, "status": "score_error"}, "There is no map of “cat”: it has no score."),
    ],
)
def test_every_other_map_is_none_and_says_why(changes, sentence):
    one = replace(CAT, **changes)
    assert map_objection(Evidence(), one) == sentence
    assert describe_map(Evidence(), one) == sentence


def test_of_a_model_that_nobody_measured_no_map_is_evidence():
    assert map_objection(None, CAT) == describe_map(None, CAT) == UNMEASURED
    assert "(score .10)" in describe_map(None, replace(CAT, score=0.1))
