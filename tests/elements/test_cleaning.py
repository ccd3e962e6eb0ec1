import json
import re
from pathlib import Path

import pytest

from evalmuse_hf.elements.cleaning import clean_prompt, text_problem


def shown(prompt: str, words: str) -> str:
    """What the raw prompt shows for words of the cleaned one."""
    cleaned = clean_prompt(prompt)
    start = cleaned.full_text.index(words)
    span = cleaned.to_prompt(start, start + len(words))
    return prompt[span.start : span.end]


def test_captions_are_those_of_the_official_code(golden: Path):
    cases = json.loads((golden / "fga_blip2_tiny" / "cases.json").read_text("utf-8"))
    assert [clean_prompt(case["prompt"]).text for case in cases] == [case["caption"] for case in cases]


@pytest.mark.parametrize(
    "prompt, expected",
    [
        ("", ""),
        (" \n\t ", ""),
        ("...", ""),
        ('a.b!c"d(e)f*g#h:i;j~k', "a b c d e f g h i j k"),
        ("it's a well-known 4,5 & 6/7?", "it's a well-known 4,5 & 6/7?"),
        ("one\ntwo\tthree", "one\ntwo\tthree"),
        ("one \n two", "one two"),
        ("a cat\n", "a cat"),
        ("a cat \n\n", "a cat"),
        ("\na cat", "\na cat"),
    ],
    ids=[
        "empty",
        "whitespace only",
        "punctuation only",
        "each removed character",
        "kept characters",
        "single tab and newline stay",
        "run of whitespace",
        "newline at the end",
        "several at the end",
        "newline at the start stays",
    ],
)
def test_cleaning_follows_the_official_steps(prompt: str, expected: str):
    assert clean_prompt(prompt).text == expected


def test_cleaning_equals_the_steps_written_down_without_alignment():
    prompts = ["  A (b)\n\n c ", "İstanbul: ΟΔΟΣ. #1", "\t x\n ", "a\u00a0\u2003b", "!\n!", "x . \n"]
    for prompt in prompts:
        lowered = re.sub(r"[.!\"()*#:;~]", " ", prompt.lower())
        assert clean_prompt(prompt).full_text == re.sub(r"\s{2,}", " ", lowered).rstrip("\n").strip(" ")


def test_the_cut_keeps_fifty_words_and_the_full_text_keeps_all():
    cleaned = clean_prompt(" ".join(["word"] * 2000))
    assert len(cleaned.text.split(" ")) == 50
    assert len(cleaned.full_text.split(" ")) == len(cleaned.alignment) // 5 + 1 == 2000
    assert cleaned.full_text.startswith(cleaned.text)


@pytest.mark.parametrize("prompt", ["İİ I ß", "👩‍🚀 on the moon 🌕", "cafe\u0301 (noir)", "قطة حمراء، جدا", "ΟΔΟΣ"])
def test_every_cleaned_character_points_at_its_source(prompt: str):
    cleaned = clean_prompt(prompt)
    assert len(cleaned.alignment) == len(cleaned.full_text)
    assert list(cleaned.alignment) == sorted(cleaned.alignment)
    for character, index in zip(cleaned.full_text, cleaned.alignment, strict=True):
        assert character == " " or character in prompt.lower()
        assert character == " " or character in prompt[index].lower() + "ς"


@pytest.mark.parametrize(
    "prompt, words, expected",
    [
        ('A sign:  "STOP"!!', "sign stop", 'sign:  "STOP'),
        ("İstanbul at NIGHT", "night", "NIGHT"),
        ("İstanbul at night", "i̇stanbul", "İstanbul"),
        ("😀 (Cat) 😀", "cat", "Cat"),
        ("a CAFE\u0301", "cafe\u0301", "CAFE\u0301"),
        ("(قطة) حمراء", "قطة", "قطة"),
    ],
    ids=[
        "collapsed",
        "after a letter that grows",
        "the letter that grows",
        "emoji",
        "combining mark",
        "right to left",
    ],
)
def test_spans_lead_back_to_the_words_as_written(prompt: str, words: str, expected: str):
    assert shown(prompt, words) == expected


@pytest.mark.parametrize("span", [(0, 0), (2, 1), (-1, 2), (0, 6)], ids=["empty", "reversed", "negative", "beyond"])
def test_a_span_outside_the_text_is_refused(span: tuple[int, int]):
    with pytest.raises(ValueError, match="inside the 5 characters of the cleaned prompt"):
        clean_prompt("a cat").to_prompt(*span)


def test_a_prompt_that_is_not_text_is_refused():
    with pytest.raises(TypeError, match="`prompt` must be a string, got NoneType"):
        clean_prompt(None)  # type: ignore[arg-type]


def test_a_limit_of_no_words_is_refused():
    with pytest.raises(ValueError, match="`max_words` must be at least 1, got 0"):
        clean_prompt("a cat", max_words=0)


@pytest.mark.parametrize("prompt, problem", [("", "is empty once it is cleaned"), ("a \ud83d cat", "holds half of a")])
def test_there_is_nothing_to_read_in_some_prompts(prompt, problem):
    assert text_problem(clean_prompt(prompt)).startswith(problem)
    assert text_problem(clean_prompt("a cat")) is None
