"""What a scorer is judged on: pairs and elements as arrays, made once and shared by every part of the evaluation."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.meta_evaluation.joining import Join, JoinedPair, Row, join_scores
from evalmuse_hf.meta_evaluation.rated_data import DataFacts, RatedData, known_generator
from evalmuse_hf.schema import ALIGNMENT_SCALE

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

NOT_GIVEN = "not_given"
"""Status of an element of a scored picture that the scores do not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPairs:
    """Rated pairs that have a score.

    Attributes:
        scores: The rows of scores.
        rows: The rows of the data set.
        predictions: Overall scores, shape ``(n,)``, finite.
        references: Mean overall ratings.
        prompts: Label of each pair's prompt; see `prompt_group`.
        generators: Who made each picture; None where it is not known.
        element_means: Mean score of each pair's rated elements; nan where none has a score.
        element_ratings: Mean rating of each pair's elements; nan without rated elements.
    """

    scores: tuple[Row, ...]
    rows: tuple[Row, ...]
    predictions: FloatArray
    references: FloatArray
    prompts: tuple[str, ...]
    generators: tuple[str | None, ...]
    element_means: FloatArray
    element_ratings: FloatArray

    @property
    def n(self) -> int:
        """Number of pairs."""
        return len(self.rows)

    @property
    def paths(self) -> tuple[str, ...]:
        """Keys of the pictures."""
        return tuple(str(row["image_path"]) for row in self.rows)

    def where(self, kept: BoolArray) -> "JudgedPairs":
        """Some of the pairs, in their order.

        Args:
            kept: Which, shape ``(n,)``.
        """
        return JudgedPairs(
            scores=tuple(compress(self.scores, kept)),
            rows=tuple(compress(self.rows, kept)),
            predictions=self.predictions[kept],
            references=self.references[kept],
            prompts=tuple(compress(self.prompts, kept)),
            generators=tuple(compress(self.generators, kept)),
            element_means=self.element_means[kept],
            element_ratings=self.element_ratings[kept],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedElements:
    """Rated elements.

    Attributes:
        predictions: Element scores, shape ``(n,)``; nan where there is none.
        references: Mean element ratings, in [0, 1].
        categories: None where it is not known.
        prompts: Label of each element's prompt.
        statuses: Of each score; `NOT_GIVEN` where the scores lack the element.
        sources: ``source`` of each element's pair.
        kinds: ``synthetic_type`` of each element's pair.
    """

    predictions: FloatArray
    references: FloatArray
    categories: tuple[str | None, ...]
    prompts: tuple[str, ...]
    statuses: tuple[str, ...]
    sources: tuple[str | None, ...]
    kinds: tuple[str | None, ...]

    @property
    def n(self) -> int:
        """Number of elements."""
        return len(self.categories)

    @property
    def scored(self) -> BoolArray:
        """Which have a score."""
        return ~np.isnan(self.predictions)

    @property
    def on_scale(self) -> bool:
        """Whether every score is in [0, 1], where a threshold of 0.5 and a probability mean something."""
        known = self.predictions[self.scored]
        return bool(np.all((known >= 0) & (known <= 1)))

    def where(self, kept: BoolArray) -> "JudgedElements":
        """Some of the elements, in their order.

        Args:
            kept: Which, shape ``(n,)``.
        """
        return JudgedElements(
            predictions=self.predictions[kept],
            references=self.references[kept],
            categories=tuple(compress(self.categories, kept)),
            prompts=tuple(compress(self.prompts, kept)),
            statuses=tuple(compress(self.statuses, kept)),
            sources=tuple(compress(self.sources, kept)),
            kinds=tuple(compress(self.kinds, kept)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Scores and ratings, brought together.

    Attributes:
        join: What found its partner, and what did not.
        rated: Every rated row of the data set, scored or not.
        pairs: Those that have a score.
        elements: Rated elements of the pictures that the scores hold, scored or not.
        all_elements: Those and the rated elements of every other picture of the data set, as not scored.
        facts: Of the data set; None if they are not known.
        raters: Names behind each row's ``overall_ratings`` by ``image_path``; empty if they are anonymous.
        infinite: Pictures whose overall score, or the score of an element, is infinite: not scored.
    """

    join: Join
    rated: tuple[Row, ...]
    pairs: JudgedPairs
    elements: JudgedElements
    all_elements: JudgedElements
    facts: DataFacts | None
    raters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    infinite: tuple[str, ...] = ()

    @property
    def gives_elements(self) -> bool:
        """Whether the scores hold elements at all, matched or not, scored or failed."""
        return any(pair.score.get("elements") for pair in self.join.pairs)

    @property
    def scale(self) -> tuple[float, float]:
        """Lowest and highest overall rating."""
        return self.facts.rating_scale if self.facts is not None else ALIGNMENT_SCALE


def judge(scores: Iterable[Row], data: Iterable[Row] | RatedData) -> Judged:
    """Join scores and ratings by picture and make arrays of them.

    Args:
        scores: Rows of scores.
        data: Rows of the data set, or the data set with its facts.

    Raises:
        ValueError: If no score belongs to a pair of the data set, or none of those pairs is rated.
    """
    known = data if isinstance(data, RatedData) else None
    rows = known.rows if known is not None else tuple(data)  # type: ignore[arg-type]  # rows, then
    join = join_scores(scores, rows)
    if not join.pairs:
        example = f", such as {join.unknown[0]!r}" if join.unknown else ""
        raise ValueError(
            f"None of the {join.n_scores} scores belongs to one of the {join.n_pairs} pairs of the data set{example}; "
            "the column image, image_path or id of the scores must end in the image_path of the data set."
        )
    if all(math.isnan(rating_of(pair.pair)) for pair in join.pairs):
        raise ValueError(f"None of the {len(join.pairs)} scored pairs has ratings; choose another split.")
    joined = {str(pair.pair["image_path"]) for pair in join.pairs}
    unique = {str(row["image_path"]): row for row in reversed(rows)}  # the first of repeated rows, as in the join
    left = [row for path, row in reversed(unique.items()) if path not in joined]
    elements = _read_elements([(pair.pair, pair.elements) for pair in join.pairs])
    others = _read_elements([(row, ()) for row in left])
    return Judged(
        join=join,
        rated=tuple(row for row in reversed(unique.values()) if not math.isnan(rating_of(row))),
        pairs=_read_pairs(join),
        elements=elements,
        all_elements=_both(elements, others),
        facts=known.facts if known is not None else None,
        raters=known.raters if known is not None else {},
        infinite=tuple(_infinite(join)),
    )


def prompt_group(pair: Row) -> str:
    """Label that the pictures of one prompt share: its id, or else its text.

    Args:
        pair: A row of the data set.

    >>> prompt_group({"prompt_id": None, "prompt": "a cat"})
    'a cat'
    """
    return str(pair["prompt_id"] if pair.get("prompt_id") is not None else pair["prompt"])


def rating_of(row: Row) -> float:
    """Mean overall rating of a row of the data set; nan without one.

    Args:
        row: A row of the data set.
    """
    return _finite(row["overall_score"])


def _finite(value: Any) -> float:
    """A number, or nan for what is none and for what is infinite."""
    number = float("nan") if value is None else float(value)
    return number if math.isfinite(number) else float("nan")


def _read_pairs(join: Join) -> JudgedPairs:
    kept = [
        (pair, prediction, reference)
        for pair in join.pairs
        if not math.isnan(prediction := _finite(pair.score["overall_score"]))
        and not math.isnan(reference := rating_of(pair.pair))
    ]
    rows = tuple(pair.pair for pair, _, _ in kept)
    means = np.array([_element_means(pair) for pair, _, _ in kept], dtype=np.float64).reshape(-1, 2)
    return JudgedPairs(
        scores=tuple(pair.score for pair, _, _ in kept),
        rows=rows,
        predictions=np.array([prediction for _, prediction, _ in kept], dtype=np.float64),
        references=np.array([reference for _, _, reference in kept], dtype=np.float64),
        prompts=tuple(map(prompt_group, rows)),
        generators=tuple(map(known_generator, rows)),
        element_means=means[:, 0],
        element_ratings=means[:, 1],
    )


def _element_means(pair: JoinedPair) -> tuple[float, float]:
    """Mean score and mean rating of the rated elements of a pair."""
    rated = [
        (score, _finite(element["score"])) for element, score in zip(_elements(pair.pair), pair.elements, strict=True)
    ]
    known = [(score, rating) for score, rating in rated if not math.isnan(rating)]
    scores = [value for score, _ in known if score is not None and not math.isnan(value := _finite(score["score"]))]
    return _mean(scores), _mean([rating for _, rating in known])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else float("nan")


def _elements(pair: Row) -> Sequence[Row]:
    return pair["elements"] or ()


def _read_elements(pairs: Sequence[tuple[Row, Sequence[Row | None]]]) -> JudgedElements:
    predictions, references, categories, prompts, statuses, sources, kinds = ([] for _ in range(7))
    for pair, scored in pairs:
        elements = _elements(pair)
        for rated, score in zip(elements, scored or (None,) * len(elements), strict=True):
            reference = _finite(rated["score"])
            if math.isnan(reference):
                continue
            predictions.append(_finite(score["score"]) if score is not None else float("nan"))
            references.append(reference)
            categories.append(rated["category"])
            prompts.append(prompt_group(pair))
            statuses.append(str(score["status"]) if score is not None else NOT_GIVEN)
            sources.append(pair.get("source"))
            kinds.append(pair.get("synthetic_type"))
    return JudgedElements(
        predictions=np.array(predictions, dtype=np.float64),
        references=np.array(references, dtype=np.float64),
        categories=tuple(categories),
        prompts=tuple(prompts),
        statuses=tuple(statuses),
        sources=tuple(sources),
        kinds=tuple(kinds),
    )


def _both(first: JudgedElements, second: JudgedElements) -> JudgedElements:
    return JudgedElements(
        predictions=np.concatenate([first.predictions, second.predictions]),
        references=np.concatenate([first.references, second.references]),
        categories=first.categories + second.categories,
        prompts=first.prompts + second.prompts,
        statuses=first.statuses + second.statuses,
        sources=first.sources + second.sources,
        kinds=first.kinds + second.kinds,
    )


def _infinite(join: Join) -> Iterable[str]:
    for pair in join.pairs:
        values = [pair.score["overall_score"], *(element["score"] for element in pair.elements if element is not None)]
        if any(value is not None and math.isinf(float(value)) for value in values):
            yield str(pair.pair["image_path"])
