import math
import runpy
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from evalmuse_hf.models.scorer import Answer, ElementScore, PairScore

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "mini_vqa.py"))


def test_spearman_leaves_out_what_has_no_score():
    rng = np.random.default_rng(0)
    predictions, references = rng.random(50), rng.random(50)
    assert BENCHMARK["spearman"](predictions, references) == pytest.approx(
        spearmanr(predictions, references).statistic
    )
    predictions[:10] = math.nan
    expected = spearmanr(predictions[10:], references[10:]).statistic
    assert BENCHMARK["spearman"](predictions, references) == pytest.approx(expected)
    assert math.isnan(BENCHMARK["spearman"](np.ones(5), references[:5]))


def test_the_halves_of_pn_vqa_are_taken_apart():
    answers = (Answer("+", 0.3, 0.1), Answer("-", 0.2, 0.2))
    pair = PairScore(0.5, (ElementScore("cat", None, 0.5, "ok", answers), ElementScore("", None, math.nan, "empty")))
    positive, negative = (BENCHMARK["half"](pair, place) for place in (0, 1))
    assert positive.overall == pytest.approx(0.75)
    assert negative.overall == pytest.approx(0.5)
    assert math.isnan(positive.elements[1].score)


def test_the_difference_to_itself_is_none_and_to_noise_is_found():
    rng = np.random.default_rng(0)
    ratings = rng.random(200)
    overall = {"pn_vqa": ratings + 0.1 * rng.random(200), "noise": rng.random(200)}
    table = BENCHMARK["agreement"](overall, ratings, [str(row // 5) for row in range(200)])
    assert table["pn_vqa"]["difference_interval"] == [0.0, 0.0]
    assert table["noise"]["difference_interval"][0] > 0.5


def test_yes_is_counted_where_nothing_is():
    scores = [PairScore(0.5, tuple(ElementScore("x", None, value, "ok") for value in (0.9, 0.8, 0.2, math.nan)))] * 2
    row = BENCHMARK["element_figures"](scores, [[1, 0, 0, 1]] * 2, ["a", "b"])
    assert (row["yes_on_absent"], row["n"], row["unscored"]) == (0.5, 6, 2)
    assert row["accuracy"] == pytest.approx(2 / 3)
    assert row["balanced"] == pytest.approx(0.75)
