from itertools import combinations

import numpy as np
import pytest

from evalmuse_hf.prompts import LabelTable


def draw_table(seed, *, n=12, n_real=0):
    """A few candidates with labels along two dimensions, and numbers."""
    rng = np.random.default_rng(seed)
    labels = {name: (list("abc"), rng.random((n, 3)) < 0.4) for name in ("first", "second")}
    features = {f"number {place}": rng.normal(size=n) for place in range(n_real)}
    return LabelTable.from_arrays([f"p{row:02d}" for row in range(n)], labels=labels, features=features)


def best_by_trying_all(values, targets, n, *, weights=None, deviation="l1", allowed=lambda counts: True):
    """Value of the best of all selections of n rows; the reference for every solver."""
    weights = np.ones(len(targets)) if weights is None else weights
    best = np.inf
    for rows in combinations(range(len(values)), n):
        counts = values[list(rows)].sum(axis=0)
        gaps = weights * np.abs(counts - targets)
        if allowed(counts):
            best = min(best, gaps.sum() if deviation == "l1" else gaps.max())
    return best


@pytest.fixture
def small_table():
    return draw_table


@pytest.fixture
def try_all():
    return best_by_trying_all
