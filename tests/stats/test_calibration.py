import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from evalmuse_hf.stats import calibration
from evalmuse_hf.stats.calibration import CLIP, equal_mass_bins

NAN = float("nan")
RNG = np.random.default_rng(0)
SCORES = RNG.uniform(0.01, 0.99, size=600)
VERDICTS = (RNG.uniform(size=600) < SCORES**1.5).astype(float)
GROUPS = [row // 6 for row in range(600)]


def test_brier_score_and_log_loss_of_verdicts_are_those_of_scikit_learn():
    result = calibration(predictions=SCORES, yes_shares=VERDICTS)
    assert result.brier.statistic == pytest.approx(brier_score_loss(VERDICTS, SCORES), abs=1e-12)
    assert result.log_loss.statistic == pytest.approx(log_loss(VERDICTS, SCORES), abs=1e-12)


def test_log_loss_of_shares_is_that_of_verdicts_with_weights():
    shares = np.round(SCORES * 3) / 3
    result = calibration(predictions=SCORES, yes_shares=shares)
    weighted = log_loss(
        np.r_[np.ones(600), np.zeros(600)], np.r_[SCORES, SCORES], sample_weight=np.r_[shares, 1 - shares]
    )
    assert result.log_loss.statistic == pytest.approx(weighted, abs=1e-12)


def test_bins_are_those_of_scikit_learn_where_scores_do_not_tie():
    result = calibration(predictions=SCORES, yes_shares=VERDICTS)
    shares, scores = calibration_curve(VERDICTS, SCORES, n_bins=10, strategy="quantile")
    assert [part.mean_yes_share for part in result.bins] == pytest.approx(shares, abs=1e-12)
    assert [part.mean_score for part in result.bins] == pytest.approx(scores, abs=1e-12)
    assert [part.n for part in result.bins] == [60] * 10
    assert result.ece.statistic == pytest.approx(np.abs(shares - scores).mean(), abs=1e-12)


def test_equal_scores_share_a_bin_and_their_order_changes_nothing():
    scores = np.array([0.5] * 70 + [0.1] * 20 + [0.9] * 10)
    bins = equal_mass_bins(scores, 10)
    assert [len({*bins[scores == value].tolist()}) for value in (0.1, 0.5, 0.9)] == [1, 1, 1]
    assert bins.max() == 2
    order = np.random.default_rng(1).permutation(100)
    shares = np.random.default_rng(2).uniform(size=100)
    first = calibration(predictions=scores, yes_shares=shares).ece.statistic
    again = calibration(predictions=scores[order], yes_shares=shares[order]).ece.statistic
    assert again == pytest.approx(first, abs=1e-12)


def test_the_expected_error_is_that_of_simulated_scores_that_are_right():
    """Verdicts drawn with the very chances that the scores give, whole prompts sharing some of their luck."""
    rng = np.random.default_rng(3)
    n_prompts, size = 100, 8
    scores = rng.uniform(0.1, 0.9, size=n_prompts * size)
    groups = np.repeat(np.arange(n_prompts), size)
    found, expected = [], []
    for _ in range(150):
        copied = rng.uniform(size=n_prompts) < 0.5  # in half of the prompts one draw decides for all elements
        luck = np.where(copied[groups], rng.uniform(size=n_prompts)[groups], rng.uniform(size=len(scores)))
        result = calibration(predictions=scores, yes_shares=luck < scores, groups=groups.tolist())
        found.append(result.ece.statistic)
        expected.append(result.ece_expected)
    # The mean of 150 runs has a relative error of about 2 %; the normal approximation adds about as much.
    assert np.mean(expected) == pytest.approx(np.mean(found), rel=0.07)


def test_the_error_of_a_scorer_that_is_wrong_is_far_above_the_expected_one():
    result = calibration(predictions=SCORES, yes_shares=VERDICTS, groups=GROUPS, n_resamples=200, rng=0)
    off = calibration(predictions=1 - SCORES, yes_shares=VERDICTS, groups=GROUPS)
    assert off.ece.statistic > 5 * off.ece_expected
    assert result.ece.confidence_interval.low < result.ece.statistic < result.ece.confidence_interval.high


@pytest.mark.parametrize("name", ["brier", "log_loss", "ece"])
def test_intervals_rest_on_resamples_of_whole_groups(name):
    result = calibration(predictions=SCORES, yes_shares=VERDICTS, groups=GROUPS, n_resamples=100, rng=5)
    generator = np.random.default_rng(5)
    statistics = {"brier": [], "log_loss": [], "ece": []}
    bins = equal_mass_bins(SCORES, 10)
    for measure, values in statistics.items():  # one after the other, in the order of the result
        for drawn in generator.multinomial(100, np.full(100, 0.01), size=100):
            rows = np.repeat(np.arange(600), np.repeat(drawn, 6))
            gaps = SCORES[rows] - VERDICTS[rows]
            if measure == "ece":
                values.append(sum(abs(gaps[bins[rows] == part].sum()) for part in range(10)) / len(rows))
            elif measure == "brier":
                values.append((gaps**2).mean())
            else:
                values.append(log_loss(VERDICTS[rows], SCORES[rows]))
    interval = getattr(result, name).confidence_interval
    assert interval == pytest.approx(np.quantile(statistics[name], [0.025, 0.975]), abs=1e-12)


def test_scores_of_exactly_one_half_and_clipped_scores_are_counted():
    result = calibration(predictions=[0.5, 0.5, 0.0, 1.0, 0.4], yes_shares=[1, 0, 1, 1, 0])
    assert (result.tie_share, result.n_clipped) == (0.4, 2)
    # Two halves, one clipped miss, one clipped hit, one 0.4 that is a no.
    losses = [np.log(2), np.log(2), -np.log(CLIP), -np.log1p(-CLIP), -np.log(0.6)]
    assert result.log_loss.statistic == pytest.approx(np.mean(losses), abs=1e-12)


def test_the_base_rate_has_the_variance_of_the_shares_as_brier_score():
    shares = [0.0, 1 / 3, 1.0]
    result = calibration(predictions=[np.mean(shares)] * 3, yes_shares=shares)
    assert result.brier.statistic == pytest.approx(result.base_brier, abs=1e-12)
    assert (len(result.bins), result.ece.statistic) == (1, pytest.approx(0, abs=1e-12))


def test_full_agreement_has_no_error_and_none_is_expected():
    result = calibration(
        predictions=[0, 1] * 10, yes_shares=[0, 1] * 10, groups=[row // 2 for row in range(20)], n_resamples=20
    )
    assert (result.brier.statistic, result.ece.statistic, result.ece_expected) == (0, 0, 0)
    assert result.ece.confidence_interval is None


def test_two_elements_are_two_bins_whose_noise_is_unknown():
    result = calibration(predictions=[0.2, 0.9], yes_shares=[0, 1])
    assert [part.n for part in result.bins] == [1, 1]
    assert np.isnan(result.ece_expected)


def test_one_prompt_has_numbers_without_intervals_and_without_expected_error(caplog):
    result = calibration(predictions=[0.2, 0.9], yes_shares=[0, 1], groups=["p", "p"], n_resamples=10)
    assert result.brier.statistic == pytest.approx(0.025)
    assert result.brier.confidence_interval is None
    assert np.isnan(result.ece_expected)
    assert "at least 2 groups" in caplog.text


def test_no_rows_are_nan_with_a_reason():
    result = calibration(predictions=[NAN], yes_shares=[1], nan_policy="omit", n_resamples=10)
    assert (result.status, result.n, result.n_dropped, result.bins) == ("no rows", 0, 1, ())
    numbers = [result.brier, result.log_loss, result.ece]
    assert np.isnan([one.statistic for one in numbers]).all()
    assert [one.status for one in numbers] == ["no rows"] * 3


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"predictions": [0.2, 4.5]}, r"`predictions` has 1 of 2 values outside \[0, 1\], first 4.5 at row 1"),
        ({"yes_shares": [-1, 1]}, r"`yes_shares` has 1 of 2 values outside \[0, 1\], first -1 at row 0"),
        ({"predictions": [0.2, NAN]}, "`predictions` has 1 nan"),
        ({"predictions": [0.2, float("inf")]}, "`predictions` has 1 infinite"),
        ({"yes_shares": [1]}, "`yes_shares` has 1"),
        ({"n_bins": 0}, "`n_bins` must be at least 1, got 0"),
    ],
)
def test_bad_input_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        calibration(**{"predictions": [0.2, 0.9], "yes_shares": [0, 1], **changes})
