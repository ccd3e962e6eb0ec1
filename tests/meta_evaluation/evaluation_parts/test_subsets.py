import pytest
from scipy.stats import spearmanr

from evalmuse_hf.meta_evaluation.evaluation_parts.intervals import Intervals
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import judge
from evalmuse_hf.meta_evaluation.evaluation_parts.subsets import SYNTHETIC_TYPES, subsets_part

INTERVALS = Intervals(n_resamples=40, seed=0)


def test_each_subset_is_judged_on_its_own_pairs_and_elements(judged):
    record = subsets_part(judged, INTERVALS)
    assert list(record["source"]) == ["real", "synthetic"]
    real = [place for place, row in enumerate(judged.pairs.rows) if row["source"] == "real"]
    expected = spearmanr(judged.pairs.predictions[real], judged.pairs.references[real]).statistic
    assert record["source"]["real"]["srcc"]["value"] == pytest.approx(expected, abs=1e-12)
    assert record["source"]["real"]["n_pairs"] == 60
    assert record["source"]["real"]["n_prompts"] == 15
    assert record["source"]["real"]["accuracy"]["n"] == 120
    assert record["synthetic_type"]["naive_object_counts"]["n_pairs"] == 60


def test_types_that_the_paper_lacks_come_after_its_six(rows, scores):
    rows[4] = {**rows[4], "synthetic_type": "object_shape"}
    record = subsets_part(judge(scores, rows), INTERVALS)
    assert list(record["synthetic_type"]) == ["naive_object_counts", "object_shape"]
    assert record["synthetic_type"]["object_shape"]["srcc"]["status"] == "fewer than 2 pairs"
    assert len(SYNTHETIC_TYPES) == 6


def test_data_without_sources_has_no_subsets(rows, scores):
    bare = [{key: value for key, value in row.items() if key not in ("source", "synthetic_type")} for row in rows]
    assert subsets_part(judge(scores, bare), INTERVALS) == {"source": {}, "synthetic_type": {}}
