import logging

import pytest
from datasets import Dataset
from transformers import BlipImageProcessorPil

from evalmuse_hf.data import AlignmentCollator
from evalmuse_hf.data.features import config_features
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


def test_reliability_takes_the_noise_of_these_rows_and_joins_spellings_of_a_prompt(caplog):
    # the prompt's variance is 2. Variances of the means of three: 0, 1 / 3 and 0; the second round of 3, 3, 3 has the
    # same mean as the first and no noise of its own, so that the noise of the pair is 1 / 3
    with caplog.at_level(logging.INFO, "evalmuse_hf"):
        result = weigh_pairs(make_pairs(RATED), scheme="reliability", scale="official")
    assert result.weights == pytest.approx([2 - 1 / 9] * 3, abs=1e-12)
    assert result.n_single == 1
    assert (
        "adds 0.111 to the variance over pictures: from 3 pairs, 1 of them rated twice, raters unknown" in caplog.text
    )


def make_ratings(*, rater_ids=(None,) * 6, rounds=(None,) * 6, prompt_ids=("p", "p", "q")) -> Dataset:
    """Rows of the configuration `ratings` for `CROSSED`, the last rating first."""
    empty = dict.fromkeys(config_features("ratings"))
    rows = [
        {
            **empty,
            "image_path": f"{number}.png",
            "prompt_id": prompt_ids[number],
            "target": "overall",
            "rating_position": position,
            "rating": rating,
            "rater_id": rater_ids[position],
            "round": rounds[position],
        }
        for number, pair in enumerate(CROSSED)
        for position, rating in enumerate(pair["overall_ratings"])
    ]
    element = {**rows[0], "target": "element", "element_index": 0, "rating": 0}
    return Dataset.from_list([element, *reversed(rows)], features=config_features("ratings"))


CROSSED = [
    {"image_path": "0.png", "prompt_id": "p", "prompt": "a cat", "overall_score": 3.0, "overall_ratings": [2, 4]},
    {"image_path": "1.png", "prompt_id": "p", "prompt": "a cat", "overall_score": 4.0, "overall_ratings": [3, 5]},
    {"image_path": "2.png", "prompt_id": "q", "prompt": "a dog", "overall_score": 4.0, "overall_ratings": [4, 4]},
]


def test_single_ratings_say_who_rated():
    """The second rater gives two points more, which cancels between pictures; v = 1 / 2 remains."""
    pairs = make_pairs(CROSSED)
    known = weigh_pairs(
        pairs, scheme="reliability", scale="official", ratings=make_ratings(rater_ids=("ann", "bob")), pooling="shrunk"
    )
    assert known.weights == pytest.approx([0.5] * 3)
    assert (known.noise.design, known.noise.estimate, known.noise.pooling) == ("crossed", 0, "shrunk")
    # of raters unknown, s^2 / 2 = 1, 1 and 0 on average
    unknown = weigh_pairs(pairs.select([2, 0, 1]), scheme="var", scale="official")
    assert unknown.noise is None
    with pytest.raises(ValueError, match="Every weight of `scheme` 'reliability' is 0"):
        weigh_pairs(pairs, scheme="reliability", scale="official", ratings=make_ratings())


def test_single_ratings_say_in_which_round(caplog):
    pairs = make_pairs(
        [
            {**CROSSED[0], "overall_ratings": [3, 3, 3, 1, 5, 3], "overall_score": 3.0},
            {**CROSSED[1], "overall_ratings": [4, 5, 5], "overall_score": 14 / 3},
        ]
    )
    assert "may not be the first" in weigh_pairs(pairs, scheme="reliability", scale="mean_one").noise.warning
    assert "may not be the first" in caplog.text


@pytest.mark.parametrize("wrong", [{"prompt_ids": ("p", "x", "q")}, {}])
def test_ratings_of_other_data_are_refused(wrong):
    rows = CROSSED if wrong else [CROSSED[0], {**CROSSED[1], "overall_ratings": [3, 4]}]
    found = r"\[\]" if wrong else r"\[3, 5\]"
    with pytest.raises(ValueError, match=rf"Picture '1.png' is rated .* in the pairs and {found} in `ratings`"):
        weigh_pairs(make_pairs(rows), scheme="reliability", scale="mean_one", ratings=make_ratings(**wrong))


def test_reliability_of_means_without_ratings_is_refused():
    with pytest.raises(ValueError, match="'reliability' needs single ratings, and these pairs have only their means"):
        weigh_pairs(make_pairs([{"prompt": "a", "overall_score": 3.0}]), scheme="reliability", scale="mean_one")


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
