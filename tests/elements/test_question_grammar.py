import pytest

from evalmuse_hf.elements.question_grammar import (
    base_of_verb,
    be,
    head_of,
    indefinite,
    is_adjectival,
    is_mass,
    is_participle,
    is_plural_phrase,
    lower_words,
    make_plural,
)


@pytest.mark.parametrize(
    "text, expected",
    [
        *(("umbrella", "an umbrella"), ("unicorn", "a unicorn"), ("hourglass", "an hourglass"), ("cats", "cats")),
        *(("hair", "hair"), ("pink smoke", "pink smoke"), ("the moon", "the moon"), ("two dogs", "two dogs")),
        *(("stack of papers", "a stack of papers"), ("3d render", "a 3d render"), ("lens", "a lens")),
    ],
)
def test_articles(text, expected):
    assert indefinite(text) == expected


@pytest.mark.parametrize("text", ["high quality", "depth of field", "sunny day", "pattern", "lighting", "resolution"])
def test_noun_phrases_are_no_adjectives(text):
    assert not is_adjectival(text)


@pytest.mark.parametrize(
    "text", ["cute", "highly detailed", "award-winning", "misty", "futuristic", "three - dimensional"]
)
def test_adjectives(text):
    assert is_adjectival(text)


@pytest.mark.parametrize(
    "word, base",
    [
        *(("finds", "find"), ("watches", "watch"), ("carries", "carry"), ("chased", "chase"), ("jumped", "jump")),
        *(("hugged", "hug"), ("held", "hold"), ("burn", "burn"), ("sofa", None), ("glass", None)),
    ],
)
def test_bases_of_verbs(word, base):
    assert base_of_verb(word) == base


def test_numbers_of_nouns():
    assert [be(text) for text in ("the cats", "a pair of cats", "a few cats", "the canvas")] == [
        "Are",
        "Is",
        "Are",
        "Is",
    ]
    assert is_plural_phrase("stacks of paper")
    assert not is_plural_phrase("stack of papers")
    assert make_plural("fisherman") == "fishermen"
    assert [make_plural(noun) for noun in ("bus stop", "hair", "cats")] == ["bus stops", "hair", "cats"]


def test_small_pieces():
    assert head_of("bowl of soup") == "bowl"
    assert is_mass("full plate armor")
    assert not is_mass("plate")
    assert is_participle("singing")
    assert not is_participle("king")
    assert lower_words("Chinese Style") == "chinese style" or lower_words("Chinese Style") == "Chinese style"
    assert lower_words("Times New Roman font") == "Times New Roman font"
