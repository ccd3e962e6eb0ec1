"""Rows of the ``pairs`` configuration, made from pairs."""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from evalmuse_hf.data.release import prompt_identity
from evalmuse_hf.elements import find_spans
from evalmuse_hf.schema import Pair


def prompt_variances(pairs: Iterable[Pair]) -> dict[str, float]:
    """Variance of the overall scores among the pictures of each prompt.

    Args:
        pairs: Pairs of any number of prompts; those without ratings do not count.

    Returns:
        For each `prompt_identity`, the unbiased (ddof=1) variance over the mean ratings of its pictures; nan if fewer
        than two pictures are rated.
    """
    scores: defaultdict[str, list[float]] = defaultdict(list)
    for pair in pairs:
        rated = [] if math.isnan(pair.overall_score) else [pair.overall_score]
        scores[prompt_identity(pair.prompt.text)] += rated
    return {key: statistics.variance(values) if len(values) > 1 else math.nan for key, values in scores.items()}


def pair_row(pair: Pair, *, image: bytes, content_hash: str, prompt_variance: float) -> dict[str, Any]:
    """One row, with the columns of `evalmuse_hf.schema.pair_features`.

    Args:
        pair: The pair.
        image: Its picture file as released; nothing is encoded again.
        content_hash: SHA-256 of ``image``.
        prompt_variance: See `prompt_variances`.

    Returns:
        The row; what is not known is None, never nan.
    """
    return {
        "image": {"bytes": image, "path": pair.image_path},
        "image_path": pair.image_path,
        "prompt_id": pair.prompt.prompt_id,
        "prompt": pair.prompt.text,
        "source": pair.prompt.source,
        "synthetic_type": pair.prompt.synthetic_type,
        "generator": pair.generator,
        "generator_license": pair.generator_license,
        "overall_ratings": pair.overall_ratings,
        "overall_score": _known(pair.overall_score),
        "prompt_variance": _known(prompt_variance),
        "elements": _element_rows(pair),
        "prompt_meaningless": pair.prompt_meaningless,
        "split_confidence": pair.split_confidence,
        "attribute_confidence": pair.attribute_confidence,
        "fidelity_labels": pair.fidelity_labels,
        "content_hash": content_hash,
    }


def _element_rows(pair: Pair) -> list[dict[str, Any]]:
    elements = pair.prompt.elements
    places = find_spans(pair.prompt.text, [element.text for element in elements])
    return [
        {
            "text": element.text,
            "category": element.category,
            "raw_category": element.raw_category,
            "ratings": ratings,
            "score": _known(score),
            "spans": [list(span) for span in place.prompt],
        }
        for element, ratings, score, place in zip(
            elements, pair.element_ratings, pair.element_scores, places, strict=True
        )
    ]


def _known(number: float) -> float | None:
    return None if math.isnan(number) else number
