import numpy as np
import pytest
from scipy.stats import betabinom

from evalmuse_hf.stats.beta_binomial import BetaBinomial, fit_beta_binomial


@pytest.mark.parametrize("a, b", [(0.6, 0.9), (2.0, 1.0), (0.2, 0.1)])
def test_the_parameters_come_back_from_expected_counts(a, b):
    sizes = np.repeat([3.0, 6.0], [4, 7])
    yes = np.concatenate([np.arange(4.0), np.arange(7.0)])
    fit = fit_beta_binomial(yes=yes, sizes=sizes, weights=betabinom.pmf(yes, sizes, a, b))
    assert (fit.a, fit.b) == (pytest.approx(a, rel=0.01), pytest.approx(b, rel=0.01))


def test_the_fit_has_the_highest_likelihood_of_its_neighbours():
    yes, sizes, weights = np.arange(4.0), np.full(4, 3.0), np.array([40.0, 11.0, 13.0, 30.0])
    fit = fit_beta_binomial(yes=yes, sizes=sizes, weights=weights)

    def likelihood(a, b):
        return weights @ betabinom.logpmf(yes, sizes, a, b)

    best = likelihood(fit.a, fit.b)
    assert all(likelihood(fit.a * step, fit.b * other) < best for step, other in [(1.05, 1), (1, 1.05), (0.95, 1)])


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_the_accuracy_is_what_a_simulation_gives(size):
    rng = np.random.default_rng(0)
    chance = rng.beta(0.6, 0.9, 200_000)
    agreed = (chance >= 0.5) == (rng.binomial(size, chance) / size >= 0.5)
    accuracy = BetaBinomial(0.6, 0.9).accuracy(np.array([float(size)]), np.ones(1))
    assert accuracy == pytest.approx(agreed.mean(), abs=4 * np.sqrt(0.25 / 200_000))


def test_numbers_of_ratings_are_averaged_by_their_weights():
    model = BetaBinomial(0.6, 0.9)
    three, six = (model.accuracy(np.array([size]), np.ones(1)) for size in (3.0, 6.0))
    assert model.accuracy(np.array([3.0, 6.0]), np.array([3.0, 1.0])) == pytest.approx(0.75 * three + 0.25 * six)


def test_unanimous_items_leave_nothing_to_doubt():
    fit = fit_beta_binomial(yes=np.array([0.0, 3.0]), sizes=np.full(2, 3.0), weights=np.array([30.0, 50.0]))
    assert fit.accuracy(np.array([3.0]), np.ones(1)) > 0.99
