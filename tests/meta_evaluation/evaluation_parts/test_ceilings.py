import numpy as np
import pytest

from evalmuse_hf.meta_evaluation.evaluation_parts.ceilings import ANONYMOUS, NO_LISTS, ceilings_part
from evalmuse_hf.meta_evaluation.evaluation_parts.intervals import Intervals
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import judge
from evalmuse_hf.meta_evaluation.rated_data import DataFacts, RatedData
from evalmuse_hf.stats import human_as_scorer, noise_ceiling

INTERVALS = Intervals(n_resamples=30, seed=0)
FACTS = DataFacts(name="own", title="Own", source="here", rating_scale=(1, 5), aggregation="mean")


def test_ceilings_are_those_of_the_statistics_on_the_same_ratings(rows, judged):
    record = ceilings_part(judged, INTERVALS)
    table = [row["overall_ratings"] for row in rows]
    assert record["overall"]["plcc"]["value"] == pytest.approx(noise_ceiling(table, statistic="plcc", k=3).statistic)
    assert record["overall"]["plcc"]["low"] < record["overall"]["plcc"]["value"]
    person = human_as_scorer(table, identified=False, statistic="srcc").statistic
    assert record["human_as_scorer"]["srcc"]["value"] == pytest.approx(person)
    votes = [element["ratings"] for row in rows for element in row["elements"]]
    accuracy = noise_ceiling(votes, statistic="accuracy").statistic
    assert record["accuracy"]["micro"]["value"] == pytest.approx(accuracy)
    assert list(record["accuracy"]["by_category"]) == ["color", "animal/human"]
    assert record["prompt_rater"]["srcc"]["status"] == ANONYMOUS


def test_means_alone_have_no_ceiling_and_say_why(rows, scores):
    bare = [
        {**row, "overall_ratings": None, "elements": [{**one, "ratings": None} for one in row["elements"]]}
        for row in rows
    ]
    record = ceilings_part(judge(scores, bare), INTERVALS)
    for part in ("overall", "human_as_scorer"):
        assert (record[part]["srcc"]["value"], record[part]["srcc"]["status"]) == (None, NO_LISTS)
    assert record["accuracy"]["micro"]["status"] == NO_LISTS


def test_named_raters_are_drawn_along_with_prompts(rows, scores):
    names = ("u", "v", "w", "x", "y", "z")
    raters = {row["image_path"]: tuple(names[(place + k) % 6] for k in range(3)) for place, row in enumerate(rows)}
    record = ceilings_part(judge(scores, RatedData(facts=FACTS, rows=tuple(rows), raters=raters)), INTERVALS)
    crossed = record["prompt_rater"]["srcc"]
    assert crossed["scheme"] == "prompts x raters"
    assert crossed["low"] < crossed["value"] < crossed["high"]
    assert record["human_as_scorer"]["srcc"]["n_raters"] == 6


def test_ratings_that_are_no_whole_numbers_keep_the_ceiling_that_needs_no_model(rows, scores):
    halves = [
        {**row, "overall_ratings": [value + 0.5 * (value < 5) for value in row["overall_ratings"]]} for row in rows
    ]
    record = ceilings_part(judge(scores, halves), INTERVALS)["overall"]
    assert record["srcc"]["value"] is None
    assert "whole numbers" in record["srcc"]["status"]
    assert 0 < record["plcc"]["value"] < 1


def test_a_scale_other_than_one_to_five_is_that_of_the_data_set(rows, scores):
    tens = [{**row, "overall_ratings": [2 * value for value in row["overall_ratings"]]} for row in rows]
    facts = DataFacts(name="own", title="Own", source="here", rating_scale=(0, 10), aggregation="mean")
    record = ceilings_part(judge(scores, RatedData(facts=facts, rows=tuple(tens))), INTERVALS)
    assert np.isfinite(record["overall"]["srcc"]["value"])
