import json

import pytest

from evalmuse_hf.cli import prompts_collect
from evalmuse_hf.cli.main import main
from evalmuse_hf.prompts import SOURCES


@pytest.fixture
def sources(tmp_path):
    (tmp_path / "a.txt").write_text("a moth on a lamp\ncat\n猫坐在沙发上\n", "utf-8")
    (tmp_path / "b.csv").write_text('prompt\n"A moth, on a lamp"\na newt in a pond\n')
    return [str(tmp_path / "a.txt"), str(tmp_path / "b.csv")]


def test_prompts_of_several_sources_become_one_table(sources, tmp_path, capsys):
    out, dropped = tmp_path / "out.jsonl", tmp_path / "dropped.jsonl"
    words = ["prompts", "collect", *sources, "--out", str(out), "--dropped", str(dropped)]
    assert main(words) == 0
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [(row["id"], row["prompt"]) for row in rows] == [
        ("a-000001", "a moth on a lamp"),
        ("b-000002", "a newt in a pond"),
    ]
    left_out = [json.loads(line) for line in dropped.read_text("utf-8").splitlines()]
    assert [(row["id"], row["reason"], row["instead_of"]) for row in left_out] == [
        ("a-000003", "another script", ""),
        ("a-000002", "too short", ""),
        ("b-000001", "repeated", "a-000001"),
    ]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["read", "5"]
    assert lines[3].split() == ["length", "3", "too", "short", "1"]


def test_the_counts_are_json(sources, tmp_path, capsys):
    out = tmp_path / "out.jsonl"
    words = ["prompts", "collect", *sources, "--out", str(out), "--any-language", "--min-words", "1", "--json"]
    assert main(words) == 0
    counts = json.loads(capsys.readouterr().out)
    assert (counts["read"], [step["kept"] for step in counts["steps"]]) == (5, [5, 5, 4, 4])


def test_a_source_that_is_not_there_is_one_sentence(tmp_path, capsys):
    assert main(["prompts", "collect", str(tmp_path / "gone.csv"), "--out", str(tmp_path / "out.jsonl")]) == 2
    assert "There is no table at" in capsys.readouterr().err


def test_the_parser_knows_the_sources_of_the_library():
    assert prompts_collect.SOURCES == SOURCES
