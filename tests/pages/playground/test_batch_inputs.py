"""Lists as visitors write them, and what is said of those that cannot be used."""

import json

import pytest

from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.playground import batch_inputs
from evalmuse_hf.pages.playground.batch_inputs import read_inputs
from evalmuse_hf.pages.scorers import PageError
from tests.pages.batch_files import png, uploaded, zip_of

LIMITS = PageLimits(max_batch_rows=7, max_prompt_length=20, max_elements=2, max_element_length=10)
CSV = 'image,prompt,elements,seed\na.png,a cat,"[""cat"", ""red (color)""]",7\na.png,"<b>, =1+1",,8\n'


def read(tmp_path, **files):
    return read_inputs(uploaded(tmp_path, **files), limits=LIMITS)


def test_a_list_beside_pictures_and_one_within_their_archive_are_the_same(tmp_path):
    beside = read(tmp_path / "1", list_csv=CSV, a_png=png())
    within = read(tmp_path / "2", all_zip=zip_of([("set/list.csv", CSV), ("set/a.png", png())]))
    assert within.folder == "set"
    assert beside.rows == within.rows
    assert beside.columns == ("image", "prompt", "elements", "seed")
    assert beside.rows[0].elements == ("cat", "red (color)")
    assert (beside.rows[1].prompt, beside.rows[1].elements, beside.rows[1].values["seed"]) == ("<b>, =1+1", None, "8")
    within.pictures.close()


def test_json_lines_are_read_too(tmp_path):
    rows = [{"image": "a.png", "prompt": "a cat", "elements": ["cat"]}, {"image": 7, "prompt": "a"}]
    inputs = read(tmp_path, list_jsonl="\n".join(map(json.dumps, rows)), a_png=png())
    assert inputs.rows[0].elements == ("cat",)
    assert inputs.rows[1].problem == "`image` of line 2 of list.jsonl must be a path, got 7."


def test_a_row_beyond_the_limits_has_its_problem_and_stops_no_other(tmp_path):
    content = [
        {"image": "a.png", "prompt": "x" * 21},
        {"image": "a.png", "prompt": "a", "elements": ["a", "b", "c"]},
        {"image": "a.png", "prompt": "a", "elements": ["y" * 11]},
        {"image": {"path": "/etc/passwd"}, "prompt": "a"},
        {"image": "a.png", "prompt": "a"},
        {"image": {"bytes": "iVBO"}, "prompt": "a"},
        {"image": {"path": None}, "prompt": "a"},
    ]
    inputs = read(tmp_path, list_jsonl="\n".join(map(json.dumps, content)), a_png=png())
    assert [row.problem for row in inputs.rows] == [
        "The prompt of line 1 of list.jsonl is longer than 20 characters.",
        "line 2 of list.jsonl has 3 elements; 2 are allowed.",
        "An element of line 3 of list.jsonl is longer than 10 characters.",
        None,
        None,
        "`image` of line 6 of list.jsonl holds 'bytes' of type str; give a path, or embed the file in Parquet, as "
        "JSON and CSV cannot.",
        "`image` of line 7 of list.jsonl must be the name of a picture file.",
    ]
    with pytest.raises(PageError, match="There is no picture 'passwd'"):
        inputs.pictures.find(inputs.rows[3].values["image"])


@pytest.mark.parametrize(
    "files, expected",
    [
        ({}, "There is no list. Upload a list"),
        ({"a_png": png()}, "There is no list. Upload a list"),
        ({"a_csv": CSV, "b_csv": CSV}, "There are 2 lists, such as 'a.csv' and 'b.csv'; upload one."),
        ({"a_exe": b"MZ"}, "'a.exe' is no list, archive or picture"),
        ({"a_svg": b"<svg/>"}, "'a.svg' is no list, archive or picture"),
        ({"a_parquet": b"PAR1"}, "'a.parquet' is no list, archive or picture"),
        ({"a_csv": b""}, "There are no rows in a.csv"),
        ({"a_csv": "image,prompt\n"}, "There are no rows in a.csv"),
        (
            {"a_csv": "image;prompt\na.png;a"},
            "from a.csv, which has image;prompt; it seems to have semicolons between its columns",
        ),
        ({"a_csv": "image,prompt\n" + "a,b\n" * 8}, "'a.csv' has more than 7 rows; send fewer at once"),
        ({"a_csv": "image,prompt" + ",x" * 80_000}, "There are more than 10,000 columns in line 1 of a.csv"),
        (
            {"a_csv": f"image,prompt,{','.join(map(str, range(99)))}\n" + "x," * 100},
            "'a.csv' has more than 100 columns",
        ),
        ({"a_csv": b"\n" * 7_001}, "'a.csv' has more than 7,000 lines; leave out those that are empty."),
        ({"a_csv": "image,image\na,b"}, "line 1 of a.csv have 'image' twice"),
        ({"a_csv": b"\xff\xfe\x00i"}, "a.csv are not UTF-8 text"),
        ({"a_jsonl": "[1]\n"}, "No row of 'a.jsonl' can be read: line 1 of a.jsonl must be a JSON object"),
        ({"a_jsonl": b"x" * (17 * 2**20)}, "A row of a.jsonl has more than"),
        ({"a_zip": zip_of([("a.csv", CSV), ("b.csv", CSV)])}, "There are several lists, 'a.csv' and 'b.csv'"),
    ],
)
def test_what_is_no_batch_is_one_sentence_without_a_folder(tmp_path, files, expected):
    with pytest.raises(PageError) as caught:
        read(tmp_path, **files)
    assert expected in str(caught.value)
    assert str(tmp_path) not in str(caught.value)
    assert "/tmp" not in str(caught.value)


def test_columns_that_rows_have_in_turn_are_counted_before_all_rows_are_read(tmp_path, monkeypatch):
    read_rows = []
    real = batch_inputs.read_table

    def counting(path):
        for row in real(path):
            read_rows.append(row.number)
            yield row

    monkeypatch.setattr(batch_inputs, "read_table", counting)
    rows = [{"image": "a.png", "prompt": "a", **{f"{row}_{column}": 1 for column in range(40)}} for row in range(7)]
    with pytest.raises(
        PageError, match=r"'a\.jsonl' has more than 100 columns; leave out what the scores do not need"
    ):
        read(tmp_path / "many", a_jsonl="\n".join(map(json.dumps, rows)))
    assert read_rows == [0, 1, 2]
    long = [{"image": "a.png", "prompt": "a", str(row) * 9_000: 1} for row in range(7)]
    with pytest.raises(PageError, match=r"The names of the columns of 'a\.jsonl' are too long; shorten them"):
        read(tmp_path / "long", a_jsonl="\n".join(map(json.dumps, long)))


def test_of_a_row_that_is_too_large_nothing_is_kept(tmp_path):
    deep = []
    for _ in range(60):
        deep = [deep]
    rows = [
        {"image": "a.png", "prompt": "a", "note": "é" * 16_400},
        {"image": "a.png", "prompt": "a", "note": [[]] * 9_000},
        {"image": "a.png", "prompt": "a", "note": deep},
        {"image": "a.png", "prompt": "a", "note": "é" * 16_000},
    ]
    inputs = read(tmp_path, list_jsonl="\n".join(map(json.dumps, rows)), a_png=png())
    assert [row.problem for row in inputs.rows] == [
        "line 1 of list.jsonl has more than 32 KB; leave out what the scores do not need.",
        "line 2 of list.jsonl has more than 32 KB; leave out what the scores do not need.",
        "line 3 of list.jsonl is nested deeper than 50 levels; make it flat.",
        None,
    ]
    assert [dict(row.values) for row in inputs.rows[:3]] == [{}] * 3
    assert inputs.rows[3].values["note"] == "é" * 16_000


def test_a_line_that_would_fill_the_memory_is_refused_before_it_is_parsed(tmp_path, monkeypatch):
    monkeypatch.setattr(batch_inputs, "read_table", None)
    line = '{"image": "a.png", "prompt": [' + "[]," * 1_000_000 + "[]]}"
    with pytest.raises(PageError, match=r"A row of a\.jsonl has more than 1 MB; leave out"):
        read(tmp_path, a_jsonl=f"\n\n{line}\n")


def test_a_list_nearer_to_the_top_goes_first(tmp_path):
    members = [("old/list.csv", "image,prompt\nb.png,old"), ("list.csv", CSV), ("a.png", png())]
    inputs = read(tmp_path, all_zip=zip_of(members))
    assert (len(inputs.rows), inputs.folder) == (2, "")
    inputs.pictures.close()
