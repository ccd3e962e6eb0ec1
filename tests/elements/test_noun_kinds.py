import pytest

from evalmuse_hf.elements.noun_kinds import noun_kind, one_of


@pytest.mark.parametrize(
    "words, raw",
    [
        ("nurse", "human"),
        ("police officers", "human"),
        ("women", "human"),
        ("wolves", "animal"),
        ("polar bear", "animal"),
        ("butterflies", "animal"),
        ("strawberries", "food"),
        ("wedding cake", "food"),
        ("kitchen", "location"),
        ("coral reef", "location"),
        ("afternoon", "other-time"),
        ("snowstorm", "other-weather"),
        ("velvet", "material"),
        ("explosion", "activity"),
        ("oil painting", "attribute"),
        ("umbrella", "object"),
        ("police car", "object"),
        ("fisher woman", "human"),
        ("claude debussy", "human"),
        ("glasses", "object"),
    ],
)
def test_a_noun_is_what_its_head_is(words, raw):
    assert noun_kind(words.split())[1] == raw


def test_a_building_is_a_place_only_where_something_is_in_it():
    assert noun_kind(["old", "castle"]) == ("object", "object")
    assert noun_kind(["old", "castle"], governed=True) == ("location", "location")
    assert noun_kind(["kitchen"]) == noun_kind(["kitchen"], governed=True) == ("location", "location")


@pytest.mark.parametrize(
    "word, one",
    [("cats", "cat"), ("heroes", "hero"), ("wolves", "wolf"), ("geese", "goose"), ("bus", "bus"), ("zorps", "zorp")],
)
def test_the_singular_is_the_form_that_is_known(word, one):
    assert one_of(word) == one
