import json

import pytest

from evalmuse_hf.prompts.tables import read_ids, read_rows, write_rows

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
