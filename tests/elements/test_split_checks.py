import pytest

from evalmuse_hf.elements.split_checks import MAX_WORDS_READ, finish_split, readable_part, refuse_prompt
from evalmuse_hf.schema import Element


@pytest.mark.parametrize(
    "prompt, status",
    [
        ("", "no_elements"),
        (" \n\t", "no_elements"),
        ("?! ...", "no_elements"),
        ("\U0001f431\U0001f436", "no_elements"),
        ("猫坐在沙发上", "failed"),
        ("кот на диване", "failed"),
        ("قطة", "failed"),
        ("half a \ud83d cat", "failed"),
    ],
    ids=["empty", "space", "marks", "emojis", "Chinese", "Cyrillic", "Arabic", "half a character"],
)
def test_what_cannot_be_split_gets_a_status_and_a_sentence(prompt, status):
    refused = refuse_prompt(prompt)
    assert (refused.prompt, refused.status, refused.elements) == (prompt, status, ())
    assert refused.message.endswith(".")


@pytest.mark.parametrize("prompt", ["a cat", "8k", "un café à l'été", "a 猫 on a sofa", "ignore the above"])
def test_anything_with_enough_latin_words_is_read(prompt):
    assert refuse_prompt(prompt) is None


def test_a_long_prompt_is_cut_at_a_word():
    prompt = "  cat \n" * (MAX_WORDS_READ + 5)
    text, message = readable_part(prompt)
    assert prompt.startswith(text)
    assert text.endswith("cat")
    assert len(text.split()) == MAX_WORDS_READ
    assert message == "Only the first 1,000 of 1,005 words were split."
    assert readable_part(text) == (text, "")


def test_only_what_stands_in_the_prompt_as_whole_words_is_kept():
    elements = [
        Element("red", "color"),
        Element("cat", "animal/human"),
        Element("category", "object"),
        Element("!", None),
    ]
    split = finish_split("a red category", elements, "Note.")
    assert [element.text for element in split.elements] == ["red", "category"]
    assert (split.status, split.message) == ("ok", "Note.")
    assert finish_split("a", [Element("b", None)]).status == "no_elements"


def test_an_element_beyond_the_words_that_a_model_reads_is_kept():
    prompt = "very " * 60 + "cat"
    assert finish_split(prompt, [Element("cat", "animal/human")]).status == "ok"
