"""The figures of means that human ratings of a part correct."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "prediction_powered.py"))


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Two designs, and a rough idea of the true means."""
    values = BENCHMARK["measure"].__globals__
    designs = [
        BENCHMARK["Design"](n_prompts=60, pictures=2, n_rated=20, drawn=drawn) for drawn in ("prompts", "pictures")
    ]
    monkeypatch.setitem(values, "DESIGNS", tuple(designs))
    monkeypatch.setitem(values, "N_TRUTH", 20_000)


def test_ratings_are_third_steps_that_follow_the_true_score():
    ratings = BENCHMARK["rate"](np.linspace(1, 5, 3000), np.random.default_rng(0))
    assert np.rint(ratings * 3) == pytest.approx(ratings * 3)
    assert ratings[:1000].mean() < ratings[1000:2000].mean() < ratings[2000:].mean()


def test_the_scorer_favours_a_generator_that_people_put_second():
    rng = np.random.default_rng(0)
    truth = BENCHMARK["true_means"](rng)
    favoured = BENCHMARK["GENERATORS"].index("favoured")
    assert np.argsort(-truth)[1] == favoured
    quality = [BENCHMARK["draw_quality"](place, np.zeros(20_000), rng) for place in range(5)]
    scores = [BENCHMARK["score"](place, own, rng).mean() for place, own in enumerate(quality)]
    assert int(np.argmax(scores)) == favoured


def test_corrected_intervals_cover_where_those_of_the_scores_fail():
    figures = json.loads(json.dumps(BENCHMARK["measure"](25)))
    for row in figures["designs"]:
        assert row["coverage"]["naive"]["favoured"] < 0.1
        assert row["coverage"]["corrected"]["others"] > 0.85
        assert row["width"]["corrected"] < row["width"]["human"]
        assert row["right_first"]["naive"] < row["right_first"]["corrected"]
    text = BENCHMARK["describe"](figures)
    assert text.splitlines()[0].startswith("25 studies of each design")
    assert "| 60 | 2 | 20 pictures |" in text
