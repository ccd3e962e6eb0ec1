import json
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evalmuse_hf.data import tables
from evalmuse_hf.data.tables import READERS, TableError, is_nested_deeper, read_table


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_rows_are_numbered_from_zero_and_placed_by_the_line_in_an_editor(tmp_path):
    path = write(tmp_path / "list.jsonl", b'\xef\xbb\xbf{"prompt": "a"}\r\n\r\n{\n{"prompt": "b"}')
    rows = list(read_table(path))
    assert [(row.number, row.place) for row in rows] == [
        (0, "line 1 of list.jsonl"),
        (1, "line 3 of list.jsonl"),
        (2, "line 4 of list.jsonl"),
    ]
    assert [row.values for row in rows] == [{"prompt": "a"}, {}, {"prompt": "b"}]
    assert rows[1].problem.startswith("line 3 of list.jsonl is not JSON")


def test_cells_of_a_csv_are_texts_and_blank_rows_do_not_count(tmp_path):
    path = write(tmp_path / "list.CSV", b" image , ratings\n0.png,3\n,\n1.png,\n")
    assert [(row.number, row.values) for row in read_table(path)] == [
        (0, {"image": "0.png", "ratings": "3"}),
        (1, {"image": "1.png", "ratings": ""}),
    ]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["of Unix", "of Windows", "of old Macs"])
@pytest.mark.parametrize("block", [1, 2, 7, 64])
def test_rows_do_not_depend_on_the_blocks_in_which_a_file_is_read(tmp_path, monkeypatch, end, block):
    monkeypatch.setattr(tables, "_BLOCK_BYTES", block)
    lines = [b"image,prompt", b'0.png,"a', b'cat"', b'1.png,"open', b"2.png,a dog", b"3.png,B\xc3\xa4r"]
    rows = list(read_table(write(tmp_path / "list.csv", end.join(lines))))
    text = end.decode()
    assert [row.values.get("prompt") for row in rows] == [f"a{text}cat", None, "a dog", "Bär"]
    assert [row.place for row in rows] == [f"line {line} of list.csv" for line in (2, 4, 5, 6)]


def test_reading_goes_back_once_for_each_open_quotation(tmp_path):
    lines = ["image,prompt", '0.png,"a', '1.png,"b', '2.png,"c"', '3.png,"d', "4.png,e"]
    rows = list(read_table(write(tmp_path / "list.csv", "\n".join(lines).encode())))
    assert [row.values.get("prompt") for row in rows] == [None, None, "c", None, "e"]


def test_the_rows_of_a_parquet_file_keep_their_numbers_across_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "_PARQUET_BATCH", 2)
    texts = [b"a", b"b", b"c", b"\xff", b"e"]
    content = pa.array(texts, pa.binary())
    prompts = pa.StringArray.from_buffers(5, content.buffers()[1], content.buffers()[2])
    pq.write_table(pa.table({"prompt": prompts}), tmp_path / "list.parquet", row_group_size=3)
    rows = list(read_table(tmp_path / "list.parquet"))
    assert [row.values.get("prompt") for row in rows] == ["a", "b", "c", None, "e"]
    assert rows[3].place == "row 3 of list.parquet"
    assert rows[3].problem.startswith("row 3 of list.parquet cannot be read (")


def test_a_long_list_is_never_held_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "_BLOCK_BYTES", 2**16)
    path = tmp_path / "list.jsonl"
    with path.open("w") as file:
        file.writelines(json.dumps({"image": f"{row}.png", "prompt": "a cat " * 200}) + "\n" for row in range(4000))
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_table(path)) == 4000
        assert tracemalloc.get_traced_memory()[1] < path.stat().st_size / 8  # of 4.9 MB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "name, content, sentence",
    [
        ("list.txt", b"x", "Cannot tell what .*list.txt is; name a list .jsonl, .ndjson, .csv, .parquet"),
        ("list.csv", None, "There is no list at .*list.csv; give a file with columns image and prompt"),
        ("list.csv", b"x," * 10_000, "There are more than 10,000 columns in line 1 of list.csv; leave out those"),
        ("list.csv", b"image,prompt,image\n", "line 1 of list.csv have 'image' twice; rename one of them"),
        ("list.csv", b'image,"prompt\n', "names of the columns in line 1 of list.csv are not CSV"),
        ("list.csv", b"image,B\xe4r\n", "names of the columns in line 1 of list.csv are not UTF-8"),
        ("list.parquet", b"PAR1", "list.parquet is not a Parquet file, or it is damaged"),
    ],
    ids=["kind", "absent", "columns", "column twice", "open name", "name not UTF-8", "damaged"],
)  # fmt: skip
def test_a_table_that_cannot_be_read_is_one_sentence(tmp_path, name, content, sentence):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(TableError, match=sentence) as caught:
        list(read_table(tmp_path / name))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name, content",
    [("list.jsonl", b" " * 4000), ("list.csv", b'image,prompt\n"","\n' + b'","","\n' * 400)],
    ids=["line without end", "row without end"],
)
def test_a_row_beyond_all_size_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch, name, content):
    monkeypatch.setattr(tables, "_BLOCK_BYTES", 500)
    monkeypatch.setattr(tables, "MAX_ROW_BYTES", 2000)
    with pytest.raises(TableError, match=f"A row of .*{name} has more than 2,000 bytes; give one row per picture"):
        list(read_table(write(tmp_path / name, content)))


def test_a_file_that_the_system_does_not_give_is_one_sentence(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path / "list.csv", b"image,prompt\n")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(TableError, match=r"list.csv cannot be opened or read \(Permission denied\)"):
        list(read_table(path))


def test_every_end_of_a_name_is_written_as_it_is_compared():
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in READERS)


def test_nesting_is_counted_in_lists_and_mappings():
    assert not is_nested_deeper({"a": ["b"]}, 2)
    assert is_nested_deeper({"a": [("b",)]}, 2)
    assert not is_nested_deeper("[[[", 0)
