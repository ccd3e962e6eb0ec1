import json
from pathlib import Path

import pytest
from tokenizers import BertWordPieceTokenizer

from evalmuse_hf.elements.cleaning import clean_prompt
from evalmuse_hf.elements.spans import (
    PLACED_STATUSES,
    ElementSpans,
    find_spans,
    official_token_positions,
    token_positions,
)

LONG = " ".join(["very"] * 48) + " red car, blue car at night"  # the cut falls after "red car,"


def placed(prompt: str, *elements: str) -> list[tuple[str, list[str]]]:
    """Status of each element and the words that the prompt shows for it."""
    return [(spans.status, [prompt[a:b] for a, b in spans.prompt]) for spans in find_spans(prompt, elements)]


@pytest.mark.parametrize(
    "prompt, element",
    [
        ("a category", "cat"),
        ("two cats8 here", "cats"),
        ("4k wallpaper", "4"),
        ("the year 1984", "98"),
        ("a señorita", "se"),
        ("a cafe\u0301 table", "cafe"),
        ("кошка", "кош"),
        ("a dog", "cat"),
    ],
    ids=["prefix", "digit after", "letter after a digit", "inside a number", "accent", "mark", "cyrillic", "absent"],
)
def test_part_of_a_word_is_no_match(prompt: str, element: str):
    assert placed(prompt, element) == [("unmatched", [])]


@pytest.mark.parametrize(
    "prompt, element, shown",
    [
        ("A CAT", "cat", "CAT"),
        ("cat", "Cat", "cat"),
        ("the dog's bone", "dog", "dog"),
        ("a red-haired girl", "red", "red"),
        ("at St. Basil (4.5 stars)", "St. Basil", "St. Basil"),
        ("a sign (left)", "sign (left)", "sign (left"),
        ("one\ntwo", "one two", "one\ntwo"),
        ("a 🐱 and a dog", "🐱", "🐱"),
        ("قطة حمراء على السطح", "قطة حمراء", "قطة حمراء"),
        ("红色的猫", "猫", "猫"),
        ("a cafe\u0301 table", "cafe\u0301", "cafe\u0301"),
        ("It is 3.5 m", "3.5", "3.5"),
    ],
    ids=[
        "upper case prompt",
        "upper case element",
        "before an apostrophe",
        "before a hyphen",
        "removed dot",
        "parentheses",
        "newline for a space",
        "emoji",
        "right to left",
        "chinese",
        "combining mark",
        "number with a removed dot",
    ],
)
def test_whole_words_are_found_and_shown_as_written(prompt: str, element: str, shown: str):
    assert placed(prompt, element) == [("ok", [shown])]


def test_one_element_with_several_occurrences_takes_all_and_is_ambiguous():
    (spans,) = find_spans("a cat on a Cat", ["cat"])
    assert (spans.status, spans.cleaned, spans.inexact) == ("ambiguous", ((2, 5), (11, 14)), False)


def test_the_kth_duplicate_takes_the_kth_occurrence():
    first, other, second = find_spans("1 butterfly and 1 compass", ["1", "compass", "1"])
    assert (first.status, first.cleaned) == ("ok", ((0, 1),))
    assert (second.status, second.cleaned) == ("ok", ((16, 17),))
    assert other.cleaned == ((18, 25),)


def test_duplicates_differ_by_case_and_punctuation_only():
    assert [spans.cleaned for spans in find_spans("Some cat, some dog", ["some", "Some."])] == [((0, 4),), ((10, 14),)]


def test_duplicates_with_a_surplus_occurrence_are_ambiguous():
    assert placed("1 cat, 1 dog, 1 car", "1", "1") == [("ambiguous", ["1"]), ("ambiguous", ["1"])]


def test_duplicates_without_enough_occurrences_share_the_last():
    spans = find_spans("white wall, white door", ["white"] * 3)
    assert [each.cleaned for each in spans] == [((0, 5),), ((12, 17),), ((12, 17),)]
    assert {each.status for each in spans} == {"ambiguous"}


@pytest.mark.parametrize(
    "prompt, element, shown",
    [
        ("art, award - winning, sharp", "award-winning", "award - winning"),
        ("an award winning photo", "award-winning", "award winning"),
        ("an awardwinning photo", "award-winning", "awardwinning"),
        ("an award–winning photo", "award winning", "award–winning"),
        ("3 dentist and 2 doctor", "dentists", "dentist"),
        ("three ponies", "pony", "ponies"),
        ("one pony", "ponies", "pony"),
        ("two boxes of red apples", "box", "boxes"),
        ("two old boxes", "old box", "old boxes"),
    ],
    ids=[
        "spaced hyphen",
        "space",
        "one word",
        "dash for space",
        "singular",
        "y to ies",
        "ies to y",
        "es",
        "last of two words",
    ],
)
def test_hyphens_and_plurals_match_inexactly(prompt: str, element: str, shown: str):
    (spans,) = find_spans(prompt, [element])
    assert placed(prompt, element) == [("inexact", [shown])]
    assert spans.inexact


@pytest.mark.parametrize(
    "prompt, element",
    [("a notable man", "no table"), ("a catalog", "cat-a"), ("a gras", "grass"), ("a", "-"), ("bus", "a buses")],
    ids=["words never join without a hyphen", "part of a word", "ss is no plural", "only a hyphen", "missing word"],
)
def test_inexact_matching_has_limits(prompt: str, element: str):
    assert placed(prompt, element) == [("unmatched", [])]


def test_an_exact_match_hides_inexact_ones():
    assert placed("one cat and two cats", "cat") == [("ok", ["cat"])]


def test_words_beyond_the_cut_are_truncated_and_still_shown():
    (spans,) = find_spans(LONG, ["blue car at night"])
    assert (spans.status, spans.cleaned) == ("truncated", ())
    assert [LONG[a:b] for a, b in spans.prompt] == ["blue car at night"]
    assert token_positions(spans, [(0, 0), (0, 4), (0, 0)]) == ()


def test_an_element_that_the_cut_divides_is_truncated():
    assert placed(LONG, "car, blue") == [("truncated", ["car, blue"])]


def test_an_occurrence_beyond_the_cut_is_dropped_but_counted():
    (spans,) = find_spans(LONG, ["car"])
    assert (spans.status, [LONG[a:b] for a, b in spans.prompt]) == ("ambiguous", ["car"])
    assert [each.status for each in find_spans(LONG, ["car", "car"])] == ["ok", "truncated"]


def test_an_inexact_match_beyond_the_cut_is_truncated_and_marked():
    (spans,) = find_spans(LONG, ["nights"])
    assert (spans.status, spans.inexact) == ("truncated", True)


def test_cut_and_uncut_counts_differ_by_the_truncated_elements():
    statuses = [spans.status for spans in find_spans(LONG, ["very", "red car", "blue", "night", "sea"])]
    assert statuses == ["ambiguous", "ok", "truncated", "truncated", "unmatched"]


@pytest.mark.parametrize("element", ["", "  ", "(", '"..."'], ids=["empty", "spaces", "parenthesis", "punctuation"])
def test_an_element_without_words_is_empty(element: str):
    assert find_spans("a (small) cat", [element]) == [ElementSpans(element, "empty")]


@pytest.mark.parametrize("prompt", ["", "   ", "!!!"], ids=["empty", "spaces", "punctuation"])
def test_nothing_is_found_in_an_empty_prompt(prompt: str):
    assert placed(prompt, "cat") == [("unmatched", [])]


def test_a_cleaned_prompt_gives_the_same_spans():
    prompt = 'A "red" cat!'
    assert find_spans(clean_prompt(prompt), ["red", "cat"]) == find_spans(prompt, ["red", "cat"])


@pytest.mark.parametrize(
    "offsets, expected",
    [
        ([(0, 0), (0, 1), (2, 5), (6, 9), (0, 0), (0, 0)], (2, 3)),
        ([(0, 0), (0, 1), (2, 4), (4, 5), (6, 8), (8, 9), (0, 0)], (2, 3, 4, 5)),
        ([(0, 0), (0, 9), (0, 0)], (1,)),
        ([(0, 0), (0, 1), (2, 5), (0, 0)], (2,)),
        ([(0, 0), (0, 1), (0, 0)], ()),
    ],
    ids=["one token per word", "word pieces", "one token over all", "cut within", "cut before"],
)
def test_tokens_belong_to_an_element_by_overlap(offsets: list[tuple[int, int]], expected: tuple[int, ...]):
    (spans,) = find_spans("a red cat", ["red cat"])
    assert token_positions(spans, offsets) == expected


def test_tokens_of_all_occurrences_belong_to_an_ambiguous_element():
    (spans,) = find_spans("cat, cat", ["cat"])
    assert token_positions(spans, [(0, 0), (0, 3), (3, 4), (5, 8), (0, 0)]) == (1, 3)


@pytest.mark.parametrize(
    "element_ids, expected",
    [([8, 9], (2, 3)), ([7], (1,)), ([5], ()), ([], ()), ([101, 7], ()), ([7, 8, 9, 8, 9, 102, 0], ())],
    ids=["first of two occurrences", "one token", "absent", "no tokens", "at position zero", "longer than the prompt"],
)
def test_the_official_lookup_takes_the_first_occurrence_of_the_ids(element_ids: list[int], expected: tuple[int, ...]):
    assert official_token_positions([101, 7, 8, 9, 8, 9, 102], element_ids) == expected


def test_both_lookups_give_the_official_element_scores(golden: Path):
    folder = golden / "fga_blip2_tiny"
    tokenizer = BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=True)
    compared = 0
    for case in json.loads((folder / "cases.json").read_text("utf-8")):
        encoding = tokenizer.encode(clean_prompt(case["prompt"]).text)
        assert encoding.ids == case["input_ids"]
        for key, official_score in case["elements"].items():
            text = key.rpartition("(")[0].strip()
            (spans,) = find_spans(case["prompt"], [text])
            official = official_token_positions(encoding.ids, tokenizer.encode(text, add_special_tokens=False).ids)
            assert bool(official) == bool(official_score) == (spans.status in PLACED_STATUSES)
            if official:
                assert token_positions(spans, encoding.offsets) == official
                mean = sum(case["token_scores"][position] for position in official) / len(official)
                assert mean == pytest.approx(official_score, abs=1e-6)  # official means are float32
                compared += 1
    assert compared == 84  # 4 pictures x 6 prompts with 4 + 7 + 2 + 3 + 3 + 2 elements that occur
