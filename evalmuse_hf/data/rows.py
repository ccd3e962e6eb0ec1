"""Rows of every configuration, made from pairs."""

import math
import statistics
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from evalmuse_hf.elements import ElementSpans, find_spans
from evalmuse_hf.schema import Element, Pair

Row = dict[str, Any]


def score_variance(pairs: Iterable[Pair]) -> float:
    """Unbiased (ddof=1) variance of the overall scores of the pictures of one prompt.

    Args:
        pairs: Pairs of one prompt; those without ratings do not count.

    Returns:
        The variance over the mean ratings of the pictures; nan if fewer than two are rated.
    """
    scores = [pair.overall_score for pair in pairs if not math.isnan(pair.overall_score)]
    return statistics.variance(scores) if len(scores) > 1 else math.nan


def pair_row(pair: Pair, *, image: bytes, content_hash: str, prompt_variance: float) -> dict[str, Any]:
    """One row, with the columns of `evalmuse_hf.schema.pair_features`.

    Args:
        pair: The pair.
        image: Its picture file as released; nothing is encoded again.
        content_hash: SHA-256 of ``image``.
        prompt_variance: See `score_variance`.

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
        "elements": _rated_elements(pair),
        "prompt_meaningless": pair.prompt_meaningless,
        "split_confidence": pair.split_confidence,
        "attribute_confidence": pair.attribute_confidence,
        "fidelity_labels": pair.fidelity_labels,
        "content_hash": content_hash,
    }


def prompt_rows(pairs: Sequence[Pair], *, prompt_variance: float) -> Iterator[Row]:
    """Rows of ``prompts`` for the pairs of one prompt, one per `prompt_id`; usually that is one.

    Args:
        pairs: All pairs of the prompt.
        prompt_variance: See `score_variance`.

    Yields:
        The rows, with the columns of `evalmuse_hf.data.features.prompt_features`.
    """
    by_id: dict[str, list[Pair]] = {}
    for pair in pairs:
        by_id.setdefault(pair.prompt.prompt_id, []).append(pair)
    for prompt_id, members in by_id.items():
        prompt = members[0].prompt
        scores = [pair.overall_score for pair in members if not math.isnan(pair.overall_score)]
        yield {
            "prompt_id": prompt_id,
            "prompt": prompt.text,
            "source": prompt.source,
            "synthetic_type": prompt.synthetic_type,
            "elements": element_rows(prompt.text, prompt.elements),
            "n_pairs": len(members),
            "overall_score": statistics.fmean(scores) if scores else None,
            "prompt_variance": _known(prompt_variance),
        }


def rating_rows(pair: Pair) -> Iterator[Row]:
    """Rows of ``ratings`` for one pair: overall first, then element by element.

    Args:
        pair: The pair.

    Yields:
        The rows, with the columns of `evalmuse_hf.data.features.rating_features`.
    """
    sure = pair.element_sure or (None,) * len(pair.element_ratings)
    questions: list[tuple[int | None, Element | None, tuple[int, ...] | None]] = [(None, None, pair.overall_ratings)]
    questions += [
        (index, element, ratings)
        for index, (element, ratings) in enumerate(zip(pair.prompt.elements, pair.element_ratings, strict=True))
    ]
    for index, element, ratings in questions:
        own_sure = None if index is None else sure[index]
        for position, rating in enumerate(ratings or ()):
            yield {
                "image_path": pair.image_path,
                "prompt_id": pair.prompt.prompt_id,
                "generator": pair.generator,
                "target": "overall" if element is None else "element",
                "element_index": index,
                "element": element.text if element else None,
                "category": element.category if element else None,
                "rating_position": position,
                "rating": rating,
                "sure": own_sure[position] if own_sure else None,
                "rater_id": pair.rater_ids[position] if pair.rater_ids else None,
                "round": pair.rounds[position] if pair.rounds else None,
            }


def element_rows(prompt: str, elements: Sequence[Element]) -> list[Row]:
    """Elements of a prompt with their places in it.

    Args:
        prompt: The raw prompt.
        elements: Its elements.
    """
    return [
        {
            "text": element.text,
            "category": element.category,
            "raw_category": element.raw_category,
            "spans": [list(span) for span in place.prompt],
        }
        for element, place in zip(elements, _places(prompt, elements), strict=True)
    ]


def _places(prompt: str, elements: Sequence[Element]) -> tuple[ElementSpans, ...]:
    return _find_spans(prompt, tuple(element.text for element in elements))


@lru_cache(maxsize=64)  # the pictures of one prompt follow each other
def _find_spans(prompt: str, texts: tuple[str, ...]) -> tuple[ElementSpans, ...]:
    return tuple(find_spans(prompt, texts))


def _rated_elements(pair: Pair) -> list[Row]:
    rows = element_rows(pair.prompt.text, pair.prompt.elements)
    return [
        {
            "text": row["text"],
            "category": row["category"],
            "raw_category": row["raw_category"],
            "ratings": ratings,
            "score": _known(score),
            "spans": row["spans"],
        }
        for row, ratings, score in zip(rows, pair.element_ratings, pair.element_scores, strict=True)
    ]


def _known(number: float) -> float | None:
    return None if math.isnan(number) else number
