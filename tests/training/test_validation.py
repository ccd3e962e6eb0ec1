import numpy as np
import pytest
from transformers import EvalPrediction

from evalmuse_hf.training.validation import measure_alignment


def test_overall_scores_are_compared_with_ratings():
    # ranks 1 2 3 4 against 1 2 4 3: Spearman 1 - 6 * 2 / (4 * 15) = .8, Kendall (5 - 1) / 6; scores are ranks
    overall = np.array([1.0, 2.0, 3.0, 4.0], dtype=np.float32)
    ratings = np.array([1.0, 2.0, 4.0, 3.0], dtype=np.float32)
    tokens = np.full((4, 3), -100.0)
    prediction = EvalPrediction(predictions=(overall, tokens), label_ids=(ratings, tokens, tokens))
    assert measure_alignment(prediction) == pytest.approx({"srcc": 0.8, "krcc": 4 / 6, "plcc": 0.8}, abs=1e-12)
