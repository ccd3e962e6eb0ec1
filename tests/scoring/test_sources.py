import itertools
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evalmuse_hf.scoring import ListError, read_list, sources
from evalmuse_hf.scoring.sources import ListSource, PairSource, SourceError, open_source


def records(count, first=0):
    return [
        {"image": f"{number}.png", "prompt": f"a cat, {number}", "elements": '["a cat"]', "id": str(number)}
        for number in range(first, first + count)
    ]


def write_list(path, rows):
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=3)
    elif path.suffix == ".csv":
        import pandas as pd

        pd.DataFrame(rows).to_csv(path, index=False)
    else:
        path.write_text("".join(f"\n{json.dumps(row)}\n" for row in rows))
    return path


def rows_of(source):
    return [row for part in range(source.n_parts) for row in source.rows(part)]


@pytest.mark.parametrize("end", [".jsonl", ".ndjson", ".csv", ".parquet"])
def test_a_list_gives_the_rows_that_read_list_gives(tmp_path, end):
    path = write_list(tmp_path / f"pairs{end}", records(11))
    source: PairSource = open_source(path)
    assert (source.name, source.n_parts) == (f"pairs{end}", 1)
    assert tuple(source.rows(0)) == read_list(path).rows


@pytest.mark.parametrize("end", [".jsonl", ".csv", ".parquet"])
def test_reading_from_a_row_on_leaves_out_those_before_it(tmp_path, end):
    source = open_source(write_list(tmp_path / f"pairs{end}", records(11)))
    whole = list(source.rows(0))
    for start in range(13):
        assert list(source.rows(0, start=start)) == whole[start:]


def test_bad_lines_count_when_rows_are_left_out(tmp_path):
    path = tmp_path / "pairs.jsonl"
    good = json.dumps(records(1)[0]).encode()
    path.write_bytes(b"\n".join([good, b"{", b"", b"\xff", good, b"[1]", good]))
    source = open_source(path)
    whole = list(source.rows(0))
    assert [row.problem is None for row in whole] == [True, False, False, True, False, True]
    assert whole[2].place == "line 4 of pairs.jsonl"
    for start in range(7):
        assert list(source.rows(0, start=start)) == whole[start:]


def test_a_parquet_text_that_is_not_utf8_is_told_from_any_start(tmp_path):
    text = pa.array([b"a cat", b"\xff\xfe", b"a dog"] * 2, pa.binary())
    prompts = pa.StringArray.from_buffers(6, text.buffers()[1], text.buffers()[2])
    pq.write_table(pa.table({"image": ["0.png"] * 6, "prompt": prompts}), tmp_path / "pairs.parquet", row_group_size=4)
    source = open_source(tmp_path / "pairs.parquet")
    whole = list(source.rows(0))
    assert whole[4].problem.startswith("row 4 of pairs.parquet cannot be read")
    for start in range(1, 7):
        assert list(source.rows(0, start=start)) == whole[start:]


def test_row_groups_before_the_start_are_not_read(tmp_path, monkeypatch):
    source = open_source(write_list(tmp_path / "pairs.parquet", records(12)))
    asked = []
    original = pq.ParquetFile.iter_batches

    def spy(self, *arguments, row_groups=None, **options):
        asked.append(row_groups)
        return original(self, *arguments, row_groups=row_groups, **options)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", spy)
    assert next(source.rows(0, start=7)).values["id"] == "7"
    assert list(asked[-1]) == [2, 3]


def test_lines_before_the_start_are_not_parsed(tmp_path, monkeypatch):
    source = open_source(write_list(tmp_path / "pairs.jsonl", records(9)))
    parsed = []
    monkeypatch.setattr(json, "loads", lambda text, loads=json.loads: parsed.append(text) or loads(text))
    assert len(list(source.rows(0, start=7))) == 2
    lines = [text for text in parsed if text.lstrip().startswith("{")]
    assert len(lines) == 2


def test_rows_are_read_as_they_are_asked_for(tmp_path, monkeypatch):
    path = write_list(tmp_path / "pairs.jsonl", records(5000))
    read = []
    original = sources.read_table

    def spy(path, *, start):
        for row in original(path, start=start):
            read.append(row.number)
            yield row

    monkeypatch.setattr(sources, "read_table", spy)
    source = open_source(path)
    assert read == [0]
    read.clear()
    assert len(list(itertools.islice(source.rows(0), 3))) == 3
    assert read == [0, 1, 2]


@pytest.mark.parametrize("what", ["", "*.csv", "part-{0..2}.csv"], ids=["folder", "star", "range"])
def test_several_lists_are_parts_that_cover_every_row_once(tmp_path, what):
    for number in (2, 0, 1):
        write_list(tmp_path / f"part-{number}.csv", records(number + 1, first=10 * number))
    source = open_source(tmp_path / what)
    assert source.n_parts == 3
    assert [row.values["id"] for row in rows_of(source)] == ["0", "10", "11", "20", "21", "22"]
    assert next(source.rows(1)).place == "line 2 of part-1.csv"


def test_pictures_start_at_the_folder_of_the_list_from_any_current_folder(tmp_path, monkeypatch):
    (tmp_path / "lists").mkdir()
    path = write_list(tmp_path / "lists" / "pairs.jsonl", records(2))
    absolute = open_source(path)
    monkeypatch.chdir(tmp_path)
    relative = open_source("lists/pairs.jsonl")
    monkeypatch.chdir(path.parent)
    assert [row.image for row in relative.rows(0)] == [str(path.parent / name) for name in ("0.png", "1.png")]
    assert open_source("pairs.jsonl").fingerprint == relative.fingerprint == absolute.fingerprint


def test_the_fingerprint_follows_content_and_columns(tmp_path):
    rows = [{"image": "0.png", "prompt": "a cat", "text": "a dog", "picture": "1.png"}]
    path = write_list(tmp_path / "pairs.jsonl", rows)
    prints = {open_source(path).fingerprint, open_source(path, prompt_column="text").fingerprint}
    path.write_text(path.read_text().replace("cat", "car"))
    prints.add(open_source(path).fingerprint)
    assert len(prints) == 3
    assert all(len(value) == 64 for value in prints)


def test_columns_of_other_names_are_taken(tmp_path):
    rows = [{"picture": "0.png", "text": "a cat", "prompt": "negative", "seed": 3}]
    path = write_list(tmp_path / "pairs.jsonl", rows)
    row = next(open_source(path, image_column="picture", prompt_column="text").rows(0))
    assert (row.image, row.prompt) == (str(tmp_path / "0.png"), "a cat")
    assert dict(row.values) == {"image": "0.png", "prompt": "a cat", "seed": 3}


def test_columns_may_be_swapped(tmp_path):
    path = write_list(tmp_path / "pairs.jsonl", [{"prompt": "0.png", "image": "a cat"}])
    row = next(open_source(path, image_column="prompt", prompt_column="image").rows(0))
    assert (row.values["image"], row.prompt) == ("0.png", "a cat")


@pytest.mark.parametrize(
    "rows, sentence",
    [
        ([], "There are no rows in .*pairs.jsonl; give at least one picture"),
        (
            [{"picture": "0.png", "prompt": "a"}],
            "Column 'image' is missing from .*, which has picture, prompt",
        ),
        ([{"picture": "0.png"}], "Columns 'image' and 'prompt' are missing from"),
        ([3], "No row of .*pairs.jsonl can be read: line 2 of pairs.jsonl must be a JSON object"),
        ([{"image": "0.png"}] * 1001 + records(1), "Column 'prompt' is missing from"),
    ],
    ids=["empty", "one column", "both columns", "no object", "late column"],
)
def test_a_list_that_makes_no_sense_as_a_whole_is_refused_at_once(tmp_path, rows, sentence):
    with pytest.raises(ListError, match=sentence):
        open_source(write_list(tmp_path / "pairs.jsonl", rows))


def test_a_column_may_first_appear_in_a_later_row(tmp_path):
    source = open_source(write_list(tmp_path / "pairs.jsonl", [{"image": "0.png"}] * 999 + records(1)))
    rows = list(source.rows(0))
    assert [row.problem is None for row in rows] == [False] * 999 + [True]


def test_empty_lists_beside_one_with_rows_are_empty_parts(tmp_path):
    write_list(tmp_path / "a.jsonl", [])
    write_list(tmp_path / "b.jsonl", records(2))
    source = open_source(tmp_path)
    assert [len(list(source.rows(part))) for part in range(2)] == [0, 2]


@pytest.mark.parametrize("start", [0, 1])
def test_a_list_that_vanishes_or_is_damaged_says_so(tmp_path, start):
    gone = open_source(write_list(tmp_path / "gone.parquet", records(4)))
    damaged = open_source(write_list(tmp_path / "damaged.parquet", records(4)))
    (tmp_path / "gone.parquet").unlink()
    (tmp_path / "damaged.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(ListError, match="There is no list at"):
        next(gone.rows(0, start=start))
    with pytest.raises(ListError, match="is not a Parquet file, or it is damaged"):
        next(damaged.rows(0, start=start))


@pytest.mark.parametrize(
    "what, options, sentence",
    [
        ("none/pairs.jsonl", {}, "There is no list at none/pairs.jsonl"),
        ("pairs.txt", {}, "Cannot tell what pairs.txt is"),
        ("pairs.jsonl", {"split": "train"}, "`split` is for data sets, and pairs.jsonl is none; leave it out"),
        ("pairs.jsonl", {"config": "pairs"}, "`config` is for data sets"),
        ("pairs.jsonl", {"image_column": "prompt"}, "cannot both be in column 'prompt'; name two columns"),
        ("~nobody/x.tar", {}, "There is no shard at"),
    ],
    ids=["missing", "unknown", "split", "configuration", "one column", "missing shard"],
)
def test_a_wrong_call_is_told_in_one_sentence(tmp_path, monkeypatch, what, options, sentence):
    monkeypatch.chdir(tmp_path)
    write_list(tmp_path / "pairs.jsonl", records(1))
    with pytest.raises(ListError, match=sentence):
        open_source(what, **options)


def test_a_source_error_is_a_list_error():
    assert issubclass(SourceError, ListError)


def test_a_list_source_may_be_made_from_files(tmp_path):
    files = [write_list(tmp_path / "a.csv", records(1)), write_list(tmp_path / "b.jsonl", records(2))]
    source = ListSource(files)
    assert (source.name, len(rows_of(source))) == ("a.csv", 3)


def test_the_sources_import_nothing_heavy():
    program = (
        "import sys\nimport evalmuse_hf.scoring.sources, evalmuse_hf.scoring.tar_source\n"
        "import evalmuse_hf.scoring.dataset_source\n"
        "assert not {'numpy', 'torch', 'pyarrow', 'datasets', 'PIL'} & set(sys.modules)"
    )
    root = Path(__file__).parents[2]
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=root)
    assert child.returncode == 0, child.stderr
