import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from evalmuse_hf.meta_evaluation.evaluation_parts.elements import (
    NO_ELEMENT_SCORES,
    OFF_SCALE,
    elements_part,
    in_order,
)
from evalmuse_hf.meta_evaluation.evaluation_parts.intervals import Intervals
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import judge

INTERVALS = Intervals(n_resamples=50, seed=0)


def part(scores, rows):
    return elements_part(judge(scores, rows), INTERVALS, np.random.default_rng(0))


def test_accuracy_is_that_of_scikit_learn(judged):
    record = elements_part(judged, INTERVALS, np.random.default_rng(0))
    said, true = judged.elements.predictions >= 0.5, judged.elements.references >= 0.5
    assert record["micro"]["value"] == pytest.approx(accuracy_score(true, said), abs=1e-12)
    assert record["balanced"]["value"] == pytest.approx(balanced_accuracy_score(true, said), abs=1e-12)
    assert record["unscored_as_wrong"]["micro"] == record["micro"]


def test_leaving_out_what_the_scorer_gets_wrong_raises_the_accuracy_on_scored_elements_and_never_that_on_all(
    rows, scores
):
    whole = part(scores, rows)
    judged = judge(scores, rows)
    wrong = (judged.elements.predictions >= 0.5) != (judged.elements.references >= 0.5)
    hard = {place // 2 for place in np.flatnonzero(wrong)[:5]}  # two elements a picture
    dropped = [row for place, row in enumerate(scores) if place not in hard]
    blanked = [
        {**row, "elements": [{**one, "score": None, "status": "unmatched"} for one in row["elements"]]}
        if place in hard
        else row
        for place, row in enumerate(scores)
    ]
    for changed in (dropped, blanked):
        record = part(changed, rows)
        assert record["micro"]["value"] > whole["micro"]["value"]
        assert record["unscored_as_wrong"]["micro"]["value"] < whole["unscored_as_wrong"]["micro"]["value"]
        assert record["unscored_as_wrong"]["micro"]["n"] == 2 * len(rows)
        by_category = record["by_category"]["color"]["unscored_as_wrong"]["micro"]
        assert by_category["value"] <= whole["by_category"]["color"]["unscored_as_wrong"]["micro"]["value"]


def test_scores_off_the_scale_have_no_accuracy(rows, scores):
    scores[0]["elements"][0]["score"] = 7.0
    record = part(scores, rows)
    assert (record["micro"]["value"], record["micro"]["status"]) == (None, OFF_SCALE)
    assert record["by_category"]["color"]["balanced"]["value"] is None


def test_a_category_with_two_elements_is_shown_with_its_size(rows, scores):
    for place in range(2):
        rows[place]["elements"][0] = {**rows[place]["elements"][0], "category": "food"}
    record = part(scores, rows)
    assert record["by_category"]["food"]["micro"]["n"] == 2
    assert list(record["by_category"]) == ["color", "animal/human", "food"]


def test_unknown_categories_come_after_those_of_the_schema():
    assert in_order({None: 0, "zebra": 1, "other": 2, "attribute": 3}) == ["attribute", "other", "zebra"]


def test_a_scorer_without_element_scores_has_no_accuracy_and_no_categories(rows, scores):
    record = part([{**row, "elements": []} for row in scores], rows)
    for entry in (record, record["unscored_as_wrong"]):
        for average in ("micro", "balanced"):
            assert (entry[average]["value"], entry[average]["status"]) == (None, NO_ELEMENT_SCORES)
    assert record["by_category"] == {}
    assert record["coverage"] == {"scored": 0, "rated": 2 * len(rows), "share": 0.0}


def test_a_scorer_that_failed_on_every_element_is_wrong_on_all(rows, scores):
    failed = [
        {**row, "elements": [{**one, "score": None, "status": "failed"} for one in row["elements"]]} for row in scores
    ]
    assert part(failed, rows)["unscored_as_wrong"]["micro"]["value"] == 0.0
