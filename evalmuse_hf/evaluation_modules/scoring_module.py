"""Scorers as `evaluate` modules: pictures and prompts in, scores out."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import datasets
import numpy as np

from evalmuse_hf.evaluation_modules.evaluation_module import EvaluationModule
from evalmuse_hf.models.scorer import PairScore, Scorer
from evalmuse_hf.scoring.loading import load_scorer

_PICTURES_AT_ONCE = 64

INPUTS = """
Args:
    images: Paths, bytes, PIL pictures or arrays ``(H, W, 3)`` of uint8, as many as prompts.
    prompts: Texts.
    elements: For each prompt its elements (optional), as texts or as ``"text (category)"``.
    model: ``"mini"``, a folder or a Hub id; see `evalmuse_hf.scoring.load_scorer`, which takes every other option.

Returns:
    ``scores`` of the pictures and ``element_scores`` (nan where there is none), ``statuses`` (``"ok"`` or why not),
    ``mean_score`` over the rows with a score (nan if there is none), and ``coverage``, their share.
"""


class ScoringModule(EvaluationModule):
    """Base class of the modules that score. Pictures are kept as they came and decoded a few at a time.

    A subclass sets ``scorer_name``. The model stays loaded for the next call with the same options.
    """

    scorer_name: ClassVar[str]
    required_inputs: ClassVar[Mapping[str, Any]] = {
        "images": datasets.Image(decode=False),
        "prompts": datasets.Value("string"),
    }
    optional_inputs: ClassVar[Mapping[str, Any]] = {"elements": datasets.List(datasets.Value("string"))}
    inputs_text = INPUTS
    _loaded: tuple[dict[str, Any], Scorer] | None = None

    def _compute(self, *, images: Any, prompts: Any, elements: Any, **options: Any) -> dict[str, Any]:
        return summarize(self._score(images, prompts, [texts or [] for texts in elements], options))

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
        "mean_score": float(np.mean(scored)) if scored else math.nan,
        "coverage": len(scored) / len(results),
    }
