import logging

import pytest
from datasets import Dataset
from transformers import BlipImageProcessorPil

from evalmuse_hf.data import AlignmentCollator
from evalmuse_hf.mini.tokenizer import build_tokenizer
from evalmuse_hf.models.fga_blip2 import FGABlip2Processor
from evalmuse_hf.schema import pair_features
from evalmuse_hf.training.rated_pairs import (
    log_unplaced,
    refuse_shared_prompts,
    select_rated,
    training_items,
    weigh_pairs,
)


def make_pairs(rows) -> Dataset:
    empty = dict.fromkeys(pair_features())
    pairs = [{**empty, "elements": [], **row} for row in rows]
    return Dataset.from_list(pairs, features=pair_features())


RATED = [
    {"prompt": "A cat", "overall_score": 1.0, "overall_ratings": [1, 1, 1]},
    {"prompt": "a  cat", "overall_score": 3.0, "overall_ratings": [2, 3, 4, 3, 3, 3]},
    {"prompt": "a dog", "overall_score": 5.0, "overall_ratings": [5, 5, 5]},
]


def test_pairs_without_ratings_are_left_out_and_counted(caplog):
    pairs = make_pairs([*RATED, {"prompt": "a hat"}])
    with caplog.at_level(logging.WARNING, "evalmuse_hf"):
        assert select_rated(pairs, name="train")["prompt"][:] == ["A cat", "a  cat", "a dog"]
    assert "1 of the 4 pairs of train have no rating" in caplog.text


def test_a_split_without_ratings_is_refused():
    with pytest.raises(ValueError, match="None of the 1 pairs of test has an overall rating"):
        select_rated(make_pairs([{"prompt": "a hat"}]), name="test")


def test_reliability_takes_the_noise_of_these_rows_and_joins_spellings_of_a_prompt():
    # the prompt's variance is 2; rating variances of the first three are 0, 1 and 0, so the noise is 1 / 9
    result = weigh_pairs(make_pairs(RATED), scheme="reliability", scale="official")
    assert result.weights == pytest.approx([2 - 1 / 9] * 3, abs=1e-12)
    assert result.n_single == 1


def test_items_are_what_the_collator_reads():
    elements = [
        {
            "text": "cat",
            "category": "animal/human",
            "raw_category": "animal",
            "ratings": [1, 0],
            "score": 0.5,
            "spans": [],
        },
        {"text": "hat", "category": "object", "raw_category": "object", "ratings": None, "score": None, "spans": []},
    ]
    pairs = make_pairs([{**RATED[0], "elements": elements, "image": {"bytes": b"picture", "path": "a.png"}}, RATED[2]])
    weights = weigh_pairs(pairs, scheme="none", scale="mean_one")
    assert training_items(pairs, weights=weights)[0] == {
        "image": {"bytes": b"picture", "path": "a.png"},
        "prompt": "A cat",
        "elements": ["cat", "hat"],
        "element_scores": [0.5, None],
        "overall_score": 1.0,
        "weight": 1.0,
    }


def test_a_prompt_in_both_splits_is_refused():
    refuse_shared_prompts(make_pairs(RATED[:2]), make_pairs(RATED[2:]))
    with pytest.raises(ValueError, match=r"1 prompts of the validation split are in the training split .* 'A cat'"):
        refuse_shared_prompts(make_pairs(RATED[1:]), make_pairs(RATED[:1]))


def test_elements_without_a_token_are_named_once_for_each_prompt(caplog):
    element = {"category": "object", "raw_category": "object", "ratings": [1], "spans": []}
    elements = [
        {**element, "text": text, "score": score} for text, score in (("car", 1.0), ("hat", 0.0), ("fish", None))
    ]
    pairs = make_pairs([{"prompt": "a red car", "elements": elements, "overall_score": 3.0}] * 2)
    processor = FGABlip2Processor(BlipImageProcessorPil(), build_tokenizer())
    with caplog.at_level(logging.WARNING, "evalmuse_hf"):
        assert log_unplaced(pairs, AlignmentCollator(processor)) == ("'hat' in 'a red car'",)
    assert caplog.text.count("1 rated elements have no token in their prompt") == 1
