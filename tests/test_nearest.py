import pytest

from evalmuse_hf.nearest import did_you_mean, nearest_names
from evalmuse_hf.scoring.loading import SCORERS


@pytest.mark.parametrize(
    "given, meant",
    [
        ("FGA-BLIP2", ["fga_blip2"]),
        ("fga blip", ["fga_blip2"]),
        ("pnvqa", ["pn_vqa"]),
        ("clipscore", ["clip_score"]),
        ("hpsv2", ["hps_v2"]),
        ("imagereward", ["image_reward"]),
        ("itm", ["blip2_itm"]),
        ("zebra", []),
        ("", []),
    ],
)
def test_a_slip_leads_to_the_scorer_that_was_meant(given, meant):
    assert nearest_names(given, SCORERS) == meant


def test_names_that_are_as_near_are_both_named():
    assert set(nearest_names("blip2", SCORERS)) == {"fga_blip2", "blip2_itm"}
    assert did_you_mean("blip2", ["fga_blip2", "blip2_itm"]) == "; did you mean 'fga_blip2' or 'blip2_itm'?"


def test_nothing_is_asked_where_nothing_is_alike():
    assert did_you_mean("zebra", ["score", "space"]) == did_you_mean("x", []) == ""
