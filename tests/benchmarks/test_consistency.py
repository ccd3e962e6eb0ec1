"""The figures of the consistency study: what is simulated is counted right, at a small size."""

import json
import runpy
from functools import partial
from pathlib import Path

import numpy as np
import pytest

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "consistency.py"))


@pytest.fixture
def small(monkeypatch):
    """Studies of 75 pictures."""
    values = BENCHMARK["measure"].__globals__
    monkeypatch.setitem(values, "World", partial(BENCHMARK["World"], n_prompts=25, n_pictures=3))
    monkeypatch.setitem(values, "FEW_PROMPTS", 10)
    monkeypatch.setitem(values, "CAMPAIGN_PROMPTS", 60)
    monkeypatch.setitem(values, "DRAWS", 2)
    monkeypatch.setitem(values, "RESAMPLES", 50)


def count(world, studies=4):
    return BENCHMARK["count_row"](BENCHMARK["Row"]("test", world), studies, np.random.SeedSequence(0))


def test_what_was_planted_is_no_false_alarm():
    world = BENCHMARK["World"](n_prompts=60, rater_bias=1.5, category_bias=0.4, category="object")
    row = count(world)
    assert (row["rater"], row["category"]) == (1.0, 1.0)
    assert row["false"] == 0
    assert row["tests"] > 40


def test_a_rater_is_there_on_his_own_side_only():
    lenient = BENCHMARK["World"](n_prompts=40, rater_bias=1.5)
    is_there = BENCHMARK["_is_there"]
    log = BENCHMARK["simulate_study"](lenient, np.random.default_rng(0))
    bias = next(one for one in BENCHMARK["find_biases"](log) if one.name == "r00")
    leniency = np.zeros(24)
    assert not is_there(bias, lenient, leniency)
    assert not is_there(bias, lenient, np.where(np.arange(24) == 0, -1.0, leniency))
    assert is_there(bias, lenient, np.where(np.arange(24) == 0, 1.0, leniency))


@pytest.mark.parametrize(
    "options, there",
    [
        ({}, set()),
        ({"shift": 0.3}, {"overall rating"}),
        ({"rater_spread": 0.2}, set()),  # the same people rate both rounds
        ({"newcomers": True, "rater_spread": 0.2}, {"overall rating"}),
        ({"newcomers": True, "yes_spread": 1.0}, {"yes-share"}),
    ],
)
def test_a_round_shifts_where_it_was_shifted_or_others_rate_it(options, there):
    assert BENCHMARK["_moved"](BENCHMARK["World"](**options)) == there


def test_all_kinds_count(monkeypatch):
    values = BENCHMARK["measure"].__globals__
    world = BENCHMARK["World"](n_prompts=40, shift=1.0)
    assert count(world)["round"] == 1.0
    monkeypatch.setitem(values, "_moved", lambda world: set())  # as if the round had not shifted
    assert count(world)["false"] == 4


def test_a_category_is_found_with_its_prompts(monkeypatch):
    monkeypatch.setitem(BENCHMARK["measure"].__globals__, "CATEGORY_BIAS", 0.4)
    figures = BENCHMARK["count_category"]("attribute", 2, np.random.SeedSequence(0))
    assert figures["power"] == 1.0
    assert 60 < figures["prompts"] < 90


def test_figures_can_be_read_as_a_table_and_as_json(small):
    figures = json.loads(json.dumps(BENCHMARK["measure"](2), allow_nan=False))
    assert len(figures["rows"]) == 12
    assert len(figures["categories"]) == 12
    text = BENCHMARK["describe"](figures)
    for word in ("nobody is biased, raters by items", "tested by picture", "animal/human", "ICC(1,1)", "stated"):
        assert word in text
