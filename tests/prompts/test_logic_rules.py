import pytest

from evalmuse_hf.prompts.logic_rules import logic_labels
from evalmuse_hf.prompts.prompt_reading import read_prompt


def labels(text):
    return logic_labels(read_prompt(text))


@pytest.mark.parametrize(
    "text", ["two cats", "3 seahorses", "a pair of shoes", "hundreds of bees", "a couple of birds", "only one plum"]
)
def test_counted_things(text):
    assert labels(text) == {"Number"}


@pytest.mark.parametrize(
    "text",
    [
        *("a castle, 4 k, 35 mm lens", "a Porsche 911", "a house in 1997", "unreal engine 5 scene", "f/1.8 photo"),
        *("one of them sleeps", "a couple walks", "(a cat:1.3)"),
    ],
)
def test_numbers_that_count_nothing(text):
    assert "Number" not in labels(text)


@pytest.mark.parametrize(
    "text",
    [
        'a shirt with "HI" on it',
        "the word 'START' on a street",
        "a sign that says stop",
        "a cake with the writing happy birthday",
        "a wall with “open”",
        "a poster with the text hello",
    ],
)
def test_writing(text):
    assert "Writing" in labels(text)


@pytest.mark.parametrize(
    "text", ["a dog's bone", "the girls' dogs' toys", "a peace sign", "a symbol of love", "a man reading a newspaper"]
)
def test_apostrophes_and_symbols_are_no_writing(text):
    assert "Writing" not in labels(text)


@pytest.mark.parametrize("text", ["a cat left of a dog", "a cup on top of a book", "a fox behind a tree"])
def test_positions(text):
    assert labels(text) == {"Position"}


@pytest.mark.parametrize("text", ["a close-up of a leaf", "a city seen from above", "aerial shot of a farm"])
def test_perspectives(text):
    assert labels(text) == {"Perspective"}


def test_colors_and_nothing():
    assert labels("a green door") == {"Color"}
    assert labels("a door") == set()
