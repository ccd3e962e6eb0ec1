import math

import numpy as np
import pytest

from evalmuse_hf.stats import problem_detection


def test_counts_by_hand():
    """3 alarms of which 2 are right, 4 problems."""
    result = problem_detection(predictions=[0.5, 0.9, 0.7, 0.4, 0.1, 0.2], references=[1, 0.5, 0, 1, 0.6, 0.3])
    assert result.precision == pytest.approx(2 / 3)
    assert result.recall == pytest.approx(2 / 4)
    assert result.statistic == pytest.approx(2 * 2 / (3 + 4))
    assert result.prevalence == pytest.approx(4 / 6)
    assert (result.n, result.status) == (6, "ok")


def test_f1_is_the_harmonic_mean():
    rng = np.random.default_rng(0)
    result = problem_detection(predictions=rng.random(200), references=rng.integers(0, 2, 200))
    assert result.statistic == pytest.approx(2 / (1 / result.precision + 1 / result.recall))


def test_always_saying_yes_earns_the_baseline():
    result = problem_detection(predictions=[1.0] * 10, references=[1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    assert result.statistic == pytest.approx(result.always_yes_f1)
    assert (result.precision, result.recall) == (pytest.approx(result.prevalence), 1.0)


def test_the_leaderboard_rows_are_consistent_with_these_formulas():
    """llava-v1.6: R .879, P .239 give the F1 .376 of the leaderboard."""
    precision, recall = 0.239, 0.879
    assert 2 * precision * recall / (precision + recall) == pytest.approx(0.376, abs=5e-4)


def test_the_interval_holds_the_statistic_and_groups_widen_it():
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(40), 10)
    truth = np.repeat(rng.integers(0, 2, 40), 10)
    told = np.where(np.repeat(rng.random(40) < 0.7, 10), truth, 1 - truth)
    options = {"predictions": told, "references": truth, "n_resamples": 500, "rng": 0}
    alone, together = problem_detection(**options), problem_detection(**options, groups=groups)
    low, high = together.confidence_interval
    assert low < together.statistic < high
    assert high - low > 2 * (alone.confidence_interval.high - alone.confidence_interval.low)


@pytest.mark.parametrize(
    "predictions, references, status", [([], [], "no rows"), ([0.1], [0], "no alarm and no problem")]
)
def test_nothing_to_find_is_no_number(predictions, references, status):
    result = problem_detection(predictions=predictions, references=references)
    assert math.isnan(result.statistic)
    assert result.status == status


def test_rows_without_a_prediction_are_counted():
    options = {"predictions": [math.nan, 0.9], "references": [1, 1]}
    with pytest.raises(ValueError, match="`predictions` has 1 nan"):
        problem_detection(**options)
    result = problem_detection(**options, nan_policy="omit")
    assert (result.n, result.n_dropped, result.statistic) == (1, 1, 1.0)
