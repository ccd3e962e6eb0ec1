import re
from collections import Counter

import pytest

from evalmuse_hf.elements.lexicon import with_article
from evalmuse_hf.prompts import FAMILIES, synthesize, word_lists
from evalmuse_hf.prompts.synthetic import missing_elements, plural, prompt_row
from evalmuse_hf.schema import CATEGORIES, Element

VOWEL = re.compile(r"\ban? (\w+)", re.IGNORECASE)


@pytest.fixture(scope="module")
def prompts():
    return synthesize(3000, seed=0)


def test_every_family_has_its_share_under_its_released_key(prompts):
    assert Counter(prompt.synthetic_type for prompt in prompts) == dict.fromkeys(FAMILIES, 500)
    assert {"naive_object_counts", "navie_WritingSymbols", "attribute_object_activity_persepective_view"} < set(
        FAMILIES
    )


def test_no_prompt_comes_twice(prompts):
    assert len({prompt.text.lower() for prompt in prompts}) == len({prompt.prompt_id for prompt in prompts}) == 3000


def test_every_element_stands_in_its_prompt_once_and_has_a_category(prompts):
    for prompt in prompts:
        assert not missing_elements(prompt.text, prompt.elements), prompt
        assert len({element.text for element in prompt.elements}) == len(prompt.elements) >= 3, prompt
        assert all(element.category in CATEGORIES for element in prompt.elements)


def test_together_they_ask_for_most_categories(prompts):
    found = {element.category for prompt in prompts for element in prompt.elements}
    assert found == set(CATEGORIES) - {"shape"}


def test_articles_suit_what_follows(prompts):
    for prompt in prompts:
        text = re.sub(r"'.*'", "", prompt.text)
        for match in VOWEL.finditer(text):
            article = match[0].split()[0].lower()
            sounds_open = match[1][0].lower() in "aeiou" and not match[1].startswith(("uni", "one"))
            assert article == ("an" if sounds_open else "a"), prompt.text


def test_numbers_suit_their_nouns(prompts):
    plurals = {
        plural(noun) for noun in (*word_lists.PEOPLE, *word_lists.ANIMALS, *word_lists.FOODS, *word_lists.THINGS)
    }
    for prompt in prompts:
        if prompt.synthetic_type == "naive_object_counts":
            for part in prompt.text.split(" and "):
                noun = part.split()[-1]
                assert (noun in plurals) != part.startswith("one ") or noun in ("moose", "jellyfish"), prompt.text


def test_no_noun_is_taken_for_a_plural():
    nouns = {*word_lists.PEOPLE, *word_lists.ANIMALS, *word_lists.FOODS, *word_lists.THINGS} - word_lists.ONLY_PLURAL
    for noun in (*nouns, *word_lists.CARRIERS):
        assert with_article(noun) != noun


def test_the_seed_alone_decides_and_more_prompts_keep_the_first_ones():
    few, many = synthesize(60, seed=4), synthesize(120, seed=4)
    assert few == synthesize(60, seed=4) != synthesize(60, seed=5)
    assert few[:10] == many[:10]
    alone = synthesize(10, seed=4, families={"object_color_material": None})
    assert alone == [prompt for prompt in few if prompt.synthetic_type == "object_color_material"]


def test_quotas_per_family_leave_the_rest_to_the_others():
    wanted = {"navie_WritingSymbols": 5, "naive_object_counts": None, "object_color_material": None}
    found = Counter(prompt.synthetic_type for prompt in synthesize(12, seed=0, families=wanted))
    assert found == {"naive_object_counts": 4, "object_color_material": 3, "navie_WritingSymbols": 5}


def test_a_missing_element_is_found_as_a_whole_word():
    elements = [Element.from_text("tin"), Element.from_text("Red fox")]
    assert missing_elements("A red fox in a painting", elements) == elements[:1]


def test_a_row_carries_elements_with_text_and_category(prompts):
    row = prompt_row(prompts[0])
    assert list(row) == ["id", "prompt", "source", "synthetic_type", "elements"]
    assert row["elements"][0] == {
        "text": prompts[0].elements[0].text,
        "category": "counting",
        "raw_category": "counting",
    }


@pytest.mark.parametrize(
    "n, families, message",
    [
        (0, None, r"`n` is 0, expected 1 or more"),
        (5, {"poems": None}, r"There is no family 'poems', only naive_object_counts"),
        (5, {"object_color_material": 6}, r"The families ask for 6 prompts, but 5 are wanted"),
        (5, {"object_color_material": 4}, r"The families ask for 4 prompts, but 5 are wanted"),
    ],
    ids=["none", "unknown", "too many", "too few"],
)
def test_numbers_that_do_not_fit_are_one_sentence(n, families, message):
    with pytest.raises(ValueError, match=message):
        synthesize(n, seed=0, families=families)


def test_a_family_that_is_used_up_says_how_many_it_has(monkeypatch):
    monkeypatch.setattr(word_lists, "CARRIERS", ("mug",))
    monkeypatch.setattr(word_lists, "WRITINGS", ("Exit", "42"))
    monkeypatch.setattr(word_lists, "LETTERINGS", ("italic font",))
    with pytest.raises(ValueError, match=r"'navie_WritingSymbols' has only about 2 different prompts, 3 are wanted"):
        synthesize(3, seed=0, families={"navie_WritingSymbols": 3})
