import numpy as np
import pytest
from scipy.optimize import curve_fit

from evalmuse_hf.stats.logistic import Logistic4, fit_logistic4


@pytest.fixture(scope="module")
def noisy():
    rng = np.random.default_rng(2)
    inputs = rng.uniform(0, 1, 200)
    return inputs, Logistic4(upper=4.5, lower=1.5, centre=0.4, width=0.1)(inputs) + rng.normal(scale=0.3, size=200)


def test_the_fit_is_that_of_curve_fit_from_the_published_start(noisy):
    inputs, targets = noisy

    def published(x, b1, b2, b3, b4):
        return b2 + (b1 - b2) / (1 + np.exp(-(x - b3) / np.abs(b4)))

    start = [targets.max(), targets.min(), inputs.mean(), inputs.std()]
    expected, _ = curve_fit(published, inputs, targets, p0=start)
    fit = fit_logistic4(inputs=inputs, targets=targets)
    assert fit(inputs) == pytest.approx(published(inputs, *expected), abs=1e-5)  # an iterative fit
    assert fit.converged


@pytest.mark.parametrize("scale, shift", [(1e6, 0.0), (1e-6, 0.0), (2.0, -1e4)])
def test_the_scale_of_the_inputs_does_not_matter(noisy, scale, shift):
    inputs, targets = noisy
    plain, moved = (fit_logistic4(inputs=x, targets=targets)(x) for x in (inputs, scale * inputs + shift))
    assert moved == pytest.approx(plain, abs=1e-5)


def test_a_falling_relation_gets_a_falling_map(noisy):
    inputs, targets = noisy
    fit = fit_logistic4(inputs=-inputs, targets=targets)
    assert fit.upper < fit.lower
    assert fit.width > 0


def test_large_distances_do_not_overflow():
    with np.errstate(all="raise", under="ignore"):
        assert Logistic4(upper=5, lower=1, centre=0, width=1e-9)([-1e6, 1e6]) == pytest.approx([1, 5])


def test_too_few_pairs_are_refused():
    with pytest.raises(ValueError, match="needs at least 5 pairs, got 4"):
        fit_logistic4(inputs=[1, 2, 3, 4], targets=[1, 2, 3, 4])


@pytest.mark.parametrize("side", ["inputs", "targets"])
def test_a_constant_side_is_refused(side):
    values = {"inputs": [1, 2, 3, 4, 5], "targets": [1, 2, 3, 4, 5], side: [2.0] * 5}
    with pytest.raises(ValueError, match=f"`{side}` must not be constant"):
        fit_logistic4(**values)


def test_weights_are_repeated_pairs():
    rng = np.random.default_rng(1)
    inputs, weights = np.linspace(-3, 3, 40), rng.integers(1, 5, 40)
    targets = np.tanh(inputs) + 0.2 * rng.normal(size=40)
    weighted = fit_logistic4(inputs=inputs, targets=targets, weights=weights)
    repeated = fit_logistic4(inputs=np.repeat(inputs, weights), targets=np.repeat(targets, weights))
    assert weighted(inputs) == pytest.approx(repeated(inputs), abs=1e-5)  # iterative


def test_a_search_may_start_from_another_map():
    rng = np.random.default_rng(1)
    inputs = np.linspace(-3, 3, 40)
    targets = np.tanh(inputs) + 0.2 * rng.normal(size=40)
    cold = fit_logistic4(inputs=inputs, targets=targets)
    warm = fit_logistic4(inputs=inputs, targets=targets, start=cold)
    assert warm.converged
    assert warm(inputs) == pytest.approx(cold(inputs), abs=1e-5)  # iterative


@pytest.mark.parametrize("weights", [[1, 1, 1, 1], [1, 1, 1, 1, 0]], ids=["too few", "zero"])
def test_weights_must_fit_and_be_positive(weights):
    with pytest.raises(ValueError, match="`weights` must be 5 numbers above 0"):
        fit_logistic4(inputs=[1, 2, 3, 4, 5], targets=[1, 2, 3, 5, 6], weights=weights)
