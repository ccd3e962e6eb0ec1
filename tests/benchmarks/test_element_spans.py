"""How many elements are placed, counted by hand on three prompts."""

import json
import runpy
from pathlib import Path

import pytest

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "element_spans.py"))
LONG = "a dog " + "very " * 50 + "late cat"


@pytest.fixture
def records():
    elements = {
        "A red cat and a red hat, award - winning.": ["cat (animal)", "red (color)", "award-winning (attribute)"],
        LONG: ["dog (animal)", "late cat (animal)"],
        "a fish": ["a bird (animal)"],
    }
    return {prompt: {"element_score": dict.fromkeys(keys)} for prompt, keys in elements.items()}


def test_counts_are_those_made_by_hand(records):
    counts = BENCHMARK["count"](records)
    assert (counts.elements, counts.before_cut, counts.after_cut) == (6, 4, 3)
    assert (counts.ambiguous, counts.inexact, counts.unmatched) == (1, 1, 1)
    assert dict(counts.categories) == {"animal/human": 4, "color": 1, "attribute": 1}
    assert [line.split()[0] for line in counts.notable] == ["inexact", "truncated", "unmatched"]


def test_the_check_fails_on_other_counts(records, tmp_path, monkeypatch, capsys):
    path = tmp_path / "prompts.json"
    path.write_text(json.dumps(records), "utf-8")
    assert BENCHMARK["main"](["--data", str(path)]) == 0
    assert "placed exactly, after the cut     3" in capsys.readouterr().out
    assert BENCHMARK["main"](["--data", str(path), "--check"]) == 1
    assert "got {'elements': 6, 'before_cut': 4, 'after_cut': 3, 'ambiguous': 1}" in capsys.readouterr().err
    for name, number in {"elements": 6, "before_cut": 4, "after_cut": 3, "ambiguous": 1}.items():
        monkeypatch.setitem(BENCHMARK["EXPECTED"], name, number)
    assert BENCHMARK["main"](["--data", str(path), "--check"]) == 0


def test_without_data_only_the_check_fails(tmp_path, capsys):
    words = ["--data", str(tmp_path / "absent.json")]
    assert BENCHMARK["main"](words) == 0
    assert BENCHMARK["main"]([*words, "--check"]) == 1
    assert "there is no file at" in capsys.readouterr().err
