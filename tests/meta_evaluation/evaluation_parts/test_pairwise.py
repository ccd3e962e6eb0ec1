from itertools import combinations

import pytest

from evalmuse_hf.meta_evaluation.evaluation_parts.intervals import Intervals
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import judge
from evalmuse_hf.meta_evaluation.evaluation_parts.pairwise import pairwise_part
from evalmuse_hf.meta_evaluation.evaluation_parts.systems import NO_GENERATORS

INTERVALS = Intervals(n_resamples=30, seed=0)


def test_comparisons_of_each_grouping_are_counted(judged):
    record = pairwise_part(judged, INTERVALS)
    assert record["all"]["n_comparisons"] == 120 * 119 // 2
    assert record["prompt"]["n_comparisons"] == 30 * 6
    assert record["generator"]["n_comparisons"] == 4 * (30 * 29 // 2)
    ratings = judged.pairs.references
    ties = sum(ratings[i] == ratings[j] for i, j in combinations(range(120), 2))
    assert record["all"]["n_tied_references"] == ties
    for entry in record.values():
        assert entry["low"] < entry["value"] < entry["high"]


def test_a_scorer_that_returns_the_ratings_is_always_right(rows):
    perfect = [
        {"image_path": row["image_path"], "overall_score": row["overall_score"], "status": "ok"} for row in rows
    ]
    record = pairwise_part(judge(perfect, rows), INTERVALS)
    assert [record[grouping]["value"] for grouping in record] == pytest.approx([1.0, 1.0, 1.0])


def test_unknown_generators_are_not_compared(rows, scores):
    for nameless in (None, "unknown"):
        record = pairwise_part(judge(scores, [{**row, "generator": nameless} for row in rows]), INTERVALS)
        assert (record["generator"]["value"], record["generator"]["status"]) == (None, NO_GENERATORS)
        assert record["all"]["value"] is not None
