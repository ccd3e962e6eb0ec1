import math
import runpy
from pathlib import Path

import pytest

from evalmuse_hf.models.scorer import PairScore

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "scorer_speed.py"))


class Fixed:
    name = "fixed"

    def __init__(self, overall, status):
        self.result, self.calls = PairScore(overall, (), status), []

    def score(self, *, images, prompts, elements=None):
        self.calls.append(len(images))
        return [self.result] * len(images)


def test_pictures_are_scored_in_every_round_after_a_first_one():
    scorer = Fixed(1.0, "ok")
    assert BENCHMARK["measure"](scorer, pictures=3, rounds=2) > 0
    assert scorer.calls == [1, 3, 3]


def test_a_scorer_that_fails_has_no_speed():
    with pytest.raises(SystemExit, match="fixed could not score"):
        BENCHMARK["measure"](Fixed(math.nan, "image_error"), pictures=1, rounds=1)
