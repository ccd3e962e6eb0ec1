import pytest
from datasets import Dataset

from evalmuse_hf.training.arguments import DataArguments
from evalmuse_hf.training.run_data import (
    count_rated_elements,
    hold_out_prompts,
    load_run_data,
    refuse_scores_off_scale,
    warn_of_long_prompts,
    warn_of_unknown_words,
)
from evalmuse_hf.training.starting_model import load_for_training


@pytest.fixture(scope="module")
def processor(tiny_folder):
    return load_for_training(str(tiny_folder))[1]


def pairs_of(*prompts, **columns):
    rows = {"prompt": list(prompts), "overall_score": [3.0] * len(prompts), "elements": [[]] * len(prompts)}
    return Dataset.from_dict({**rows, **columns})


def test_prompts_are_held_out_whole_and_by_seed():
    prompts = [f"prompt {number // 3}" for number in range(60)]
    data = hold_out_prompts(pairs_of(*prompts), share=0.25, seed=1)
    assert (len(data.train), len(data.validation)) == (45, 15)
    assert not set(data.train["prompt"]) & set(data.validation["prompt"])
    again = hold_out_prompts(pairs_of(*reversed(prompts)), share=0.25, seed=1)
    assert set(again.validation["prompt"]) == set(data.validation["prompt"])
    other = hold_out_prompts(pairs_of(*prompts), share=0.25, seed=2)
    assert set(other.validation["prompt"]) != set(data.validation["prompt"])


@pytest.mark.parametrize("n_prompts, n_held_out", [(2, 1), (3, 1), (4, 2), (10, 2), (100, 10)])
def test_few_prompts_give_enough_to_measure_on_and_never_all(n_prompts, n_held_out):
    data = hold_out_prompts(pairs_of(*map(str, range(n_prompts))), share=0.1, seed=0)
    assert (len(data.train), len(data.validation)) == (n_prompts - n_held_out, n_held_out)


def test_two_spellings_of_a_prompt_stay_together():
    data = hold_out_prompts(pairs_of("A cat", "a  cat", "a dog"), share=0.5, seed=0)
    assert sorted((len(data.train), len(data.validation))) == [1, 2]


def test_a_single_prompt_is_trained_on(caplog):
    data = hold_out_prompts(pairs_of("a cat", "a cat"), share=0.5, seed=0)
    assert (len(data.train), data.validation) == (2, None)
    assert "There is one prompt only, so nothing is held out" in caplog.text


def test_a_split_to_measure_on_is_read_and_nothing_held_out(tiny_data):
    data = load_run_data(DataArguments(dataset_name=str(tiny_data), validation_split="test"), seed=0)
    assert (len(data.train), len(data.validation), data.ratings) == (12, 9, None)
    alone = load_run_data(DataArguments(dataset_name=str(tiny_data), validation_share=0), seed=0, with_ratings=True)
    assert (len(alone.train), alone.validation) == (12, None)
    assert set(alone.train["image_path"]) <= set(alone.ratings["image_path"])


def test_an_empty_split_is_refused(tiny_data):
    with pytest.raises(ValueError, match=r"The split 'train\[:0\]' of .* is empty, or no part of one"):
        load_run_data(DataArguments(dataset_name=str(tiny_data), train_split="train[:0]"), seed=0)


def test_prompts_to_measure_on_must_not_be_trained_on(tiny_data):
    same = DataArguments(dataset_name=str(tiny_data), validation_split="train")
    with pytest.raises(ValueError, match="4 prompts of the validation split are in the training split too"):
        load_run_data(same, seed=0)


@pytest.mark.parametrize(
    "columns, message",
    [
        ({"overall_score": [3.0, 7.5]}, "Row 1 of 'train' has the overall score 7.5; expected 1 to 5"),
        (
            {"elements": [[], [{"text": "cat", "score": 1.2}]]},
            "Element 'cat' in row 1 of 'train' has the score 1.2; expected 0 to 1",
        ),
    ],
    ids=["overall", "element"],
)
def test_scores_off_their_scale_are_refused(columns, message):
    with pytest.raises(ValueError, match=message):
        refuse_scores_off_scale(pairs_of("a", "b", **columns), name="'train'")


def test_elements_count_if_they_are_rated():
    elements = [[], [{"text": "cat", "score": 1.0}, {"text": "dog", "score": None}]]
    assert count_rated_elements(pairs_of("a", "b", elements=elements)) == [0, 1]


def test_long_prompts_are_counted(processor, caplog):
    pairs = pairs_of("a red cat", "a red cat and a blue dog", "a red cat and a blue dog", "cat " * 51)
    assert warn_of_long_prompts(pairs, processor, max_length=6) == 2
    assert "2 prompts are longer than what is read (50 words, 6 tokens) and are cut there" in caplog.text
    assert warn_of_long_prompts(pairs, processor, max_length=None) == 1
    caplog.clear()
    assert warn_of_long_prompts(pairs_of("a red cat"), processor, max_length=6) == 0
    assert not caplog.records


def test_words_that_the_model_does_not_know_are_said(processor, caplog):
    assert warn_of_unknown_words(pairs_of("a red cat", "a zeppelin", "\u7ea2\u8272"), processor) == 2
    assert "2 of 3 prompts have words that the vocabulary of the model does not hold, such as 'a zepp" in caplog.text


def test_what_is_held_out_is_said(caplog):
    hold_out_prompts(pairs_of("a", "b", "b"), share=0.5, seed=0)
    assert "1 of 2 prompts" in caplog.text
