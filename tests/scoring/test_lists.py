import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evalmuse_hf.schema import Element
from evalmuse_hf.scoring import ListError, list_from_records, read_list


def write_lines(path, *records):
    path.write_text("".join(f"{record if isinstance(record, str) else json.dumps(record)}\n" for record in records))
    return path


def test_a_json_list_keeps_its_columns_and_resolves_pictures_from_its_folder(tmp_path):
    record = {"image": "a/0.png", "prompt": "a cat", "elements": ["a cat (animal)"], "id": 7, "seed": 3}
    path = write_lines(tmp_path / "pairs.jsonl", record, "", {"image": "/b.png", "prompt": "a dog"})
    rows = read_list(path).rows
    assert [row.place for row in rows] == ["line 1 of pairs.jsonl", "line 3 of pairs.jsonl"]
    assert [row.image for row in rows] == [str(tmp_path / "a/0.png"), "/b.png"]
    assert rows[0].elements == ("a cat (animal)",)
    assert rows[0].values["image"] == "a/0.png"
    assert rows[0].values["seed"] == 3
    assert rows[1].elements is None
    assert read_list(path).columns == ("image", "prompt", "elements", "id", "seed")


def test_a_csv_list_holds_elements_as_json(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text('\ufeffimage,prompt,elements\n0.png,"a cat, red","[""a cat"", ""red (color)""]"\n1.png,a dog,\n')
    rows = read_list(path).rows
    assert [row.prompt for row in rows] == ["a cat, red", "a dog"]
    assert [row.elements for row in rows] == [("a cat", "red (color)"), None]
    assert rows[0].image == str(tmp_path / "0.png")


def test_a_parquet_list_may_embed_pictures_and_hold_elements_as_structs(tmp_path):
    records = [
        {
            "image": {"bytes": b"content", "path": "0.png"},
            "prompt": "a cat",
            "elements": [{"text": "a cat", "category": "animal/human", "raw_category": "animal"}],
        },
        {"image": {"bytes": None, "path": "1.png"}, "prompt": "a dog", "elements": [{"text": "a dog"}]},
    ]
    pq.write_table(pa.Table.from_pylist(records), tmp_path / "pairs.parquet")
    rows = read_list(tmp_path / "pairs.parquet").rows
    assert rows[0].image == {"bytes": b"content", "path": "0.png"}
    assert rows[0].values["image"] == "0.png"
    assert rows[1].image == str(tmp_path / "1.png")
    assert [row.elements for row in rows] == [
        (Element("a cat", "animal/human", "animal"),),
        (Element("a dog", None),),
    ]


@pytest.mark.parametrize(
    "line, problem",
    [
        ("{", "line 2 of pairs.jsonl is not JSON"),
        ("[1]", r"line 2 of pairs.jsonl must be a JSON object with image and prompt, got '\[1\]'"),
        ({"prompt": "a cat"}, "line 2 of pairs.jsonl has no `image`"),
        ({"image": "0.png"}, "line 2 of pairs.jsonl has no `prompt`"),
        ({"image": 3, "prompt": "a cat"}, "`image` of line 2 of pairs.jsonl must be a path, got 3"),
        ({"image": "0.png", "prompt": 3}, "`prompt` of line 2 of pairs.jsonl must be a text, got 3"),
        ({"image": "0.png", "prompt": "a", "elements": 3}, "`elements` of line 2 of pairs.jsonl must be a list"),
        ({"image": "0.png", "prompt": "a", "elements": "a"}, "`elements` of line 2 .* must be a JSON list such as"),
        ({"image": "0.png", "prompt": "a", "elements": [3]}, "`elements` of line 2 .* must hold texts, got 3"),
        ({"image": "0.png", "prompt": "a", "elements": [{"text": "a", "category": 3}]}, "must hold texts, got {"),
        ({"image": "0.png", "prompt": "a", "elements": "[" * 5000}, "`elements` of line 2 .* must be a JSON list"),
        ({"image": {"bytes": [137, 80]}, "prompt": "a"}, "`image` of line 2 .* holds 'bytes' of type list"),
        ({"image": {"bytes": 99999999999}, "prompt": "a"}, "`image` of line 2 .* holds 'bytes' of type int"),
        ({"image": {"path": [1]}, "prompt": "a"}, "`image` of line 2 .* must have a text as its 'path'"),
        (f'{{"image": "0.png", "prompt": "a", "seed": {"9" * 5000}}}', "line 2 of pairs.jsonl is not JSON"),
        ("[" * 5000, "line 2 of pairs.jsonl is not JSON"),
        (f'{{"image": "0.png", "prompt": "a", "x": {"[" * 300 + "]" * 300}}}', "line 2 .* is nested deeper than 50"),
    ],
    ids=["not JSON", "no object", "no picture", "no prompt", "number as picture", "number as prompt",
         "number as elements", "text as elements", "number as element", "number as category", "nested elements",
         "list as content", "number as content", "list as path", "long number", "nested list", "nested column"],
)  # fmt: skip
def test_a_bad_line_is_a_problem_of_its_row_only(tmp_path, line, problem):
    good = {"image": "0.png", "prompt": "a cat"}
    rows = read_list(write_lines(tmp_path / "pairs.jsonl", good, line, good)).rows
    assert [row.problem is None for row in rows] == [True, False, True]
    with pytest.raises(ValueError, match=problem):
        raise ValueError(rows[1].problem)


def test_a_line_that_is_not_utf8_is_a_problem_of_its_row_only(tmp_path):
    path = tmp_path / "pairs.jsonl"
    lines = [b'{"image": "0.png", "prompt": "ein B\xc3\xa4r"}', b'{"image": "0.png", "prompt": "ein B\xe4r"}']
    path.write_bytes(b"\n".join([*lines, lines[0]]))
    rows = read_list(path).rows
    assert [row.prompt for row in rows] == ["ein Bär", "", "ein Bär"]
    assert rows[1].problem.startswith("line 2 of pairs.jsonl is not UTF-8 text")


def test_a_csv_line_that_is_not_utf8_is_a_problem_of_its_row_only(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_bytes(b"image,prompt\n0.png,ein B\xe4r\n1.png,ein B\xc3\xa4r\n")
    rows = read_list(path).rows
    assert rows[0].problem == "line 2 of pairs.csv is not UTF-8 text; save it as UTF-8 (in a spreadsheet: CSV UTF-8)."
    assert (rows[1].prompt, rows[1].problem) == ("ein Bär", None)


def test_a_parquet_text_that_is_not_utf8_is_a_problem_of_its_row_only(tmp_path):
    text = pa.array([b"a cat", b"\xff\xfe", b"a dog"], pa.binary())
    prompts = pa.StringArray.from_buffers(3, text.buffers()[1], text.buffers()[2])
    pq.write_table(pa.table({"image": ["0.png"] * 3, "prompt": prompts}), tmp_path / "pairs.parquet")
    rows = read_list(tmp_path / "pairs.parquet").rows
    assert [row.prompt for row in rows] == ["a cat", "", "a dog"]
    assert rows[1].problem.startswith("row 1 of pairs.parquet cannot be read")


@pytest.mark.parametrize(
    "bad, problem",
    [
        ('0.png,"a cat', r"line 2 of pairs.csv is not CSV \(unexpected end of data\); close every quotation"),
        ('0.png,"a" cat', r"line 2 of pairs.csv is not CSV \(',' expected after '\"'\)"),
        ('0.png,"' + "a" * 200_000, r"line 2 of pairs.csv is not CSV \(field larger than field limit"),
    ],
    ids=["never closed", "goes on behind", "too long"],
)
def test_an_open_csv_quotation_swallows_no_other_row(tmp_path, bad, problem):
    (tmp_path / "pairs.csv").write_text(f"image,prompt\n{bad}\n1.png,a dog\n2.png,a bird\n")
    rows = read_list(tmp_path / "pairs.csv").rows
    assert [(row.prompt, row.problem is None) for row in rows] == [("", False), ("a dog", True), ("a bird", True)]
    with pytest.raises(ValueError, match=problem):
        raise ValueError(rows[0].problem)


def test_an_open_csv_quotation_is_found_though_a_later_row_has_quotes(tmp_path):
    (tmp_path / "pairs.csv").write_text('image,prompt\n0.png,"a cat\n1.png,"a dog, old"\n2.png,a bird\n')
    rows = read_list(tmp_path / "pairs.csv").rows
    assert [row.prompt for row in rows] == ["", "a dog, old", "a bird"]
    assert [row.place for row in rows] == [f"line {number} of pairs.csv" for number in (2, 3, 4)]


def test_a_csv_prompt_may_have_several_lines(tmp_path):
    (tmp_path / "pairs.csv").write_text('image,prompt\n\n0.png,"a\r\ncat"\n1.png,a dog\n', newline="")
    rows = read_list(tmp_path / "pairs.csv").rows
    assert [(row.place, row.prompt) for row in rows] == [
        ("line 3 of pairs.csv", "a\r\ncat"),
        ("line 5 of pairs.csv", "a dog"),
    ]


def test_a_csv_line_with_surplus_cells_is_a_problem_of_its_row_only(tmp_path):
    (tmp_path / "pairs.csv").write_text("image,prompt\n0.png,a cat, red\n1.png,a dog\n")
    rows = read_list(tmp_path / "pairs.csv").rows
    assert rows[0].problem == "line 2 of pairs.csv has 3 cells, expected 2; quote texts that hold commas."
    assert rows[1].problem is None


@pytest.mark.parametrize(
    "name, content, sentence",
    [
        ("pairs.jsonl", None, "There is no list at"),
        ("pairs.txt", b"x", r"name a list .jsonl, .ndjson, .csv, .parquet"),
        ("pairs.jsonl", b"", "There are no rows in"),
        ("pairs.csv", b"image,prompt\n", "There are no rows in"),
        ("pairs.csv", b"picture,prompt\n0.png,a cat\n", "Column 'image' is missing from .* which has picture, prompt"),
        ("pairs.jsonl", b'{"text": 1}\n', "Columns 'image' and 'prompt' are missing"),
        ("pairs.jsonl", b"{\n", "No row of .* can be read: line 1 of pairs.jsonl is not JSON"),
        ("pairs.jsonl", b"\xff\xfe\n", "is not UTF-8 text"),
        ("pairs.csv", b"image,prompt,B\xe4r\n0.png,a cat,1\n", "names of the columns in line 1 .* are not UTF-8 text"),
        ("pairs.csv", b'image,"prompt\n0.png,a cat\n', "names of the columns in line 1 of pairs.csv are not CSV"),
        ("pairs.parquet", b"PAR1", "is not a Parquet file, or it is damaged"),
    ],
    ids=["missing file", "unknown kind", "empty", "header only", "missing column", "missing columns", "no good line",
         "not UTF-8", "names not UTF-8", "open quotation in the names", "damaged"],
)  # fmt: skip
def test_a_list_that_cannot_be_read_is_one_sentence(tmp_path, name, content, sentence):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ListError, match=sentence) as caught:
        read_list(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_rows_in_memory_make_a_list():
    rows = list_from_records([{"image": "0.png", "prompt": "a"}], folder="pictures").rows
    assert rows[0].image == "pictures/0.png"
    assert rows[0].place == "row 0"
