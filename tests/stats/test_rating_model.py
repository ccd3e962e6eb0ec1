import numpy as np
import pytest
from scipy.stats import norm

from evalmuse_hf.stats.rating_model import RatingModel, fit_rating_model

LEVELS = np.arange(1.0, 6.0)
GRID = np.linspace(0, 6, 61)


def kinds_of(ratings):
    counts = np.stack([(ratings == level).sum(axis=1) for level in LEVELS], axis=1).astype(float)
    return np.unique(counts, axis=0, return_counts=True)


def test_expected_ratings_are_those_of_rounded_noise():
    # One cell of the grid holds all true scores, which lie between 2.95 and 3.05.
    model = RatingModel(LEVELS, GRID, (np.abs(GRID - 3) < 0.01).astype(float), 0.8, 0.0)
    items = model.simulate(50_000, sizes=np.array([2]), shares=np.ones(1), rng=0)
    chances = np.diff(norm.cdf((np.array([-np.inf, 1.5, 2.5, 3.5, 4.5, np.inf]) - 3) / 0.8))
    assert items.expected.mean() == pytest.approx(chances @ LEVELS)
    variance = chances @ (LEVELS - 3) ** 2
    assert items.means.mean() == pytest.approx(3, abs=4 * np.sqrt(variance / 2 / 50_000))
    assert items.means.var() == pytest.approx(variance / 2, rel=0.03)


def test_noise_and_true_scores_come_back():
    rng = np.random.default_rng(0)
    scores = np.where(rng.random(10_000) < 0.5, 1.8, 4.0) + rng.normal(0, 0.3, 10_000)
    ratings = np.clip(np.rint(scores[:, None] + rng.normal(0, 0.7, (10_000, 3))), 1, 5)
    counts, weights = kinds_of(ratings)
    model = fit_rating_model(counts=counts, weights=weights.astype(float), levels=LEVELS)
    assert model.noise == pytest.approx(0.7, abs=0.03)
    assert model.careless < 0.03
    assert model.weights[model.scores < 3].sum() == pytest.approx(0.5, abs=0.02)
    assert model.weights @ model.scores == pytest.approx(scores.mean(), abs=0.02)


def test_careless_ratings_are_told_from_noise():
    rng = np.random.default_rng(0)
    noise = np.where(rng.random((10_000, 3)) < 0.15, 2.0, 0.4) * rng.normal(size=(10_000, 3))
    ratings = np.clip(np.rint(rng.uniform(1, 5, (10_000, 1)) + noise), 1, 5)
    counts, weights = kinds_of(ratings)
    model = fit_rating_model(counts=counts, weights=weights.astype(float), levels=LEVELS)
    assert model.noise == pytest.approx(0.4, abs=0.05)
    assert model.careless == pytest.approx(0.15, abs=0.02)


def test_the_fit_brings_back_how_often_raters_are_unanimous():
    # Most items are plain, and some ratings are slips: normal noise alone would make unanimous items rare.
    rng = np.random.default_rng(0)
    scores = np.where(rng.random(5000) < 0.7, 1.0, rng.integers(1, 6, 5000))[:, None]
    ratings = np.where(rng.random((5000, 5)) < 0.1, rng.integers(1, 6, (5000, 5)), scores)
    counts, weights = kinds_of(ratings)
    model = fit_rating_model(counts=counts, weights=weights.astype(float), levels=LEVELS)
    items = model.simulate(50_000, sizes=np.array([5]), shares=np.ones(1), rng=0)
    assert (items.means == 1).mean() == pytest.approx((ratings == 1).all(axis=1).mean(), abs=0.05)


def test_a_second_round_does_not_bias_the_noise():
    rng = np.random.default_rng(0)
    ratings = np.clip(np.rint(rng.uniform(1, 5, (10_000, 1)) + rng.normal(0, 0.7, (10_000, 6))), 1, 5)
    ratings[np.ptp(ratings[:, :3], axis=1) < 2, 3:] = np.nan
    counts, weights = kinds_of(ratings)
    model = fit_rating_model(counts=counts, weights=weights.astype(float), levels=LEVELS)
    assert model.noise == pytest.approx(0.7, abs=0.03)


def test_the_second_round_is_simulated_by_its_rule():
    model = RatingModel(LEVELS, GRID, np.full(61, 1 / 61), 0.9, 0.0)
    once, twice = (
        model.simulate(10_000, sizes=np.array([3]), shares=np.ones(1), again_at=rule, rng=0) for rule in (None, 0.0)
    )
    six = model.simulate(10_000, sizes=np.array([6]), shares=np.ones(1), rng=0)
    # A rule that every item meets doubles the ratings of all; one that none meets changes nothing.
    assert np.var(twice.means - twice.expected) == pytest.approx(np.var(six.means - six.expected), rel=0.05)
    never = model.simulate(10_000, sizes=np.array([3]), shares=np.ones(1), again_at=9.0, rng=0)
    assert np.var(never.means - never.expected) == pytest.approx(np.var(once.means - once.expected), rel=0.05)
    some = model.simulate(10_000, sizes=np.array([3]), shares=np.ones(1), again_at=2.0, rng=0)
    spreads = [np.var(items.means - items.expected) for items in (twice, some, once)]
    assert spreads == sorted(spreads)
    assert spreads[0] < spreads[1] < spreads[2]


def test_numbers_of_ratings_occur_as_often_as_they_should():
    model = RatingModel(np.array([0.0, 1.0]), np.linspace(-1, 2, 61), np.full(61, 1 / 61), 0.5, 0.0)
    items = model.simulate(10_000, sizes=np.array([1, 2]), shares=np.array([3.0, 1.0]), rng=0)
    halves = (items.means == 0.5).mean()  # only possible with two ratings
    p = items.expected
    assert halves == pytest.approx(0.25 * np.mean(2 * p * (1 - p)), abs=0.01)
