"""What is measured while a model trains."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from transformers import EvalPrediction

from evalmuse_hf.data.identity import prompt_identity
from evalmuse_hf.stats import StatisticResult, element_accuracy, krcc, plcc, srcc

if TYPE_CHECKING:
    from datasets import Dataset

    from evalmuse_hf.models.fga_blip2 import FGABlip2Processor

logger = logging.getLogger(__name__)


class ValidationScores(NamedTuple):
    """The parts of a prediction of `evalmuse_hf.training.FGATrainer` that are measured.

    Attributes:
        predictions: Overall scores, shape ``(N,)``, on the 1-5 scale.
        references: Mean overall ratings, shape ``(N,)``, on the 1-5 scale.
    """

    predictions: NDArray[np.float64]
    references: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RatedElement:
    """An element of a validation pair.

    Attributes:
        occurrences: For each place where it stands in the prompt, its columns of ``token_scores``; none if it is not
            in what the model reads, and then it has no score.
        reference: Mean rating, in [0, 1].
    """

    occurrences: tuple[tuple[int, ...], ...]
    reference: float


@dataclass(frozen=True, slots=True)
class AlignmentMeasure:
    """Compares what was predicted for certain pairs with their ratings.

    An instance is an argument ``compute_metrics`` of `evalmuse_hf.training.FGATrainer`, which must predict these
    pairs in this order.

    Attributes:
        prompts: Label that the pictures of one prompt share, for each pair.
        elements: Rated elements of each pair.
    """

    prompts: tuple[str, ...]
    elements: tuple[tuple[RatedElement, ...], ...]

    def __call__(self, prediction: EvalPrediction) -> dict[str, float]:
        """Measure without intervals, and log why a figure is undefined.

        Args:
            prediction: What `FGATrainer` predicted and the targets.

        Returns:
            The statistics of `measure`, nan where undefined.
        """
        results = self.measure(prediction)
        for name, result in results.items():
            if np.isnan(result.statistic):
                logger.warning("%s is undefined: %s.", name, result.status)
        return {name: result.statistic for name, result in results.items()}

    def measure(
        self, prediction: EvalPrediction, *, n_resamples: int = 0, seed: int = 0
    ) -> Mapping[str, StatisticResult]:
        """Measure, on request with intervals that draw whole prompts.

        Args:
            prediction: What `FGATrainer` predicted and the targets.
            n_resamples: Bootstrap resamples; 0 means no intervals.
            seed: Of the bootstrap.

        Returns:
            ``srcc``, ``krcc`` (tau-b), ``plcc`` (without a fitted curve) and ``srcc_within_prompt`` of the overall
            scores; ``element_accuracy`` and ``element_accuracy_balanced`` of the element scores, which are made of
            token scores as `load_scorer` makes them.

        Raises:
            ValueError: If there is another number of pairs than was announced.
        """
        scores = _scores_of(prediction)
        if len(scores.predictions) != len(self.prompts):
            raise ValueError(f"Expected predictions of {len(self.prompts)} pairs, got {len(scores.predictions)}.")
        rng = np.random.default_rng(seed)
        overall: dict[str, Any] = {**scores._asdict(), "groups": self.prompts, "n_resamples": n_resamples, "rng": rng}
        token_scores: Any = prediction.predictions[1]  # type: ignore[misc]  # its annotation is a tuple of one
        elements = self._element_scores(np.asarray(token_scores, dtype=np.float64))
        elements |= {"nan_policy": "omit", "n_resamples": n_resamples, "rng": rng}
        return {
            "srcc": srcc(**overall),
            "krcc": krcc(**overall),
            "plcc": plcc(**overall),
            "srcc_within_prompt": srcc(**overall, by="within"),
            "element_accuracy": element_accuracy(**elements),
            "element_accuracy_balanced": element_accuracy(**elements, average="balanced"),
        }

    def _element_scores(self, token_scores: NDArray[np.float64]) -> dict[str, Any]:
        """Scores and ratings of all elements, and the prompts that they belong to."""
        predictions, references, groups = [], [], []
        for prompt, elements, scores in zip(self.prompts, self.elements, token_scores, strict=True):
            for element in elements:
                places = element.occurrences
                predictions.append(
                    fmean(fmean(scores[list(columns)]) for columns in places) if places else float("nan")
                )
                references.append(element.reference)
                groups.append(prompt)
        return {"predictions": predictions, "references": references, "groups": groups}


def measure_of(pairs: "Dataset", processor: "FGABlip2Processor", *, max_length: int | None) -> AlignmentMeasure:
    """Prepare to measure certain pairs.

    Args:
        pairs: Rated rows with the columns of `evalmuse_hf.schema.pair_features`.
        processor: Finds the elements in what the model reads.
        max_length: Tokens at which prompts are cut, as in the collator; None is what the model can read.
    """
    prompts: Sequence[str] = list(pairs["prompt"])
    rows = [list(elements or ()) for elements in pairs["elements"]]
    texts = [[element["text"] for element in elements] for elements in rows]
    locations = processor.locate(prompts, texts, truncation=True, max_length=max_length)
    return AlignmentMeasure(
        tuple(prompt_identity(prompt) for prompt in prompts),
        tuple(
            tuple(
                RatedElement(place.occurrences, float(element["score"]))
                for element, place in zip(elements, places, strict=True)
                if element["score"] is not None
            )
            for elements, places in zip(rows, locations, strict=True)
        ),
    )


def _scores_of(prediction: EvalPrediction) -> ValidationScores:
    return ValidationScores(
        predictions=np.asarray(prediction.predictions[0], dtype=np.float64),
        references=np.asarray(prediction.label_ids[0], dtype=np.float64),
    )
