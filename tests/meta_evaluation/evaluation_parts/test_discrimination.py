import pytest
from sklearn.metrics import f1_score, roc_auc_score

from evalmuse_hf.meta_evaluation.evaluation_parts.discrimination import discrimination_part
from evalmuse_hf.meta_evaluation.evaluation_parts.elements import OFF_SCALE
from evalmuse_hf.meta_evaluation.evaluation_parts.intervals import Intervals
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import judge

INTERVALS = Intervals(n_resamples=50, seed=0)


def test_f1_and_auroc_are_those_of_scikit_learn(judged):
    record = discrimination_part(judged, INTERVALS)
    scores, true = judged.elements.predictions, judged.elements.references >= 0.5
    assert record["f1"]["value"] == pytest.approx(f1_score(true, scores >= 0.5), abs=1e-12)
    assert record["f1_no"]["value"] == pytest.approx(f1_score(~true, scores < 0.5), abs=1e-12)
    assert record["auroc"]["value"] == pytest.approx(roc_auc_score(true, scores), abs=1e-12)
    assert record["auroc"]["low"] < record["auroc"]["value"] < record["auroc"]["high"]
    assert list(record["by_category"]) == ["color", "animal/human"]


def test_another_scale_takes_f1_away_and_leaves_the_order(rows, scores, judged):
    for row in scores:
        for element in row["elements"]:
            element["score"] = 10 * element["score"] - 3
    record = discrimination_part(judge(scores, rows), INTERVALS)
    assert (record["f1"]["value"], record["f1"]["status"]) == (None, OFF_SCALE)
    assert record["auroc"]["value"] == pytest.approx(discrimination_part(judged, INTERVALS)["auroc"]["value"])
