"""Ratings of a consistency study as arrays: who rated what, in which of the two rounds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.stats.sample import FloatArray, IntArray

OLD, NEW, FURTHER = 0, 1, 2
"""The ratings that there were, those of the study, and those that the range rule had asked for in between."""

NO_CATEGORY = "none"

ANONYMOUS_RATER = -1
"""Number of a rater who is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyItem:
    """A picture with its prompt, as far as the study looks at it.

    Attributes:
        key: What tells it from others.
        prompt_id: Its prompt.
        generator: The text-to-image model; None where unknown.
        source: ``"real"`` or ``"synthetic"``; None where unknown.
        synthetic_type: The kind of a synthetic prompt; else None.
        categories: The category of each element; None where it has none.
    """

    key: str
    prompt_id: str
    generator: str | None = None
    source: str | None = None
    synthetic_type: str | None = None
    categories: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRating:
    """What one rater said of one item.

    Attributes:
        item: Key of the item.
        phase: `OLD`, `NEW` or `FURTHER`.
        overall: 1 to 5; None where it is not known.
        elements: 1 or 0 for each element of the item, None where it is not known.
        rater: Who; None where ratings are anonymous.
        guideline_version: The instructions that the rater had; None where that is not known.
    """

    item: str
    phase: int
    overall: float | None
    elements: tuple[int | None, ...] = ()
    rater: str | None = None
    guideline_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RatingLog:
    """All ratings of a study. Numbers count from 0.

    Attributes:
        items: The items.
        prompts: Number of the prompt of each item, shape ``(items,)``.
        raters: Names of the raters; empty where ratings are anonymous.
        rating_items: Number of the item of each rating, shape ``(ratings,)``.
        rating_phases: `OLD`, `NEW` or `FURTHER`.
        rating_raters: Number of the rater; -1 where anonymous.
        overall: 1 to 5; nan where it is not known.
        element_items: Number of the item of each element, shape ``(elements,)``.
        element_categories: Number of the category of each element.
        categories: Names of the categories.
        answer_ratings: Number of the rating of each answer about an element, shape ``(answers,)``.
        answer_elements: Number of the element.
        answers: 1 or 0.
    """

    items: tuple[StudyItem, ...]
    prompts: IntArray
    raters: tuple[str, ...]
    rating_items: IntArray
    rating_phases: IntArray
    rating_raters: IntArray
    overall: FloatArray
    element_items: IntArray
    element_categories: IntArray
    categories: tuple[str, ...]
    answer_ratings: IntArray
    answer_elements: IntArray
    answers: FloatArray

    @property
    def n_prompts(self) -> int:
        """Number of prompts."""
        return int(self.prompts.max()) + 1 if len(self.prompts) else 0

    @property
    def element_prompts(self) -> IntArray:
        """Number of the prompt of each element."""
        return self.prompts[self.element_items]

    @property
    def answer_phases(self) -> IntArray:
        """`OLD`, `NEW` or `FURTHER` of each answer."""
        return self.rating_phases[self.answer_ratings]

    def overall_means(self, phase: int) -> FloatArray:
        """Mean overall rating of each item in a round; nan without any.

        Args:
            phase: `OLD`, `NEW` or `FURTHER`.
        """
        rows = (self.rating_phases == phase) & np.isfinite(self.overall)
        return _means(self.rating_items[rows], self.overall[rows], len(self.items))

    def yes_shares(self, phase: int) -> FloatArray:
        """Share of yes of each element in a round; nan without any answer.

        Args:
            phase: `OLD`, `NEW` or `FURTHER`.
        """
        rows = self.answer_phases == phase
        return _means(self.answer_elements[rows], self.answers[rows], len(self.element_items))

    def where(self, kept: NDArray[np.bool_]) -> "RatingLog":
        """The same items with some of their ratings.

        Args:
            kept: Whether to keep each rating, shape ``(ratings,)``.
        """
        numbers = np.cumsum(kept) - 1
        answers = kept[self.answer_ratings]
        return replace(
            self,
            rating_items=self.rating_items[kept],
            rating_phases=self.rating_phases[kept],
            rating_raters=self.rating_raters[kept],
            overall=self.overall[kept],
            answer_ratings=numbers[self.answer_ratings[answers]].astype(np.intp),
            answer_elements=self.answer_elements[answers],
            answers=self.answers[answers],
        )


def make_log(items: Sequence[StudyItem], ratings: Iterable[StudyRating]) -> RatingLog:
    """Write ratings as arrays.

    Args:
        items: The items; keys are unique.
        ratings: Their ratings; those of other items are left out.
    """
    number_of = {item.key: number for number, item in enumerate(items)}
    kept = [rating for rating in ratings if rating.item in number_of]
    categories, element_items, element_categories = _elements(items)
    first_element = np.concatenate([[0], np.cumsum([len(item.categories) for item in items])]).astype(np.intp)
    raters = sorted({rating.rater for rating in kept if rating.rater is not None})
    rater_number: Mapping[str | None, int] = {name: number for number, name in enumerate(raters)}
    answers = [
        (row, first_element[number_of[rating.item]] + place, value)
        for row, rating in enumerate(kept)
        for place, value in enumerate(rating.elements)
        if value is not None
    ]
    prompts: dict[str, int] = {}
    return RatingLog(
        items=tuple(items),
        prompts=np.array([prompts.setdefault(item.prompt_id, len(prompts)) for item in items], dtype=np.intp),
        raters=tuple(raters),
        rating_items=np.array([number_of[rating.item] for rating in kept], dtype=np.intp),
        rating_phases=np.array([rating.phase for rating in kept], dtype=np.intp),
        rating_raters=np.array([rater_number.get(rating.rater, ANONYMOUS_RATER) for rating in kept], dtype=np.intp),
        overall=np.array([np.nan if rating.overall is None else rating.overall for rating in kept], dtype=np.float64),
        element_items=element_items,
        element_categories=element_categories,
        categories=categories,
        answer_ratings=np.array([row for row, _, _ in answers], dtype=np.intp),
        answer_elements=np.array([element for _, element, _ in answers], dtype=np.intp),
        answers=np.array([value for _, _, value in answers], dtype=np.float64),
    )


def _elements(items: Sequence[StudyItem]) -> tuple[tuple[str, ...], IntArray, IntArray]:
    names = sorted({category or NO_CATEGORY for item in items for category in item.categories})
    owners = [number for number, item in enumerate(items) for _ in item.categories]
    codes = [names.index(category or NO_CATEGORY) for item in items for category in item.categories]
    return tuple(names), np.array(owners, dtype=np.intp), np.array(codes, dtype=np.intp)


def _means(places: IntArray, values: FloatArray, size: int) -> FloatArray:
    with np.errstate(invalid="ignore"):
        sums = np.bincount(places, weights=values, minlength=size)
        return np.asarray(sums / np.bincount(places, minlength=size), dtype=np.float64)
