from itertools import combinations

import numpy as np
import pytest

from evalmuse_hf.stats.tie_threshold import (
    Comparisons,
    comparison_blocks,
    comparisons_within,
    reference_levels,
    tie_thresholds,
)


def brute_pairs(groups):
    return {(i, j) for i, j in combinations(range(len(groups)), 2) if groups[i] == groups[j]}


def as_set(pairs):
    return {(min(pair), max(pair)) for pair in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)}


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_every_comparison_is_met_once(size):
    groups = np.random.default_rng(0).integers(6, size=50)
    blocks = [*comparison_blocks(groups, size=size)]
    found = [as_set(block) for block in blocks]
    assert sum(len(block.first) for block in blocks) == len(brute_pairs(groups))
    assert set().union(*found) == brute_pairs(groups)
    assert max(len(block.first) for block in blocks) <= max(size, 50)


def test_drawn_comparisons_are_of_different_rows_of_one_group_and_evenly_spread():
    groups = np.array([0, 1, 0, 1, 1, 1, 2, 0])
    pairs = comparisons_within(groups, n_max=5, rng=np.random.default_rng(0))
    assert len(pairs.first) == 5
    drawn = comparisons_within(np.repeat(np.arange(20), 12), n_max=1000, rng=np.random.default_rng(1))
    assert len(drawn.first) == 1000
    assert (drawn.first != drawn.second).all()
    assert (drawn.first // 12 == drawn.second // 12).all()
    # 1,000 draws over 20 groups of the same size: 50 each, with a standard deviation of 7.
    assert np.ptp(np.bincount(drawn.first // 12)) < 50


@pytest.mark.parametrize("seed", range(6))
def test_no_threshold_is_better_on_the_comparisons_that_it_may_see(seed):
    rng = np.random.default_rng(seed)
    n = 40
    predictions = np.round(rng.uniform(size=n), 1 + seed % 3)
    levels, groups, folds = rng.integers(3, size=n), rng.integers(4, size=n), rng.integers(4, size=n)
    pairs = comparisons_within(groups, n_max=10**6, rng=rng)
    held_out = [(0, 0), (1, 2), (3, 0)]
    found = tie_thresholds(
        pairs, predictions=predictions, levels=levels, groups=groups, folds=folds, held_out=held_out
    )

    thresholds = np.r_[found, np.linspace(0, 1.05, 1051) + 1e-9]

    def accuracies(banned):
        """Of the thresholds found and of all others, in the mean over groups."""
        shares = {}
        for i, j in brute_pairs(groups):
            if folds[i] in banned or folds[j] in banned:
                continue
            gap = predictions[i] - predictions[j]
            predicted = np.where(abs(gap) <= thresholds, 0, np.sign(gap))
            shares.setdefault(groups[i], []).append(predicted == np.sign(levels[i] - levels[j]))
        return np.mean([np.mean(values, axis=0) for values in shares.values()], axis=0)

    for number, banned in enumerate(held_out):
        values = accuracies(banned)
        assert values[number] == pytest.approx(values.max(), abs=1e-12)


def test_among_equally_good_thresholds_the_smallest_is_taken():
    pairs = Comparisons(np.array([0, 2]), np.array([1, 3]))
    # Both comparisons are ordered rightly: nothing need be a tie, and rounding noise is none.
    found = tie_thresholds(
        pairs,
        predictions=np.array([0.1, 0.2, 0.5, 0.9]),
        levels=np.array([0, 1, 0, 1]),
        groups=np.zeros(4, dtype=int),
        folds=np.zeros(4, dtype=int),
        held_out=[(1, 1)],
    )
    assert 0 <= found[0] < 1e-9


def test_ties_only_make_every_difference_a_tie():
    pairs = Comparisons(np.array([0, 2]), np.array([1, 3]))
    arguments = {"groups": np.zeros(4, dtype=int), "folds": np.zeros(4, dtype=int), "held_out": [(1, 1)]}
    predictions = np.array([0.1, 0.2, 0.5, 0.9])
    found = tie_thresholds(pairs, predictions=predictions, levels=np.zeros(4, dtype=int), **arguments)
    assert found[0] >= 0.4


def test_ratings_that_differ_by_rounding_are_one_level():
    assert reference_levels(np.array([10 / 3, 3.3333333333333335, 1.0, 5.0])).tolist() == [1, 1, 0, 2]
    assert reference_levels(np.array([])).tolist() == []
    assert reference_levels(np.array([2.0, 2.0])).tolist() == [0, 0]
