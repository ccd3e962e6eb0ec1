"""Findings from made-up runs whose differences are known."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from evalmuse_hf.meta_evaluation.studies.variance_findings import find_differences, prompt_correlations
from evalmuse_hf.meta_evaluation.studies.variance_run import RunResult, TrainingOptions, WorldOptions
from evalmuse_hf.meta_evaluation.studies.variance_study import StudyOptions, StudyRuns
from evalmuse_hf.stats import srcc

PROMPTS, PICTURES = 30, 5
OPTIONS = StudyOptions(
    seeds=4, world=WorldOptions(test_prompts=PROMPTS, pictures=PICTURES), training=TrainingOptions()
)
TRUTHS = np.random.default_rng(0).normal(3, 1, PROMPTS * PICTURES).round(1)
NOISE = {"none": 1.0, "var": 1.0, "exp_var": 0.2, "reliability": 3.0}  # of the predictions; less is better


@pytest.fixture(scope="module")
def study():
    """Predictions are truth and noise: var predicts exactly as none, exp_var better, reliability worse."""
    results = {}
    for place in OPTIONS.places():
        rng = np.random.default_rng([place.seed, 7])
        predictions = TRUTHS + NOISE[place.weighting] * rng.normal(size=TRUTHS.size)
        shares = {"flat": 0.2, "high": 0.5, "low": 0.3}
        results[place] = RunResult(
            predictions=predictions.tolist(), noise_estimate=0.1 * place.seed, weights={"effective_share": 0.5},
            weight_shares=shares, rating_errors=shares, losses=[1.0, 0.5],
        )  # fmt: skip
    ratings = {noise: (TRUTHS + (noise != "none") * 0.1 * np.arange(TRUTHS.size)).tolist() for noise in NOISES}
    prompts = [index for index in range(PROMPTS) for _ in range(PICTURES)]
    return StudyRuns(options=OPTIONS, prompts=prompts, truths=TRUTHS.tolist(), ratings=ratings, results=results)


NOISES = ("none", "uniform", "high", "flat")


@pytest.fixture(scope="module")
def findings(study):
    return find_differences(study, n_resamples=100)


def cell(findings, weighting, noise="uniform", measure="pooled", reference="truth"):
    wanted = (noise, weighting, measure, reference)
    return next(
        one for one in findings.comparisons if (one.noise, one.weighting, one.measure, one.reference) == wanted
    )


def test_every_weighting_is_compared_on_every_outcome_and_what_is_equal_once(findings):
    assert len(findings.comparisons) == 3 * (3 * 4 + 2)
    assert not [one for one in findings.comparisons if (one.noise, one.reference) == ("none", "rating")]
    assert {one.status for one in findings.comparisons} == {"ok"}
    assert {one.seeds for one in findings.comparisons} == {4}


def test_the_difference_is_the_mean_over_the_seeds_of_what_scipy_says(study, findings):
    def correlation(weighting, seed):
        place = next(
            one for one in study.results if (one.noise, one.weighting, one.seed) == ("uniform", weighting, seed)
        )
        return stats.spearmanr(study.results[place].predictions, TRUTHS).statistic

    differences = [correlation("exp_var", seed) - correlation("none", seed) for seed in (1, 2, 3, 4)]
    found = cell(findings, "exp_var")
    assert found.difference == pytest.approx(np.mean(differences))
    assert found.baseline == pytest.approx(np.mean([correlation("none", seed) for seed in (1, 2, 3, 4)]))
    assert found.standard_error >= stats.sem(differences) - 1e-12
    assert found.low < found.difference < found.high


def test_a_real_difference_is_found_and_has_its_sign(findings):
    better, worse = cell(findings, "exp_var"), cell(findings, "reliability")
    assert better.difference > 0 > worse.difference
    assert better.p_value < better.p_holm < 0.05
    assert worse.p_holm < 0.05
    assert not better.equivalent
    assert better.power_at_claim < 0.2


def test_runs_that_predict_the_same_are_equal_beyond_doubt(findings):
    same = cell(findings, "var")
    assert (same.difference, same.standard_error, same.p_value, same.detectable) == (0, 0, 1, 0)
    assert same.equivalent
    assert math.isnan(same.power_at_claim)


def test_missing_runs_are_left_out_with_their_partners(study):
    kept = {
        place: result
        for place, result in study.results.items()
        if not (place.weighting == "exp_var" and place.seed > 1) and not (place.weighting == "var" and place.seed == 4)
    }
    findings = find_differences(replace(study, results=kept), n_resamples=20)
    assert (findings.runs, findings.planned) == (len(kept), 64)
    assert cell(findings, "var").seeds == 3
    missing = cell(findings, "exp_var")
    assert (missing.status, missing.seeds) == ("fewer than 2 seeds are done", 1)
    assert math.isnan(missing.difference)
    assert math.isnan(missing.p_holm)


def test_a_correlation_that_is_undefined_is_said(study):
    constant = {
        place: replace(result, predictions=[3.0] * TRUTHS.size) if place.weighting == "var" else result
        for place, result in study.results.items()
    }
    findings = find_differences(replace(study, results=constant), n_resamples=20)
    assert cell(findings, "var").status == "a correlation is undefined"
    assert cell(findings, "exp_var").status == "ok"


def test_the_levels_average_the_runs(findings):
    level = next(one for one in findings.levels if (one.noise, one.weighting) == ("none", "var"))
    assert (level.seeds, level.noise_estimate, level.losses) == (4, pytest.approx(0.25), (1.0, 0.5))
    assert set(level.srcc) == {"pooled truth", "within truth"}
    assert level.weight_shares == pytest.approx({"flat": 0.2, "high": 0.5, "low": 0.3})


def test_the_record_is_json_without_nan(findings):
    record = json.loads(json.dumps(findings.record(), allow_nan=False))
    assert (record["format"], record["claim"], record["margin"]) == (1, 0.0034, 0.005)
    assert len(record["levels"]) == 16
    assert record["comparisons"][0]["power_at_claim"] is None


def test_prompt_correlations_average_to_the_statistic_of_the_library():
    rng = np.random.default_rng(2)
    references = rng.integers(1, 4, 60).astype(float)
    references[:4] = 2.0  # constant references: left out
    predictions = rng.normal(size=60)
    predictions[4:8] = 1.0  # constant predictions: 0
    prompts = np.repeat(np.arange(15), 4)
    each = prompt_correlations(predictions=predictions, references=references, prompts=prompts)
    library = srcc(predictions=predictions, references=references, groups=prompts.tolist(), by="within")
    assert np.isnan(each[0])
    assert each[1] == 0
    assert np.nanmean(each) == pytest.approx(library.statistic)


def test_too_few_resamples_are_refused(study):
    with pytest.raises(ValueError, match="`n_resamples` must be at least 2, got 1: an error has to be estimated"):
        find_differences(study, n_resamples=1)
