"""Structural problems as an `evaluate` module: pictures in, problems out, and how well they were found."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import datasets

from evalmuse_hf.evaluation_modules.scoring_module import ScoringModule
from evalmuse_hf.stats import problem_detection

KINDS = ("human", "animal", "object")

INPUTS = """
Args:
    images: Paths, bytes, PIL pictures or arrays ``(H, W, 3)`` of uint8.
    human, animal, object: For each picture the share of raters, from 0 to 1, who saw a structural problem of that kind
        (optional); None where nobody looked.
    threshold: At least this is a problem, for predictions and raters alike (0.5).
    model: ``"mini"``, a folder or a Hub id; see `evalmuse_hf.scoring.load_scorer`, which takes every other option.

Returns:
    ``scores`` (the largest of the three probabilities; higher is worse), ``element_scores`` (human, animal, object),
    ``statuses``, ``element_statuses``, ``messages``, ``element_answers`` (for each of the three a list with the
    ``question``, the raw probabilities ``yes`` and ``no``, ``mass``, which is both together, and ``text``),
    ``prompt_answers`` (empty), ``mean_score`` over the rows with a score, ``coverage``, their share, and
    ``detection``: for each kind that was rated, and ``overall`` for all of them together, ``precision, recall, f1,
    prevalence, always_yes_f1, n``.
"""


class StructureModule(ScoringModule):
    """Base class of the module that looks for structural problems; it needs no prompts."""

    required_inputs: ClassVar[Mapping[str, Any]] = {"images": datasets.Image(decode=False)}
    optional_inputs: ClassVar[Mapping[str, Any]] = {kind: datasets.Value("float64") for kind in KINDS}
    inputs_text = INPUTS

    def _compute(self, *, images: Any, threshold: float = 0.5, **others: Any) -> dict[str, Any]:
        rated = {kind: others.pop(kind) for kind in KINDS}
        results = self._score(images, ["a picture"] * len(images), [[]] * len(images), others)
        told: dict[str, list[float]] = {}
        seen: dict[str, list[float]] = {}
        for place, kind in enumerate(KINDS):
            rows = [
                (result.elements[place].score if result.elements else math.nan, share)
                for result, share in zip(results, rated[kind], strict=True)
                if share is not None
            ]
            if rows:
                told[kind], seen[kind] = ([row[side] for row in rows] for side in range(2))
        if told:
            told["overall"], seen["overall"] = (
                [value for values in table.values() for value in values] for table in (told, seen)
            )
        detection = {kind: _detect(told[kind], seen[kind], threshold) for kind in told}
        return {**self._summarize(results), "detection": detection}


def _detect(told: list[float], seen: list[float], threshold: float) -> dict[str, Any]:
    found = problem_detection(predictions=told, references=seen, threshold=threshold, nan_policy="omit")
    return {
        **{"precision": found.precision, "recall": found.recall, "f1": found.statistic},
        **{"prevalence": found.prevalence, "always_yes_f1": found.always_yes_f1},
        **{"n": found.n, "n_dropped": found.n_dropped, "status": found.status},
    }
