import csv
import dataclasses
import json

import pyarrow.parquet as pq
import pytest
from datasets import load_dataset

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.export_tables import COLUMNS, as_dataset, spell_csv_cell, table_rows, write_table
from evalmuse_hf.annotations.records import Box, RoundRow, RoundSettings, StructuralProblem
from tests.annotations.fabricated import item, rating

ONE = item(keys=("cat (animal)", "a sign"))
ROUND = RoundRow(
    round_id=1,
    name="main",
    kind="formal",
    settings=RoundSettings(),
    is_open=True,
    parent_id=None,
    guideline_version="1",
    created_at=0.0,
)


@pytest.fixture
def rows():
    box = Box(left=0.1, top=0.2, right=0.5, bottom=0.6)
    row = rating(ONE, "ann", 4, (1, 0), unsure=(1,), comment="=HYPERLINK(0)", split_wrong=True, duration_s=12.5)
    row = dataclasses.replace(
        row,
        problems=(StructuralProblem(label="animal", box=box), StructuralProblem(label="object")),
        rated_at=1.7e9,
        client="page/1 phone",
        guideline_version="1",
        standing="returned",
        verdict="returned",
    )
    return list(table_rows([row], {1: ONE}, [ROUND]))


def test_a_rating_is_an_overall_row_and_a_row_for_each_element(rows):
    overall, cat, sign = rows
    assert all(set(row) == set(COLUMNS) for row in rows)
    assert (overall["target"], overall["value"], overall["sure"], overall["split_wrong"]) == (
        "overall",
        4,
        False,
        True,
    )
    assert overall["problems"] == [
        {"label": "animal", "box": {"left": 0.1, "top": 0.2, "right": 0.5, "bottom": 0.6}},
        {"label": "object", "box": None},
    ]
    assert (overall["rated_at"], overall["duration_s"]) == ("2023-11-14T22:13:20.000Z", 12.5)
    assert (overall["round"], overall["standing"], overall["verdict"], overall["rater"]) == (
        "main",
        "returned",
        "returned",
        "ann",
    )
    assert [(row["element"], row["category"], row["value"], row["sure"]) for row in (cat, sign)] == [
        ("cat", "animal/human", 1, True),
        ("a sign", None, 0, False),
    ]
    assert cat["comment"] is cat["problems"] is cat["split_wrong"] is None  # said once per rating


def test_names_and_comments_can_be_kept_back():
    row = rating(ONE, "ann", 4, comment="I am Ann")
    hidden = list(table_rows([row], {1: ONE}, [ROUND], name=lambda name: "rater-1", comments=False))
    assert {line["rater"] for line in hidden} == {"rater-1"}
    assert "ann" not in json.dumps(hidden).lower()


@pytest.mark.parametrize("ending, loader", [(".parquet", "parquet"), (".jsonl", "json")])
def test_parquet_and_json_lines_hold_every_value(rows, tmp_path, ending, loader):
    path = tmp_path / f"ratings{ending}"
    assert write_table(rows, path) == 3
    loaded = load_dataset(loader, data_files=str(path), split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded.to_list() == rows
    assert as_dataset(rows).to_list() == rows
    assert list(tmp_path.glob(".*part")) == []


def test_a_table_without_ratings_still_has_its_columns(tmp_path):
    assert write_table([], tmp_path / "ratings.parquet") == 0
    assert pq.read_schema(tmp_path / "ratings.parquet").names == list(COLUMNS)
    assert write_table([], tmp_path / "ratings.csv") == 0
    assert (tmp_path / "ratings.csv").read_text().strip() == ",".join(COLUMNS)


def test_csv_runs_nothing_in_a_spreadsheet(rows, tmp_path):
    path = tmp_path / "ratings.csv"
    assert write_table(rows, path) == 3
    with path.open(encoding="utf-8", newline="") as file:
        overall, cat, _ = csv.DictReader(file)
    assert overall["comment"] == "'=HYPERLINK(0)"
    assert json.loads(overall["problems"])[1] == {"label": "object", "box": None}
    assert (cat["value"], cat["sure"], cat["comment"]) == ("1", "true", "")


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@A1", "\t=1", "\r=1", "\n=1", "\uff1d1"])
def test_every_start_of_a_formula_is_made_harmless(text):
    assert spell_csv_cell(text) == f"'{text}"
    assert spell_csv_cell(f"a{text}") == f"a{text}"


def test_an_unknown_kind_of_table_is_refused(rows, tmp_path):
    with pytest.raises(StoreError, match=r"name it \.parquet, \.jsonl, \.csv"):
        write_table(rows, tmp_path / "ratings.xlsx")
