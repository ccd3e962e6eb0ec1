"""Every bad input that an evaluation may get is named, and no figure of it looks fine."""

import math
import re

import pytest

from evalmuse_hf.meta_evaluation.evaluation import evaluate
from evalmuse_hf.meta_evaluation.evaluation_parts.input_warnings import find_warnings
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import judge


def warnings_of(scores, rows):
    return "\n".join(evaluate(scores, rows, n_resamples=20, parts=()).record["warnings"])


def test_good_input_is_warned_of_only_because_it_is_little(rows, scores):
    found = evaluate(scores, rows, n_resamples=20, parts=()).record["warnings"]
    assert found == ["30 prompts are few: intervals of so few are wide, and as a rule still too narrow."]


def test_warnings_follow_from_what_was_judged_and_what_came_out(rows, scores):
    evaluation = evaluate(scores, rows, n_resamples=0, parts=())
    assert find_warnings(judge(scores, rows), evaluation.record) == evaluation.record["warnings"]


def constant_scores(rows, scores):
    return [{**row, "overall_score": 3.0} for row in scores], rows


def one_prompt(rows, scores):
    return scores, rows[:4]


def all_rated_alike(rows, scores):
    return scores, [{**row, "overall_score": 4.0} for row in rows]


def another_scale(rows, scores):
    return [{**row, "overall_score": 20 * row["overall_score"]} for row in scores], rows


def few_different_scores(rows, scores):
    return [{**row, "overall_score": float(round(row["overall_score"]))} for row in scores], rows


def infinite(rows, scores):
    scores[2]["overall_score"] = math.inf
    return scores, rows


def nan(rows, scores):
    scores[2]["overall_score"] = math.nan
    return scores, rows


def scored_twice(rows, scores):
    return [*scores, {**scores[0], "overall_score": 1.0}, scores[1]], rows


def listed_twice(rows, scores):
    return scores, [*rows, rows[0]]


def of_another_prompt(rows, scores):
    return [{**scores[0], "prompt": "a blue dog"}, *scores[1:]], rows


def not_in_the_data_set(rows, scores):
    return [*scores, {"image": "Z/9.png", "overall_score": 2.0}], rows


def elements_off_the_scale(rows, scores):
    scores[0]["elements"][0]["score"] = 12.0
    return scores, rows


def unmatched_elements(rows, scores):
    scores[0]["elements"] = []
    return scores, rows


def a_small_category(rows, scores):
    for place in range(2):
        rows[place]["elements"][0] = {**rows[place]["elements"][0], "category": "food"}
    return scores, rows


def full_agreement(rows, scores):
    for row, score in zip(rows, scores, strict=True):
        score["overall_score"] = row["overall_score"]
        score["elements"] = [{"text": one["text"], "score": one["score"], "status": "ok"} for one in row["elements"]]
    return scores, rows


def upside_down(rows, scores):
    return [{**row, "overall_score": -row["overall_score"]} for row in scores], rows


@pytest.mark.parametrize(
    "change, expected",
    [
        (constant_scores, r"All overall scores are 3: a constant scorer orders nothing"),
        (one_prompt, r"All pictures are of one prompt\. Intervals draw prompts, so that there are none"),
        (all_rated_alike, r"All ratings are 4: there is nothing to agree with"),
        (
            another_scale,
            r"overall scores lie outside of the ratings' scale of 1 to 5 \(from .* to .*\): another scale",
        ),
        (few_different_scores, r"The 120 overall scores take only \d different values"),
        (infinite, r"1 picture is scored as infinite, which counts as not scored\. Such as C/000\.png"),
        (nan, r"1 of 120 rated pictures have no score"),
        (scored_twice, r"2 pictures are scored more than once, of 1 of them with another score; the first score"),
        (listed_twice, r"1 picture is in the data set more than once; the first row counts"),
        (of_another_prompt, r"1 picture is scored for another prompt than the data set's, and left out"),
        (not_in_the_data_set, r"1 picture is not in the data set, and left out\. Such as Z/9\.png"),
        (elements_off_the_scale, r"Element scores reach from .* to 12 and are not in \[0, 1\]"),
        (unmatched_elements, r"2 of 240 rated elements have no score"),
        (a_small_category, r"Categories with fewer than 10 scored elements say next to nothing: food \(2\)"),
        (full_agreement, r"All of the 240 verdicts agree, .* no certainty\. .* at least 90\.5%"),
        (full_agreement, r"An SRCC of 1 is more than noisy ratings allow"),
        (upside_down, r"SRCC is negative .* say --lower-is-better"),
    ],
)
def test_bad_input_is_named(rows, scores, change, expected):
    assert re.search(expected, warnings_of(*change(rows, scores)))


@pytest.mark.parametrize("change", [constant_scores, all_rated_alike])
def test_what_orders_nothing_has_no_correlation_anywhere(rows, scores, change):
    record = evaluate(*change(rows, scores), n_resamples=20, parts=("between_prompt", "system", "subsets")).record
    for statistic in (record["overall"]["srcc"], record["between_prompt"]["krcc"], record["system"]["plcc"]):
        assert statistic["value"] is None
        assert statistic["low"] is None
        assert "constant" in statistic["status"]


def test_one_prompt_has_values_and_no_intervals(rows, scores):
    record = evaluate(scores, rows[:4], n_resamples=20).record
    assert record["overall"]["srcc"]["value"] is not None
    assert record["overall"]["srcc"]["low"] is None
    assert record["elements"]["micro"]["low"] is None


def test_categories_are_not_named_where_no_element_has_a_score(rows, scores):
    assert "Categories" not in warnings_of([{**row, "elements": []} for row in scores], rows)
    failed = [
        {**row, "elements": [{**one, "score": None, "status": "failed"} for one in row["elements"]]} for row in scores
    ]
    found = warnings_of(failed, rows)
    assert "None of the 240 rated elements has a score, although the scores hold elements." in found
    assert "Categories" not in found
