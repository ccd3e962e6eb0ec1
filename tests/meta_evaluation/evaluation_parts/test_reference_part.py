import numpy as np
import pytest
from scipy.stats import spearmanr

from evalmuse_hf.meta_evaluation.evaluation_parts.intervals import Intervals
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import judge
from evalmuse_hf.meta_evaluation.evaluation_parts.reference_part import (
    KINDS,
    ONE_GENERATOR,
    ONE_PROMPT,
    TOO_FEW,
    references_part,
)
from evalmuse_hf.meta_evaluation.evaluation_parts.systems import NO_GENERATORS

INTERVALS = Intervals(n_resamples=50, seed=0)


def test_the_prompt_oracle_is_the_mean_of_the_prompts_other_pictures(judged):
    record = references_part(judged, INTERVALS)["prompt_oracle"]
    ratings = judged.pairs.references.reshape(30, 4)
    others = ((ratings.sum(axis=1, keepdims=True) - ratings) / 3).ravel()
    assert record["srcc"]["value"] == pytest.approx(spearmanr(others, ratings.ravel()).statistic, abs=1e-12)
    assert record["within_prompt"]["value"] is None
    assert record["within_prompt"]["status"].startswith("negative by construction")


def test_the_scorer_stands_beside_each_reference_on_the_same_pairs(judged):
    record = references_part(judged, INTERVALS)
    scorer = spearmanr(judged.pairs.predictions, judged.pairs.references).statistic
    for kind in KINDS:
        row = record[kind]
        assert row["scorer"]["value"] == pytest.approx(scorer, abs=1e-12)
        assert row["difference"]["value"] == pytest.approx(scorer - row["srcc"]["value"], abs=1e-12)
        assert row["difference"]["low"] < row["difference"]["value"] < row["difference"]["high"]
        assert 0 < row["difference"]["p_value"] <= 1


def test_ratings_of_pictures_that_were_not_scored_are_known_to_the_references(rows, scores, judged):
    half = judge(scores[::2], rows)
    record = references_part(half, INTERVALS)["prompt_oracle"]
    ratings = np.array([row["overall_score"] for row in rows]).reshape(30, 4)
    others = ((ratings.sum(axis=1, keepdims=True) - ratings) / 3).ravel()[::2]
    assert record["srcc"]["value"] == pytest.approx(spearmanr(others, ratings.ravel()[::2]).statistic, abs=1e-12)


def test_prompts_with_too_few_pictures_have_no_reference(make_rows, make_scores):
    rows = make_rows(n_prompts=5, generators=("A", "B"))
    record = references_part(judge(make_scores(rows), rows), INTERVALS)
    assert (record["both"]["srcc"]["value"], record["both"]["srcc"]["status"]) == (None, TOO_FEW)


def test_the_majority_class_of_one_sided_elements_is_right_by_its_share(rows, scores):
    for place, row in enumerate(rows):
        row["elements"] = [{**row["elements"][0], "score": 0.0 if place % 10 == 0 else 1.0}]
    record = references_part(judge(scores, rows), INTERVALS)["majority_class"]
    assert record["micro"]["value"] == pytest.approx(0.9)
    assert record["balanced"]["value"] == pytest.approx(0.5)
    assert record["by_category"]["color"]["n"] == len(rows)


def test_data_without_elements_has_no_majority(rows, scores):
    record = references_part(judge(scores, [{**row, "elements": []} for row in rows]), INTERVALS)["majority_class"]
    assert record["micro"]["value"] is None


def test_without_generators_nothing_is_known_of_them(rows, scores):
    for nameless in (None, "unknown"):
        record = references_part(judge(scores, [{**row, "generator": nameless} for row in rows]), INTERVALS)
        for kind in ("generator_mean", "both"):
            assert (record[kind]["srcc"]["value"], record[kind]["srcc"]["status"]) == (None, NO_GENERATORS)
        assert record["prompt_oracle"]["srcc"]["value"] is not None
    record = references_part(judge(scores, [{**row, "generator": "A"} for row in rows]), INTERVALS)
    assert record["generator_mean"]["srcc"]["status"] == ONE_GENERATOR


def test_knowing_the_only_prompt_is_negative_by_construction(make_rows, make_scores):
    rows = make_rows(n_prompts=1, generators=tuple("ABCDEF"))
    record = references_part(judge(make_scores(rows), rows), INTERVALS)["prompt_oracle"]
    assert {record[name]["value"] for name in ("srcc", "krcc", "plcc")} == {None}
    assert record["srcc"]["status"] == ONE_PROMPT == "one prompt: negative by construction"
