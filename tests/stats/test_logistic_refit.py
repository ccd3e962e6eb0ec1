import numpy as np
import pytest

from evalmuse_hf.stats.logistic import Logistic4, fit_logistic4
from evalmuse_hf.stats.logistic_refit import refitted_pearson

N = 3000
RNG = np.random.default_rng(3)
RATINGS = np.round(RNG.uniform(1, 5, N) * 3) / 3
NOISE = RNG.normal(size=N)
# What a scorer makes of the ratings: the best map is a curve, nearly a line, or a falling or rising exponential.
SCORERS = {
    "saturating": np.tanh(RATINGS - 3) + 0.3 * NOISE,
    "nearly straight": RATINGS + NOISE,
    "convex": np.exp(RATINGS + 0.5 * NOISE),
    "concave": -np.exp(-RATINGS - 0.5 * NOISE),
    "falling": -np.tanh(RATINGS - 3) + 0.3 * NOISE,
}


def careful(inputs, targets, weights):
    """By MINPACK, on the rows written out."""
    rows = np.repeat(np.arange(len(inputs)), weights)
    fit = fit_logistic4(inputs=inputs[rows], targets=targets[rows])
    return np.corrcoef(fit(inputs[rows]), targets[rows])[0, 1]


@pytest.mark.parametrize("name", SCORERS)
def test_a_resample_is_fitted_as_well_as_by_a_careful_search(name):
    scores = SCORERS[name]
    start = fit_logistic4(inputs=scores, targets=RATINGS)
    weights = np.random.default_rng(0).integers(1, 4, N)
    expected = careful(scores, RATINGS, weights)
    found = refitted_pearson(start, inputs=scores, targets=RATINGS, weights=weights)
    # Both searches stop where a step gains less than 1.5e-8 of the squared error; on flat ground that is no one place.
    assert found == pytest.approx(expected, abs=1e-5)


def test_a_steep_step_far_from_the_mean_is_kept():
    """A centre many of its small widths from the mean of the inputs: a search must not leave its own start."""
    scores = RNG.normal(size=N) + 0.5
    ratings = (scores > 0) + 0.1 * NOISE
    start = Logistic4(upper=1.0, lower=0.0, centre=0.0, width=1e-5)
    weights = np.random.default_rng(0).integers(1, 4, N)
    found = refitted_pearson(start, inputs=scores, targets=ratings, weights=weights)
    rows = np.repeat(np.arange(N), weights)
    assert found >= np.corrcoef(scores[rows] > 0, ratings[rows])[0, 1] - 1e-4


def test_where_a_straight_line_is_better_the_search_has_not_settled():
    scores, weights = SCORERS["saturating"], np.ones(N)
    # Between the last two values of the inputs: nothing near this start helps.
    first, second = np.sort(scores)[-2:]
    start = Logistic4(upper=5.0, lower=1.0, centre=(first + second) / 2, width=(second - first) / 50)
    assert np.isnan(refitted_pearson(start, inputs=scores, targets=RATINGS, weights=weights))


def test_a_start_far_off_leads_to_the_same_map():
    scores = SCORERS["saturating"]
    start = Logistic4(upper=9.0, lower=0.0, centre=0.5, width=1.0)
    expected = careful(scores, RATINGS, np.ones(N, int))
    found = refitted_pearson(start, inputs=scores, targets=RATINGS, weights=np.ones(N))
    assert found == pytest.approx(expected, abs=1e-6)


def test_the_order_of_the_rows_and_the_scales_change_nothing():
    scores, order = SCORERS["saturating"], np.random.default_rng(1).permutation(N)
    start = Logistic4(upper=5.0, lower=1.0, centre=0.1, width=0.3)
    plain = refitted_pearson(start, inputs=scores, targets=RATINGS, weights=np.ones(N))
    shuffled = refitted_pearson(start, inputs=scores[order], targets=RATINGS[order], weights=np.ones(N))
    larger = Logistic4(upper=5.0, lower=1.0, centre=1e6 + 100, width=300.0)
    scaled = refitted_pearson(larger, inputs=1e6 + 1e3 * scores, targets=7 - 2 * RATINGS, weights=np.ones(N))
    assert shuffled == pytest.approx(plain, abs=1e-9)
    assert scaled == pytest.approx(plain, abs=1e-7)


def test_a_constant_side_does_not_settle():
    start = Logistic4(upper=5.0, lower=1.0, centre=0.0, width=1.0)
    assert np.isnan(refitted_pearson(start, inputs=np.ones(9), targets=np.arange(9.0), weights=np.ones(9)))


@pytest.mark.parametrize("cut", ["above", "below", "on both sides"])
def test_scores_that_are_cut_off_are_fitted_as_well_as_by_a_careful_search(cut):
    """The best map is nearly straight or an exponential, and the steps towards it have no end."""
    low, high = {"above": (-9, 4), "below": (2, 9), "on both sides": (1, 5)}[cut]
    scores = np.clip(RATINGS + NOISE, low, high)
    start = fit_logistic4(inputs=scores, targets=RATINGS)
    values = []
    for seed in range(6):
        weights = np.random.default_rng(seed).integers(1, 4, N)
        found = refitted_pearson(start, inputs=scores, targets=RATINGS, weights=weights)
        values.append(found)
        assert np.isnan(found) or found >= careful(scores, RATINGS, weights) - 1e-5
    assert np.isfinite(values).sum() >= 4
