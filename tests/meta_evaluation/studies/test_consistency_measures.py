import numpy as np
import pytest
from scipy.stats import f as fisher

from evalmuse_hf.meta_evaluation.studies.consistency_measures import LIMIT, measure_repetition
from evalmuse_hf.stats.resampling import Resampling


def rounds(n_prompts=40, n_pictures=5, shift=0.2):
    rng = np.random.default_rng(0)
    prompts = np.repeat(np.arange(n_prompts), n_pictures)
    truth = rng.normal(3, 1, n_prompts * n_pictures)
    old, new = (truth + rng.normal(0, 0.5, len(truth)) for _ in range(2))
    return old, new + shift, prompts


def test_icc_is_that_of_the_one_way_analysis_and_its_interval_is_like_the_textbooks():
    old, new, prompts = rounds(shift=0.0)
    found = measure_repetition(old, new, prompts, within=1, resampling=Resampling(2000, rng=0)).icc
    table = np.column_stack([old, new])
    n = len(old)
    between = 2 * table.mean(axis=1).var(ddof=1)
    inside = table.var(axis=1, ddof=1).mean()
    assert found.statistic == pytest.approx((between - inside) / (between + inside))
    # Items are independent here, so the F interval applies (Shrout and Fleiss).
    ratio = between / inside
    low, high = ratio / fisher.ppf(0.975, n - 1, n), ratio * fisher.ppf(0.975, n, n - 1)
    assert found.confidence_interval == pytest.approx(((low - 1) / (low + 1), (high - 1) / (high + 1)), abs=0.02)


def test_limits_of_agreement_are_those_of_bland_and_altman():
    old, new, prompts = rounds()
    found = measure_repetition(old, new, prompts, within=1, resampling=Resampling(2000, rng=0))
    difference = new - old
    deviation = difference.std(ddof=1)
    assert found.shift.statistic == pytest.approx(difference.mean())
    assert found.deviation == pytest.approx(deviation)
    assert found.lower.statistic == pytest.approx(difference.mean() - LIMIT * deviation)
    assert found.upper.statistic == pytest.approx(difference.mean() + LIMIT * deviation)
    # Bland and Altman (1999): the standard error of a limit is about 1.71 s / sqrt(n).
    half = LIMIT * 1.71 * deviation / len(old) ** 0.5
    low, high = found.upper.confidence_interval
    assert (high - low) / 2 == pytest.approx(half, rel=0.15)


def test_close_ones_are_counted_with_their_edge():
    old = np.array([1 / 3, 1.0, 2.0, np.nan])
    new = np.array([4 / 3, 2.1, 2.0, 3.0])
    found = measure_repetition(old, new, np.arange(4), within=1, resampling=Resampling(0))
    assert found.close.statistic == pytest.approx(2 / 3)
    assert (found.n, found.n_prompts) == (3, 3)
    assert found.close.confidence_interval is None


def test_what_is_undefined_has_a_status():
    nothing = measure_repetition(np.array([]), np.array([]), np.array([], int), within=1, resampling=Resampling(10))
    assert nothing.n == 0
    assert (nothing.close.status, nothing.shift.status) == ("no rows", "no rows")
    assert np.isnan([nothing.old_mean, nothing.icc.statistic, nothing.deviation]).all()
    one = measure_repetition(np.array([2.0]), np.array([3.0]), np.array([0]), within=1, resampling=Resampling(10))
    assert one.lower.status == "no variation"
    assert one.shift.statistic == 1.0
    assert np.isnan(one.shift.p_value)
