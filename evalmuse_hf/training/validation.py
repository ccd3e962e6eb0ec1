"""What is measured while a model trains."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from transformers import EvalPrediction

from evalmuse_hf.stats import krcc, plcc, srcc


class ValidationScores(NamedTuple):
    """The parts of a prediction of `evalmuse_hf.training.FGATrainer` that are measured.

    Attributes:
        predictions: Overall scores, shape ``(N,)``, on the 1-5 scale.
        references: Mean overall ratings, shape ``(N,)``, on the 1-5 scale.
    """

    predictions: NDArray[np.float64]
    references: NDArray[np.float64]


def measure_alignment(prediction: EvalPrediction) -> dict[str, float]:
    """Compare overall scores with ratings; for the argument ``compute_metrics`` of the trainer.

    Args:
        prediction: What `FGATrainer` predicted and the targets.

    Returns:
        ``srcc``, ``krcc`` (tau-b) and ``plcc`` (without a fitted curve), pooled over the pairs; nan where undefined.
    """
    scores = ValidationScores(
        predictions=np.asarray(prediction.predictions[0], dtype=np.float64),
        references=np.asarray(prediction.label_ids[0], dtype=np.float64),
    )
    return {
        "srcc": srcc(**scores._asdict()).statistic,
        "krcc": krcc(**scores._asdict()).statistic,
        "plcc": plcc(**scores._asdict()).statistic,
    }
