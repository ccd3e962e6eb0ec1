import pytest

from evalmuse_hf.elements.question_layout import read_layout
from evalmuse_hf.elements.question_nouns import ask_noun, ask_place, ask_presence, definite, is_person_name, names_noun
from evalmuse_hf.schema import Element


def layout_of(prompt, *keys):
    return read_layout(prompt, [Element.read(key) for key in keys])


@pytest.mark.parametrize(
    "prompt, key, expected",
    [
        ("two owls", "two owls (animal)", "Are there two owls in the picture?"),
        ("some smoke", "smoke (object)", "Is there smoke in the picture?"),
        ("he sleeps", "he (human)", "Is he in the picture?"),
        ("a portrait of emma stone", "emma stone (human)", "Is emma stone in the picture?"),
        ("a sketch of Oculus Rift on paper", "Oculus Rift (object)", "Is Oculus Rift in the picture?"),
        ("oil painting of a cup", "oil painting (object)", "Is this an oil painting?"),
        ("a room with chairs under a big painting", "painting (object)", "Is there a painting in the picture?"),
        ("the letter N", "letter N (object)", "Is the letter N in the picture?"),
        ("a nurse", "nurse (human)", "Is there a nurse in the picture?"),
    ],
)
def test_nouns(prompt, key, expected):
    layout = layout_of(prompt, key)
    assert ask_noun(layout.elements[0], 0, layout) == expected


@pytest.mark.parametrize(
    "prompt, key, expected",
    [
        ("a book in a classroom", "Classroom (location)", "Is this a classroom?"),
        ("a cat at the beach", "at the beach (location)", "Is this at the beach?"),
        ("the sun in the sky", "sky (location)", "Does the picture show the sky?"),
        ("people outside", "outside (location)", "Is this outside?"),
        (
            "a worm under the Oriental Pearl Tower at dawn",
            "Oriental Pearl Tower (location)",
            "Does the picture show the Oriental Pearl Tower?",
        ),
        ("a bus at the bottom of the ocean", "bottom of the ocean (location)", "Is this the bottom of the ocean?"),
        ("dark woods", "dark woods (location)", "Does the picture show dark woods?"),
        ("a shop in the morning", "Morning (location)", "Is it morning in the picture?"),
    ],
)
def test_places(prompt, key, expected):
    layout = layout_of(prompt, key)
    assert ask_place(layout.elements[0].text, 0, layout) == expected


def test_a_noun_is_named_with_its_article():
    layout = layout_of("a Cat and his dog and emma stone", "Cat (animal)", "his dog (animal)", "she (human)")
    assert [definite(number, layout) for number in range(3)] == ["the cat", "his dog", "she"]


def test_a_word_in_the_place_of_a_name_is_no_name():
    layout = layout_of("a sketch of Oculus Rift on paper", "Oculus Rift (object)")
    assert ask_noun(Element("tree", "object"), 0, layout) == "Is there a tree in the picture?"


def test_who_is_a_name():
    layout = layout_of("a photo of emma stone and of happy kids", "emma stone (human)", "happy kids (human)")
    assert [is_person_name(number, layout) for number in (0, 1)] == [True, False]


def test_small_pieces():
    assert ask_presence("a few cats") == "Are there a few cats in the picture?"
    assert names_noun("two cats", Element("cat", "animal/human"))
    assert not names_noun("two", Element("cat", "animal/human"))
