import math
import statistics
from dataclasses import replace

import pytest

from evalmuse_hf.data.features import config_features
from evalmuse_hf.data.records import read_record
from evalmuse_hf.data.rows import pair_row, prompt_rows, rating_rows, score_variance
from evalmuse_hf.schema import pair_features


def test_prompt_variance_is_unbiased_over_picture_means(record):
    votes = ([4, 5, 3], [1, 2, 3], [1])
    pairs = [read_record(record(total_score=vote, img_path=f"A/{vote}.png")) for vote in votes]
    assert score_variance(pairs) == pytest.approx(statistics.variance([4, 2, 1]), abs=1e-12)  # means by hand


def test_one_rated_picture_has_no_variance(record):
    pairs = [read_record(record()), read_record(record(img_path="A/2.png", total_score=None))]
    assert math.isnan(score_variance(pairs))


def test_prompts_have_one_row_for_each_id(record):
    pairs = [
        read_record(record(prompt_id=key, img_path=f"A/{place}.png", total_score=[1 + place]))
        for place, key in enumerate("aab")
    ]
    rows = list(prompt_rows(pairs, prompt_variance=1.0))
    assert [(row["prompt_id"], row["n_pairs"], row["overall_score"]) for row in rows] == [("a", 2, 1.5), ("b", 1, 3.0)]
    assert list(rows[0]) == list(config_features("prompts"))
    assert rows[0]["elements"][0] == {
        "text": "Two",
        "category": "counting",
        "raw_category": "counting",
        "spans": [[0, 3]],
    }


def test_every_rating_is_a_row_overall_first(record):
    pair = read_record(record(total_score=[4, 5], element_score={"cats (animal)": [1, 0]}))
    rows = list(rating_rows(replace(pair, rater_ids=("ann", None), rounds=(1, 2), element_sure=((False, None),))))
    assert list(rows[0]) == list(config_features("ratings"))
    assert [(row["target"], row["element"], row["rating"]) for row in rows] == [
        ("overall", None, 4),
        ("overall", None, 5),
        ("element", "cats", 1),
        ("element", "cats", 0),
    ]
    assert [(row["rating_position"], row["rater_id"], row["round"]) for row in rows[2:]] == [
        (0, "ann", 1),
        (1, None, 2),
    ]
    assert [row["sure"] for row in rows] == [None, None, False, None]


def test_of_an_official_record_nobody_knows_who_was_sure_of_which_element(record):
    pair = read_record(
        record(total_score=[4, 5], element_score={"cats (animal)": [1, 0]}, attribute_confidence=[1, 0])
    )
    assert {row["sure"] for row in rating_rows(pair)} == {None}


def test_unpublished_ratings_are_no_rows(record):
    assert list(rating_rows(read_record(record(total_score=None, element_score={"cats (animal)": None})))) == []


def test_a_row_has_exactly_the_promised_columns(record):
    row = pair_row(read_record(record()), image=b"x", content_hash="h", prompt_variance=0.5)
    features = pair_features()
    assert list(row) == list(features)
    assert list(row["elements"][0]) == list(features["elements"].feature)


def test_spans_show_the_words_in_the_prompt_as_it_was_written(record):
    prompt = 'TWO (red) cats; a sign: "cats"!'
    pair = read_record(
        record(prompt=prompt, element_score={"two (counting)": [1], "cats (animal)": [1], "x (color)": 0})
    )
    elements = pair_row(pair, image=b"", content_hash="", prompt_variance=1.0)["elements"]
    shown = [[prompt[start:end] for start, end in element["spans"]] for element in elements]
    assert shown == [["TWO"], ["cats", "cats"], []]


def test_unknown_numbers_are_null(record):
    pair = read_record(record(total_score=None, element_score={"cats (animal)": None}))
    row = pair_row(pair, image=b"", content_hash="", prompt_variance=math.nan)
    assert (row["overall_ratings"], row["overall_score"], row["prompt_variance"]) == (None, None, None)
    assert (row["elements"][0]["ratings"], row["elements"][0]["score"]) == (None, None)
