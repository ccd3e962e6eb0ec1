import numpy as np
import pytest
from sklearn.metrics import mean_squared_error

from evalmuse_hf.meta_evaluation.evaluation_parts.calibration_part import calibration_part, thresholds_part, why_not
from evalmuse_hf.meta_evaluation.evaluation_parts.elements import OFF_SCALE
from evalmuse_hf.meta_evaluation.evaluation_parts.intervals import Intervals
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import judge

INTERVALS = Intervals(n_resamples=30, seed=0)


def test_the_brier_score_is_a_mean_square_and_bins_hold_every_element(judged):
    record = calibration_part(judged, INTERVALS)
    scores, shares = judged.elements.predictions, judged.elements.references
    assert record["brier"]["value"] == pytest.approx(mean_squared_error(shares, scores), abs=1e-12)
    assert record["base_brier"] == pytest.approx(np.var(shares), abs=1e-12)
    assert sum(cell["n"] for cell in record["bins"]) == judged.elements.n
    assert set(record["after"]) == {"platt", "isotonic"}


def test_maps_that_were_fitted_on_other_prompts_mend_scores_that_are_too_high(rows, scores):
    for row in scores:
        for element in row["elements"]:
            element["score"] = 0.5 + element["score"] / 2
    record = calibration_part(judge(scores, rows), INTERVALS)
    for method in ("platt", "isotonic"):
        assert record["after"][method]["ece"]["value"] < 0.5 * record["ece"]["value"]
    thresholds = thresholds_part(judge(scores, rows), INTERVALS)
    assert thresholds["tuned"]["value"] > thresholds["usual"]["value"] + 0.05
    assert thresholds["gain"]["value"] == pytest.approx(
        thresholds["tuned"]["value"] - thresholds["usual"]["value"], abs=1e-12
    )
    assert thresholds["by_category"]["color"]["threshold"] > 0.6


def test_exact_ties_at_the_threshold_are_counted(rows, scores):
    for row in scores[: len(scores) // 2]:
        row["elements"][0]["score"] = 0.5
    assert calibration_part(judge(scores, rows), INTERVALS)["tie_share"] == pytest.approx(0.25)


def test_scores_off_the_scale_or_absent_have_none(rows, scores):
    scores[0]["elements"][0]["score"] = -1.0
    off = judge(scores, rows)
    assert calibration_part(off, INTERVALS)["ece"]["status"] == OFF_SCALE
    assert thresholds_part(off, INTERVALS)["status"] == OFF_SCALE
    empty = judge([{**row, "elements": []} for row in scores], rows)
    assert calibration_part(empty, INTERVALS)["brier"]["value"] is None
    assert why_not(empty.elements.where(empty.elements.scored)) == "no scored elements"


def test_one_prompt_cannot_teach_a_map(make_rows, make_scores):
    rows = make_rows(n_prompts=1)
    record = calibration_part(judge(make_scores(rows), rows), INTERVALS)
    assert record["brier"]["value"] is not None
    assert record["after"]["platt"]["brier"]["value"] is None
    assert "one prompt" in record["after"]["platt"]["brier"]["status"]
