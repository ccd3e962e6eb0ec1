import numpy as np
import pytest
from scipy.stats import rankdata

from evalmuse_hf.stats.weighted_ranks import (
    doubled_ranks,
    group_rows,
    halve_levels,
    ordered_product,
    sum_of_halves,
)


def make_table(weights):
    """One column per resample, and the row of zeros."""
    return np.vstack([np.asarray(weights, dtype=float).T, np.zeros(len(weights))])


@pytest.fixture(scope="module")
def rows():
    """Four hundred rows of seven clusters on three hundred values, so that some are alone, some tied, some absent."""
    rng = np.random.default_rng(0)
    return {"numbers": rng.integers(0, 300, 400), "items": rng.integers(0, 7, 400)}


WEIGHTS = np.random.default_rng(1).integers(0, 4, (5, 7))


def group_weights(rows):
    """Weight of every group in every resample, by adding up rows."""
    return np.array(
        [np.bincount(rows["numbers"], weights=weights[rows["items"]], minlength=300) for weights in WEIGHTS]
    )


def test_every_group_has_the_weight_of_its_rows(rows):
    groups = group_rows(**rows, n_groups=300, n_items=7)
    extended = groups.extended(make_table(WEIGHTS))
    assert (group_weights(rows) == extended[groups.index.ravel()[groups.place]].T).all()
    assert 0 < groups.n_pooled < 300


def test_groups_go_down_the_columns(rows):
    groups = group_rows(**rows, n_groups=300, n_items=7)
    steps, width = groups.index.shape
    assert (steps, width) == (3, 128)
    assert groups.place.reshape(-1, steps)[:, 0] == pytest.approx(np.arange(100))  # the first step has every third
    assert len(set(groups.place.tolist())) == 300


def test_powers_of_the_weights_add_up(rows):
    groups = group_rows(**rows, n_groups=300, n_items=7)
    extended = groups.extended(make_table(WEIGHTS))
    expected = group_weights(rows)
    assert (groups.power_sums(extended, 2) == (expected**2).sum(axis=1)).all()
    assert (groups.power_sums(extended, 3) == (expected**3).sum(axis=1)).all()
    assert (groups.n_present(extended) == (expected > 0).sum(axis=1)).all()


def test_a_table_without_ties_is_not_copied():
    groups = group_rows(np.arange(5), items=np.arange(5), n_groups=5, n_items=5)
    table = make_table(np.ones((2, 5)))
    assert groups.extended(table) is table


def test_pooled_groups_are_written_behind_a_longer_table(rows):
    groups = group_rows(**rows, n_groups=300, n_items=7)
    longer = np.full((8 + groups.n_pooled + 3, 5), -1.0)  # room for another with more
    longer[:8] = make_table(WEIGHTS)
    groups.extend(longer)
    assert (longer[: 8 + groups.n_pooled] == groups.extended(make_table(WEIGHTS))).all()
    assert (longer[8 + groups.n_pooled :] == -1).all()


def test_doubled_ranks_are_those_of_the_rows_written_out(rows):
    groups = group_rows(**rows, n_groups=300, n_items=7)
    ranks = doubled_ranks(groups.extended(make_table(WEIGHTS)), groups.index)[groups.place]
    for weights, found in zip(WEIGHTS, ranks.T, strict=True):
        written = np.repeat(rows["numbers"], weights[rows["items"]])
        expected = 2 * rankdata(written) - (len(written) + 1)
        assert (found[written] == expected).all()


def test_an_ordered_product_is_that_of_cumulative_sums(rows):
    groups = group_rows(**rows, n_groups=300, n_items=7)
    extended = groups.extended(make_table(WEIGHTS))
    other = groups.extended(make_table(WEIGHTS[::-1] - 1.5))
    found = ordered_product(extended, groups.index, values=other, values_at=groups.index)
    weights, values = group_weights(rows), other[groups.index.ravel()[groups.place]].T
    after = weights.cumsum(axis=1)
    assert found == pytest.approx((values * (2 * after - weights)).sum(axis=1), rel=1e-14)


def test_two_levels_differ_in_one_bit_of_one_block():
    levels = np.array([0, 1, 2, 3, 4])
    splits = halve_levels(np.zeros(5, dtype=np.intp), levels=levels, items=np.arange(5), n_items=5)
    assert len(splits) == 3
    # Rows in one group: at each bit, the product of all lower rows so far and the upper ones, twice where they are of
    # earlier blocks. 0: (0, 2, 4 | 1, 3): 1 + (2 + 1) = 4. 1: (0, 1, 4 | 2, 3): 2 * 2 = 4. 2: (0 .. 3 | 4): 4.
    assert sum_of_halves(splits, make_table(np.ones((1, 5)))) == [12]


def test_halves_count_concordant_less_discordant_pairs():
    rng = np.random.default_rng(2)
    x, y = rng.integers(0, 9, 60), rng.integers(0, 13, 60)
    splits, blocks = (
        halve_levels(groups, levels=y, items=np.arange(60), n_items=60) for groups in (x, np.zeros_like(x))
    )
    table = make_table(rng.integers(0, 3, (4, 60)))
    found = sum_of_halves(splits, table) - sum_of_halves(blocks, table)
    signs = np.sign(np.subtract.outer(x, x)) * np.sign(np.subtract.outer(y, y))
    expected = [weights @ signs @ weights / 2 for weights in table[:-1].T]
    assert found.tolist() == expected


def test_one_level_has_nothing_to_split():
    one = np.zeros(4, dtype=np.intp)
    assert halve_levels(np.arange(4), levels=one, items=one, n_items=1) == []
    assert sum_of_halves([], make_table(np.ones((2, 1)))).tolist() == [0, 0]
