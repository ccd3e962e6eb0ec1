import numpy as np
import pytest
from scipy import stats as scipy_stats

from evalmuse_hf.stats import mean_interval
from evalmuse_hf.stats.bca import bca_interval

RNG = np.random.default_rng(0)
SKEWED = RNG.exponential(size=40)


def test_the_interval_of_a_skewed_mean_is_that_of_scipy():
    expected = scipy_stats.bootstrap((SKEWED,), np.mean, n_resamples=40_000, method="BCa", rng=1).confidence_interval
    found = mean_interval(values=SKEWED, n_resamples=40_000, interval="bca", rng=0).confidence_interval
    plain = mean_interval(values=SKEWED, n_resamples=40_000, rng=0).confidence_interval
    # Two Monte Carlo estimates of a quantile; the correction is several times as large as their error.
    assert tuple(found) == pytest.approx(tuple(expected), abs=0.01)
    assert found.high - plain.high > 0.02


def test_without_bias_and_acceleration_it_is_the_percentile_interval():
    values = np.linspace(-1, 1, 2001)
    assert bca_interval(values=values, estimate=0.0, left_out=[-1.0, 1.0]) == pytest.approx((-0.95, 0.95), abs=1e-9)


def test_bias_moves_both_ends_by_the_formula():
    # Three in ten values lie below the estimate: z0 = -0.5244. Without acceleration the ends are the percentiles at
    # phi(2 z0 -/+ 1.96) = phi(-3.0088) = 0.00131 and phi(0.9112) = 0.8189.
    values = np.linspace(0, 1, 100_001)
    low, high = bca_interval(values=values, estimate=0.3, left_out=[1.0, 2.0])
    assert (low, high) == pytest.approx((0.00131, 0.8189), abs=1e-4)


def test_acceleration_is_that_of_the_jackknife():
    # Left out: 0, 0, 3; mean 1, distances 1, 1, -2: cubes add up to -6, squares to 6: a = -6 / (6 * 6**1.5) = -0.068.
    # With z0 = 0: phi(-1.96 / (1 + 0.068 * -1.96)) = phi(-2.2615) = 0.0119; phi(1.96 / 1.1333) = phi(1.7294) = 0.9581.
    values = np.linspace(-0.5, 0.5, 100_001)
    low, high = bca_interval(values=values, estimate=0.0, left_out=[0.0, 0.0, 3.0])
    assert (low + 0.5, high + 0.5) == pytest.approx((0.0119, 0.9581), abs=1e-4)


def test_values_equal_to_the_estimate_count_half():
    values = np.repeat([0.0, 1.0, 2.0], 100)
    assert bca_interval(values=values, estimate=1.0, left_out=[0.0, 1.0]) == (0.0, 2.0)


@pytest.mark.parametrize(
    "values, estimate, left_out",
    [
        ([], 0.5, [0.0, 1.0]),
        ([np.nan, np.nan], 0.5, [0.0, 1.0]),
        ([0.1, 0.2], 0.5, [0.0, 1.0]),
        ([0.1, 0.9], np.nan, [0.0, 1.0]),
        ([0.1, 0.9], 0.5, [0.0, np.nan]),
    ],
    ids=["no value", "no defined value", "all below", "undefined estimate", "one defined jackknife value"],
)
def test_what_cannot_be_corrected_has_no_interval(values, estimate, left_out):
    assert bca_interval(values=values, estimate=estimate, left_out=left_out) is None


def test_an_acceleration_that_turns_the_order_has_no_interval():
    # All 39 but one alike: a = (39 - 1) / (6 * sqrt(39 * 40)) is 0.16; with z0 = 4 the stretch 1 - a (z0 + z) is < 0.
    values = np.r_[np.zeros(31_500), 1.0]
    assert bca_interval(values=values, estimate=0.5, left_out=[*[1.0] * 39, -39.0], confidence_level=0.99) is None
