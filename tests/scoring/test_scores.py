import json

import pyarrow.parquet as pq
import pytest

from evalmuse_hf.scoring import ListError, Scores, read_scores, write_scores

ELEMENT = {"text": "a cat", "category": "animal/human", "score": 0.25, "status": "ok"}
ROWS = [
    {"image": "0.png", "prompt": "a cat", "overall_score": 3.5, "elements": [ELEMENT], "status": "ok",
     "message": None},
    {"image": "1.png", "prompt": "ein Bär", "overall_score": None, "elements": [], "status": "image_error",
     "message": "there is no file"},
]  # fmt: skip


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv"])
def test_what_is_written_is_read_back(tmp_path, suffix):
    path = tmp_path / "out" / f"scores.{suffix}"
    write_scores(Scores(ROWS, {"scorer": "tiny"}), path)
    scores = read_scores(path)
    assert scores.rows == ROWS
    assert scores.provenance == {"format": 1, "scorer": "tiny"}
    assert not list(path.parent.glob(".*"))


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv"])
def test_what_a_model_was_asked_is_kept(tmp_path, suffix):
    answer = {"question": "Is it red?", "yes": 0.5, "no": 0.25, "text": None}
    rows = [{**ROWS[0], "elements": [{**ELEMENT, "answers": [answer]}], "prompt_answers": [answer]}]
    write_scores(Scores(rows), tmp_path / f"scores.{suffix}")
    assert read_scores(tmp_path / f"scores.{suffix}").rows == rows


def test_a_number_that_is_not_there_is_null_in_the_file(tmp_path):
    rows = [{**ROWS[0], "overall_score": float("nan")}]
    write_scores(Scores(rows), tmp_path / "scores.jsonl")
    assert '"overall_score": null' in (tmp_path / "scores.jsonl").read_text()


def test_parquet_carries_provenance_in_its_metadata(tmp_path):
    write_scores(Scores(ROWS, {"scorer": "tiny"}), tmp_path / "scores.parquet")
    metadata = pq.read_schema(tmp_path / "scores.parquet").metadata
    assert json.loads(metadata[b"evalmuse_hf"])["scorer"] == "tiny"


def test_a_kept_column_of_mixed_kinds_becomes_json_in_parquet(tmp_path):
    rows = [{**row, "id": value} for row, value in zip(ROWS, [7, "b"], strict=True)]
    write_scores(Scores(rows), tmp_path / "scores.parquet")
    assert pq.read_table(tmp_path / "scores.parquet").column("id").to_pylist() == ["7", '"b"']
    assert [row["id"] for row in read_scores(tmp_path / "scores.parquet").rows] == [7, "b"]


def test_statuses_are_counted():
    assert Scores(ROWS + ROWS[:1]).statuses == {"ok": 2, "image_error": 1}


@pytest.mark.parametrize(
    "name, content, sentence",
    [
        ("scores.jsonl", None, "There are no scores at"),
        ("scores.jsonl", "{\n", "is not JSON lines"),
        ("scores.jsonl", "3\n", "every line must be one object"),
        ("scores.jsonl", '{"image": "0.png"}\n', "has no column overall_score and status, so it holds no scores"),
        ("scores.csv", "image,overall_score,status\n0.png,many,ok\n", "is not a CSV file of scores"),
        ("scores.parquet", "x", "is not a Parquet file"),
    ],
    ids=["missing file", "not JSON", "no object", "a list without scores", "text as score", "not Parquet"],
)
def test_a_file_without_scores_is_one_sentence(tmp_path, name, content, sentence):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(ListError, match=sentence):
        read_scores(tmp_path / name)


def test_a_name_must_say_the_kind_of_file(tmp_path):
    with pytest.raises(ValueError, match=r"Cannot tell how to write .*; name it .parquet, .jsonl, .csv"):
        write_scores(Scores(ROWS), tmp_path / "scores.txt")


def test_an_input_of_another_kind_is_not_called_an_output(tmp_path):
    (tmp_path / "chk.py").write_text("")
    with pytest.raises(ListError, match=r"Cannot tell how to read .*chk\.py; expected a name that ends in \.parquet"):
        read_scores(tmp_path / "chk.py")


def test_a_kept_number_that_parquet_cannot_hold_becomes_text(tmp_path):
    rows = [{**row, "id": value} for row, value in zip(ROWS, [7, 10**30], strict=True)]
    write_scores(Scores(rows), tmp_path / "scores.parquet")
    assert pq.read_table(tmp_path / "scores.parquet").column("id").to_pylist() == ["7", str(10**30)]
    assert [row["id"] for row in read_scores(tmp_path / "scores.parquet").rows] == [7, 10**30]


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv"])
def test_half_a_character_is_spelled_out(tmp_path, suffix):
    write_scores(Scores([{**ROWS[0], "prompt": "a \ud83d"}]), tmp_path / f"scores.{suffix}")
    assert read_scores(tmp_path / f"scores.{suffix}").rows[0]["prompt"] == "a \\ud83d"
