import numpy as np
import pytest
from scipy import stats as reference

from evalmuse_hf.meta_evaluation.evaluation_parts.intervals import Intervals
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import judge
from evalmuse_hf.meta_evaluation.evaluation_parts.overall import (
    between_part,
    columns_of,
    element_mean_part,
    overall_part,
    within_part,
)
from evalmuse_hf.meta_evaluation.rated_data import DataFacts, RatedData

INTERVALS = Intervals(n_resamples=60, seed=0)


def rng():
    return np.random.default_rng(0)


def test_statistics_are_those_of_scipy_and_all_have_intervals(judged):
    record = overall_part(judged, INTERVALS, rng())
    x, y = judged.pairs.predictions, judged.pairs.references
    assert record["srcc"]["value"] == pytest.approx(reference.spearmanr(x, y).statistic, abs=1e-12)
    assert record["krcc"]["value"] == pytest.approx(reference.kendalltau(x, y).statistic, abs=1e-12)
    assert record["plcc"]["value"] == pytest.approx(reference.pearsonr(x, y).statistic, abs=1e-12)
    assert record["rmse"]["value"] == pytest.approx(np.sqrt(np.mean((x - y) ** 2)), abs=1e-12)
    for statistic in record.values():
        assert statistic["low"] < statistic["value"] < statistic["high"]
        assert (statistic["n_resamples"], statistic["n_groups"]) == (60, 30)
    assert record["plcc_logistic4"]["n_failed"] <= 60


def test_scores_off_the_scale_have_no_rmse_and_scores_on_the_data_sets_own_scale_have_one(rows, scores):
    tenfold = [{**row, "overall_score": 2 * row["overall_score"]} for row in scores]
    record = overall_part(judge(tenfold, rows), INTERVALS, rng())["rmse"]
    assert record["value"] is None
    assert record["status"] == "scores are not on the ratings' scale of 1 to 5"
    facts = DataFacts(name="own", title="Own", source="here", rating_scale=(1, 10), aggregation="mean")
    wide = overall_part(judge(tenfold, RatedData(facts=facts, rows=tuple(rows))), INTERVALS, rng())["rmse"]
    assert wide["value"] > 1


def test_within_prompts_counts_prompts_that_say_nothing(rows, scores):
    for place in range(4):
        rows[place]["overall_score"] = 3.0  # prompt 0 is rated alike
        scores[4 + place]["overall_score"] = 2.0  # prompt 1 is scored alike
    record = within_part(judge(scores, rows), INTERVALS, rng())["srcc"]
    assert (record["n_groups"], record["n_groups_dropped"], record["n_groups_constant"]) == (29, 1, 1)


def test_between_prompts_is_the_correlation_of_their_means(judged):
    record = between_part(judged, INTERVALS)
    x, y = (values.reshape(30, 4).mean(axis=1) for values in (judged.pairs.predictions, judged.pairs.references))
    assert record["srcc"]["value"] == pytest.approx(reference.spearmanr(x, y).statistic, abs=1e-12)
    assert record["krcc"]["value"] == pytest.approx(reference.kendalltau(x, y).statistic, abs=1e-12)


def test_mean_element_scores_are_compared_with_the_overall_rating_as_are_peoples(judged):
    record = element_mean_part(judged, INTERVALS)
    for name, values in (("scorer", judged.pairs.element_means), ("people", judged.pairs.element_ratings)):
        expected = reference.spearmanr(values, judged.pairs.references).statistic
        assert record[name]["srcc"]["value"] == pytest.approx(expected, abs=1e-12)


def test_columns_are_those_of_the_pairs(judged):
    assert columns_of(judged.pairs)["groups"] is judged.pairs.prompts
