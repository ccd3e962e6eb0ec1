import numpy as np
import pytest

from evalmuse_hf.mini.prompts import TEMPLATES, Subject, write_prompt
from evalmuse_hf.mini.reading import read_prompt
from evalmuse_hf.mini.vocabulary import NOUNS, PLACES, plural


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_the_drawn_world_writes_is_read_exactly(template):
    rng = np.random.default_rng(list(TEMPLATES).index(template))
    for number in range(40):
        prompt = write_prompt(rng, template=template, test=number % 2 == 1)
        reading = read_prompt(prompt.text)
        read = reading.prompt
        assert reading.unread == ()
        assert (read.subjects, read.relation, read.place, read.weather, read.novel) == (
            (prompt.subjects, prompt.relation, prompt.place, prompt.weather, prompt.novel)
        ), prompt.text
        assert [(element.text, element.category, element.claim) for element in read.elements] == [
            (element.text, element.category, element.claim) for element in prompt.elements
        ]
        assert read.text == prompt.text


@pytest.mark.parametrize(
    "text, subjects, unread",
    [
        ("a RED Cat", [Subject("cat", color="red")], ()),
        ("a sleeping cat", [Subject("cat", activity="sleeping")], ()),
        ("a cat sleeping", [Subject("cat", activity="sleeping")], ()),
        ("a cat, sleeping", [Subject("cat")], ("sleeping",)),
        ("5 cats, 6 keys", [Subject("cat", count=5), Subject("key")], ("6",)),
        ("two dogs chasing a cat", [Subject("cat")], ("two", "dogs", "chasing")),
        ("two fish", [Subject("fish", count=2)], ()),
        ("a round cat and a round kite", [Subject("cat"), Subject("kite", shape="round")], ("round",)),
        ("a wooden man", [Subject("man")], ("wooden",)),
        ("a red blue hat", [Subject("hat", color="red")], ("blue",)),
        ("a red table", [], ("red", "table")),
        ('a sign saying "hi"', [Subject("sign", word="HI")], ()),
        ("a sign with the words 'STOP'", [Subject("sign")], ("STOP",)),
        ("a car with the text 'GO' on it", [Subject("car")], ("GO",)),
        ("a man\u2019s hat", [Subject("man"), Subject("hat")], ("s",)),
        ("赤い猫 と 犬", [], ("赤い猫", "と", "犬")),
        ("", [], ()),
        ("!!! ... \n\t", [], ()),
    ],
)
def test_other_prompts_are_read_as_far_as_the_words_are_known(text, subjects, unread):
    reading = read_prompt(text)
    assert list(reading.prompt.subjects) == subjects
    assert reading.unread == unread


@pytest.mark.parametrize(
    "text, relation, unread",
    [
        ("a cat to the left of a hat", "left of", ()),
        ("a cat on top of a hat", "above", ()),
        ("a cat under the red hat", "below", ()),
        ("above a hat", None, ("above",)),
        ("a cat above", None, ("above",)),
        ("a cat, a hat above a key", None, ("above",)),
        ("a cat above a hat below a key", "above", ("below",)),
    ],
)
def test_a_relation_stands_between_the_first_two_subjects(text, relation, unread):
    reading = read_prompt(text)
    assert (reading.prompt.relation, reading.unread) == (relation, unread)
    claims = [element.claim.kind for element in reading.prompt.elements]
    assert claims.count("relation") == (relation is not None)


def test_places_and_weather_of_everyday_sentences():
    reading = read_prompt("At the beach a bird in the forest, rain and snow")
    assert (reading.prompt.place, reading.prompt.weather) == ("beach", "rain")
    assert reading.unread == ("in the forest", "snow")
    assert read_prompt("a spacecraft in spaceports").prompt.place is None


def test_every_noun_and_plural_is_known():
    for noun in NOUNS:
        assert read_prompt(f"a {noun}").prompt.subjects == (Subject(noun),)
        assert read_prompt(f"two {plural(noun)}").prompt.subjects == (Subject(noun, count=2),)


def test_subjects_end_where_there_is_no_room_and_the_rest_is_unread():
    reading = read_prompt("two red cats, " * 30)
    assert list(reading.prompt.subjects) == [Subject("cat", count=2, color="red")] * 24
    assert reading.unread == ("two", "red", "cats") * 6


def test_a_reading_is_empty_when_nothing_was_understood():
    assert read_prompt("the essence of philosophy").is_empty
    assert not read_prompt(f"philosophy {PLACES['city']}").is_empty
