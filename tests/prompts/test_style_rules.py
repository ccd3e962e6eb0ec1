import pytest

from evalmuse_hf.prompts.prompt_reading import read_prompt
from evalmuse_hf.prompts.style_rules import style_labels


def labels(text):
    return style_labels(read_prompt(text))


@pytest.mark.parametrize(
    "text, expected",
    [
        ("a cat by Jane Dowe", {"Artist/works"}),
        ("a cat, by greg rutkowski", {"Artist/works"}),
        ("a movie poster", {"Design"}),
        ("a cat, octane render", {"Design"}),
        ("a cyberpunk alley", {"Genre"}),
        ("a cat, watercolor", {"Material"}),
        ("oil on canvas, a cat", {"Material"}),
        ("a cat, 35mm, bokeh", {"Photography"}),
        ("a photo of a cat", {"Photography"}),
        ("a cat", set()),
    ],
)
def test_looks(text, expected):
    assert labels(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a cat beside a painting",
        "three paintings",
        "a photo frame",
        "a pencil and a ruler",
        "one cat, a painting, a cup",
    ],
)
def test_a_thing_is_no_look(text):
    assert labels(text) == set()


def test_the_same_word_as_the_look_of_the_whole_picture():
    assert labels("a painting of a cat") == {"Material"}
    assert labels("a cat, pencil") == {"Material"}
    assert labels("a cat in pop art style") == {"Genre"}
