import io
import json
import tracemalloc

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from evalmuse_hf.data.errors import ReleaseError
from evalmuse_hf.data.own_data import convert_list, convert_records
from evalmuse_hf.schema import Pair, Prompt


def records_of(release, split="train"):
    return json.loads(release.files[split].read_text("utf-8"))


def picture(color: int = 0, form: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 3), (color, 0, 0)).save(buffer, form)
    return buffer.getvalue()


def test_a_list_becomes_files_of_one_record_a_line(tmp_path):
    path = tmp_path / "ratings.csv"
    path.write_text("image,prompt,ratings,split\na/0.png,a cat,4;5,\n1.png,a dog,3,test\na/2.png,a cat,1;1,train\n")
    release = convert_list(path, tmp_path / "own")
    assert (release.name, release.n_rows, release.problems) == ("ratings.csv", 3, ())
    assert {split: file.name for split, file in release.files.items()} == {
        "train": "train_list.json",
        "test": "test.json",
    }
    assert release.picture_root == tmp_path
    train = records_of(release)
    assert [record["own"]["row"] for record in train] == [0, 2]
    assert train[0]["own"]["picture"] == str(tmp_path / "a" / "0.png")
    assert records_of(release, "test")[0]["total_score"] == 3
    lines = release.files["train"].read_text("utf-8").splitlines()
    assert [line[:1] for line in lines] == ["[", "{", "{", "]"]
    assert sorted(file.name for file in (tmp_path / "own").iterdir()) == ["test.json", "train_list.json"]


def test_kinds_of_lists_that_say_the_same_become_the_same(tmp_path):
    rows = [
        {"image": "0.png", "prompt": "a cat", "ratings": [4, 5], "elements": ["cat (animal)"]},
        {"image": "1.png", "prompt": "a dog", "ratings": [1, 2], "elements": ["dog (animal)"]},
    ]
    (tmp_path / "list.ndjson").write_text("\n".join(map(json.dumps, rows)))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "list.parquet")
    cells = "\n".join(f'{row["image"]},{row["prompt"]},"{row["ratings"]}",' for row in rows)
    (tmp_path / "list.csv").write_text(f"image,prompt,ratings,elements\n{cells}\n")
    texts = {
        kind: convert_list(tmp_path / f"list.{kind}", tmp_path / kind).files["train"].read_text()
        for kind in ("ndjson", "parquet", "csv")
    }
    texts["records"] = convert_records(rows, tmp_path / "own", root=tmp_path).files["train"].read_text()
    assert texts["ndjson"] == texts["parquet"] == texts["records"]
    without = [dict(record, element_score=None) for record in json.loads(texts["ndjson"])]
    assert json.loads(texts["csv"]) == without


def test_a_later_conversion_replaces_an_earlier_one(tmp_path):
    folder = tmp_path / "own"
    convert_records([{"image": "0.png", "prompt": "a", "split": "test"}], folder)
    release = convert_records([{"image": "0.png", "prompt": "a"}], folder)
    assert [file.name for file in folder.iterdir()] == ["train_list.json"]
    assert list(release.files) == ["train"]


def test_an_error_of_the_caller_leaves_no_file_that_looks_whole(tmp_path):
    def fail():
        yield {"image": "0.png", "prompt": "a"}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert_records(fail(), tmp_path / "own")
    assert not list((tmp_path / "own").iterdir())


@pytest.mark.parametrize(
    "image",
    [picture(), {"bytes": picture(), "path": "cat.png"}, bytearray(picture())],
    ids=["content", "mapping", "buffer"],
)
def test_a_picture_as_content_is_written_as_it_is(tmp_path, image):
    release = convert_records([{"image": image, "prompt": "a cat"}], tmp_path / "own")
    path = records_of(release)[0]["own"]["picture"]
    assert path.startswith(str(tmp_path / "own" / "pictures"))
    assert path.endswith(".png")
    with open(path, "rb") as file:
        assert file.read() == picture()


@pytest.mark.parametrize("kind", ["Pillow", "array"])
def test_pixels_in_memory_are_kept_exactly(tmp_path, kind):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    image = Image.fromarray(pixels) if kind == "Pillow" else pixels
    release = convert_records([{"image": image, "prompt": "noise"}], tmp_path / "own")
    with Image.open(records_of(release)[0]["own"]["picture"]) as written:
        assert np.array_equal(np.asarray(written), pixels)


def test_a_picture_that_comes_twice_is_written_once(tmp_path):
    rows = [{"image": picture(color), "prompt": prompt} for color, prompt in ((1, "a"), (2, "a"), (1, "b"))]
    rows.append({"image": picture(1, "JPEG"), "prompt": "c"})
    rows.append({"image": b"no picture", "prompt": "c"})
    release = convert_records(rows, tmp_path / "own")
    names = sorted(path.suffix for path in (tmp_path / "own" / "pictures").iterdir())
    assert names == [".img", ".jpg", ".png", ".png"]
    assert len({record["img_path"] for record in records_of(release)}) == 5


def test_a_parquet_list_may_embed_its_pictures(tmp_path):
    rows = [{"image": {"bytes": picture(), "path": None}, "prompt": "a"}, {"image": None, "prompt": "b"}]
    rows.append({"image": {"bytes": None, "path": "1.png"}, "prompt": "c"})
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "list.parquet")
    release = convert_list(tmp_path / "list.parquet", tmp_path / "own")
    assert [record["own"]["row"] for record in records_of(release)] == [0, 2]
    assert records_of(release)[1]["own"]["picture"] == str(tmp_path / "1.png")


def test_an_exported_data_set_is_read_by_the_path_in_its_own_column(tmp_path):
    row = {
        "image_path": "SDXL/0.png",
        "prompt": "a",
        "generator": "SDXL",
        "overall_ratings": [4],
        "overall_score": 4.0,
    }
    (tmp_path / "list.jsonl").write_text(json.dumps({**row, "prompt_variance": None, "content_hash": "0"}))
    record = records_of(convert_list(tmp_path / "list.jsonl", tmp_path / "own"))[0]
    assert (record["img_path"], record["total_score"]) == ("SDXL/0.png", 4)
    assert record["own"]["picture"] == str(tmp_path / "SDXL" / "0.png")


def test_another_picture_in_the_same_place_changes_the_record(tmp_path):
    (tmp_path / "0.png").write_bytes(b"one")
    row = {"image": tmp_path / "0.png", "prompt": "a"}
    first = records_of(convert_records([row], tmp_path / "own"))[0]["own"]["stamp"]
    (tmp_path / "0.png").write_bytes(b"other")
    second = records_of(convert_records([row], tmp_path / "own"))[0]["own"]["stamp"]
    assert (first[0], second[0]) == (3, 5)


def test_pairs_are_records_too(tmp_path):
    pair = Pair(image_path="SDXL/0.png", prompt=Prompt("1", "a cat"), generator="SDXL", overall_ratings=(4,))
    record = records_of(convert_records([pair], tmp_path / "own", root=tmp_path / "images"))[0]
    assert (record["img_path"], record["total_score"]) == ("SDXL/0.png", 4)
    assert record["own"]["picture"] == str(tmp_path / "images" / "SDXL" / "0.png")


def test_values_of_numpy_and_pandas_are_plain_numbers(tmp_path):
    row = {
        "image": "0.png",
        "prompt": np.str_("a cat"),
        "ratings": np.array([4, 5]),
        "elements": {"cat (animal)": np.array([1, 0])},
        "prompt_id": np.int64(7),
        "generator": float("nan"),
    }
    record = records_of(convert_records([row], tmp_path / "own"))[0]
    assert (record["prompt_id"], record["total_score"]) == (7, [4, 5])
    assert record["element_score"] == {"cat (animal)": [1, 0]}
    assert record["own"]["generator"] == "unknown"


def test_rows_that_have_no_place_in_a_release_are_named(tmp_path):
    nested = "[" * 60 + "]" * 60
    lines = [
        '{"image": "0.png", "prompt": "a"}',
        "{",
        '{"prompt": "a"}',
        '{"image": 3, "prompt": "a"}',
        '{"image": "0.png", "prompt": "a", "split": "dev"}',
        '{"image": "0.png", "prompt": "a", "source": "web"}',
        f'{{"image": "0.png", "prompt": "a", "ratings": {nested}}}',
        '{"image": "0.png", "prompt": null}',
    ]
    (tmp_path / "list.jsonl").write_text("\n".join(lines))
    release = convert_list(tmp_path / "list.jsonl", tmp_path / "own")
    assert [(problem.row, problem.field, problem.reason) for problem in release.problems] == [
        (1, "record", "bad_record"),
        (2, "image", "bad_image"),
        (3, "image", "bad_image"),
        (4, "split", "bad_split"),
        (5, "source", "bad_source"),
        (6, "record", "bad_record"),
    ]
    messages = [str(problem) for problem in release.problems]
    assert messages[0].startswith("list.jsonl, record 1, `record`: line 2 of list.jsonl is not JSON")
    assert messages[1] == "list.jsonl, record 2, `image`: expected the path of a picture, got nothing"
    assert messages[2] == "list.jsonl, record 3, `image`: expected the path of a picture, got 3"
    assert messages[5].endswith("line 7 of list.jsonl is nested deeper than 50 levels; make it flat.")
    assert release.n_rows == 8
    assert len(records_of(release)) == 2


def test_records_that_have_no_place_in_a_release_are_named(tmp_path):
    rows = [
        {"image": "0.png", "prompt": "a"},
        ["0.png", "a"],
        {"image": np.zeros((2, 2, 9)), "prompt": "a"},
        {"image": "0.png", "prompt": b"a"},
        {"image": "x" * 100 + "\0", "prompt": "a"},
        {"image": {"path": ["x" * 100]}, "prompt": "a"},
    ]
    release = convert_records(iter(rows), tmp_path / "own")
    found = {problem.row: (problem.reason, problem.message) for problem in release.problems}
    assert found.keys() == {1, 2, 3, 5}
    assert found[1] == ("bad_record", "record 1 must be a mapping with image and prompt, or a Pair, got list.")
    assert found[2][0] == "undecodable_picture"
    assert found[3][1].startswith("expected texts, numbers, lists and mappings that JSON can hold (")
    assert found[5][1].endswith("x...")


@pytest.mark.parametrize(
    "name, content, sentence",
    [
        ("list.csv", b"image,prompt\n", "There are no rows in list.csv; give at least one picture with its prompt"),
        (
            "list.csv",
            b"picture,prompt\n0.png,a\n",
            "Column 'image' is missing from list.csv, which has picture, prompt",
        ),
        ("list.jsonl", b'{"text": 1}\n', "Columns 'image' and 'prompt' are missing from list.jsonl"),
        ("list.jsonl", b"{\n", "No row of list.jsonl can be used. The first: .*line 1 of list.jsonl is not JSON"),
        ("list.jsonl", b"\xff\xfe{\0", "No row of list.jsonl can be used. The first: .* is not UTF-8 text"),
        ("list.csv", b"image,prompt,B\xe4r\n", "The names of the columns in line 1 of list.csv are not UTF-8"),
        ("list.parquet", b"PAR1", "list.parquet is not a Parquet file"),
        ("list.csv", None, "There is no list at"),
        ("list.txt", b"", "Cannot tell what"),
    ],
    ids=["header only", "no picture", "no column", "no JSON", "UTF-16", "Latin-1 header", "damaged", "absent", "kind"],
)
def test_a_list_that_cannot_be_read_is_one_sentence_and_no_file(tmp_path, name, content, sentence):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ReleaseError, match=sentence) as caught:
        convert_list(tmp_path / name, tmp_path / "own")
    assert "\n" not in str(caught.value)
    assert not list((tmp_path / "own").rglob("*.json*"))


def test_no_records_are_one_sentence(tmp_path):
    with pytest.raises(ReleaseError, match="There are no rows in records"):
        convert_records([], tmp_path / "own")


def test_columns_that_are_not_used_are_said(tmp_path, caplog):
    row = {"image": "0.png", "prompt": "a", "rating": 4, "content_hash": "0"}
    convert_records([row], tmp_path / "own")
    assert [record.message for record in caplog.records] == ["Columns of records that are not used: rating."]


def test_rows_are_never_held_in_memory(tmp_path):
    rows = ({"image": f"{row}.png", "prompt": "a cat " * 2000, f"column {row}": 1} for row in range(500))
    tracemalloc.start()
    try:
        release = convert_records(rows, tmp_path / "own")
        assert tracemalloc.get_traced_memory()[1] < release.files["train"].stat().st_size / 4  # of 6 MB
    finally:
        tracemalloc.stop()
    assert release.n_rows == 500
