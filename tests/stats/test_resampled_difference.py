import numpy as np
import pytest
from scipy import stats

from evalmuse_hf.stats.bca import bca_interval
from evalmuse_hf.stats.resampled_difference import ResampledDifference

VALUES = np.random.default_rng(0).normal(1.0, 1.0, 2000)


def test_the_p_value_counts_the_resamples_beyond_zero_on_either_side():
    below = int((VALUES <= 0).sum())
    assert ResampledDifference(1.0, VALUES, 40).p_value() == pytest.approx(2 * (1 + below) / 2001)
    assert ResampledDifference(-1.0, -VALUES, 40).p_value() == pytest.approx(2 * (1 + below) / 2001)


def test_the_p_value_agrees_with_the_percentile_interval():
    for level in (0.5, 0.6, 0.68, 0.7, 0.8):
        drawn = ResampledDifference(1.0, VALUES, 40)
        interval = drawn.interval(level)
        assert (interval.low > 0) == (drawn.p_value() < 1 - level)


def test_far_from_zero_the_p_value_is_that_of_a_t_test():
    drawn = ResampledDifference(6.0, VALUES + 5, 40)
    expected = 2 * stats.t.sf(6.0 / VALUES.std(ddof=1), 39)
    assert expected < 1e-5
    assert drawn.p_value() == pytest.approx(expected, rel=1e-9)


def test_a_scorer_compared_with_itself_has_a_p_value_of_one():
    same = ResampledDifference(0.0, np.zeros(99), 10)
    assert same.p_value() == 1.0
    assert same.far_interval(0.999) == (0.0, 0.0)


def test_intervals_are_percentiles_or_bca():
    left_out = np.random.default_rng(1).exponential(size=40)
    drawn = ResampledDifference(1.0, VALUES, 40)
    assert drawn.interval(0.9) == pytest.approx(tuple(np.quantile(VALUES, [0.05, 0.95])))
    corrected = ResampledDifference(1.0, VALUES, 40, left_out=left_out)
    expected = bca_interval(values=VALUES, estimate=1.0, left_out=left_out, confidence_level=0.9)
    assert corrected.interval(0.9) == expected != drawn.interval(0.9)


def test_a_level_that_the_resamples_do_not_reach_is_read_from_student():
    drawn = ResampledDifference(1.0, VALUES, 40)
    ordered = np.sort(VALUES)
    assert drawn.far_interval(0.98) == (ordered[19], ordered[-20])  # 20 of 2,000 lie beyond
    far = drawn.far_interval(0.999)  # 1 of 2,000
    reach = stats.t.isf(0.0005, 39) * VALUES.std(ddof=1)
    assert far == pytest.approx((1.0 - reach, 1.0 + reach))


def test_undefined_resamples_are_left_out_and_counted():
    drawn = ResampledDifference(1.0, np.r_[VALUES, np.nan, np.nan], 40)
    assert drawn.n_failed == 2
    assert drawn.standard_error == pytest.approx(VALUES.std(ddof=1))
    nothing = ResampledDifference(1.0, np.full(5, np.nan), 40)
    assert np.isnan([nothing.p_value(), nothing.standard_error]).all()
    assert nothing.interval(0.95) is nothing.far_interval(0.95) is None
    assert nothing.problem == "the difference is undefined in 5 of 5 resamples"
    many = ResampledDifference(1.0, np.r_[VALUES, np.full(400, np.nan)], 40)
    assert many.problem == "the difference is undefined in 400 of 2400 resamples"
    assert np.isnan(many.p_value())
    assert drawn.problem == ""


@pytest.mark.parametrize("level", [0.9, 0.95, 0.98, 0.9833, 0.989, 0.9891, 0.99, 0.995, 0.9995])
@pytest.mark.parametrize("n_resamples", [5, 20, 199, 999, 1000])
def test_an_interval_for_a_table_excludes_zero_exactly_where_the_p_value_is_below_the_level(level, n_resamples):
    rng, found = np.random.default_rng(n_resamples), []
    for shift in np.linspace(0.2, 12.2, 81):
        skewed = rng.exponential(size=n_resamples) * np.exp(rng.normal(size=n_resamples) / 3)
        estimate = shift + rng.normal() / 5
        for sign in (1, -1):
            drawn = ResampledDifference(sign * estimate, sign * (shift + 1 - skewed), n_clusters=12)
            low, high = drawn.far_interval(level)
            found.append((low > 0 or high < 0, drawn.p_value() < 1 - level - 1e-12))
    if n_resamples > 5:
        assert all(excluded == rejected for excluded, rejected in found)
        assert len({excluded for excluded, _ in found}) == 2
    assert not any(excluded and not rejected for excluded, rejected in found)


@pytest.mark.parametrize("rounding", [0.0, 1e-16])
def test_a_difference_that_is_the_same_in_every_resample_has_neither_error_nor_test(rounding):
    noise = rounding * np.random.default_rng(0).normal(size=99)
    for left_out in (None, np.full(3, 0.5)):
        drawn = ResampledDifference(0.5, 0.5 + noise, 3, left_out=left_out)
        assert drawn.problem == "the difference is the same in every resample"
        assert np.isnan([drawn.p_value(), drawn.standard_error]).all()
        assert drawn.interval(0.95) is drawn.far_interval(0.999) is None
    never = ResampledDifference(0.0, noise, 3)
    assert (never.p_value(), never.standard_error, never.problem) == (1.0, 0.0, "")


def test_with_hardly_any_clusters_the_p_value_is_that_of_a_t_test_throughout():
    """Two prompts have three different resamples, none of them beyond 0: that is no evidence."""
    drawn = ResampledDifference(0.3, np.repeat([0.1, 0.3, 0.5], [250, 500, 250]), 2)
    assert drawn.p_value() == pytest.approx(2 * stats.t.sf(0.3 / drawn.standard_error, 1))
    assert drawn.p_value() > 0.2
    low, high = drawn.far_interval(0.95)
    assert low < 0 < high


def test_what_counts_as_rounding_depends_on_the_size_of_the_values():
    values = 1e-14 * VALUES
    assert ResampledDifference(1e-14, values, 40).p_value() == 1.0
    small = ResampledDifference(1e-14, values, 40, scale=1e-13)
    assert small.p_value() == ResampledDifference(1.0, VALUES, 40).p_value() < 1
