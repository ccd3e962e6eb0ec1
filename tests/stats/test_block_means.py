import numpy as np
import pytest
import statsmodels.api as sm

from evalmuse_hf.stats import adjusted_means, block_means
from evalmuse_hf.stats.block_means import _Additive, draw_counts, percentiles
from evalmuse_hf.stats.resampling import Resampling

NAN = float("nan")


def unbalanced(rng, n_levels=5, n_blocks=40, missing=0.4):
    table = rng.normal(0, 1, n_blocks) + rng.normal(0, 1, (n_levels, 1)) + rng.normal(0, 0.5, (n_levels, n_blocks))
    table[rng.random(table.shape) < missing] = NAN
    return table


def values_of(results):
    return [result.statistic for result in results]


def test_the_additive_fit_is_that_of_the_solver_for_sparse_least_squares():
    table = unbalanced(np.random.default_rng(0))
    levels, blocks = np.nonzero(~np.isnan(table))
    expected = adjusted_means(values=table[levels, blocks], levels=levels.tolist(), blocks=blocks.tolist()).means
    found = block_means(values=table, adjust=True)
    assert values_of(found) == pytest.approx([expected[level] for level in range(5)], abs=1e-9)
    assert [result.n_groups for result in found] == (~np.isnan(table)).sum(axis=1).tolist()


def test_weighted_additive_effects_are_those_of_weighted_least_squares():
    rng = np.random.default_rng(1)
    table = unbalanced(rng, missing=0.2)
    weights = rng.integers(1, 5, table.shape).astype(float)
    levels, blocks = np.nonzero(~np.isnan(table))
    design = np.column_stack([np.eye(5)[levels], np.eye(40)[blocks][:, 1:]])
    fit = sm.WLS(table[levels, blocks], design, weights=weights[levels, blocks]).fit()
    found = values_of(block_means(values=table, weights=weights, adjust=True))
    assert np.diff(found) == pytest.approx(np.diff(fit.params[:5]), abs=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
def test_without_missing_cells_there_is_nothing_to_adjust(weighted):
    rng = np.random.default_rng(2)
    table = unbalanced(rng, missing=0)
    weights = np.tile(rng.integers(1, 4, 40), (5, 1)) if weighted else np.ones((5, 40))
    expected = [np.average(row, weights=size) for row, size in zip(table, weights, strict=True)]
    for adjust in (False, True):
        assert values_of(block_means(values=table, weights=weights, adjust=adjust)) == pytest.approx(expected)


def test_a_resample_is_fitted_as_if_its_blocks_had_been_written_out():
    table = unbalanced(np.random.default_rng(3))
    known = ~np.isnan(table)
    fit = _Additive(np.where(known, table, 0), known.astype(float))
    for counts in np.random.default_rng(4).multinomial(40, np.full(40, 1 / 40), size=5):
        drawn = np.repeat(np.arange(40), counts)
        levels, places = np.nonzero(known[:, drawn])
        written = adjusted_means(
            values=table[:, drawn][levels, places], levels=levels.tolist(), blocks=places.tolist()
        ).means
        assert fit.of_counts(counts[None].astype(float))[0] == pytest.approx([written[k] for k in range(5)], abs=1e-8)


def test_the_interval_is_that_of_a_mean_over_blocks():
    rng = np.random.default_rng(5)
    table = rng.normal(3, 1, (2, 200))
    for result, row in zip(block_means(values=table, n_resamples=2000, rng=0), table, strict=True):
        low, high = result.confidence_interval
        assert (high - low) / 2 == pytest.approx(1.96 * row.std(ddof=1) / np.sqrt(200), rel=0.1)
        assert (result.n, result.n_groups, result.status) == (200, 200, "ok")


def test_all_levels_share_their_resamples_and_a_seed_repeats_them():
    row = np.random.default_rng(6).normal(0, 1, 30)
    first, second = block_means(values=[row, row], n_resamples=50, rng=1)
    assert first.confidence_interval == second.confidence_interval
    again, _ = block_means(values=[row, row + 1], n_resamples=50, rng=1)
    assert again.confidence_interval == first.confidence_interval
    assert block_means(values=[row, row], n_resamples=50, rng=2)[0].confidence_interval != first.confidence_interval


def test_levels_that_nothing_compares_have_no_adjusted_mean():
    apart = [[1.0, 2.0, NAN, NAN], [NAN, NAN, 3.0, 4.0]]
    for result in block_means(values=apart, adjust=True, n_resamples=20, rng=0):
        assert np.isnan(result.statistic)
        assert result.confidence_interval is None
        assert result.status == "some levels share no blocks with the others"
    assert values_of(block_means(values=apart)) == [1.5, 3.5]


@pytest.mark.parametrize("adjust", [False, True])
def test_a_level_without_cells_harms_no_other(adjust):
    found = block_means(values=[[1.0, 2.0, 3.0], [NAN, NAN, NAN], [2.0, 3.0, 5.0]], adjust=adjust)
    assert values_of(found) == pytest.approx([2.0, NAN, 10 / 3], nan_ok=True)
    assert [result.status for result in found] == ["ok", "no rows", "ok"]
    assert block_means(values=[[NAN], [NAN]], adjust=adjust, n_resamples=5)[0].status == "no rows"


@pytest.mark.parametrize("row", [[3.0] * 6, [3.0, NAN, NAN, NAN, NAN, NAN]], ids=["constant", "one block"])
def test_a_mean_without_spread_has_no_interval(row):
    result = block_means(values=[row, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]], n_resamples=50, rng=0)[0]
    assert (result.statistic, result.confidence_interval) == (3.0, None)


@pytest.mark.parametrize("cost", [1, 1_000_000])
def test_counts_are_of_as_many_blocks_as_there_are(cost):
    drawn = np.concatenate([*draw_counts(7, Resampling(30, rng=0), cost=cost)])
    assert drawn.shape == (30, 7)
    assert (drawn.sum(axis=1) == 7).all()
    assert drawn.var(axis=0).mean() == pytest.approx(6 / 7, rel=0.3)  # multinomial: n p (1 - p)


def test_undefined_resamples_are_left_out_of_the_percentiles():
    assert percentiles(np.array([NAN, *np.arange(101.0)]), 0.9) == pytest.approx((5.0, 95.0))
    assert percentiles(np.array([NAN, NAN]), 0.9) is None


@pytest.mark.parametrize(
    "options, message",
    [
        ({"values": [1.0, 2.0]}, "one row per level"),
        ({"values": [[1.0, float("inf")]]}, "1 infinite cells"),
        ({"values": [[1.0]], "weights": [[1.0, 2.0]]}, "must have the shape of `values`"),
        ({"values": [[1.0]], "weights": [[0.0]]}, "more than 0 wherever"),
        ({"values": [[1.0]], "n_resamples": -1}, "`n_resamples` must be >= 0"),
    ],
)
def test_what_cannot_be_averaged_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        block_means(**options)


@pytest.mark.parametrize("n_links, known", [(1, False), (2, False), (4, False), (12, True)])
def test_levels_that_few_blocks_link_have_no_interval(n_links, known):
    values = np.random.default_rng(1).normal(size=(2, 60))
    values[0, :24], values[1, 24 + n_links :] = NAN, NAN
    first = block_means(values=values, adjust=True, n_resamples=1000, rng=0)[0]
    assert np.isfinite(first.statistic)
    assert (first.confidence_interval is not None) is known
    assert (first.n_failed / 1000) == pytest.approx((1 - n_links / 60) ** 60, abs=0.05)


def test_too_many_undefined_resamples_give_no_percentiles():
    drawn = np.array([NAN, NAN, *np.arange(98.0)])
    assert percentiles(drawn, 0.9, most_undefined=0.01) is None
    assert percentiles(drawn, 0.9, most_undefined=0.02) is not None
