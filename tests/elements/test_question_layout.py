from evalmuse_hf.elements.question_layout import read_layout
from evalmuse_hf.schema import Element


def layout_of(prompt, *keys):
    return read_layout(prompt, [Element.read(key) for key in keys])


def test_neighbours_stand_around_an_element():
    layout = layout_of("a cup left of a hat", "cup (object)", "left of (spatial)", "hat (object)")
    assert layout.neighbours(1) == (0, 2)
    assert layout.start(1) == len("a cup ")


def test_without_a_place_the_order_of_the_elements_decides():
    layout = layout_of("something else", "cup (object)", "beside (spatial)", "hat (object)")
    assert layout.neighbours(1) == (0, 2)
    assert layout.start(1) is None
    assert (layout.word_before(1), layout.word_after(1)) == ("", "")


def test_a_property_is_close_to_the_thing_behind_it():
    layout = layout_of(
        "gray and pale pink walls, blue", "gray (color)", "pale pink (color)", "walls (object)", "blue (color)"
    )
    assert [layout.next_thing(number) for number in (0, 1, 3)] == [2, 2, None]


def test_a_word_within_a_noun_belongs_to_it():
    assert layout_of("a wooden table", "wooden (material)", "wooden table (object)").next_thing(0) == 1


def test_words_beside_an_element():
    layout = layout_of("A big cat, sleeping on a mat", "cat (animal)", "sleeping (activity)", "mat (object)")
    assert layout.word_before(0) == "big"
    assert (layout.word_before(1), layout.word_after(1)) == ("", "on")
    assert not layout.in_phrase(0, 1)
    assert layout.in_phrase(1, 2)
    assert layout.gap(1, 2) == " on a "
    assert layout.gap(2, 1) is None


def test_what_is_said_of_a_noun():
    layout = layout_of(
        "the sky is very blue and a dog holds the ball",
        "sky (object)",
        "blue (color)",
        "dog (animal)",
        "holds (activity)",
        "ball (object)",
    )
    assert layout.is_said_of(0, 1)
    assert not layout.is_said_of(2, 4)
    assert layout.is_direct(3, 4)
    assert not layout.is_direct(1, 2)
    assert layout.next_element(3) == 4


def test_sentences_end():
    layout = layout_of("a boy. running", "boy (human)", "running (activity)")
    assert not layout.in_sentence(0, 1)


def test_names_have_capitals_where_the_prompt_has_none():
    assert layout_of("a sketch of Oculus Rift on paper", "Oculus Rift (object)").is_name(0)
    assert not layout_of("Mint Green Frog and Slate Gray Ring", "Slate Gray (color)").is_name(0)
    assert not layout_of("a sketch of a frog", "frog (animal)").is_name(0)


def test_quoted_words():
    layout = layout_of("a sign that reads: dream, and a cat", "dream (other)", "cat (animal)")
    assert layout.is_quoted(0)
    assert not layout.is_quoted(1)


def test_unsorted_others_are_things_and_weather_is_none():
    layout = layout_of("a demon in the rain", "demon (other)", "rain (other-weather)")
    assert layout.is_thing(0)
    assert not layout.is_thing(1)
