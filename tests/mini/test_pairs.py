"""Training pairs from a pool."""

import pytest

from evalmuse_hf.mini.pairs import draw_pairs
from evalmuse_hf.mini.pool import draw_pool
from evalmuse_hf.mini.vocabulary import is_test_prompt


@pytest.fixture(scope="module")
def pool():
    return draw_pool(60, seed=6)


def test_each_picture_is_judged_under_its_own_prompt_first(pool):
    pairs = list(draw_pairs(pool, range(60), seed=1, prompts_per_picture=3))
    assert len(pairs) == 180
    assert [pair.prompt for pair in pairs[::3]] == [prompt.text for prompt in pool.prompts]


def test_the_prompts_of_a_picture_do_not_depend_on_the_others(pool):
    alone = list(draw_pairs(pool, [7], seed=1))
    among = [pair for pair in draw_pairs(pool, range(60), seed=1) if pair.row == 7]
    assert alone == among


def test_neither_answer_dominates(pool):
    pairs = draw_pairs(pool, range(60), seed=2, extra_templates={"spatial": 0.2})
    scores = [score for pair in pairs for score in pair.element_scores]
    assert 0.35 < sum(scores) / len(scores) < 0.65


def test_training_pairs_stay_on_the_training_side(pool):
    pairs = draw_pairs(pool, range(60), seed=3, prompts_per_picture=5)
    assert not any(is_test_prompt(pair.prompt) for pair in pairs)


def test_overall_is_on_its_scale(pool):
    assert all(1 <= pair.overall_score <= 5 for pair in draw_pairs(pool, range(60), seed=4))
