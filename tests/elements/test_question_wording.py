from evalmuse_hf.elements.question_layout import read_layout
from evalmuse_hf.elements.question_nouns import Wording
from evalmuse_hf.elements.question_wording import other_wordings, word_question
from evalmuse_hf.schema import Element


def layout_of(prompt, *keys):
    return read_layout(prompt, [Element.read(key) for key in keys])


def word(prompt, *keys, owner=None):
    """Word the first element."""
    layout = layout_of(prompt, *keys)
    return word_question(layout.elements[0], 0, layout, owner)


def test_a_property_is_asked_of_its_owner_and_without_one_of_the_picture():
    assert word("a red cat", "red (color)", "cat (animal)", owner=1) == ("Is the cat red?", (1,))
    assert word("red", "red (color)").text == "Does the picture show something red?"
    assert word("cinematic", "cinematic (attribute)").text == "Is the picture cinematic?"
    assert word("sharp focus", "sharp focus (attribute)").text == "Does the picture show sharp focus?"


def test_colors_in_the_plural_are_had():
    assert (
        word("fall colors cat", "fall colors (color)", "cat (animal)", owner=1).text
        == "Does the cat have fall colors?"
    )


def test_materials():
    assert word("a linen cat", "linen (material)", "cat (animal)", owner=1).text == "Is the cat made of linen?"
    assert word("a wooden cat", "wooden (material)", "cat (animal)", owner=1).text == "Is the cat wooden?"
    assert word("hardwood floors", "hardwood floors (material)").text == "Does the picture show hardwood floors?"


def test_what_is_written_is_quoted():
    assert word("a sign 'GO'", "'GO' (other-writing&symbol)").text == "Is the text 'GO' in the picture?"
    assert word("a sign that says: go", "go (other)").text == "Is the text 'go' in the picture?"


def test_weather_as_a_verb():
    assert word("raining cats", "raining (activity)", "cats (animal)", owner=1).text == "Is it raining in the picture?"


def test_other_things():
    assert word("spectrogram", "spectrogram (other)").text == "Does the picture show a spectrogram?"
    assert word("the astral plane", "astral plane (other)").text == "Does the picture show the astral plane?"


def test_the_second_of_two_equal_nouns_has_a_question_of_its_own():
    layout = layout_of("a cat and a cat", "cat (animal)", "cat (animal)")
    first = Wording("Is there a cat in the picture?")
    assert next(other_wordings(layout.elements[1], 1, layout, first)).text == "Is there a second cat in the picture?"
    assert len({wording.text for wording in other_wordings(layout.elements[0], 0, layout, first)}) > 2
