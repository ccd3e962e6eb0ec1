"""Words of the drawn world, and the sets that training must not see."""

import pytest

from evalmuse_hf.mini.vocabulary import (
    COLORS,
    MATERIALS,
    NOUNS,
    PLURALS,
    is_held_out,
    is_test_prompt,
    noun_category,
    plural,
)
from evalmuse_hf.schema import CATEGORIES


@pytest.mark.parametrize("noun", NOUNS)
def test_every_noun_belongs_to_a_reporting_category(noun):
    assert noun_category(noun) in CATEGORIES


def test_about_a_tenth_of_the_pairs_is_held_out():
    pairs = [(modifier, noun) for modifier in (*COLORS, *MATERIALS) for noun in NOUNS]
    share = sum(is_held_out(*pair) for pair in pairs) / len(pairs)
    assert 0.06 < share < 0.15  # 364 draws at 0.1: three standard errors are 0.047


def test_a_test_prompt_stays_one_whatever_its_case():
    prompts = [f"a {color} {noun}" for color in COLORS for noun in NOUNS]
    assert [is_test_prompt(prompt) for prompt in prompts] == [is_test_prompt(prompt.upper()) for prompt in prompts]
    assert any(map(is_test_prompt, prompts))
    assert not all(map(is_test_prompt, prompts))


def test_irregular_plurals_are_words_of_the_world():
    assert set(PLURALS) <= set(NOUNS)
    assert [plural(noun) for noun in ("man", "fish", "car")] == ["men", "fish", "cars"]
