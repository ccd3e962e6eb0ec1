"""The figures of the estimates of rating noise."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "rating_noise.py"))


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Few prompts, and a rough idea of the expected ratings."""
    values = BENCHMARK["measure"].__globals__
    monkeypatch.setitem(values, "N_PROMPTS", 40)
    monkeypatch.setitem(values, "N_EXPECTED", 200)


def simulate(**options):
    world = BENCHMARK["World"](**{"design": "nested", "rule": False, "spread": 0.0, **options})
    return BENCHMARK["simulate"](world, np.random.default_rng(0))


@pytest.mark.parametrize("design, most", [("nested", 15), ("partial", 8), ("crossed", 3)])
def test_as_many_people_rate_a_prompt_as_the_design_says(design, most):
    data = simulate(design=design)
    for prompt in range(0, 200, 5):
        people = {person for row in data.raters[prompt : prompt + 5] for person in row}
        assert len(people) == most if design != "partial" else 3 < len(people) <= most
    assert all(len({*row}) == len(row) for row in data.raters)


def test_ratings_are_three_or_by_the_range_rule_six():
    data = simulate(rule=True)
    assert {len(row) for row in data.ratings} == {3, 6}
    for row in data.ratings:
        assert {*row} <= {1, 2, 3, 4, 5}
        assert (max(row[:3]) - min(row[:3]) >= 2) == (len(row) == 6)
    means = np.array([np.mean(row) for row in data.ratings]).reshape(-1, 5)
    assert data.variances == pytest.approx(means.var(axis=1, ddof=1))


@pytest.mark.parametrize("rule", [False, True])
def test_pictures_of_one_true_score_have_no_true_variance(rule):
    assert simulate(rule=rule).truths == pytest.approx(np.zeros(40), abs=1e-12)
    assert simulate(rule=rule, spread=1.0).truths.mean() > 0.4


def test_figures_can_be_read_as_a_table_and_as_json():
    figures = BENCHMARK["measure"](2)
    figures = json.loads(json.dumps(figures))
    assert [len(figures["bias"]), len(figures["pooling"])] == [18, 12]
    text = BENCHMARK["describe"](figures)
    for word in ("nested", "partial", "crossed", "3 or 6", "first three", "uneven", "shrunk, clipped"):
        assert word in text
