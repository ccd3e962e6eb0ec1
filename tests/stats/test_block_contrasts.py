from itertools import combinations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import ttest_rel

from evalmuse_hf.stats import block_contrasts, block_means

NAN = float("nan")


def simulate(rng, n_levels=4, n_blocks=150, missing=0.5):
    table = rng.normal(0, 1, n_blocks) + np.arange(n_levels)[:, None] / 4 + rng.normal(0, 0.5, (n_levels, n_blocks))
    table[rng.random(table.shape) < missing] = NAN
    return table


def test_without_missing_cells_it_is_the_paired_t_test():
    table = simulate(np.random.default_rng(0), n_blocks=30, missing=0)
    for (first, second), found in zip(combinations(table, 2), block_contrasts(values=table), strict=True):
        expected = ttest_rel(first, second)
        assert found.statistic == pytest.approx((first - second).mean())
        assert found.p_value == pytest.approx(expected.pvalue)
        assert found.confidence_interval == pytest.approx(tuple(expected.confidence_interval()))
        assert (found.degrees_of_freedom, found.n_clusters) == (pytest.approx(29), 30)


def test_two_levels_with_missing_cells_are_compared_where_both_are():
    table = simulate(np.random.default_rng(1), n_levels=2)
    both = table[:, ~np.isnan(table).any(axis=0)]
    (found,) = block_contrasts(values=table)
    assert found.p_value == pytest.approx(ttest_rel(*both).pvalue)
    assert found.n_clusters == both.shape[1]


def test_differences_are_those_of_the_adjusted_means():
    table = simulate(np.random.default_rng(2))
    means = [mean.statistic for mean in block_means(values=table, adjust=True)]
    found = [difference.statistic for difference in block_contrasts(values=table)]
    assert found == pytest.approx([first - second for first, second in combinations(means, 2)])


def test_errors_are_those_of_a_regression_with_clustered_errors():
    rng = np.random.default_rng(3)
    table = simulate(rng, missing=0.3)
    weights = rng.integers(1, 4, table.shape).astype(float)
    levels, blocks = np.nonzero(~np.isnan(table))
    design = np.column_stack([np.eye(4)[levels][:, 1:], np.eye(150)[blocks]])
    kept = design.any(axis=0)
    fit = sm.WLS(table[levels, blocks], design[:, kept], weights=weights[levels, blocks]).fit(
        cov_type="cluster", cov_kwds={"groups": blocks, "use_correction": False}
    )
    found = block_contrasts(values=table, weights=weights)[:3]  # the first level less each of the others
    assert [difference.statistic for difference in found] == pytest.approx((-fit.params[:3]).tolist())
    # Theirs lets a block pull the fit towards itself; with 150 blocks that is little.
    assert [difference.standard_error for difference in found] == pytest.approx(fit.bse[:3].tolist(), rel=0.03)


def test_intervals_cover_where_few_levels_meet():
    rng = np.random.default_rng(4)
    covered = np.zeros(6)
    for _ in range(200):
        found = block_contrasts(values=simulate(rng, n_blocks=60, missing=0.6))
        truth = [(first - second) / 4 for first, second in combinations(range(4), 2)]
        for place, (one, value) in enumerate(zip(found, truth, strict=True)):
            covered[place] += one.confidence_interval.low <= value <= one.confidence_interval.high
    assert covered.mean() / 200 == pytest.approx(0.95, abs=0.03)


def test_levels_that_nothing_compares_have_no_difference():
    found = block_contrasts(values=[[1.0, 2.0, NAN], [NAN, NAN, 3.0]])
    assert len(found) == 1
    assert np.isnan([found[0].statistic, found[0].p_value]).all()
    assert found[0].status == "some levels share no blocks with the others"
    assert block_contrasts(values=[[1.0, 2.0]]) == ()


def test_an_infinite_cell_is_refused():
    with pytest.raises(ValueError, match="1 infinite cells"):
        block_contrasts(values=[[1.0, float("inf")], [1.0, 2.0]])
