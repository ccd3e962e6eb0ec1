import pytest

from evalmuse_hf.elements.word_forms import STOP_WORDS, content_words, read_words, same_word, word_bases


@pytest.mark.parametrize(
    "first, second",
    [
        *(("cats", "cat"), ("flies", "fly"), ("running", "run"), ("riding", "rides"), ("found", "finds")),
        *(("worn", "wearing"), ("larger", "large"), ("bigger", "big"), ("wooden", "wood"), ("two", "2")),
        *(("grey", "gray"), ("knives", "knife"), ("women", "woman"), ("rainy", "raining"), ("lying", "lie")),
    ],
)
def test_forms_of_one_word(first, second):
    assert same_word(first, second)


@pytest.mark.parametrize("first, second", [("cat", "category"), ("car", "card"), ("two", "three"), ("glass", "glas")])
def test_different_words(first, second):
    assert not same_word(first, second)


def test_hyphens_divide_and_possessives_go():
    assert read_words("The cat\u2019s award-winning dogs' bed") == ["the", "cat", "award", "winning", "dogs", "bed"]


def test_where_no_word_carries_content_all_do():
    assert content_words("the old man") == ["old", "man"]
    assert content_words("in") == ["in"]
    assert content_words("@") == []


def test_a_word_is_a_form_of_itself():
    assert all(word in word_bases(word) for word in ("sofa", "is", "x"))
    assert {"the", "on", "is"} <= STOP_WORDS
