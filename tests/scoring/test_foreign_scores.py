import json

import pandas as pd
import pytest

from evalmuse_hf.scoring.foreign_scores import read_foreign_scores
from evalmuse_hf.scoring.lists import ListError

TABLE = [{"file": "a.png", "loss": 2.5, "note": "x"}, {"file": "b.png", "loss": None, "note": None}]


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv"])
def test_a_key_and_a_number_are_enough_in_every_form(suffix, tmp_path):
    path = tmp_path / f"other.{suffix}"
    frame = pd.DataFrame(TABLE)
    if suffix == "parquet":
        frame.to_parquet(path)
    elif suffix == "csv":
        frame.to_csv(path, index=False)
    else:
        path.write_text("".join(f"{json.dumps(row)}\n" for row in TABLE))
    scores = read_foreign_scores(path, score_column="loss", key_column="file", lower_is_better=True)
    assert [dict(row) for row in scores.rows] == [
        {"image_path": "a.png", "overall_score": -2.5, "elements": [], "status": "ok"},
        {"image_path": "b.png", "overall_score": None, "elements": [], "status": "not_scored"},
    ]
    assert scores.provenance["scorer"] == "other:loss"
    assert scores.provenance["foreign"]["lower_is_better"] is True


def test_elements_prompts_and_statuses_are_kept(tmp_path):
    path = tmp_path / "other.csv"
    elements = json.dumps([{"text": "red", "score": 0.25}, {"text": "cat", "category": "animal", "score": None}])
    given = {"id": 7, "overall_score": "nan", "elements": elements, "prompt": "a red cat", "status": "slow"}
    pd.DataFrame([given]).to_csv(path, index=False)
    (row,) = read_foreign_scores(path).rows
    assert (row["image_path"], row["overall_score"], row["prompt"], row["status"]) == ("7", None, "a red cat", "slow")
    assert row["elements"] == [
        {"text": "red", "score": 0.25, "status": "ok"},
        {"text": "cat", "category": "animal", "score": None, "status": "not_scored"},
    ]


@pytest.mark.parametrize(
    "text, options, message",
    [
        ("id,x\n1,2\n", {}, "has no column 'overall_score'; name one of id, x by --score-column"),
        (
            "file,x\n1,2\n",
            {"score_column": "x"},
            "has no column image_path or image or id; name one of file",
        ),
        ("id,x\n1,2\n", {"score_column": "x", "key_column": "y"}, "has no column 'y'"),
        ("id,x\n1,2\n2,high\n", {"score_column": "x"}, "row 2, x: expected a number, got 'high'"),
        ("id,x\n1,inf\n", {"score_column": "x"}, "row 1, x: expected a finite number, got 'inf'"),
        ("id,x,elements\n1,2,red\n", {"score_column": "x"}, "row 1, elements: expected a list of objects"),
        ("", {}, "other.csv holds no rows; give the file that holds the scores"),
        ("id,mu\n", {"score_column": "mu"}, "other.csv holds no rows"),
    ],
)
def test_a_mistake_is_one_sentence(text, options, message, tmp_path):
    (tmp_path / "other.csv").write_text(text)
    with pytest.raises(ListError, match=message):
        read_foreign_scores(tmp_path / "other.csv", **options)


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(ListError, match=r"There is no file .*none\.csv'; give the path"):
        read_foreign_scores(tmp_path / "none.csv")
