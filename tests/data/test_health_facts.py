import math

import pytest

from evalmuse_hf.data.health_facts import (
    FactSheet,
    count_parts,
    count_spellings,
    find_duplicates,
    find_elements,
    find_leaks,
)


def row(**fields):
    element = {"text": "cat", "category": "animal/human", "raw_category": "Animal", "ratings": [1, 0], "score": 0.5}
    return {
        **{"image_path": "A/1.png", "prompt_id": "1", "prompt": "a cat", "source": "real", "generator": "A"},
        **{"content_hash": "aa", "overall_ratings": [4, 5], "overall_score": 4.5, "elements": [element]},
        **fields,
    }


def sheet(*rows):
    found = FactSheet()
    for part, fields in rows:
        found.add(row(**fields), part=part)
    return found


def test_what_is_null_is_kept_as_unknown():
    empty = dict.fromkeys(("prompt", "source", "content_hash", "overall_ratings", "overall_score", "elements"))
    found = sheet(("train", empty))
    (pair,) = found.pairs
    assert (pair.prompt, pair.ratings, pair.elements, pair.group) == (None, (), (), "1")
    assert math.isnan(pair.score)
    assert found.asked == set()


def test_equal_facts_are_held_once():
    first, second = sheet(("train", {}), ("train", {"image_path": "A/2.png"})).pairs
    assert first.elements[0] is second.elements[0]
    assert first.prompt is second.prompt


def test_splits_are_counted():
    unrated = {"overall_ratings": None, "overall_score": None}
    mean_only = {"overall_ratings": None, "prompt": "A  CAT", "generator": "B"}
    found = sheet(("train", {}), ("train", mean_only), ("test", unrated))
    assert count_parts(found.pairs) == {
        "train": {"pairs": 2, "rated": 1, "scored": 2, "prompts": 1, "generators": 2},
        "test": {"pairs": 1, "rated": 0, "scored": 0, "prompts": 1, "generators": 1},
    }


def test_duplicates_are_found_by_content():
    found = sheet(
        ("train", {}),
        ("test", {"image_path": "A/2.png"}),
        ("train", {"image_path": "A/3.png", "content_hash": "bb"}),
        ("train", {"image_path": "A/4.png", "content_hash": "bb"}),
        ("train", {"image_path": "A/5.png", "content_hash": "cc"}),
    )
    assert find_duplicates(found.pairs) == {
        **{"contents": 2, "pictures": 4, "across_parts": 1, "status": "ok"},
        "first": [["A/1.png", "A/2.png"], ["A/3.png", "A/4.png"]],
    }


def test_without_hashes_duplicates_are_not_known():
    found = find_duplicates(sheet(("train", {"content_hash": None})).pairs)
    assert (found["contents"], found["status"]) == (None, "no content hashes")


def test_a_prompt_in_two_splits_leaks_whatever_its_case_and_spaces():
    found = find_leaks(sheet(("train", {}), ("test", {"prompt": " A cat", "prompt_id": "2"})).pairs)
    assert (found["prompts"], found["first"], found["prompt_ids"], found["prompts_of_two_ids"]) == (1, ["a cat"], 0, 1)


def test_a_prompt_in_two_folds_leaks():
    assert find_leaks(sheet(("train-fold0", {}), ("train-fold1", {})).pairs)["prompts"] == 1


def test_an_identifier_of_two_prompts_is_counted():
    found = find_leaks(sheet(("train", {}), ("train", {"prompt": "a dog"})).pairs)
    assert (found["prompts"], found["ids_of_two_prompts"]) == (0, 1)


def test_without_words_only_identifiers_can_leak():
    found = find_leaks(sheet(("train", {"prompt": None}), ("test", {"prompt": None})).pairs)
    assert (found["prompts"], found["prompt_ids"], found["first"]) == (None, 1, ["1"])
    assert found["status"] == "the words of the prompts are not known"


def test_elements_are_looked_up_once_for_each_prompt():
    found = find_elements({("a cat and a cat", ("cat", "bird")), ("a dog", ("dog",))})
    assert (found["n"], found["unplaced"], found["ambiguous"]) == (3, 1, 1)
    assert found["statuses"] == {"ambiguous": 1, "unmatched": 1, "ok": 1}
    assert [problem["element"] for problem in found["problems"]] == ["bird", "cat"]


def test_without_prompts_elements_cannot_be_looked_up():
    found = find_elements(set())
    assert (found["n"], found["unplaced"], found["problems"]) == (None, None, [])


@pytest.mark.parametrize("raw", ["Color) ", None])
def test_spellings_are_listed_with_what_they_stand_for(raw):
    other = {"text": "x", "category": "color", "raw_category": raw, "ratings": None, "score": None}
    pairs = sheet(("train", {}), ("train", {}), ("train", {"elements": [other]})).pairs
    assert count_spellings(pairs) == [
        {"spelling": "Animal", "category": "animal/human", "elements": 2},
        {"spelling": raw, "category": "color", "elements": 1},
    ]
