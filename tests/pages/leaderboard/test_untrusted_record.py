import json

import pytest

from evalmuse_hf.pages.leaderboard.untrusted_record import MAX_BYTES, RecordError, Value, clean, parse_record


@pytest.mark.parametrize(
    "content, sentence",
    [
        (b" " * (MAX_BYTES + 1), "4,000,001 bytes; 4,000,000 is the most"),
        (b"not json", "no JSON"),
        (b"\xff\xfe{}", "no JSON"),
        (b"[1]", "no JSON object"),
        (b'{"a": NaN}', "It holds NaN"),
        (b'{"a": -Infinity}', "It holds -Infinity"),
        (b'{"a": ' + b"9" * 5000 + b"}", "no JSON"),
        (b'{"a": ' * 20_000 + b"1" + b"}" * 20_000, "nested too deeply"),
        (b"[" * 100_000, "nested too deeply"),
    ],
    ids=["large", "text", "no utf-8", "list", "nan", "infinity", "long number", "deep objects", "deep lists"],
)
def test_what_is_no_record_is_refused_with_one_sentence(content, sentence):
    with pytest.raises(RecordError, match=sentence) as caught:
        parse_record(content)
    assert "\n" not in str(caught.value)


def test_a_record_is_read_with_the_place_of_each_value():
    record = parse_record(b'\xef\xbb\xbf{"rows": [{"mean": 1.5}]}')
    (row,) = record.get("rows").items(3)
    assert row.get("mean").number() == 1.5
    assert row.get("mean").place == "rows[0].mean"
    assert row.get("absent").number_or_none() is None


@pytest.mark.parametrize(
    "read, sentence",
    [
        (lambda value: value.get("text").number(), "`text` is 'a', expected a number"),
        (lambda value: value.get("huge").number(), "expected a finite number"),
        (lambda value: value.get("much").number(), "expected a finite number"),
        (lambda value: value.get("flag").number(), "expected a number"),
        (lambda value: value.get("negative").count(), "expected a whole number from 0"),
        (lambda value: value.get("half").count(), "expected a whole number from 0"),
        (lambda value: value.get("absent").number(), "`absent` is missing, expected a number"),
        (lambda value: value.get("list").text(), "expected a text"),
        (lambda value: value.get("text").items(3), "expected a list"),
        (lambda value: value.get("text").get("x"), "expected an object"),
        (lambda value: value.get("list").entries(3), "expected an object"),
        (lambda value: value.get("list").items(2), "has a size of 3; 2 is the most"),
        (lambda value: value.get("list").sentences(), r"`list\[0\]` is 1, expected a text"),
        (lambda value: value.get("text").flag(), "expected true or false"),
    ],
)
def test_a_value_of_another_kind_is_named_with_what_was_expected(read, sentence):
    value = Value(json.loads(
        '{"text": "a", "huge": 1e999, "much": 1' + "0" * 400 + ', "flag": true, "negative": -1, "half": 0.5, '
        '"list": [1, 2, 3]}'
    ))  # fmt: skip
    with pytest.raises(RecordError, match=sentence):
        read(value)


def test_characters_that_hide_or_turn_round_are_replaced_and_markup_is_left_as_text():
    assert clean("a\u202eb\ud800c\x1b[0m") == "a�b�c�[0m"
    assert Value(" <script> ").text() == "<script>"
    clean("\ud800").encode()  # a lone surrogate could not be sent to anybody


def test_sentences_are_cut_to_what_a_page_can_show():
    assert [len(text) for text in Value(["x" * 5_000]).sentences()] == [1_000]
    assert Value(None).sentences() == ()
