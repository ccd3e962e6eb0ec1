import numpy as np
import pytest

from evalmuse_hf.stats.dependent_correlations import steiger_test, williams_test

TESTS = [williams_test, steiger_test]


def test_williams_t_is_that_of_published_programs():
    # Silver, Hittner and May, Applied Psychological Measurement 30, 2006 (program DEPCOR).
    result = williams_test(r_first=0.3, r_second=0.4, r_between=0.5, n=100)
    assert (result.statistic, result.p_value) == pytest.approx((-1.0767, 0.2843), abs=5e-5)
    # r.test of the R package psych on the 32 cars of mtcars: hp with mpg, hp with am, mpg with am.
    result = williams_test(r_first=-0.7761684, r_second=-0.2432043, r_between=0.5998324, n=32)
    assert result.statistic == pytest.approx(-5.563815, abs=5e-6)
    assert result.p_value == pytest.approx(5.301858e-06, rel=1e-5)


def test_steigers_z_is_that_of_published_programs():
    # Case A of Steiger, 1980, as the R package cocor computes it (the article rounds the covariance), and DEPCOR.
    assert steiger_test(r_first=0.4, r_second=0.5, r_between=0.1, n=103).statistic == pytest.approx(
        -0.8887185, abs=5e-8
    )
    assert steiger_test(r_first=0.3, r_second=0.4, r_between=0.5, n=100).statistic == pytest.approx(-1.0718, abs=5e-5)


@pytest.mark.parametrize("test", TESTS)
def test_independent_normal_pairs_of_equally_good_scorers_are_found_different_in_one_of_twenty(test):
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(2000, 1, 60))
    scores = np.concatenate([truth, truth + rng.normal(size=(2000, 2, 60))], axis=1)
    tables = [np.corrcoef(rows) for rows in scores]
    found = [test(r_first=r[0, 1], r_second=r[0, 2], r_between=r[1, 2], n=60).p_value < 0.05 for r in tables]
    assert 0.04 < np.mean(found) < 0.061  # 2,000 draws: standard error .005


@pytest.mark.parametrize("test", TESTS)
def test_the_sign_says_which_is_higher_and_the_p_value_does_not(test):
    one = test(r_first=0.6, r_second=0.5, r_between=0.8, n=50)
    other = test(r_first=0.5, r_second=0.6, r_between=0.8, n=50)
    assert one.statistic == -other.statistic > 0
    assert one.p_value == other.p_value


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize(
    "arguments, status",
    [
        ({"n": 3}, "fewer than 4 pairs"),
        ({"r_between": 1.0}, "the two scorers are the same up to a linear map"),
        ({"r_first": float("nan")}, "a correlation is undefined"),
    ],
    ids=["three pairs", "same scorers", "no correlation"],
)
def test_what_cannot_be_tested_is_nan_with_a_reason(test, arguments, status):
    result = test(**{"r_first": 0.5, "r_second": 0.4, "r_between": 0.3, "n": 50, **arguments})
    assert np.isnan([result.statistic, result.p_value]).all()
    assert result.status == status


def test_a_perfect_correlation_has_no_fisher_transform():
    result = steiger_test(r_first=1.0, r_second=0.4, r_between=0.4, n=50)
    assert result.status == "a correlation of -1 or 1 has no Fisher transform"


@pytest.mark.parametrize("test", TESTS)
def test_what_is_no_correlation_is_refused(test):
    with pytest.raises(ValueError, match=r"`r_second` must be a correlation between -1 and 1, got 1\.2"):
        test(r_first=0.5, r_second=1.2, r_between=0.3, n=50)
