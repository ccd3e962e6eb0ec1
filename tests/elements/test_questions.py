import re

import numpy as np
import pytest

from evalmuse_hf.elements.questions import ask_counterfactuals, ask_elements
from evalmuse_hf.mini.prompts import write_prompt
from evalmuse_hf.mini.questions import read_elements
from evalmuse_hf.schema import Element


def asked(prompt, *keys):
    return [question.text for question in ask_elements(prompt, [Element.read(key) for key in keys])]


def test_the_question_that_the_paper_shows():
    assert asked("A book in a classroom, sketch", "Classroom (location)") == ["Is this a classroom?"]


@pytest.mark.parametrize(
    "prompt, key, others, expected",
    [
        ("a red cat", "red (color)", ["cat (animal)"], "Is the cat red?"),
        ("a red cat", "a red cat (color)", ["cat (animal)"], "Is there a red cat in the picture?"),
        ("two cats", "two cats (counting)", ["cats (animal)"], "Are there two cats in the picture?"),
        ("one cat", "one (counting)", ["cat (animal)"], "Is there one cat in the picture?"),
        ("2 cats", "2 (counting)", ["cats (animal)"], "Are there 2 cats in the picture?"),
        ("a man running", "running (activity)", ["man (human)"], "Is the man running?"),
        ("running men", "running (activity)", ["men (human)"], "Are the men running?"),
        ("an owl", "owl (animal)", [], "Is there an owl in the picture?"),
        ("children", "children (human)", [], "Are there children in the picture?"),
        ("a cat at the beach", "at the beach (location)", [], "Is this at the beach?"),
        ("oil painting", "oil painting (attribute-style)", [], "Is this an oil painting?"),
        ("all blue", "blue (color)", [], "Does the picture show something blue?"),
        ("a sign 'GO'", "'GO' (Other-writing&symbol)", [], "Is the text 'GO' in the picture?"),
        ("NASA logo", "NASA logo", [], "Does the picture show NASA logo?"),
        ("a cat, rain", "rain (other-weather)", ["cat (animal)"], "Does the picture show rain?"),
    ],
)
def test_wording(prompt, key, others, expected):
    assert asked(prompt, key, *others)[0] == expected


@pytest.mark.parametrize(
    "prompt, keys, expected",
    [
        ("Crab finds shell", ["Crab (animal)", "finds (activity)", "shell (object)"], "Does the crab find the shell?"),
        ("3 dentist", ["dentist (human)", "3 (Counting)"], "Are there 3 dentists in the picture?"),
        ("1 Sweatpants", ["Sweatpants (object)", "1 (Counting)"], "Is there 1 pair of sweatpants in the picture?"),
        ("a few cats", ["cats (animal)", "few (counting)"], "Are there a few cats in the picture?"),
        (
            "A large quantity Pearl",
            ["Pearl (object)", "A large quantity (Counting)"],
            "Is there a large quantity of pearls in the picture?",
        ),
        (
            "a car, depth of field",
            ["car (object)", "depth of field (attribute)"],
            "Does the picture show depth of field?",
        ),
        ("a car, epic", ["car (object)", "epic (attribute)"], "Is the picture epic?"),
        ("a wool sweater", ["sweater (object)", "wool (Material)"], "Is the sweater made of wool?"),
        ("a boy, 9 years old", ["boy (human)", "9 years old (counting)"], "Is the boy 9 years old?"),
    ],
    ids=["verb", "plural", "pair", "few", "quantity", "noun phrase", "whole picture", "material", "age"],
)
def test_wording_of_real_elements(prompt, keys, expected):
    assert expected in asked(prompt, *keys)


def test_a_relation_has_the_nouns_on_its_two_sides():
    elements = [Element.read(key) for key in ("cup (object)", "dog (animal)", "left of (spatial)")]
    question = ask_elements("a cup left of a dog", elements)[2]
    assert question.text == "Is the cup left of the dog?"
    assert question.parents == (0, 1)


def test_a_property_goes_with_the_noun_after_it_and_an_activity_with_the_one_before():
    elements = [Element.read(key) for key in ("red (color)", "cat (animal)", "jumping (activity)", "dog (animal)")]
    questions = ask_elements("a red cat jumping and a dog", elements)
    assert [question.parents for question in questions] == [(1,), (), (1,), ()]


def test_without_a_place_in_the_prompt_the_order_of_the_elements_decides():
    elements = [Element.read(key) for key in ("dog (animal)", "scarlet (color)", "cat (animal)")]
    assert ask_elements("something else", elements)[1].text == "Is the cat scarlet?"


def test_open_questions_have_their_answer_among_the_choices():
    elements = [Element.read(key) for key in ("three (counting)", "red (color)", "cats (animal)")]
    count, color, noun = ask_elements("three red cats", elements)
    assert (count.open_text, count.answer) == ("How many cats are in the picture?", "three")
    assert count.choices == ("one", "two", "three", "four", "five")
    assert (color.open_text, color.answer) == ("What color are the cats?", "red")
    assert color.answer in color.choices
    assert (noun.open_text, noun.answer, noun.choices) == (None, "yes", ())


def test_no_things_need_no_noun():
    elements = [Element.read(key) for key in ("zero (counting)", "cats (animal)")]
    assert ask_elements("zero cats", elements)[0].parents == ()


def test_an_element_without_words_has_no_question():
    assert asked("a cat", " (color)") == [""]
    assert ask_counterfactuals("a cat", [Element("", "color")]) == [None]


@pytest.mark.parametrize(
    "prompt, key, other",
    [
        ("three cats", "three (counting)", "four"),
        ("12 cats", "12 (counting)", "11"),
        ("a cup left of a hat", "left of (spatial)", "right of"),
        ("a cat, night", "night (other-time)", "sunshine"),
        ("a giant cat", "giant (attribute)", "tiny"),
    ],
)
def test_counterfactual_words(prompt, key, other):
    (question,) = ask_counterfactuals(prompt, [Element.read(key)])
    assert other in question.text


def test_what_nothing_replaces_has_no_counterfactual_question():
    assert ask_counterfactuals("sharp focus", [Element.read("sharp focus (attribute)")]) == [None]
    assert ask_counterfactuals("many cats", [Element.read("many (counting)")]) == [None]


def counterfactual(prompt, key):
    (question,) = ask_counterfactuals(prompt, [Element.read(key)])
    return question and question.text


@pytest.mark.parametrize(
    "prompt, key",
    [
        ("a man, a wizard and a woman", "woman (human)"),
        ("two women, men and wizards", "women (human)"),
        ("red orange yellow green blue purple pink black cat", "red (color)"),
        ("red orange yellow green blue purple pink black cat", "red cat (color)"),
    ],
)
def test_a_prompt_that_names_every_word_of_a_kind_has_no_counterfactual(prompt, key):
    assert counterfactual(prompt, key) is None


def test_a_word_within_another_is_not_named_by_the_prompt():
    """ "man" stands in "woman", and "hat" in "that"; of men, women and wizards only the man is left here."""
    assert counterfactual("a wizard and a woman", "woman (human)") == "Is there a man in the picture?"
    others = {counterfactual(f"{noun} that", f"{noun} (object)") for noun in ("car", "house", "tree", "boat", "kite")}
    assert all(other and "that" not in other for other in others)


def test_a_plural_in_the_prompt_names_its_singular():
    assert counterfactual("a woman among wizards", "woman (human)") == "Is there a man in the picture?"
    assert counterfactual("women and men", "men (human)") == "Are there wizards in the picture?"


def test_other_words_of_the_category_replace_what_no_list_knows():
    elements = [
        Element.read(key) for key in ("taupe (color)", "zeppelins (object)", "nurse (human)", "epic (attribute)")
    ]
    found = ask_counterfactuals("taupe zeppelins and a nurse, epic", elements, wide=True)
    assert ask_counterfactuals("taupe zeppelins and a nurse, epic", elements) == [None] * 4
    assert re.fullmatch(r"Are the zeppelins (red|orange|yellow|green|blue|purple|pink|black)\?", found[0].text)
    assert re.fullmatch(r"Are there \w+s in the picture\?", found[1].text)
    assert found[2].text != "Is there a nurse in the picture?"
    assert found[3] is None


def test_another_number_puts_its_noun_into_the_plural_where_that_is_asked_for():
    elements = [Element.read("one (counting)"), Element.read("cake (food)")]
    assert ask_counterfactuals("one cake", elements)[0].text == "Are there two cake in the picture?"
    assert ask_counterfactuals("one cake", elements, wide=True)[0].text == "Are there two cakes in the picture?"


def test_a_comparison_is_turned_round():
    elements = [Element.read(key) for key in ("cup (object)", "taller than (comparison)", "hat (object)")]
    prompt = "a cup is taller than a hat"
    assert ask_elements(prompt, elements)[1].text == "Is the cup taller than the hat?"
    assert ask_counterfactuals(prompt, elements, wide=True)[1].text == "Is the cup shorter than the hat?"


def test_counterfactuals_of_the_drawn_world_say_what_the_prompt_does_not():
    rng = np.random.default_rng(0)
    n_asked = 0
    for _ in range(100):
        prompt = write_prompt(rng)
        elements = read_elements(prompt)
        pairs = zip(ask_elements(prompt.text, elements), ask_counterfactuals(prompt.text, elements), strict=True)
        for element, (question, other) in zip(elements, pairs, strict=True):
            if "writing" in element.raw_category:
                continue
            assert other is not None
            assert other.text != question.text
            n_asked += 1
    assert n_asked > 300
