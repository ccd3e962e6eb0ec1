import pytest
from statsmodels.stats.proportion import proportion_confint

from evalmuse_hf.stats.proportions import wilson_interval


@pytest.mark.parametrize("successes, n", [(0, 1), (0, 20), (1, 3), (47, 60), (20, 20), (5, 100_000)])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_interval_is_that_of_statsmodels(successes, n, level):
    expected = proportion_confint(successes, n, alpha=1 - level, method="wilson")
    assert wilson_interval(successes, n, confidence_level=level) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("successes, n", [(0, 0), (-1, 3), (4, 3)])
def test_impossible_counts_are_refused(successes, n):
    with pytest.raises(ValueError, match="successes in at least one trial"):
        wilson_interval(successes, n)


def test_a_level_outside_its_range_is_refused():
    with pytest.raises(ValueError, match="`confidence_level` must be between"):
        wilson_interval(1, 2, confidence_level=1.0)
