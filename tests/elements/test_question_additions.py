import pytest

from evalmuse_hf.elements.question_additions import is_turned_around, new_noun, opposite_side
from evalmuse_hf.elements.question_layout import read_layout
from evalmuse_hf.schema import Element


@pytest.mark.parametrize(
    "text, known, noun",
    [
        ("Is there a cat with a hat?", "a cat", "hat"),
        ("Are there hats?", "a hat", None),
        ("Does the dog run?", "a dog", None),  # "does" is no deer
        ("Is there a person with a hand on it?", "a cat", None),
        ("Is there a polar bear?", "a bear", "polar bear"),
        ("Does he train it?", "a dog", None),
        ("Is it in a train?", "a dog", "train"),
        ("Is there a sun flower?", "a sunflower", None),
    ],
)
def test_nouns_that_a_prompt_does_not_have(text, known, noun):
    assert new_noun(text, known) == noun


def test_more_nouns_may_be_given():
    assert new_noun("a cat in a storm", "a cat") is None
    assert new_noun("a cat in a storm", "a cat", also=frozenset({"storm"})) == "storm"


@pytest.mark.parametrize(
    "question, text, prompt, found",
    [
        ("Is it behind the house?", "in front of", "a dog in front of a house", "behind"),
        ("Is it right of the house?", "left of", "a dog left of a house", "right"),
        ("Is it under the sky on the hill?", "on", "a dog under the sky on a hill", None),
        ("Is it on the hill?", "on", "a dog on a hill", None),
    ],
)
def test_opposite_relations(question, text, prompt, found):
    assert opposite_side(question, text, prompt) == found


@pytest.mark.parametrize(
    "prompt, question, turned",
    [
        ("a cat on a sofa", "Is the cat on the sofa?", False),
        ("a cat on a sofa", "Is the sofa on the cat?", True),
        ("a cat on a sofa", "Is there a sofa with a cat on it?", False),
        ("On a sofa sits a cat", "Is the cat on the sofa?", False),
        ("a sofa, on the sofa there is a cat", "Is the cat on the sofa?", False),
        ("a sofa. On it is a cat", "Is the cat on the sofa?", False),
        ("a cat", "Is the sofa on the cat?", False),
    ],
)
def test_relations_turned_around(prompt, question, turned):
    elements = [Element("on", "spatial"), Element("cat", "animal/human"), Element("sofa", "object")]
    assert is_turned_around(question, 0, read_layout(prompt, elements)) == turned
