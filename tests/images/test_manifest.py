import errno
import json
from dataclasses import replace
from datetime import date

import pytest

from evalmuse_hf.images.manifest import (
    MANIFEST_COLUMNS,
    Journal,
    PictureRecord,
    append_lines,
    latest_records,
    read_records,
    write_lines,
)

RECORD = PictureRecord(
    **{
        **dict.fromkeys(MANIFEST_COLUMNS),
        **{"id": "g/a_0", "prompt_id": "a", "prompt": "a café", "generator": "g", "k": 0},
        **{"status": "ok", "message": "", "attempt": 1, "origin": "generated", "parameters": {"steps": 4}},
    }
)


def test_a_journal_gives_back_what_was_added(tmp_path):
    journal = Journal(tmp_path / "deep" / "j.jsonl")
    journal.add(RECORD)
    journal.close()
    journal.add(replace(RECORD, k=1))
    journal.close()
    assert list(read_records(journal.path)) == [RECORD, replace(RECORD, k=1)]
    assert RECORD.key == ("g", "a", 0)


def test_half_a_line_of_a_killed_writer_is_no_record_and_spoils_none(tmp_path):
    path = tmp_path / "j.jsonl"
    line = json.dumps(RECORD.row())
    path.write_text(line + "\n" + line[:40])
    journal = Journal(path)
    journal.add(replace(RECORD, k=2))
    journal.close()
    assert [record.k for record in read_records(path)] == [0, 2]


@pytest.mark.parametrize(
    "change, words",
    [
        ({"k": [0]}, r"line 2 of .*j.jsonl is no record of a picture: k is '\[0\]'"),
        ({"attempt": True}, "attempt is 'True'"),
        ({"path": 3}, "path is '3'"),
        ({"prompt": None}, "prompt is 'None'"),
    ],
    ids=["list", "bool", "number", "null"],
)
def test_a_whole_line_with_a_wrong_value_is_said(tmp_path, change, words):
    path = tmp_path / "j.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in (RECORD.row(), {**RECORD.row(), **change})))
    with pytest.raises(ValueError, match=words):
        list(read_records(path))


@pytest.mark.parametrize("line, words", [("[]", "line 1 of"), ('{"id": "a"}', "it lacks prompt_id")])
def test_a_line_that_is_no_record_is_said(tmp_path, line, words):
    (tmp_path / "j.jsonl").write_text(line + "\n")
    with pytest.raises(ValueError, match=words):
        list(read_records(tmp_path / "j.jsonl"))


def test_lines_are_added_behind_half_a_line(tmp_path):
    path = tmp_path / "p.jsonl"
    append_lines([], path)
    assert not path.exists()
    append_lines([{"a": "\udc80"}], path)
    path.write_bytes(path.read_bytes() + b'{"hal')
    append_lines([{"a": 2}, {"a": 3}], path)
    assert path.read_text().splitlines() == ['{"a": "\\udc80"}', '{"hal', '{"a": 2}', '{"a": 3}']


def test_the_latest_attempt_counts_wherever_it_stands(tmp_path):
    for name, records in (("0", [replace(RECORD, attempt=2, status="ok")]), ("1", [replace(RECORD, status="failed")])):
        journal = Journal(tmp_path / name)
        for record in records:
            journal.add(record)
        journal.close()
    for order in (["0", "1"], ["1", "0"]):
        found = latest_records(tmp_path / name for name in order)
        assert [(record.status, record.attempt) for record in found.values()] == [("ok", 2)]


def test_lines_that_cannot_be_written_leave_the_earlier_file(tmp_path):
    path = tmp_path / "m.jsonl"
    write_lines([{"a": 1}], path)

    def rows():
        yield {"a": 2}
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_lines(rows(), path)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("m.jsonl", '{"a": 1}\n')]


def test_half_a_character_and_a_date_can_be_written(tmp_path):
    journal = Journal(tmp_path / "j.jsonl")
    journal.add(replace(RECORD, message="file \udc80"))
    journal.close()
    assert [record.message for record in read_records(journal.path)] == ["file \udc80"]
    write_lines([{"a": "\ud800", "b": date(2026, 1, 2)}], tmp_path / "m.jsonl")
    assert json.loads((tmp_path / "m.jsonl").read_text()) == {"a": "\ud800", "b": "2026-01-02"}
