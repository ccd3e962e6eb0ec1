"""The figures of agreement on simulated ratings."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
BENCHMARK = runpy.run_path(str(ROOT / "benchmarks" / "simulated_agreement.py"))
PAGE = ROOT / "docs" / "agreement.md"


def test_the_expected_rating_is_the_mean_of_many_ratings():
    expected, ratings = BENCHMARK["simulate"](BENCHMARK["WORLDS"]["some items unclear"], 20_000, seed=0)
    gaps = ratings.mean(axis=1) - expected
    assert gaps.mean() == pytest.approx(0, abs=4 * gaps.std() / np.sqrt(20_000))
    for low in (1, 2, 3, 4):
        part = gaps[(expected >= low) & (expected < low + 1)]
        assert part.mean() == pytest.approx(0, abs=4 * part.std() / np.sqrt(len(part)))


def test_the_figures_are_printed_as_a_table_and_as_json(monkeypatch, capsys):
    values = BENCHMARK["measure"].__globals__
    monkeypatch.setitem(values, "QUICK_ITEMS", 300)
    monkeypatch.setitem(values, "QUICK_PROMPTS", 2)
    assert BENCHMARK["main"](["--quick", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert len(figures["ceilings"]) == 3 * len(BENCHMARK["WORLDS"]) + 3
    assert {row["figure"] for row in figures["pooling"]} == set(BENCHMARK["POOLED_FIGURES"])
    page = BENCHMARK["document_markdown"](BENCHMARK["describe"](figures, "x"))
    assert "| noise | rated again | figure | first three | pooled 3 and 6 | six of every item |" in page


def test_the_page_holds_the_tables_of_the_command():
    page = PAGE.read_text("utf-8")
    assert f"`{BENCHMARK['COMMAND']}`" in page
    for world in BENCHMARK["WORLDS"]:
        assert page.count(f"| {world} |") == len(BENCHMARK["POOLED_FIGURES"])
        assert page.count(f"| noise {world} |") == 3
