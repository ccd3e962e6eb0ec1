import json

import pytest
from datasets import load_dataset

from evalmuse_hf.annotations.export_tables import COLUMNS
from evalmuse_hf.cli.main import main
from tests.annotations.rated import rated_campaign


@pytest.fixture
def built(tmp_path):
    return rated_campaign(tmp_path)


def test_a_raw_release_is_written_and_built_into_a_data_set(built, tmp_path, capsys):
    raw, out = tmp_path / "raw", tmp_path / "out"
    assert main(["annotate", "export", str(built.place), str(raw)]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines() == ["5 train, 0 test, 3 prompts, 18 ratings", str(raw)]
    assert "items left out: first_unfinished 1" in printed.err
    records = json.loads((raw / "train_list.json").read_text("utf-8"))
    assert records[0]["total_score"] == [1, 5, 3, 4, 4, 5]
    assert "rater_0" not in (raw / "train_list.json").read_text("utf-8")
    assert main(["dataset", "build", str(raw), str(out), "--strict", "--quiet", "--num-proc", "1"]) == 0
    rows = load_dataset(str(out), split="train", cache_dir=str(tmp_path / "cache")).remove_columns("image")
    assert sorted(map(len, rows["overall_ratings"])) == [3, 3, 3, 3, 6]


def test_a_store_is_built_into_a_data_set_by_the_command(built, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["dataset", "build", str(built.place), str(out), "--num-proc", "1", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["splits"]["train"]["pairs"] == 5


def test_tests_and_unfinished_items_are_exported_where_asked(built, tmp_path, capsys):
    words = ["annotate", "export", str(built.place), str(tmp_path / "raw"), "--include-unfinished", "--json"]
    assert main([*words, "--test-share", "0.34"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["train"], facts["test"], facts["left_out"]) == (4, 2, {})
    assert {path.name for path in (tmp_path / "raw").iterdir()} == {
        "images",
        "train_list.json",
        "test.json",
        "eval.json",
    }


def test_a_table_holds_what_counts_and_the_log_everything(built, tmp_path, capsys):
    table, log = tmp_path / "ratings.parquet", tmp_path / "log.jsonl"
    assert main(["annotate", "export", str(built.place), str(table), "--round", "main"]) == 0
    assert capsys.readouterr().out.splitlines() == ["17 ratings, 51 rows", str(table)]
    assert main(["annotate", "export", str(built.place), str(log), "--log"]) == 0
    rows = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert len(rows) == 60
    assert set(rows[0]) == set(COLUMNS)
    assert {row["round"] for row in rows} == {"main", "main: re-annotation"}


def test_pseudonyms_are_stable_and_leave_no_name(built, tmp_path):
    for name in ("a.csv", "b.csv"):
        assert main(["annotate", "export", str(built.place), str(tmp_path / name), "--pseudonyms"]) == 0
    first, second = ((tmp_path / name).read_text("utf-8") for name in ("a.csv", "b.csv"))
    assert first == second
    assert "rater_0" not in first
    assert "rater-" in first


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["out.csv", "--test-share", "0.2"], "--test-share is for a raw release"),
        (["out", "--pseudonyms"], "--pseudonyms is for a table"),
        (["out.xlsx"], "A table ends in .parquet, .jsonl or .csv, not in '.xlsx'"),
        (["out.xlsx", "--form", "table"], "Cannot tell which kind of table"),
        (["pictures"], "is there already"),
        (["out", "--round", "second"], "There is no round 'second'"),
    ],
)
def test_mistakes_are_sentences_and_nothing_is_written(built, tmp_path, capsys, words, sentence):
    before = {path.name for path in tmp_path.iterdir()}
    assert main(["annotate", "export", str(built.place), str(tmp_path / words[0]), *words[1:]]) == 2
    assert sentence in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} <= before | {"store.sqlite-wal", "store.sqlite-shm"}
