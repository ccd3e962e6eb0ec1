import numpy as np
import pytest

from evalmuse_hf.meta_evaluation.evaluation_parts.judged import judge
from evalmuse_hf.meta_evaluation.evaluation_parts.trivial_predictions import majority_shares, prompt_oracle
from evalmuse_hf.meta_evaluation.reference_rows import majority_class, reference_scores


def test_the_prompt_oracle_is_that_of_the_reference_rows_also_for_unscored_pictures(rows, scores):
    rows = rows[:-2]  # the last prompt has two pictures: too few
    judged = judge(scores[:-2:2], rows)
    by_path = {row["image_path"]: row["overall_score"] for row in reference_scores(rows, kind="prompt_oracle")}
    expected = [np.nan if (score := by_path[path]) is None else score for path in judged.pairs.paths]
    assert prompt_oracle(judged) == pytest.approx(np.array(expected, dtype=float), nan_ok=True)
    assert np.isnan(expected[-1])


def test_the_majority_is_that_of_the_reference_rows_with_the_same_folds(judged):
    rows = [pair.pair for pair in judged.join.pairs]
    expected = [
        element["score"] for row in majority_class(rows, rng=np.random.default_rng(4)) for element in row["elements"]
    ]
    assert majority_shares(judged.elements, rng=np.random.default_rng(4)) == pytest.approx(np.array(expected))


def test_one_prompt_alone_has_no_majority_of_others(rows, scores):
    elements = judge(scores, rows[:4]).elements
    assert np.isnan(majority_shares(elements, rng=np.random.default_rng(0))).all()
