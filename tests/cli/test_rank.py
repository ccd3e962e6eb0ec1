import json

import pytest

from evalmuse_hf.cli.main import main
from evalmuse_hf.scoring import Scores, write_scores


@pytest.fixture
def scores(tmp_path):
    rows = [
        {"image": f"{name}/{prompt}.png", "generator": name, "prompt_id": str(prompt), "status": "ok", "elements": [],
         "overall_score": value + prompt / 10}
        for name, value in (("Old", 2.0), ("New", 4.0))
        for prompt in range(4)
    ]  # fmt: skip
    write_scores(Scores(rows[:-1], {"scorer": "tiny"}), tmp_path / "scores.parquet")
    return tmp_path / "scores.parquet"


def test_the_ranking_is_one_json_object(scores, capsys):
    assert main(["rank", str(scores), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["format"] == 1
    assert [(row["rank"], row["generator"]) for row in record["generators"]] == [(1, "New"), (2, "Old")]
    assert record["provenance"]["scorer"] == "tiny"


def test_the_table_says_how_many_prompts_count(scores, capsys):
    assert main(["rank", str(scores), "--n-resamples", "0"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[:3] == ["1", "New", "4.100"]
    assert lines[-1] == "3 of 4 prompts are shared by all and count."


def test_scores_without_generators_are_one_sentence_and_status_2(tmp_path, capsys):
    row = {"image": "0.png", "overall_score": 3.0, "status": "ok"}
    write_scores(Scores([row]), tmp_path / "scores.jsonl")
    assert main(["rank", str(tmp_path / "scores.jsonl")]) == 2
    assert "The scores name no generator" in capsys.readouterr().err
