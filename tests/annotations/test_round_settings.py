import json
import math

import pytest

from evalmuse_hf.annotations.records import RoundSettings


@pytest.mark.parametrize(
    "name, value",
    [
        ("ratings_per_item", 0),
        ("range_ratings", 0),
        ("reannotation_raters", -1),
        ("min_gold_items", 0),
        ("lease_minutes", 0),
        ("max_per_rater", 0),
        ("gold_share", 1.0),
        ("gold_share", -0.1),
        ("range_threshold", 5),
        ("range_threshold", 0),
        ("range_threshold", 2.5),
        ("min_gold_elements", 1.1),
        ("min_gold_elements", math.nan),
        ("max_gold_overall_error", -1.0),
        ("max_gold_overall_error", math.nan),
        ("max_gold_overall_error", math.inf),
        ("lease_minutes", math.nan),
        ("lease_minutes", math.inf),
        ("ratings_per_item", math.nan),
        ("ratings_per_item", 2.0),
        ("ratings_per_item", True),
        ("max_per_rater", math.nan),
        ("gold_share", math.nan),
    ],
)
def test_settings_that_no_round_can_have_are_refused(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        RoundSettings(**{name: value})


def test_settings_survive_the_store_and_versions_that_know_more_or_less():
    settings = RoundSettings(ratings_per_item=2, range_threshold=None, lease_minutes=0.5)
    kept = json.loads(json.dumps(settings.as_json()))
    assert RoundSettings.from_json(kept) == settings
    assert settings.lease_seconds == 30.0
    del kept["gold_share"]
    assert RoundSettings.from_json({**kept, "of_a_later_version": 1}) == settings
