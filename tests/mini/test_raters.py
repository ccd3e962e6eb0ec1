"""Simulated raters: the noise is that of the paper, and truth stays visible through it."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from evalmuse_hf.mini import write_release
from evalmuse_hf.mini.generators import GENERATORS, imagine
from evalmuse_hf.mini.prompts import ElementClaim, write_prompt
from evalmuse_hf.mini.raters import draw_biases, element_truths, rate, true_alignment
from evalmuse_hf.mini.scene import Claim
from evalmuse_hf.schema import CATEGORIES
from evalmuse_hf.stats import srcc


@pytest.fixture(scope="module")
def rated():
    """600 rated pairs: five pictures for each of 120 test prompts."""
    rng = np.random.default_rng(0)
    biases = draw_biases(rng)
    rows = []
    for _ in range(120):
        prompt = write_prompt(rng, test=True)
        difficulty = rng.normal(0, 0.5)
        for generator in GENERATORS:
            scene = imagine(prompt, generator, rng, difficulty=difficulty, held_out=True)
            rows.append((prompt, element_truths(prompt, scene), rate(prompt, scene, rng, biases=biases)))
    return rows


@pytest.mark.slow
def test_the_drawn_world_has_the_ratings_that_were_pinned_for_it(tmp_path):
    """On 1,500 pairs; the shares of the ranges 0 to 4 are those of the paper."""
    benchmark = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "mini_ratings.py"))
    write_release(tmp_path / "raw", train_prompts=0, test_prompts=300, seed=0)
    figures = benchmark["measure"](tmp_path / "raw")
    assert figures["range_shares"] == pytest.approx([0.23, 0.51, 0.17, 0.08, 0.01], abs=0.05)
    assert figures["srcc_truth_mean_rating"] == pytest.approx(0.90, abs=0.03)
    assert 0.65 <= figures["srcc_elements_overall"] <= 0.85
    assert figures["novel_prompt_share"] >= 0.25
    assert list(figures["true_share"]) == list(CATEGORIES)
    for category, row in figures["true_share"].items():
        assert 0.35 <= row["share"] <= 0.70, category


def test_three_more_raters_come_exactly_where_the_first_three_disagree(rated):
    for _, truths, ratings in rated:
        assert len(ratings.overall) == (6 if np.ptp(ratings.overall[:3]) >= 2 else 3)
        assert all(len(answers) == len(ratings.overall) for answers in ratings.elements)
        assert len(ratings.elements) == len(truths)
        assert set(ratings.overall) <= {1, 2, 3, 4, 5}


def test_truth_is_near_the_mean_rating_but_not_equal_to_it(rated):
    truth = [true_alignment(prompt.elements, truths) for prompt, truths, _ in rated]
    mean = [np.mean(ratings.overall) for *_, ratings in rated]
    assert 0.82 < srcc(predictions=truth, references=mean).statistic < 0.95


def test_overall_is_not_the_mean_of_the_elements(rated):
    elements = [np.mean([np.mean(answers) for answers in ratings.elements]) for *_, ratings in rated]
    overall = [np.mean(ratings.overall) for *_, ratings in rated]
    assert 0.65 < srcc(predictions=elements, references=overall).statistic < 0.88


def test_alignment_weighs_the_main_subject_most():
    """By hand: weights 1 and 4 of 5; missing noun halves the share. 1.85 + 2.25 * share."""
    elements = (
        ElementClaim("red", "color", "color", Claim("color", "red", "car")),
        ElementClaim("car", "object", "object", Claim("present", "car", "car")),
    )
    assert true_alignment(elements, (True, True)) == pytest.approx(4.1)
    assert true_alignment(elements, (False, True)) == pytest.approx(1.85 + 2.25 * 4 / 5)
    assert true_alignment(elements, (True, False)) == pytest.approx(1.85 + 2.25 * 1 / 5 * 0.5)
    assert true_alignment(elements, (False, False)) == pytest.approx(1.85)
