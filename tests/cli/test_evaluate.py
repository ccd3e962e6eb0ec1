import json

import pytest

import evalmuse_hf.data
from evalmuse_hf.cli.main import main
from evalmuse_hf.scoring import Scores, write_scores


class Pairs(list):
    def remove_columns(self, column):
        assert column == "image"
        return self

    def to_list(self):
        return list(self)


@pytest.fixture
def pairs(monkeypatch):
    """Four rated pairs behind `load_pairs`, which has its own tests."""
    elements = [{"text": "red", "category": "color", "score": 1.0}]
    rows = Pairs(
        {"image_path": f"A/{index}.png", "prompt_id": "1", "prompt": "a red cat", "overall_score": float(index),
         "elements": elements}
        for index in range(1, 5)
    )  # fmt: skip
    monkeypatch.setattr(evalmuse_hf.data, "load_pairs", lambda name, split: rows)
    return rows


@pytest.fixture
def scores(tmp_path):
    rows = [
        {"image": f"A/{index}.png", "overall_score": 5.0 - index / 2, "status": "ok", "message": None,
         "elements": [{"text": "red", "category": "color", "score": 0.75, "status": "ok"}]}
        for index in range(1, 4)
    ]  # fmt: skip
    write_scores(Scores(rows, {"scorer": "tiny"}), tmp_path / "scores.parquet")
    return tmp_path / "scores.parquet"


def test_the_record_is_one_json_object(pairs, scores, capsys):
    assert main(["evaluate", str(scores), "--dataset", "set", "--split", "train", "--n-resamples", "0", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["format"] == 1
    assert record["overall"]["srcc"]["value"] == -1.0
    assert (record["dataset"], record["split"], record["provenance"]["scorer"]) == ("set", "train", "tiny")


def test_the_table_shows_coverage_figures_and_what_is_missing(pairs, scores, capsys):
    assert main(["evaluate", str(scores), "--dataset", "set", "--n-resamples", "0"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "pairs  3 scored of 4 rated (75.0%)"
    assert lines[1].strip() == "1 missing, such as A/4.png"
    assert any(line.startswith("SRCC ") and "-1.000  n = 3" in line for line in lines)
    assert any(line.startswith("balanced accuracy") and "no reference says no" in line for line in lines)


def test_a_file_of_another_program_is_joined_by_its_key(pairs, tmp_path, capsys):
    path = tmp_path / "hpsv3.csv"
    path.write_text("file,loss\nraw/A/1.png,9\nraw/A/2.png,7\nraw/A/3.png,\nraw/A/4.png,1\nB/1.png,2\n")
    words = ["evaluate", str(path), "--dataset", "set", "--n-resamples", "0", "--json", "--key-column", "file"]
    assert main([*words, "--score-column", "loss", "--lower-is-better"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["overall"]["srcc"]["value"] == 1.0
    assert (record["coverage"]["scored"], record["join"]["unknown"]["first"]) == (3, ["B/1.png"])
    assert record["statuses"] == {"ok": 3, "not_scored": 1}
    assert record["overall"]["rmse"]["status"] == "scores are not on the ratings' scale of 1 to 5"
    assert record["provenance"]["foreign"]["lower_is_better"]
    assert main([*words, "--score-column", "gain"]) == 2
    assert "has no column 'gain'; name one of file, loss" in capsys.readouterr().err


def test_a_missing_file_of_scores_is_one_sentence_and_status_2(pairs, tmp_path, capsys):
    assert main(["evaluate", str(tmp_path / "absent.parquet"), "--dataset", "set"]) == 2
    assert "There are no scores at" in capsys.readouterr().err


def test_scores_of_another_data_set_are_one_sentence_and_status_2(pairs, scores, capsys):
    pairs[:] = [{**pair, "image_path": f"B/{pair['image_path']}"} for pair in pairs]
    assert main(["evaluate", str(scores), "--dataset", "set"]) == 2
    captured = capsys.readouterr().err
    assert "None of the 3 scores belongs to one of the 4 pairs" in captured
    assert captured.count("\n") == 1
