"""The benchmark of the report, on few pairs."""

import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARK = runpy.run_path(str(ROOT / "benchmarks" / "evaluation_report.py"))


def test_the_table_holds_seconds_size_and_memory_beside_their_bars(tmp_path, monkeypatch, capsys):
    page = tmp_path / "report.html"
    words = ["evaluation_report.py", "--prompts", "12", "--pictures", "4", "--n-resamples", "10", "--out", str(page)]
    monkeypatch.setattr(sys, "argv", words)
    assert BENCHMARK["main"]() == 0
    printed = capsys.readouterr().out
    assert "48 pairs, 240 elements, 10 resamples asked for." in printed
    assert "| seconds in all |" in printed
    assert "| at most 30 |" in printed
    assert "| overall, srcc | 10 |" in printed
    assert "overall, rmse" not in printed  # the drawn scores leave the ratings' scale: no RMSE, so no resamples
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert page.read_text().count("data:image/jpeg;base64,") == 12


def test_the_drawn_data_set_follows_the_rule_of_three_or_six_ratings():
    pairs, scores = BENCHMARK["draw"](prompts=30, pictures=10, seed=0)
    assert len({pair["image_path"] for pair in pairs}) == len(pairs) == len(scores) == 300
    for pair in pairs:
        first = pair["overall_ratings"][:3]
        assert len(pair["overall_ratings"]) == (6 if max(first) - min(first) >= 2 else 3)
        assert pair["overall_score"] == pytest.approx(sum(pair["overall_ratings"]) / len(pair["overall_ratings"]))
    assert {len(pair["overall_ratings"]) for pair in pairs} == {3, 6}
