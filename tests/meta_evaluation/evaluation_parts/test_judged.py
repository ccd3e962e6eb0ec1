import math

import numpy as np
import pytest

from evalmuse_hf.meta_evaluation.evaluation_parts.judged import judge, rating_of
from evalmuse_hf.meta_evaluation.rated_data import DataFacts, RatedData


def test_arrays_hold_the_scored_and_rated_pairs_in_the_order_of_the_data_set(rows, scores):
    scores[3]["overall_score"] = None
    rows[5]["overall_score"] = None
    judged = judge(reversed(scores), rows)
    kept = [place for place in range(len(rows)) if place not in (3, 5)]
    assert judged.pairs.paths == tuple(rows[place]["image_path"] for place in kept)
    assert judged.pairs.predictions.tolist() == [scores[place]["overall_score"] for place in kept]
    assert judged.pairs.references.tolist() == [rows[place]["overall_score"] for place in kept]
    assert judged.pairs.prompts[:3] == ("0", "0", "0")
    assert len(judged.rated) == len(rows) - 1


def test_pictures_without_a_score_add_unscored_elements_to_all_and_none_to_those_that_were_asked(rows, scores):
    judged = judge(scores[:-1], rows)
    assert judged.elements.n == 2 * (len(rows) - 1)
    assert judged.all_elements.n == 2 * len(rows)
    assert np.isnan(judged.all_elements.predictions[-2:]).all()
    assert judged.all_elements.statuses[-1] == "not_given"


def test_infinite_scores_count_as_none_and_are_named(rows, scores):
    scores[0]["overall_score"] = math.inf
    scores[1]["elements"][0]["score"] = -math.inf
    judged = judge(scores, rows)
    assert judged.infinite == (rows[0]["image_path"], rows[1]["image_path"])
    assert judged.pairs.n == len(rows) - 1
    assert int((~judged.elements.scored).sum()) == 1


def test_means_over_elements_leave_out_what_has_no_score(rows, scores):
    scores[0]["elements"][1]["score"] = None
    scores[1]["elements"] = []
    pairs = judge(scores, rows).pairs
    assert pairs.element_means[0] == scores[0]["elements"][0]["score"]
    assert math.isnan(pairs.element_means[1])
    assert pairs.element_ratings[1] == pytest.approx(np.mean([one["score"] for one in rows[1]["elements"]]))


def test_the_first_of_repeated_rows_counts(rows, scores):
    again = {**rows[0], "overall_score": 5.0 - rows[0]["overall_score"]}
    judged = judge(scores, [*rows, again])
    assert judged.join.repeated_pairs == (rows[0]["image_path"],)
    assert judged.pairs.references[0] == rows[0]["overall_score"]
    assert len(judged.rated) == len(rows)


def test_facts_give_the_scale_and_the_raters(rows, scores):
    facts = DataFacts(name="own", title="Own", source="here", rating_scale=(0, 10), aggregation="mean")
    data = RatedData(facts=facts, rows=tuple(rows), raters={rows[0]["image_path"]: ("x", "y", "z")})
    judged = judge(scores, data)
    assert judged.scale == (0, 10)
    assert judged.raters == {rows[0]["image_path"]: ("x", "y", "z")}
    assert judge(scores, rows).scale == (1, 5)


def test_some_of_the_pairs_and_elements_keep_their_columns_together(judged):
    kept = judged.pairs.references > 3
    some = judged.pairs.where(kept)
    assert some.n == int(kept.sum())
    assert [row["overall_score"] for row in some.rows] == some.references.tolist()
    yes = judged.elements.references > 0.5
    assert judged.elements.where(yes).references.min() > 0.5


def test_a_rating_that_is_missing_or_infinite_is_none():
    assert rating_of({"overall_score": 4}) == 4.0
    assert all(math.isnan(rating_of({"overall_score": value})) for value in (None, math.nan, math.inf))
