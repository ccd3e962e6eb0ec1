"""The figures of the drawn world's ratings."""

import json
import runpy
from pathlib import Path

import pytest

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "mini_ratings.py"))


def record(path, votes, answers):
    return {"prompt": "a red car", "img_path": path, "total_score": votes, "element_score": {"red (Color) ": answers}}


@pytest.fixture
def raw(tmp_path):
    """Three pairs whose figures are counted by hand."""
    records = [
        record("Good/0.png", [5, 5, 5], [1, 1, 1]),
        record("Good/1.png", [4, 4, 4], [1, 1, 0]),
        record("Bad/0.png", [1, 3, 2, 1, 2, 1], [0, 0, 0, 0, 1, 0]),
    ]
    truth = {
        "Good/0.png": {"overall": 4.1, "elements": {"red (Color) ": 1}, "novel": True, "faults": 0},
        "Good/1.png": {"overall": 3.9, "elements": {"red (Color) ": 1}, "novel": True, "faults": 0},
        "Bad/0.png": {"overall": 1.85, "elements": {"red (Color) ": 0}, "novel": True, "faults": 1},
    }
    (tmp_path / "eval.json").write_text(json.dumps(records))
    (tmp_path / "drawn_truth.json").write_text(json.dumps(truth))
    return tmp_path


def test_figures_are_those_counted_by_hand(raw):
    figures = BENCHMARK["measure"](raw)
    assert figures["range_shares"] == pytest.approx([2 / 3, 0, 1 / 3, 0, 0])
    assert figures["true_share"] == {"color": {"share": pytest.approx(2 / 3), "elements": 3}}
    assert figures["mean_truth"] == pytest.approx({"Bad": 1.85, "Good": 4.0})
    assert list(figures["mean_truth"]) == ["Bad", "Good"]
    for name in ("srcc_truth_mean_rating", "srcc_rater_mean_of_others", "srcc_elements_overall"):
        assert figures[name] == pytest.approx(1.0)  # every order agrees
    assert figures["novel_prompt_share"] == 1.0


def test_figures_can_be_read_as_a_table_and_as_json(raw):
    figures = BENCHMARK["measure"](raw)
    assert json.loads(json.dumps(figures))["pairs"] == 3
    assert "color                  0.667         3" in BENCHMARK["describe"](figures)
