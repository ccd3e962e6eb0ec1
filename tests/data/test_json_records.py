import json
import math
import re
import tracemalloc

import pytest

from evalmuse_hf.data import json_records
from evalmuse_hf.data.errors import ReleaseError
from evalmuse_hf.data.json_records import MAX_RECORD_BYTES, iterate_records, read_record_at

AWKWARD = [
    {"prompt": 'ein Kätzchen 🐈 “zitiert” \\ " ] } , é', "total_score": [1, 2.5, -3e-7]},
    {},
    [],
    "]",
    None,
    True,
    12345,
    -1.5e300,
    {"deep": {"er": [[["x"]]]}},
    {"long": "ü" * 5000},
]


@pytest.fixture
def written(tmp_path):
    """Write a JSON file from text or bytes."""

    def write(content):
        path = tmp_path / "train_list.json"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture(params=[1, 2, 3, 7, 64, 262144], ids=lambda size: f"chunks of {size}")
def chunks(request, monkeypatch):
    """Read in chunks so small that every kind of token is cut somewhere."""
    monkeypatch.setattr(json_records, "_CHUNK_BYTES", request.param)


def json_texts():
    return {
        "compact": json.dumps(AWKWARD, separators=(",", ":")),
        "spaced": json.dumps(AWKWARD, indent=7),
        "not escaped": json.dumps(AWKWARD, ensure_ascii=False),
        "between spaces": f"\n\t \r{json.dumps(AWKWARD, ensure_ascii=False)}   \n\n",
        "after a byte order mark": f"\ufeff{json.dumps(AWKWARD, ensure_ascii=False)}",
    }


@pytest.mark.parametrize("name", json_texts())
def test_the_records_are_those_of_the_json_parser_of_python(written, chunks, name):
    path = written(json_texts()[name])
    placed = list(iterate_records(path))
    assert [entry.record for entry in placed] == AWKWARD
    assert [entry.row for entry in placed] == list(range(len(AWKWARD)))
    assert {entry.key for entry in placed} == {None}


@pytest.mark.parametrize("name", json_texts())
def test_the_place_of_a_record_is_exact_to_the_byte(written, chunks, name):
    path = written(json_texts()[name])
    content = path.read_bytes()
    for entry, record in zip(iterate_records(path), AWKWARD, strict=True):
        assert json.loads(content[entry.offset : entry.offset + entry.length]) == record
        assert read_record_at(path, entry.offset, entry.length) == record


def test_an_object_of_records_gives_its_values_with_their_names(written, chunks):
    text = '{"a red cat": {"prompt": "a red cat"}, "drei Äpfel\\n": {"n": [3]} , "a red cat": null}'
    assert [(entry.key, entry.record) for entry in iterate_records(written(text))] == [
        ("a red cat", {"prompt": "a red cat"}),
        ("drei Äpfel\n", {"n": [3]}),
        ("a red cat", None),
    ]


@pytest.mark.parametrize("text", ["[]", " [\n] ", "{}", "\ufeff[]"])
def test_a_file_without_records_has_none(written, text):
    assert list(iterate_records(written(text))) == []


def test_nan_is_a_number_as_the_official_preprocessing_writes_it(written, chunks):
    first, second = (entry.record for entry in iterate_records(written('[{"var": NaN}, {"var": -Infinity}]')))
    assert math.isnan(first["var"])
    assert second == {"var": -math.inf}


def test_a_number_with_thousands_of_digits_is_infinite_and_not_the_end_of_the_file(written):
    # Python itself refuses to read more than 4300 digits.
    path = written(f'[{{"total_score": [{"9" * 5000}]}}, {{"total_score": [-{"9" * 5000}]}}, {{"total_score": [3]}}]')
    placed = list(iterate_records(path))
    assert [entry.record["total_score"] for entry in placed] == [[math.inf], [-math.inf], [3]]
    assert read_record_at(path, placed[0].offset, placed[0].length) == {"total_score": [math.inf]}


def test_memory_does_not_grow_with_the_file(written):
    record = json.dumps({"prompt": "a red cat", "total_score": [1, 2, 3], "fill": "x" * 10_000})
    path = written("[" + ", ".join([record] * 2000) + "]")
    assert path.stat().st_size > 20_000_000
    tracemalloc.start()
    try:
        assert sum(1 for _ in iterate_records(path)) == 2000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


def test_a_gap_of_spaces_between_records_costs_no_memory(written):
    path = written(b"[1," + b" " * (MAX_RECORD_BYTES + 1) + b"2]")
    assert [entry.record for entry in iterate_records(path)] == [1, 2]


WHOLE = '[{"prompt": "a cat", "total_score": [4, 5, 3]}, {"prompt": "zwei Äpfel", "var": NaN}, {"n": true}]'


@pytest.mark.parametrize("end", range(len(WHOLE.encode())))
def test_a_file_cut_anywhere_is_an_error_after_its_whole_records(written, end):
    path = written(WHOLE.encode()[:end])
    whole = json.loads(WHOLE)
    seen = []
    records = (seen.append(str(entry.record)) for entry in iterate_records(path))
    with pytest.raises(ReleaseError, match=r"train_list\.json is not (sound|UTF-8) at byte \d+.*download.* again"):
        list(records)
    assert seen == [str(record) for record in whole[: len(seen)]]


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "byte 0: expected a JSON list or object of records, but it is empty; download or write it again."),
        ("  ", "byte 2: expected a JSON list or object of records, but it is empty"),
        ("<!DOCTYPE html>", "byte 0: expected a JSON list or object of records, but it begins with '<'"),
        ('"[]"', "byte 0: expected a JSON list or object of records, but it begins with '\"'"),
        ("7", "byte 0: expected a JSON list or object of records, but it begins with '7'"),
        ("[1 2]", "byte 3: expected a comma or ']' after record 0, but found '2'"),
        ("[1, 2", "byte 5: expected a comma or ']' after record 1, but the file ends"),
        ('{"a": 1', "byte 7: expected a comma or '}' after record 0, but the file ends"),
        ("[1, ]", "byte 4: record 1 is cut or no JSON (Expecting value)"),
        ("[1] [2]", "byte 4: expected nothing after the last record, but it goes on with '['"),
        ('{"a" 1}', "byte 5: expected a colon after the name of record 0, but found '1'"),
        ('{"a": 1, 2: 3}', "byte 9: expected the name of record 1 in double quotes, but found '2'"),
        ('{"a": 1, ', "byte 9: expected the name of record 1 in double quotes, but the file ends"),
        ("[{'a': 1}, " + "1, " * 20 + "1]", "byte 2: record 0 is no JSON (Expecting property name"),
        ('["ä", {"a": "\x01"}, ' + "1, " * 20 + "1]", "byte 14: record 1 is no JSON (Invalid control character"),
        ('[{"a": "unfinished}]', "byte 7: record 0 is cut or no JSON (Unterminated string"),
    ],
)
def test_what_is_not_sound_is_named_with_its_byte(written, chunks, text, message):
    with pytest.raises(ReleaseError, match=re.escape(f"train_list.json is not sound at {message}")):
        list(iterate_records(written(text)))


def test_an_error_far_into_the_file_has_the_byte_of_the_file(written):
    text = "[" + '"ä", ' * 50_000 + "oops, " + '"b", ' * 1000
    with pytest.raises(ReleaseError, match=rf"at byte {text.encode().index(b'oops')}: record 50000 is no JSON"):
        list(iterate_records(written(text)))


@pytest.mark.parametrize(
    "content, byte",
    [
        (b'[{"a": "\xff"}]', 8),
        (b'["' + b"x" * 300_000 + b'\xc3("]', 300_002),
        ("[1]".encode("utf-16"), 0),
        (b'["\xc3', 2),
    ],
    ids=["a stray byte", "in a later chunk", "UTF-16", "cut within a character"],
)
def test_another_encoding_is_named_with_its_byte(written, content, byte):
    with pytest.raises(ReleaseError, match=rf"is not UTF-8 at byte {byte}; download it again, or save it as UTF-8\."):
        list(iterate_records(written(content)))


@pytest.mark.parametrize("bomb", ["[" * 200_000, '{"a":' * 200_000, "[" + "[" * 200_000 + "]" * 200_000 + "]"])
def test_a_nesting_bomb_is_an_error_and_not_a_crash(written, bomb):
    with pytest.raises(ReleaseError, match=r"at byte \d+: record 0 is nested too deeply"):
        list(iterate_records(written(bomb)))


@pytest.mark.parametrize("end", ['"]', ""], ids=["whole", "without end"])
def test_a_record_of_more_than_16_megabytes_is_refused(written, end):
    path = written('[1, "' + "x" * (MAX_RECORD_BYTES + 99) + end)
    with pytest.raises(ReleaseError, match=r"at byte 4: record 1 has more than 16,777,216 bytes"):
        list(iterate_records(path))


def test_a_record_of_16_megabytes_is_read(written):
    path = written('["' + "x" * (MAX_RECORD_BYTES - 2) + '"]')
    assert [entry.length for entry in iterate_records(path)] == [MAX_RECORD_BYTES]


def test_size_counts_bytes_and_not_characters(written):
    path = written('["' + "ä" * (MAX_RECORD_BYTES // 2) + '"]')
    with pytest.raises(ReleaseError, match=r"record 0 has more than"):
        list(iterate_records(path))


def test_a_file_that_cannot_be_opened_is_named(tmp_path):
    message = r"cannot be read \(.+\); check the path and its permissions\."
    with pytest.raises(ReleaseError, match=rf"absent\.json {message}"):
        list(iterate_records(tmp_path / "absent.json"))
    with pytest.raises(ReleaseError, match=rf"absent\.json {message}"):
        read_record_at(tmp_path / "absent.json", 0, 1)
    with pytest.raises(ReleaseError, match=message):
        list(iterate_records(tmp_path))


@pytest.mark.parametrize(
    "changed, problem",
    [
        ('[{"a"', "the file ends within it"),
        ("[1, 2, 3, 4]", "another one stands there"),
        ("[xxxxxxxxxxx]", "Expecting value"),
    ],
)
def test_a_record_that_is_gone_is_an_error(written, changed, problem):
    path = written('[{"a": [1]}]')
    (placed,) = iterate_records(path)
    path.write_text(changed)
    with pytest.raises(
        ReleaseError, match=rf"has changed while it was read: the record at byte 1 is gone \({problem}"
    ):
        read_record_at(path, placed.offset, placed.length)
