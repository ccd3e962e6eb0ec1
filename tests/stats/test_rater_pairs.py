from itertools import combinations

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score

from evalmuse_hf.stats import pairwise_kappa, pairwise_spearman

NAN = float("nan")


@pytest.fixture
def ratings():
    """Six raters, of whom three rate each of 80 items."""
    rng = np.random.default_rng(0)
    table = np.clip(rng.integers(1, 6, (80, 1)) + rng.integers(-1, 2, (80, 6)), 1, 5).astype(float)
    table[rng.random(table.shape).argsort(axis=1) >= 3] = NAN
    return table


def over_pairs(ratings, compute, min_items=10):
    values = []
    for first, second in combinations(ratings.T, 2):
        both = ~np.isnan(first) & ~np.isnan(second)
        if both.sum() >= min_items:
            values.append(compute(first[both], second[both]))
    return np.mean(values), len(values)


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
def test_the_mean_kappa_is_that_of_scikit_learn_over_pairs(ratings, weights):
    expected, n_pairs = over_pairs(
        ratings, lambda x, y: cohen_kappa_score(x, y, labels=[1, 2, 3, 4, 5], weights=weights)
    )
    result = pairwise_kappa(ratings, identified=True, weights=weights)
    assert result.statistic == pytest.approx(expected, abs=1e-12)
    assert (result.n_pairs, result.n_pairs_dropped) == (n_pairs, 15 - n_pairs)


def test_the_mean_correlation_is_that_of_scipy_over_pairs(ratings):
    expected, n_pairs = over_pairs(ratings, lambda x, y: spearmanr(x, y).statistic)
    result = pairwise_spearman(ratings, identified=True)
    assert result.statistic == pytest.approx(expected, abs=1e-12)
    assert result.n_pairs == n_pairs


def test_a_pair_with_constant_ratings_is_left_out_and_counted():
    table = [[1, 1, 3], [2, 2, 3], [3, 3, 3], [4, 3, 3]]
    result = pairwise_spearman(table, identified=True, min_items=4)
    assert (result.n_pairs, result.n_pairs_dropped) == (1, 2)
    assert result.statistic == pytest.approx(spearmanr([1, 2, 3, 4], [1, 2, 3, 3]).statistic)


@pytest.mark.parametrize("compute", [pairwise_kappa, pairwise_spearman])
def test_strictness_is_forgiven_by_the_correlation_alone(compute):
    first = np.tile([1.0, 2.0, 3.0, 4.0], 5)
    result = compute(np.column_stack([first, first + 1]), identified=True)
    assert (result.statistic == pytest.approx(1)) == (compute is pairwise_spearman)


@pytest.mark.parametrize("compute", [pairwise_kappa, pairwise_spearman])
def test_without_persons_or_common_items_there_is_a_reason_instead_of_a_number(ratings, compute):
    anonymous = compute(ratings, identified=False, n_resamples=5)
    assert np.isnan(anonymous.statistic)
    assert "not identified" in anonymous.status
    few = compute(ratings, identified=True, min_items=60)
    assert np.isnan(few.statistic)
    assert few.status == "no two raters share 60 items on which they can be compared"
    assert few.n_pairs_dropped == 15


@pytest.mark.parametrize("compute", [pairwise_kappa, pairwise_spearman])
def test_the_interval_is_that_of_resampled_groups_written_out(ratings, compute):
    groups = np.repeat(np.arange(20), 4)
    counts = np.random.default_rng(3).multinomial(20, np.full(20, 1 / 20), size=40)
    # Pairs are those of the data, whatever a resample holds; `min_items=2` keeps them all in what is written out.
    values = [compute(np.repeat(ratings, drawn[groups], axis=0), identified=True, min_items=2) for drawn in counts]
    result = compute(ratings, identified=True, min_items=2, groups=groups, n_resamples=40, rng=3)
    values = np.array([value.statistic for value in values])
    moved = values + result.statistic - values.mean()
    assert result.confidence_interval == pytest.approx(np.quantile(moved, [0.025, 0.975]), abs=1e-12)


@pytest.mark.parametrize("compute", [pairwise_kappa, pairwise_spearman])
def test_the_interval_of_many_small_pairs_lies_around_their_mean(compute):
    rng = np.random.default_rng(0)
    table = np.clip(np.rint(rng.uniform(1, 5, (1500, 1)) + rng.normal(0, 0.8, (1500, 20))), 1, 5)
    table[rng.random(table.shape).argsort(axis=1) >= 3] = NAN
    result = compute(table, identified=True, n_resamples=60, rng=0)
    assert result.n_pairs > 150
    low, high = result.confidence_interval
    assert result.statistic == pytest.approx((low + high) / 2, abs=(high - low) / 4)


def test_at_least_two_common_items_are_needed():
    with pytest.raises(ValueError, match="`min_items` must be at least 2"):
        pairwise_kappa([[1, 2]], identified=True, min_items=1)
