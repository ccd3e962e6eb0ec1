import math
import statistics

import pytest

from evalmuse_hf.data.records import read_record
from evalmuse_hf.data.rows import pair_row, prompt_variances
from evalmuse_hf.schema import pair_features


def test_prompt_variance_is_unbiased_over_picture_means(record):
    votes = ([4, 5, 3], [1, 2, 3], [1])
    pairs = [read_record(record(total_score=vote, img_path=f"A/{vote}.png")) for vote in votes]
    (variance,) = prompt_variances(pairs).values()
    assert variance == pytest.approx(statistics.variance([4, 2, 1]), abs=1e-12)  # means by hand


def test_one_rated_picture_has_no_variance(record):
    pairs = [read_record(record()), read_record(record(img_path="A/2.png", total_score=None))]
    assert all(math.isnan(variance) for variance in prompt_variances(pairs).values())


def test_spellings_of_one_prompt_are_one_group(record):
    pairs = [read_record(record()), read_record(record(prompt="two red cats on a sofa. ", total_score=[2]))]
    assert prompt_variances(pairs) == {"two red cats on a sofa.": 2.0}  # means 4 and 2


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
