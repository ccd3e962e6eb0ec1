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
    assert BENCHMARK["measure"](scorer, pictures=3, rounds=2).seconds > 0
    assert scorer.calls == [1, 3, 3]


def test_a_scorer_that_fails_has_no_speed():
    with pytest.raises(SystemExit, match="fixed could not score"):
        BENCHMARK["measure"](Fixed(math.nan, "image_error"), pictures=1, rounds=1)


def test_scorers_that_ask_are_measured_with_the_packaged_model():
    scorer = BENCHMARK["make_asking"]("vqa_score")
    assert scorer.name == "vqa_score:mini"
    assert BENCHMARK["measure"](scorer, pictures=1, rounds=1).questions == 1
    assert {"pn_vqa", "structure_vqa", "level_judge"} <= set(BENCHMARK["ASKING"])
