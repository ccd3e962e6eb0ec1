import json
import subprocess
import sys
import time

import pytest

from evalmuse_hf.prompts.tables import first_line, read_ids, read_rows, write_rows, writing_whole

ROWS = [{"id": "1", "prompt": "a, b"}, {"id": "2", "prompt": "schön"}]


def test_every_kind_of_table_gives_the_same_rows(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "t.csv").write_text('id,prompt\n1,"a, b"\n\n2,schön\n', "utf-8")
    (tmp_path / "t.tsv").write_text("id\tprompt\n1\ta, b\n2\tschön\n", "utf-8")
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, ROWS)) + "\n\n", "utf-8")
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "t.parquet")
    for ending in ("csv", "tsv", "jsonl", "parquet"):
        assert [dict(row.values) for row in read_rows(tmp_path / f"t.{ending}")] == ROWS, ending


def test_what_is_written_can_be_read(tmp_path):
    path = tmp_path / "new" / "t.jsonl"
    assert write_rows(ROWS, path) == 2
    assert [row.values for row in read_rows(path)] == ROWS
    assert [file.name for file in path.parent.iterdir()] == ["t.jsonl"]


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("t.txt", b"", r"Cannot tell what .*t\.txt is"),
        ("t.jsonl", b'{"id": 1}\n[2]\n', r"line 2 of t\.jsonl is no JSON object, got '\[2\]'"),
        ("t.jsonl", b"\xff\xfe", r"is not a text in UTF-8"),
        ("t.csv", b"id,prompt\n1,a,b\n", r"row 1 of t\.csv has 3 cells for 2 columns"),
        ("t.csv", b"id\n\xff\n", r"is not a text in UTF-8"),
        ("t.parquet", b"no table", r"cannot be read as Parquet"),
    ],
    ids=["unknown", "no object", "no text", "a cell too many", "no text in CSV", "no Parquet"],
)
def test_a_damaged_table_is_one_sentence(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        list(read_rows(tmp_path / name))


def test_ids_stand_one_a_line(tmp_path):
    (tmp_path / "ids.txt").write_text("a\n\n b \n")
    assert read_ids(tmp_path / "ids.txt") == ["a", "b"]
    with pytest.raises(ValueError, match=r"There is no list of ids at"):
        read_ids(tmp_path / "gone.txt")
    (tmp_path / "ids.txt").write_bytes(b"\xff")
    with pytest.raises(ValueError, match=r"is not a text in UTF-8"):
        read_ids(tmp_path / "ids.txt")
    with pytest.raises(ValueError, match=r"There is no table at"):
        list(read_rows(tmp_path / "gone.csv"))


WRITER = """
import sys, time
from pathlib import Path
from evalmuse_hf.prompts.tables import write_rows

out, ready, may_end = map(Path, sys.argv[1:4])

def rows():
    for number in range(1000):
        yield {"id": f"{sys.argv[4]}-{number}"}
        if number == 500:
            ready.touch()
            while not may_end.exists():
                time.sleep(0.01)

write_rows(rows(), out)
"""


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the other process does not come"
        time.sleep(0.01)


def test_two_processes_may_write_one_table(tmp_path):
    """Both are in the middle of it; the first to end is replaced, whole, by the second."""
    out = tmp_path / "t.jsonl"
    processes = []
    for name in ("first", "second"):
        files = [tmp_path / f"{name}.{what}" for what in ("ready", "end")]
        words = [sys.executable, "-c", WRITER, *map(str, [out, *files]), name]
        processes.append((name, *files, subprocess.Popen(words, stderr=subprocess.PIPE, text=True)))
    for _, ready, _, _ in processes:
        wait_for(ready.exists)
    for name, _, may_end, process in processes:
        may_end.touch()
        _, error = process.communicate(timeout=60)
        assert process.returncode == 0, error
        assert [row.values["id"] for row in read_rows(out)] == [f"{name}-{number}" for number in range(1000)]
    assert not list(tmp_path.glob("*.part"))
    assert not list(tmp_path.glob(".*"))


def test_what_fails_leaves_the_earlier_file_and_nothing_else(tmp_path):
    path = tmp_path / "t.jsonl"
    write_rows(ROWS, path)

    def failing():
        yield {"id": "3"}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_rows(failing(), path)
    assert [row.values for row in read_rows(path)] == ROWS
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError), writing_whole(tmp_path / "folder") as file:
        file.write(b"x")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["folder", "t.jsonl"]


def test_half_characters_are_written_as_replacements_in_every_column(tmp_path):
    path = tmp_path / "t.jsonl"
    write_rows([{"id": "a\ud800", "b\udc00": [{"c": "\ud83d x"}], "whole": "\U0001f600"}], path)
    (row,) = read_rows(path)
    assert row.values == {"id": "a\ufffd", "b\ufffd": [{"c": "\ufffd x"}], "whole": "\U0001f600"}


@pytest.mark.parametrize(
    "error, line",
    [(OSError(), "OSError"), (OSError("\n"), "OSError"), (ValueError("why\nwhere"), "why")],
    ids=["nothing", "an empty line", "two lines"],
)
def test_the_first_line_of_an_error_is_never_empty(error, line):
    assert first_line(error) == line
