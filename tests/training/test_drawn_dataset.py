"""Drawn pairs as tensors."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from evalmuse_hf.mini.pairs import DrawnPair
from evalmuse_hf.mini.pool import draw_pool
from evalmuse_hf.mini.tokenizer import build_tokenizer
from evalmuse_hf.training import drawn_dataset
from evalmuse_hf.training.drawn_dataset import (
    N_POSITIONS,
    DrawnDataset,
    TokenizedPairs,
    tokenize_pairs,
    tokenized_pool,
)

PAIRS = (
    DrawnPair(4, "a red car and a blue cup", ("red", "car", "blue", "cup"), (1.0, 1.0, 0.0, 1.0), 3.5),
    DrawnPair(2, "a cat", ("cat",), (0.0,), 1.85),
)


@pytest.fixture(scope="module")
def tokenized():
    return tokenize_pairs(PAIRS)


def test_each_token_gets_the_truth_of_its_element(tokenized):
    """[CLS] a red car and a blue cup [SEP]: the elements are at 2, 3, 6 and 7."""
    assert tokenized.rows.tolist() == [4, 2]
    assert np.flatnonzero(tokenized.token_mask[0]).tolist() == [2, 3, 6, 7]
    assert tokenized.token_target[0, [2, 3, 6, 7]].tolist() == [1.0, 1.0, 0.0, 1.0]
    assert not tokenized.token_target[~tokenized.token_mask].any()
    assert tokenized.overall_target == pytest.approx([3.5, 1.85])
    ids = tokenized.input_ids[0]
    assert build_tokenizer().decode(ids[ids != 0], skip_special_tokens=True) == PAIRS[0].prompt


def test_an_element_that_is_not_in_the_prompt_is_refused():
    with pytest.raises(ValueError, match="Expected element 'dog' in its prompt 'a cat'"):
        tokenize_pairs([DrawnPair(0, "a cat", ("dog",), (1.0,), 3.0)])


def test_a_prompt_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match=f"at most {N_POSITIONS} tokens, got 32"):
        tokenize_pairs([DrawnPair(0, "cat " * 30, ("cat",), (1.0,), 3.0)])


def test_a_batch_is_cut_to_its_longest_prompt_and_carries_the_right_pictures(tokenized):
    pictures = torch.arange(5.0).half()[:, None, None].expand(5, 3, 2)
    dataset = DrawnDataset(tokenized, pictures)
    assert [dataset[index] for index in range(len(dataset))] == [0, 1]
    batch = dataset.collate([1])
    assert {name: tuple(value.shape) for name, value in batch.items()} == {
        "image_embeds": (1, 3, 2), "input_ids": (1, 4), "attention_mask": (1, 4), "token_target": (1, 4),
        "token_mask": (1, 4), "overall_target": (1,),
    }  # fmt: skip
    assert batch["image_embeds"].dtype == torch.float32
    assert dataset.collate([0, 1])["image_embeds"][:, 0, 0].tolist() == [4.0, 2.0]
    assert dataset.collate([0, 1])["attention_mask"].sum(dim=1).tolist() == [9, 4]


def test_a_pool_has_as_many_pairs_as_prompts_were_asked_for():
    tokenized = tokenized_pool(draw_pool(6, seed=1), seed=3, prompts_per_picture=2)
    assert tokenized.rows.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert {len(getattr(tokenized, name)) for name in TokenizedPairs.__slots__} == {12}


def test_a_tokenised_pool_of_several_parts_does_not_depend_on_the_number_of_workers(monkeypatch):
    """Threads stand for the processes, which would take half a minute to start."""
    pool = draw_pool(6, seed=1)
    monkeypatch.setattr(drawn_dataset, "_PART", 2)
    monkeypatch.setattr(drawn_dataset, "ProcessPoolExecutor", lambda workers, mp_context: ThreadPoolExecutor(workers))
    one, two = (tokenized_pool(pool, seed=3, workers=workers) for workers in (1, 2))
    assert set(one.rows.tolist()) == set(range(6))
    assert all(np.array_equal(getattr(one, name), getattr(two, name)) for name in TokenizedPairs.__slots__)
    assert pickle.loads(pickle.dumps(drawn_dataset._part(pool, 0, 3, {})))  # what goes to a process
