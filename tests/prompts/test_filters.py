import pytest

from evalmuse_hf.prompts import SourcePrompt, filter_prompts
from evalmuse_hf.prompts.filters import (
    clean_prompts,
    clean_text,
    drop_by_length,
    drop_other_languages,
    drop_repeated,
    drop_similar,
    foreign_reason,
)


def prompts(*texts):
    return [SourcePrompt(str(number), text, "text") for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    "text, cleaned",
    [
        ("a\u200b cat\u00a0 on\ta  mat\n", "a cat on a mat"),
        ("cafe\u0301 at night", "café at night"),
        ("“a cat”", "a cat"),
        ('"Stop" and "go"', '"Stop" and "go"'),
        ("a cat --ar 16:9 --stylize 750", "a cat"),
        ("a man - a plan", "a man - a plan"),
        ("\ud800a cat", "a cat"),
        ("--v 4", "--v 4"),
    ],
    ids=["spaces", "composed", "quoted", "two quotations", "options", "a dash", "half a character", "only an option"],
)
def test_a_text_has_one_spelling(text, cleaned):
    assert clean_text(text) == cleaned


@pytest.mark.parametrize(
    "text, reason",
    [
        ("一只猫坐在沙发上", "another script"),
        ("кошка на диване", "another script"),
        ("a sign with the kanji 猫 on a red door", ""),
        ("un chat noir avec un chapeau dans la rue", "another language"),
        ("una mujer con el pelo rojo", "another language"),
        ("the la scala opera in milan", ""),
        ("café crème", ""),
        ("12345", ""),
    ],
    ids=["Chinese", "Russian", "one sign", "French", "Spanish", "English with a name", "short", "no letters"],
)
def test_other_languages_are_told_by_script_and_small_words(text, reason):
    assert foreign_reason(text) == reason


def test_every_filter_returns_what_it_dropped_and_why():
    step = drop_other_languages(prompts("a cat", "кошка"))
    assert ([prompt.text for prompt in step.kept], step.counts()) == (["a cat"], {"another script": 1})
    step = drop_by_length(prompts("cat", "a cat", "a very long cat"), min_words=2, max_words=3)
    assert ([prompt.text for prompt in step.kept], step.counts()) == (["a cat"], {"too short": 1, "too long": 1})
    step = clean_prompts(prompts("...", " a  cat"))
    assert ([prompt.text for prompt in step.kept], step.counts()) == (["a cat"], {"no words": 1})


def test_case_and_punctuation_make_no_other_prompt():
    step = drop_repeated(prompts("A cat, red.", "a dog", "a cat red"))
    assert [prompt.prompt_id for prompt in step.kept] == ["0", "1"]
    assert [(entry.prompt.prompt_id, entry.instead_of) for entry in step.dropped] == [("2", "0")]


def test_similar_prompts_name_the_one_that_stays():
    long = "a portrait of an old sailor with a pipe in a stormy harbor at night"
    step = drop_similar(prompts(long, "a dog", f"{long}, detailed"), similarity=0.8)
    assert [(entry.prompt.prompt_id, entry.instead_of) for entry in step.dropped] == [("2", "0")]


def test_together_every_prompt_is_kept_or_dropped_once():
    texts = ["a cat on a mat", "A cat on a mat!", "cat", "кошка на диване", "  ", "a dog in a hat"]
    steps = filter_prompts(prompts(*texts))
    assert [step.name for step in steps] == ["clean", "language", "length", "repeated", "similar"]
    assert len(steps[-1].kept) + sum(len(step.dropped) for step in steps) == len(texts)
    assert [prompt.text for prompt in steps[-1].kept] == ["a cat on a mat", "a dog in a hat"]
    open_steps = filter_prompts(prompts(*texts), english_only=False, similarity=2)
    assert [step.name for step in open_steps] == ["clean", "length", "repeated"]


def test_two_prompts_of_one_id_are_refused():
    with pytest.raises(ValueError, match=r"Two prompts have the id '0'; rename one of their files"):
        filter_prompts([*prompts("a"), *prompts("b")])
