"""Simulated raters: the noise is that of the paper, and truth stays visible through it."""

import numpy as np
import pytest

from evalmuse_hf.mini.generators import GENERATORS, imagine
from evalmuse_hf.mini.prompts import ElementClaim, write_prompt
from evalmuse_hf.mini.raters import draw_biases, element_truths, rate, true_alignment
from evalmuse_hf.mini.scene import Claim
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


def test_the_first_three_ratings_spread_as_in_the_paper(rated):
    """Shares of the range 0/1/2/3/4 in the paper; the aim is .05, and 600 pairs add a standard error of .02."""
    ranges = [int(np.ptp(ratings.overall[:3])) for *_, ratings in rated]
    shares = np.bincount(ranges, minlength=5) / len(ranges)
    assert shares == pytest.approx([0.23, 0.51, 0.17, 0.08, 0.01], abs=0.08)


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
