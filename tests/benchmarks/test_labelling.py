"""The benchmark of the rule labeller on a few prompts of our own."""

import hashlib
import math
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARK = runpy.run_path(str(ROOT / "benchmarks" / "labelling.py"))
ROWS = [
    ("a sleeping dog", "Animals", "Basic"),
    ("two cats", "Animals", "Quantity"),
    ("a bicycle", "Vehicles", "Basic"),
    ("a red bus", "Vehicles", "Basic"),
    ("a nurse", "People", "Basic"),
    ("a bowl of soup", "Food & Beverage", "Basic"),
    ("three owls", "Artifacts", "Quantity"),  # a wrong label, so that one is missed
]


@pytest.fixture
def data(tmp_path):
    lines = ["Prompt\tCategory\tChallenge\tNote", *("\t".join([*row, ""]) for row in ROWS)]
    (tmp_path / "PartiPrompts.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    return tmp_path


def test_precision_recall_and_f1_are_those_of_a_hand():
    assert BENCHMARK["precision_recall"]([True, True, False], [True, False, True]) == (0.5, 0.5, 0.5)
    found = BENCHMARK["precision_recall"]([True, False], [False, False])
    assert math.isnan(found[0])
    assert found[1:] == (0, 0)


def test_halves_follow_the_first_byte(data):
    rows = BENCHMARK["label"](list(BENCHMARK["read_prompts"](data / "PartiPrompts.tsv")))
    halves = BENCHMARK["halves"](rows)
    held = {prompt.text for prompt, _ in halves["held out"]}
    assert held == {text for text, *_ in ROWS if hashlib.sha256(text.encode()).digest()[0] & 1}
    assert 0 < len(held) < len(ROWS)


def test_the_table_counts_what_is_found(data, capsys):
    assert BENCHMARK["main"](["--data", str(data), "--misses"]) == 0
    printed = capsys.readouterr().out
    assert "There is nothing at gecko_prompts.csv" in printed
    lines = printed.splitlines()
    for half in ("development", "held out"):
        rows = [row for row in ROWS if BENCHMARK["is_held_out"](row[0]) == (half == "held out")]
        at = next(place for place, line in enumerate(lines) if line.startswith(f"category, PartiPrompts, {half}"))
        assert f"{len(rows)} prompts" in lines[at]
        summary = next(line for line in lines[at:] if "gold among ours" in line)
        right = sum(category != "Artifacts" for _, category, _ in rows)
        assert f"gold among ours {right / len(rows):.3f}" in summary
    assert "speed: 100,000 prompts of" in printed


def test_without_any_data_there_is_a_sentence_for_each_source(tmp_path, capsys):
    assert BENCHMARK["main"](["--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("so its table is left out") == 3
