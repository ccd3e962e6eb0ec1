import argparse
import json

import pytest

from evalmuse_hf.cli import study_splitting


def study(*words):
    parser = argparse.ArgumentParser()
    parser.add_argument("--quiet", action="store_true")
    study_splitting.add_parser(parser.add_subparsers())
    return study_splitting.run(parser.parse_args(["--quiet", "splitting", *map(str, words)]))


def test_templates_are_compared_and_everything_is_written(tmp_path, capsys):
    words = ["--splitters", "rules", "--prompts", 12, "--n-resamples", 0, "--out", tmp_path / "out"]
    assert study(*words, "--json", "--html", tmp_path / "page.html") == 0
    record = json.loads(capsys.readouterr().out)
    assert record["splitters"] == ["gold", "rules"]
    assert json.loads((tmp_path / "out" / "record.json").read_text("utf-8")) == record
    assert (tmp_path / "out" / "report.html").read_text("utf-8") == (tmp_path / "page.html").read_text("utf-8")


def test_a_table_of_ones_own(tmp_path, capsys):
    path = tmp_path / "prompts.csv"
    path.write_text('prompt,elements\na red cat,"[""red (color)"", ""cat (animal)""]"\n', "utf-8")
    assert study("--data", path, "--splitters", "rules", "--n-resamples", 0, "--markdown") == 0
    assert "| rules - gold |" in capsys.readouterr().out.replace("  ", " ")


def test_half_a_character_and_no_prompts(tmp_path):
    path = tmp_path / "prompts.jsonl"
    rows = [
        {"prompt": "a red cat \ud83d", "elements": ["red (color)"]},
        {"prompt": "a dog", "elements": ["dog (animal)"]},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert study("--data", path, "--splitters", "rules", "--n-resamples", 0, "--html", tmp_path / "page.html") == 0
    assert (tmp_path / "page.html").exists()
    with pytest.raises(ValueError, match="expected 1 or more"):
        study("--splitters", "rules", "--prompts", 0)
