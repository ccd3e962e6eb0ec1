import math

import numpy as np
import pytest
from scipy.stats import kendalltau, pearsonr, spearmanr

from evalmuse_hf.evaluation_modules import AccuracyModule, CorrelationModule


class Correlation(CorrelationModule):
    """Correlation."""


class Accuracy(AccuracyModule):
    """Accuracy."""


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    references = rng.uniform(1, 5, 40)
    return {"predictions": (references + rng.normal(size=40)).tolist(), "references": references.tolist()}


def test_the_correlations_are_those_of_scipy(rows, tmp_path):
    result = Correlation(cache_dir=str(tmp_path)).compute(**rows, n_resamples=0)
    told, seen = rows["predictions"], rows["references"]
    assert result["srcc"] == pytest.approx(spearmanr(told, seen).statistic)
    assert result["krcc"] == pytest.approx(kendalltau(told, seen).statistic)
    assert result["plcc"] == pytest.approx(pearsonr(told, seen).statistic)
    assert result["rmse"] == pytest.approx(np.sqrt(np.mean((np.array(told) - seen) ** 2)))
    assert result["plcc_logistic4"] > 0.5
    assert (result["srcc_interval"], result["n"], result["n_dropped"]) == (None, 40, 0)
    assert "srcc_within" not in result


def test_groups_give_intervals_by_prompt_and_a_correlation_within(rows, tmp_path):
    groups = [str(place // 4) for place in range(40)]
    result = Correlation(cache_dir=str(tmp_path)).compute(**rows, groups=groups, n_resamples=50)
    low, high = result["srcc_interval"]
    assert low < result["srcc"] < high
    assert -1 <= result["srcc_within"] <= 1
    assert result["statuses"]["srcc_within"] == "ok"


def test_what_is_missing_is_left_out_and_counted(tmp_path):
    module = Correlation(cache_dir=str(tmp_path))
    result = module.compute(predictions=[1, None, 3, 2], references=[1, 2, 3, 2.5], n_resamples=0)
    assert (result["n"], result["n_dropped"], result["srcc"]) == (3, 1, 1)
    flat = module.compute(predictions=[1.0, 1.0, 1.0], references=[1.0, 2.0, 3.0], n_resamples=0)
    assert math.isnan(flat["srcc"])
    assert flat["statuses"]["srcc"] != "ok"


def test_half_of_the_groups_is_refused(rows, tmp_path):
    with pytest.raises(ValueError, match="1 of 40 `groups` are missing; give all or none"):
        Correlation(cache_dir=str(tmp_path)).compute(**rows, groups=[None, *"a" * 39])


def test_verdicts_are_counted_by_hand(tmp_path):
    rows = {"predictions": [0.9, 0.5, 0.2, 0.8, 0.1], "references": [1, 0.5, 0, 0, 1]}
    module = Accuracy(cache_dir=str(tmp_path))
    result = module.compute(**rows, categories=["color", "color", "food", "food", "food"], groups=list("aabbc"))
    assert result["accuracy"] == pytest.approx(3 / 5)
    assert result["balanced_accuracy"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert result["by_category"] == pytest.approx({"color": 1, "food": 1 / 3})
    assert result["accuracy_interval"][0] <= 3 / 5 <= result["accuracy_interval"][1]
    strict = module.compute(**rows, threshold=0.6, n_resamples=0)
    assert strict["accuracy"] == pytest.approx(3 / 5)
    assert strict["accuracy_interval"] is None
