import numpy as np
import pytest
from scipy import stats

from evalmuse_hf.stats.equivalence import equivalence_test, minimum_detectable_difference, power


def test_the_equivalence_test_is_the_larger_of_two_one_sided_t_tests():
    sample = np.array([0.004, -0.002, 0.003, 0.001, 0.0005])
    lower = stats.ttest_1samp(sample, -0.005, alternative="greater").pvalue
    upper = stats.ttest_1samp(sample, 0.005, alternative="less").pvalue
    for sign in (1, -1):
        result = equivalence_test(
            difference=sign * sample.mean(), standard_error=stats.sem(sample), degrees_of_freedom=4, margin=0.005
        )
        assert result.p_value == pytest.approx(max(lower, upper), rel=1e-9)
        assert result.equivalent


@pytest.mark.parametrize(
    "difference, equivalent", [(0.0, True), (0.005, False), (-0.1, False)], ids=["none", "the margin", "beyond"]
)
def test_without_any_error_the_margin_decides(difference, equivalent):
    result = equivalence_test(difference=difference, standard_error=0.0, degrees_of_freedom=9, margin=0.005)
    assert (result.equivalent, result.p_value) == (equivalent, float(not equivalent))


def test_the_power_is_the_share_of_simulated_tests_that_reject():
    rng = np.random.default_rng(0)
    samples = rng.normal(1.0, 1.0, (20_000, 8))
    rejected = (stats.ttest_1samp(samples, 0, axis=1).pvalue < 0.05).mean()
    expected = power(difference=1.0, standard_error=8**-0.5, degrees_of_freedom=7)
    assert rejected == pytest.approx(expected, abs=0.01)  # standard error of the share: .003


@pytest.mark.parametrize("freedom", [2, 9, 200])
def test_the_power_is_that_of_the_noncentral_t(freedom):
    critical = stats.t.ppf(0.975, freedom)
    reference = stats.nct.sf(critical, freedom, 2.5) + stats.nct.cdf(-critical, freedom, 2.5)
    result = power(difference=-2.5, standard_error=1.0, degrees_of_freedom=freedom)
    assert result == pytest.approx(reference, abs=1e-4)  # the nodes of the integral


def test_without_a_difference_the_power_is_the_level():
    assert power(difference=0.0, standard_error=1.0, degrees_of_freedom=9, alpha=0.1) == pytest.approx(0.1, abs=1e-4)


def test_a_huge_difference_is_always_found():
    assert power(difference=1e6, standard_error=1e-3, degrees_of_freedom=9) == pytest.approx(1.0)


def test_the_smallest_detectable_difference_has_the_power_that_was_asked_for():
    smallest = minimum_detectable_difference(standard_error=0.004, degrees_of_freedom=9, chance=0.9)
    assert power(difference=smallest, standard_error=0.004, degrees_of_freedom=9) == pytest.approx(0.9)


def test_with_many_degrees_of_freedom_it_is_that_of_the_normal_distribution():
    """1.96 + 0.84 standard errors."""
    assert minimum_detectable_difference(standard_error=1.0, degrees_of_freedom=1e5) == pytest.approx(2.8016, abs=1e-3)


def test_without_any_error_everything_is_detectable():
    assert minimum_detectable_difference(standard_error=0.0, degrees_of_freedom=9) == 0.0


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"standard_error": -1.0}, "`standard_error` must be >= 0, got -1.0"),
        ({"standard_error": float("nan")}, "`standard_error` must be >= 0, got nan"),
        ({"degrees_of_freedom": 0}, "`degrees_of_freedom` must be more than 0, got 0"),
        ({"alpha": 1.0}, "`alpha` must be between 0 and 1, got 1.0"),
        ({"margin": 0.0}, "`margin` must be more than 0, got 0.0"),
    ],
    ids=["negative error", "unknown error", "no freedom", "level", "margin"],
)
def test_what_makes_no_sense_is_refused(changed, message):
    sensible = {"difference": 0.0, "standard_error": 1.0, "degrees_of_freedom": 9, "margin": 1.0}
    with pytest.raises(ValueError, match=message):
        equivalence_test(**{**sensible, **changed})


def test_a_power_needs_an_error():
    with pytest.raises(ValueError, match="`standard_error` must be more than 0 for a power"):
        power(difference=1.0, standard_error=0.0, degrees_of_freedom=9)


def test_a_power_below_the_level_is_refused():
    with pytest.raises(ValueError, match=r"`chance` must be between `alpha` and 1, got 0\.01"):
        minimum_detectable_difference(standard_error=1.0, degrees_of_freedom=9, chance=0.01)
