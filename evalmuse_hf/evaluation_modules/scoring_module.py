"""Scorers as `evaluate` modules: pictures and prompts in, scores out."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import datasets
import evaluate
import numpy as np

from evalmuse_hf.scoring.loading import load_scorer
from evalmuse_hf.stats.citation import CITATION

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


class ScoringModule(evaluate.Metric):  # type: ignore[misc]
    """Base class of the modules that score. Pictures are kept as they came and decoded a few at a time.

    A subclass sets ``scorer_name`` and has a docstring, which becomes the module's description.
    """

    scorer_name: ClassVar[str]

    def _info(self) -> evaluate.MetricInfo:
        features = datasets.Features(
            {
                "images": datasets.Image(decode=False),
                "prompts": datasets.Value("string"),
                "elements": datasets.List(datasets.Value("string")),
            }
        )
        return evaluate.MetricInfo(
            description=type(self).__doc__ or "", citation=CITATION, inputs_description=INPUTS, features=features
        )

    def compute(
        self,
        *,
        images: Sequence[Any] | None = None,
        prompts: Sequence[str] | None = None,
        elements: Sequence[Sequence[str] | None] | None = None,
        **options: Any,
    ) -> dict[str, Any] | None:
        """Score what is given, together with what was added before.

        Args:
            images: See `INPUTS`.
            prompts: Texts; None if all was added before.
            elements: For each prompt its elements; None if there are none.
            **options: ``model`` and other options of `evalmuse_hf.scoring.load_scorer`.

        Returns:
            See `INPUTS`; None on every process but the first of several.

        Raises:
            ValueError: If there is nothing to score, the lists differ in length, or the scorer cannot be loaded.
        """
        if images is None and prompts is None:
            if self.writer is None and self.buf_writer is None:
                raise ValueError("There is nothing to score; give `images` and `prompts`, or add some before.")
            return super().compute(**options)  # type: ignore[no-any-return]
        rows = _read_rows(images, prompts, elements)
        return super().compute(**rows, **options)  # type: ignore[no-any-return]

    def add(self, *, images: Any = None, prompts: str | None = None, elements: Any = None, **others: Any) -> None:
        """Add one pair.

        Args:
            images: One picture.
            prompts: Its prompt.
            elements: The prompt's elements; None if there are none.
            **others: Refused by `evaluate`, which names them.
        """
        super().add(images=images, prompts=prompts, elements=elements, **others)

    def add_batch(self, *, images: Any = None, prompts: Any = None, elements: Any = None, **others: Any) -> None:
        """Add pairs.

        Args:
            images: Pictures.
            prompts: Their prompts.
            elements: For each prompt its elements; None if there are none.
            **others: Refused by `evaluate`, which names them.

        Raises:
            ValueError: If there are no pairs, or the lists differ in length.
        """
        super().add_batch(**_read_rows(images, prompts, elements), **others)

    def _compute(self, *, images: Any, prompts: Any, elements: Any, **options: Any) -> dict[str, Any]:
        scorer = load_scorer(self.scorer_name, **options)
        results = []
        for start in range(0, len(prompts), _PICTURES_AT_ONCE):
            part = slice(start, start + _PICTURES_AT_ONCE)
            # `evaluate` hands back {"bytes", "path"}; a null among the elements stands for none.
            results += scorer.score(
                images=[picture and (picture["bytes"] or picture["path"]) for picture in images[part]],
                prompts=prompts[part],
                elements=[texts or [] for texts in elements[part]],
            )
        scored = [result.overall for result in results if math.isfinite(result.overall)]
        return {
            "scores": [result.overall for result in results],
            "element_scores": [[element.score for element in result.elements] for result in results],
            "statuses": [result.status for result in results],
            "mean_score": float(np.mean(scored)) if scored else float("nan"),
            "coverage": len(scored) / len(results),
        }


def _read_rows(images: Any, prompts: Any, elements: Any) -> dict[str, Any]:
    """Check the lengths, and write out absent elements, which `evaluate` cannot leave out."""
    if images is None or prompts is None:
        raise ValueError(
            f"`{'images' if images is None else 'prompts'}` is missing; give as many pictures as prompts."
        )
    sizes = {"images": len(images), "prompts": len(prompts)}
    if elements is not None:
        sizes["elements"] = len(elements)
    if len(set(sizes.values())) > 1:
        found = ", ".join(f"{size} {name}" for name, size in sizes.items())
        raise ValueError(f"Expected lists of one length, got {found}.")
    if not len(prompts):
        raise ValueError("There is nothing to score; give at least one picture with its prompt.")
    return {"images": images, "prompts": prompts, "elements": [None] * len(prompts) if elements is None else elements}
