import pytest

from evalmuse_hf.prompts.category_rules import category_labels
from evalmuse_hf.prompts.labels import CATEGORY_LABELS
from evalmuse_hf.prompts.prompt_reading import read_prompt


@pytest.mark.parametrize(
    "text, labels",
    [
        ("a cat", {"Animals"}),
        ("a dog puppet", {"Artifacts"}),
        ("a bowl of soup", {"Food & Beverage"}),
        ("a lamp made of cheese", {"Artifacts"}),
        ("a kitchen without a cat", {"Indoor Scenes"}),
        ("a nurse in a kitchen", {"People", "Indoor Scenes"}),
        ("a man wearing a hat", {"People"}),
        ("it is raining cats and dogs", {"Idiom", "Animals"}),
        ("freedom", {"Abstract"}),
        ("the power of a tractor", {"Vehicles"}),
        ("the Eiffel Tower", {"World Knowledge"}),
        ("a hexagon", {"Illustrations"}),
        ("a fern", {"Produce & Plants"}),
        ("an oil painting of a valley", {"Arts", "Outdoor Scenes"}),
        ("an orange cat", {"Animals"}),
        ("a portrait of Albert Einstein", {"People", "World Knowledge"}),
        ("first person view of a road", {"Outdoor Scenes"}),
    ],
)
def test_labels(text, labels):
    assert category_labels(read_prompt(text)) == labels


@pytest.mark.parametrize(
    "text, labels",
    [
        ("we zorped", {"People"}),
        ("a trombonist", {"People"}),
        ("glorpness", {"Abstract"}),
        ("a shiny glorp", {"Artifacts"}),
        ("glorp", {"Abstract"}),
    ],
    ids=["a pronoun", "an ending of people", "an ending of ideas", "a thing", "one word"],
)
def test_an_unknown_word_is_guessed(text, labels):
    assert category_labels(read_prompt(text)) == labels


def test_every_label_can_be_reached():
    texts = (
        *("love", "a cat", "a key", "an opera", "soup", "break a leg", "a doodle", "a bedroom", "a beach", "a nurse"),
        *("a tulip", "a tram", "Mount Fuji"),
    )
    assert {label for text in texts for label in category_labels(read_prompt(text))} == set(CATEGORY_LABELS)


def test_an_artist_is_no_subject():
    assert category_labels(read_prompt("a valley, by Vincent van Gogh")) == {"Outdoor Scenes"}
