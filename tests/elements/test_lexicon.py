import pytest

from evalmuse_hf.elements import lexicon
from evalmuse_hf.mini import vocabulary


@pytest.mark.parametrize(
    "known, needed",
    [
        (lexicon.COLORS, vocabulary.COLORS),
        (lexicon.MATERIALS, vocabulary.MATERIALS),
        (lexicon.SHAPES, vocabulary.SHAPES),
        (lexicon.ATTRIBUTES, vocabulary.ATTRIBUTES),
        (lexicon.ACTIVITIES, vocabulary.ACTIVITIES),
        (lexicon.NUMBERS, vocabulary.NUMBER_WORDS),
        (lexicon.OPPOSITES, vocabulary.RELATIONS),
        (lexicon.ANIMALS, vocabulary.ANIMALS),
        (lexicon.PEOPLE, vocabulary.PEOPLE),
        (lexicon.FOODS, vocabulary.FOODS),
        (lexicon.OBJECTS, vocabulary.OBJECTS + vocabulary.SHAPED_OBJECTS),
        (lexicon.PLACES, vocabulary.PLACES.values()),
        (lexicon.WEATHER, vocabulary.WEATHER),
    ],
)
def test_every_word_of_the_drawn_world_is_known(known, needed):
    assert set(needed) <= set(known)


@pytest.mark.parametrize("noun", vocabulary.NOUNS)
def test_plurals_of_the_drawn_world_are_undone(noun):
    assert lexicon.singular(vocabulary.plural(noun)) == noun


@pytest.mark.parametrize(
    "opposites",
    [lexicon.OPPOSITES, lexicon.WEATHER_OPPOSITES, lexicon.ATTRIBUTE_OPPOSITES],
    ids=["space", "sky", "state"],
)
def test_no_word_is_its_own_opposite(opposites):
    assert all(word != other for word, other in opposites.items())


def test_no_word_stands_in_two_kinds():
    kinds = (
        *(lexicon.COLORS, lexicon.MATERIALS, lexicon.SHAPES, lexicon.ATTRIBUTES, lexicon.ACTIVITIES),
        *(lexicon.ANIMALS, lexicon.PEOPLE, lexicon.FOODS, lexicon.OBJECTS, lexicon.WEATHER),
    )
    words = [word for kind in kinds for word in kind]
    assert len(words) == len(set(words))


def test_articles_follow_the_sound_of_letters():
    phrases = ["owl", "cat", "an owl", "3 cats", "people", "his hat"]
    assert [lexicon.with_article(phrase) for phrase in phrases] == [
        *("an owl", "a cat", "an owl", "3 cats", "people", "his hat"),
    ]
