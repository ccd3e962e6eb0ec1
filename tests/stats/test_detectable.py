import math

import numpy as np
import pytest
from statsmodels.stats.power import TTestPower

from evalmuse_hf.stats.detectable import detectable_difference, prompts_needed


@pytest.mark.parametrize("planned", [5, 50, 2000])
def test_the_detectable_difference_is_that_of_a_t_test_of_one_value_per_prompt(planned):
    """A standard deviation of 0.3 between prompts gives a mean over 80 an error of 0.3 / sqrt(80)."""
    expected = 0.3 * TTestPower().solve_power(nobs=planned, alpha=0.05, power=0.8)
    found = detectable_difference(standard_error=0.3 / math.sqrt(80), n_prompts=80, planned_prompts=planned)
    assert found == pytest.approx(expected, rel=1e-4)


def test_without_a_plan_it_is_about_the_prompts_that_were_measured():
    one = detectable_difference(standard_error=0.01, n_prompts=100)
    assert one == detectable_difference(standard_error=0.01, n_prompts=100, planned_prompts=100)


@pytest.mark.parametrize("difference", [0.5, 0.1, 0.01])
def test_the_prompts_needed_are_those_of_a_t_test(difference):
    expected = TTestPower().solve_power(effect_size=difference / 0.3, alpha=0.05, power=0.9)
    found = prompts_needed(difference=-difference, standard_error=0.3 / math.sqrt(80), n_prompts=80, chance=0.9)
    assert found == math.ceil(expected)


def test_one_prompt_less_would_not_do():
    facts = {"standard_error": 0.02, "n_prompts": 40, "alpha": 0.01}
    needed = prompts_needed(difference=0.03, **facts)
    detectable = [detectable_difference(planned_prompts=prompts, **facts) for prompts in (needed - 1, needed)]
    assert detectable[0] > 0.03 >= detectable[1]


@pytest.mark.parametrize(
    "difference, standard_error",
    [(0.0, 0.01), (1e-9, 0.01), (float("nan"), 0.01), (0.1, float("nan"))],
    ids=["no difference", "a tiny difference", "an undefined difference", "an undefined error"],
)
def test_no_number_of_prompts_is_none(difference, standard_error):
    assert prompts_needed(difference=difference, standard_error=standard_error, n_prompts=50) is None


def test_an_error_of_zero_needs_two_prompts_and_an_undefined_one_detects_nothing():
    assert prompts_needed(difference=0.1, standard_error=0.0, n_prompts=50) == 2
    assert np.isnan(detectable_difference(standard_error=float("nan"), n_prompts=50))


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"n_prompts": 1}, "`n_prompts` must be at least 2, got 1"),
        ({"planned_prompts": 1}, "`planned_prompts` must be at least 2, got 1"),
        ({"standard_error": -1.0}, "`standard_error` must be >= 0"),
        ({"alpha": 1.5}, "`alpha` must be between 0 and 1"),
        ({"chance": 0.01}, "`chance` must be between `alpha` and 1"),
    ],
    ids=["one prompt", "one planned", "negative error", "no level", "no chance"],
)
def test_an_argument_outside_its_range_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        detectable_difference(**{"standard_error": 0.1, "n_prompts": 10, **arguments})


def test_prompts_needed_refuses_the_same():
    with pytest.raises(ValueError, match="`n_prompts` must be at least 2, got 1"):
        prompts_needed(difference=0.1, standard_error=0.1, n_prompts=1)
    with pytest.raises(ValueError, match="`chance` must be between `alpha` and 1"):
        prompts_needed(difference=0.1, standard_error=0.1, n_prompts=10, chance=0.01)
