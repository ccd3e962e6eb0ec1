import numpy as np
import pytest

from evalmuse_hf.stats.multiplicity import holm


def test_the_adjustment_is_that_of_holm():
    """By hand: sorted .01 .02 .03 .2 times 4 3 2 1 is .04 .06 .06 .2; none may be below one before it."""
    assert holm(p_values=[0.03, 0.01, 0.2, 0.02]) == pytest.approx([0.06, 0.04, 0.2, 0.06])


def test_no_p_value_exceeds_one():
    assert holm(p_values=[0.6, 0.7]).tolist() == [1.0, 1.0]


def test_a_test_that_was_not_done_costs_nothing():
    adjusted = holm(p_values=[0.02, None, 0.04])
    assert adjusted[[0, 2]] == pytest.approx([0.04, 0.04])
    assert np.isnan(adjusted[1])


def test_what_is_no_probability_is_refused():
    with pytest.raises(ValueError, match=r"`p_values` must be between 0 and 1, got -0\.1 to 0\.5"):
        holm(p_values=[0.5, -0.1])
