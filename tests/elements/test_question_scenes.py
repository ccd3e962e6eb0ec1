import pytest

from evalmuse_hf.elements.question_layout import read_layout
from evalmuse_hf.elements.question_scenes import ask_medium, ask_whole, is_medium, is_view, opens_phrase
from evalmuse_hf.schema import Element


@pytest.mark.parametrize(
    "key, expected",
    [
        ("photo (attribute)", "Is this a photo?"),
        ("digital art (other)", "Is this digital art?"),
        ("Wide shot (other-perspective)", "Is this a wide shot?"),
        ("wide angle (attribute)", "Is this a wide angle view?"),
        ("noon (Other-time)", "Is it noon in the picture?"),
        ("night (attribute)", "Is it night in the picture?"),
        ("night (other-time)", "Does the picture show night?"),
        ("sunny (Other-weather)", "Is the weather sunny?"),
        ("rain (other-weather)", "Does the picture show rain?"),
        ("spring rain shower (Other-weather)", "Does the picture show a spring rain shower?"),
        ("2D style (attribute-style)", "Is the picture in 2D style?"),
        ("realism (attribute)", "Is the picture in the style of realism?"),
        ("Times New Roman font (attribute)", "Is the text in Times New Roman font?"),
        ("8 k (other)", "Is the picture in 8 k?"),
        ("high quality (attribute)", "Is the picture of high quality?"),
        ("style of future art (attribute)", "Is the picture in the style of future art?"),
        ("trending on artstation (other)", "Is the picture trending on artstation?"),
        ("unreal engine 5 (other)", "Does the picture look like unreal engine 5?"),
        ("cute (attribute)", None),
        ("red (color)", None),
    ],
)
def test_whole_pictures(key, expected):
    assert ask_whole(Element.read(key)) == expected


def test_kinds_of_words():
    assert [is_medium(text) for text in ("oil painting", "every photo", "cat")] == [True, False, False]
    assert [is_view(text) for text in ("aerial shot", "cat")] == [True, False]
    assert ask_medium("pencil sketch") == "Is this a pencil sketch?"


def test_a_picture_on_a_wall_is_not_what_is_asked_for():
    elements = [Element("painting", "object")]
    assert opens_phrase(0, read_layout("a painting of a cat", elements))
    assert not opens_phrase(0, read_layout("a cat sits in front of a painting", elements))
