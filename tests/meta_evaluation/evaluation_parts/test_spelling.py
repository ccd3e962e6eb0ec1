import json

from evalmuse_hf.meta_evaluation.evaluation_parts.spelling import number, spell, undefined
from evalmuse_hf.stats import ConfidenceInterval, StatisticResult


def test_a_statistic_is_spelled_with_what_it_rests_on():
    result = StatisticResult(0.5, ConfidenceInterval(0.25, 0.75), 12, 3, n_groups=4, n_failed=2)
    assert spell(result, n_resamples=200, method="x") == {
        **{"value": 0.5, "low": 0.25, "high": 0.75, "n": 12, "n_groups": 4, "status": "ok"},
        **{"n_resamples": 200, "n_failed": 2, "method": "x"},
    }


def test_nan_is_none_and_no_interval_means_no_resamples():
    spelled = spell(StatisticResult(float("nan"), None, 1, 0, "fewer than 2 pairs"), n_resamples=200)
    assert (spelled["value"], spelled["low"], spelled["n_resamples"]) == (None, None, 0)
    assert spelled["status"] == "fewer than 2 pairs"
    json.dumps(spelled, allow_nan=False)


def test_what_is_undefined_has_the_keys_of_a_statistic():
    defined = spell(StatisticResult(1.0, None, 1, 0), n_resamples=0)
    assert undefined("no rows", n=0).keys() == defined.keys()
    assert number(float("nan")) is None
