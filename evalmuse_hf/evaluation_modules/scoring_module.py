"""Scorers as `evaluate` modules: pictures and prompts in, scores out."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import datasets
import numpy as np

from evalmuse_hf.evaluation_modules.evaluation_module import EvaluationModule
from evalmuse_hf.models.scorer import Answer, PairScore, Scorer
from evalmuse_hf.scoring.loading import QUESTION_SCORERS, load_scorer

_PICTURES_AT_ONCE = 64

INPUTS = """
Args:
    images: Paths, bytes, PIL pictures or arrays ``(H, W, 3)`` of uint8, as many as prompts.
    prompts: Texts.
    elements: For each prompt its elements (optional), as texts or as ``"text (category)"``.
    model: ``"mini"``, a folder or a Hub id; see `evalmuse_hf.scoring.load_scorer`, which takes every other option.

Returns:
    ``scores`` of the pictures and ``element_scores`` (nan where there is none), ``statuses`` and ``element_statuses``
    (``"ok"`` or why not), ``messages`` (a sentence where there is something to say, else None), ``mean_score`` over
    the rows with a score (nan if there is none), and ``coverage``, their share. Scorers that ask questions also give
    ``element_answers``, for each element a list with what it was asked: ``question``, ``yes`` and ``no`` (raw
    probabilities), ``mass`` (of both together; below 0.5 the status is ``"low_mass"``) and ``text`` (the answer in
    words, else None); and ``prompt_answers``, the same of the questions about the prompt as a whole.
"""
INPUT_NAMES = frozenset({"images", "prompts", "elements", "human", "animal", "object"})
"""Inputs of all scoring modules; each ignores those of the others, so that ``evaluate.combine`` works."""


class ScoringModule(EvaluationModule):
    """Base class of the modules that score. Pictures are kept as they came and decoded a few at a time.

    A subclass sets ``scorer_name``. The model stays loaded for the next call with the same options.
    """

    scorer_name: ClassVar[str]
    ignored_inputs = INPUT_NAMES
    required_inputs: ClassVar[Mapping[str, Any]] = {
        "images": datasets.Image(decode=False),
        "prompts": datasets.Value("string"),
    }
    optional_inputs: ClassVar[Mapping[str, Any]] = {"elements": datasets.List(datasets.Value("string"))}
    inputs_text = INPUTS
    _loaded: tuple[dict[str, Any], Scorer] | None = None

    def _compute(self, *, images: Any, prompts: Any, elements: Any, **options: Any) -> dict[str, Any]:
        return self._summarize(self._score(images, prompts, [texts or [] for texts in elements], options))

    def _summarize(self, results: Sequence[PairScore]) -> dict[str, Any]:
        answers = list_answers(results) if self.scorer_name in QUESTION_SCORERS else {}
        return {**summarize(results), **answers}

    def _score(
        self, images: Sequence[Any], prompts: Sequence[str], elements: Sequence[Any], options: dict[str, Any]
    ) -> list[PairScore]:
        """Score rows, opening few pictures at a time."""
        if self._loaded is None or self._loaded[0] != options:
            self._loaded = (options, load_scorer(self.scorer_name, **options))
        results = []
        for start in range(0, len(prompts), _PICTURES_AT_ONCE):
            part = slice(start, start + _PICTURES_AT_ONCE)
            results += self._loaded[1].score(
                # `evaluate` hands back {"bytes", "path"}, or None.
                images=[picture and (picture["bytes"] or picture["path"]) for picture in images[part]],
                prompts=prompts[part],
                elements=elements[part],
            )
        return results


def summarize(results: Sequence[PairScore]) -> dict[str, Any]:
    """Lay results out as every scoring module returns them.

    Args:
        results: At least one.

    Returns:
        See `INPUTS`.
    """
    scored = [result.overall for result in results if math.isfinite(result.overall)]
    return {
        "scores": [result.overall for result in results],
        "element_scores": [[element.score for element in result.elements] for result in results],
        "statuses": [result.status for result in results],
        "element_statuses": [[element.status for element in result.elements] for result in results],
        "messages": [result.message for result in results],
        "mean_score": float(np.mean(scored)) if scored else math.nan,
        "coverage": len(scored) / len(results),
    }


def list_answers(results: Sequence[PairScore]) -> dict[str, Any]:
    """Lay out what a model was asked, and said.

    Args:
        results: Of a scorer that asks.

    Returns:
        ``element_answers`` and ``prompt_answers``; see `INPUTS`.
    """
    return {
        "element_answers": [
            [[_spell(answer) for answer in element.answers] for element in result.elements] for result in results
        ],
        "prompt_answers": [[_spell(answer) for answer in result.answers] for result in results],
    }


def _spell(answer: Answer) -> dict[str, Any]:
    values = {"question": answer.question, "yes": answer.yes, "no": answer.no}
    return {**values, "mass": answer.mass, "text": answer.text}
