import csv
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evalmuse_hf.meta_evaluation.studies.consistency_design import fingerprint_items
from evalmuse_hf.meta_evaluation.studies.consistency_ratings import FURTHER, NEW, OLD, StudyItem, StudyRating
from evalmuse_hf.meta_evaluation.studies.consistency_tables import read_tables

ELEMENTS = {"red (color)": 1, "cat (animal)": 0}


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_a_row_per_rating(tmp_path):
    rows = [
        {
            "item": "a",
            "prompt_id": "p",
            "rater": "x",
            "overall": 4,
            "generator": "G",
            "source": "real",
            "elements": ELEMENTS,
        },
        {"item": "b", "prompt_id": "p", "overall": 2, "elements": ELEMENTS},
    ]
    old = write(tmp_path / "old.jsonl", rows)
    new = write(
        tmp_path / "new.jsonl", [{"item": "a", "overall": 5, "elements": ELEMENTS}, {"item": "c", "overall": 1}]
    )
    found = read_tables(old, new, first=3)
    assert found.items == (
        StudyItem(key="a", prompt_id="p", generator="G", source="real", categories=("color", "animal/human")),
    )
    assert found.ratings[0] == StudyRating(item="a", phase=OLD, overall=4, elements=(1, 0), rater="x")
    assert found.ratings[2] == StudyRating(item="a", phase=NEW, overall=5, elements=(1, 0))
    assert (found.only_old, found.only_new) == (1, 1)
    assert len(read_tables(old, None, first=3).items) == 2


def test_csv_and_parquet_say_the_same(tmp_path):
    rows = [{"item": "a", "overall": 4, "elements": json.dumps([{"text": "red", "category": "color", "value": 1}])}]
    with (tmp_path / "old.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "rater"])
        writer.writeheader()
        writer.writerows(rows)
    pq.write_table(
        pa.table({"item": ["a"], "overall": [4], "elements": [[{"text": "red", "category": "color", "value": 1}]]}),
        tmp_path / "new.parquet",
    )
    old, new = read_tables(tmp_path / "old.csv", tmp_path / "new.parquet", first=3).ratings
    assert (old.overall, old.elements, old.rater) == (new.overall, new.elements, new.rater) == (4, (1,), None)


def test_lists_of_a_built_data_set_end_the_first_round_after_three(tmp_path):
    row = {
        "image_path": "a.png",
        "overall_ratings": [1, 3, 5, 4, 4, 4],
        "rater_ids": ["u", "v", "w", "x", "y", "z"],
        "elements": [{"text": "red", "category": "color", "ratings": [1, 0, 1, 0, 0, 0]}],
    }
    found = read_tables(write(tmp_path / "old.jsonl", [row]), None, first=3)
    assert [one.phase for one in found.ratings] == [OLD] * 3 + [FURTHER] * 3
    assert [one.elements for one in found.ratings] == [(1,), (0,), (1,), (0,), (0,), (0,)]
    assert [one.rater for one in found.ratings] == [*"uvwxyz"]
    both = read_tables(tmp_path / "old.jsonl", tmp_path / "old.jsonl", first=3)
    assert [one.phase for one in both.ratings] == [OLD] * 3 + [FURTHER] * 3 + [NEW] * 6


def test_rows_of_one_rating_each_end_the_first_round_after_three_too(tmp_path):
    rows = [{"item": item, "overall": 1 + number % 5} for number in range(6) for item in ("a", "b")]
    old = write(tmp_path / "old.jsonl", rows)
    found = read_tables(old, None, first=3)
    for item in ("a", "b"):
        assert [one.phase for one in found.ratings if one.item == item] == [OLD] * 3 + [FURTHER] * 3
    assert [one.phase for one in read_tables(old, old, first=4).ratings] == [OLD] * 8 + [FURTHER] * 4 + [NEW] * 12
    mixed = write(tmp_path / "mixed.jsonl", [{"item": "a", "overall_ratings": [1, 2]}, {"item": "a", "overall": 3}])
    assert [one.phase for one in read_tables(mixed, None, first=2).ratings] == [OLD, OLD, FURTHER]


def test_anonymous_is_nobody_and_the_instructions_are_read(tmp_path):
    names = ["anonymous", " Anonymous ", "", "x"]
    rows = [{"item": "a", "overall": 3, "rater": name, "guideline_version": "2"} for name in names]
    found = read_tables(write(tmp_path / "old.jsonl", rows), None, first=9).ratings
    assert [one.rater for one in found] == [None, None, None, "x"]
    assert {one.guideline_version for one in found} == {"2"}
    listed = {"item": "a", "overall_ratings": [1, 2], "rater_ids": ["anonymous", "y"]}
    found = read_tables(write(tmp_path / "list.jsonl", [listed]), None, first=9).ratings
    assert [(one.rater, one.guideline_version) for one in found] == [(None, None), ("y", None)]


def test_the_population_is_that_of_all_old_items(tmp_path):
    rows = [{"item": item, "overall": 3} for item in "abc"]
    old, new = write(tmp_path / "old.jsonl", rows), write(tmp_path / "new.jsonl", rows[:2])
    whole = read_tables(old, None, first=3)
    assert read_tables(old, new, first=3).population == whole.population == fingerprint_items(whole.items)
    assert read_tables(new, None, first=3).population != whole.population


@pytest.mark.parametrize(
    "row, message",
    [
        ({"overall": 3}, "names no item"),
        ({"item": "a", "overall": 6}, "overall rating of 6"),
        ({"item": "a", "overall": "good"}, "'good' in the column 'overall'"),
        ({"item": "a", "overall": 3, "elements": {"red (color)": 0.5}}, "answer 0.5 about an element"),
        ({"item": "a", "overall": 3, "elements": ["red (color)"]}, "expected a mapping"),
        ({"item": "a", "overall": 3, "elements": 7}, "expected a mapping"),
        ({"item": "a", "overall_ratings": 4}, "expected a list"),
    ],
)
def test_a_wrong_row_is_named(tmp_path, row, message):
    with pytest.raises(ValueError, match=rf"line 1 of old\.jsonl.*{message}"):
        read_tables(write(tmp_path / "old.jsonl", [row]), None, first=3)


def test_tables_that_do_not_fit_are_refused(tmp_path):
    old = write(tmp_path / "old.jsonl", [{"item": "a", "overall": 3, "elements": ELEMENTS}])
    new = write(tmp_path / "new.jsonl", [{"item": "b", "overall": 3}])
    with pytest.raises(ValueError, match=r"No item of .*new\.jsonl is in"):
        read_tables(old, new, first=3)
    other = write(
        tmp_path / "other.jsonl", [{"item": "a", "overall": 3, "elements": {"cat (animal)": 1, "red (color)": 1}}]
    )
    with pytest.raises(ValueError, match="other categories"):
        read_tables(old, other, first=3)
    rows = [{"item": "a", "overall": 3, "elements": ELEMENTS}, {"item": "a", "overall": 3}]
    with pytest.raises(ValueError, match=r"line 2 of new\.jsonl has other elements"):
        read_tables(old, write(new, rows), first=3)
    with pytest.raises(ValueError, match="holds no ratings"):
        read_tables(write(tmp_path / "none.jsonl", []), None, first=3)
