"""How well one split of prompts agrees with another: spans matched one to one, and their categories compared.

1. Each labelled text becomes the set of characters that it takes in its cleaned prompt (`place_texts`).
2. The two splits of a prompt are matched one to one (`match_spans`): as many pairs as can be whose characters overlap
   by at least half of their union, among those the best overlap, among those the most equal categories.
3. The counts of all prompts are added up (`compare_splits`); intervals draw whole prompts.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.elements.cleaning import clean_prompt
from evalmuse_hf.elements.spans import find_spans
from evalmuse_hf.stats.resampling import CountStatistic, Resampling, percentile_interval, ratio_of_sums
from evalmuse_hf.stats.results import StatisticResult
from evalmuse_hf.stats.sample import read_sample

MIN_IOU = 0.5
"""Overlap from which two spans count as the same."""

LabelledText = tuple[str, str]
"""The words of an element, and its category."""

_NO_CUT = 10**9
# Ranks of what the matching maximises: pairs, then overlap, then equal categories. A prompt has far fewer than 1e3
# elements that overlap each other, so that no sum of a lower rank reaches one of a higher.
_PER_PAIR, _PER_IOU, _PER_CATEGORY = 1e6, 1.0, 1e-4


@dataclass(frozen=True, slots=True)
class PlacedText:
    """A labelled text and where it stands.

    Attributes:
        text: The words.
        category: Their category.
        characters: Indices into the cleaned prompt, without word limit; empty if the text is not in it.
    """

    text: str
    category: str
    characters: frozenset[int]


@dataclass(frozen=True, slots=True)
class SpanMatch:
    """Two texts that take the same place.

    Attributes:
        prediction: Index of the one.
        reference: Index of the other.
        iou: Characters that they share, over those that either has.
    """

    prediction: int
    reference: int
    iou: float


@dataclass(frozen=True, slots=True)
class CategoryAgreement:
    """One category.

    Attributes:
        n_predictions: Predicted spans with this category.
        n_references: Spans of the reference with this category.
        n_found: Those of the reference that were matched, whatever category was predicted.
        n_agreed: Those that were matched by a span of the same category.
    """

    n_predictions: int
    n_references: int
    n_found: int
    n_agreed: int

    @property
    def precision(self) -> float:
        """Share of the predicted spans with this category that are right in place and category."""
        return _ratio(self.n_agreed, self.n_predictions)

    @property
    def recall(self) -> float:
        """Share of the reference's spans with this category that were found with it."""
        return _ratio(self.n_agreed, self.n_references)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return _ratio(2 * self.n_agreed, self.n_predictions + self.n_references)


@dataclass(frozen=True, slots=True)
class SpanAgreement:
    """How well predicted spans agree with the reference's, over all prompts.

    Attributes:
        precision: Matched spans among the predicted ones.
        recall: Matched spans among those of the reference.
        f1: Harmonic mean of the two (micro: counts of all prompts together).
        labelled_f1: The same if a match counts only where the categories are equal.
        category_accuracy: Equal categories among matched spans.
        category_macro_f1: F1 of the categories of matched spans, mean over those that occur there on either side.
        categories: Per category.
        n_prompts: Prompts compared.
        n_predictions: Predicted spans that stand in their prompt.
        n_references: The same of the reference.
        n_matched: Matched spans.
        n_predictions_unplaced: Predicted texts that do not stand in their prompt; they are in nothing above.
        n_references_unplaced: The same of the reference.
    """

    precision: StatisticResult
    recall: StatisticResult
    f1: StatisticResult
    labelled_f1: StatisticResult
    category_accuracy: StatisticResult
    category_macro_f1: StatisticResult
    categories: Mapping[str, CategoryAgreement]
    n_prompts: int
    n_predictions: int
    n_references: int
    n_matched: int
    n_predictions_unplaced: int
    n_references_unplaced: int


@dataclass(slots=True)
class _Counts:
    """What is summed over prompts."""

    predictions: Counter[str] = field(default_factory=Counter)
    references: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)  # predicted category, that of the reference
    predictions_unplaced: int = 0
    references_unplaced: int = 0


def place_texts(prompt: str, texts: Sequence[LabelledText]) -> list[PlacedText]:
    """Find labelled texts in a prompt, without word limit.

    Args:
        prompt: The prompt as it was written.
        texts: Words and category of each.

    Returns:
        One entry per text, in order. See `find_spans` for texts that stand in the prompt more than once.

    >>> [sorted(place.characters) for place in place_texts("A cat!", [("cat", "animal/human"), ("dog", "object")])]
    [[2, 3, 4], []]
    """
    found = find_spans(clean_prompt(prompt, max_words=_NO_CUT), [text for text, _ in texts])
    return [
        PlacedText(text, category, frozenset(index for span in spans.cleaned for index in range(*span)))
        for (text, category), spans in zip(texts, found, strict=True)
    ]


def character_iou(first: frozenset[int], second: frozenset[int]) -> float:
    """Characters that two spans share, over those that either has; 0 where there are none.

    >>> character_iou(frozenset({1, 2, 3}), frozenset({2, 3, 4}))
    0.5
    """
    union = len(first | second)
    return len(first & second) / union if union else 0.0


def match_spans(
    *, predictions: Sequence[PlacedText], references: Sequence[PlacedText], min_iou: float = MIN_IOU
) -> list[SpanMatch]:
    """Match spans one to one, by the Hungarian method.

    Args:
        predictions: Spans of the one split.
        references: Spans of the other.
        min_iou: Pairs that overlap less are never matched.

    Returns:
        The matches, ordered by prediction: most pairs first, then the largest sum of overlaps, then most equal
        categories.

    References:
        Kuhn, *The Hungarian method for the assignment problem*, 1955.

    >>> red = PlacedText("red", "color", frozenset({0, 1, 2}))
    >>> cat = PlacedText("cat", "animal/human", frozenset({4, 5, 6}))
    >>> match_spans(predictions=[cat, red], references=[red])
    [SpanMatch(prediction=1, reference=0, iou=1.0)]
    """
    from scipy.optimize import linear_sum_assignment

    if not predictions or not references:
        return []
    overlap = np.array(
        [[character_iou(one.characters, other.characters) for other in references] for one in predictions]
    )
    same = np.array([[one.category == other.category for other in references] for one in predictions])
    allowed = overlap >= min_iou
    gain = np.where(allowed, _PER_PAIR + _PER_IOU * overlap + _PER_CATEGORY * same, 0.0)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return [
        SpanMatch(int(row), int(column), float(overlap[row, column]))
        for row, column in zip(rows, columns, strict=True)
        if allowed[row, column]
    ]


def compare_splits(
    prompts: Sequence[str],
    *,
    predictions: Sequence[Sequence[LabelledText]],
    references: Sequence[Sequence[LabelledText]],
    min_iou: float = MIN_IOU,
    n_resamples: int = 1000,
    confidence_level: float = 0.95,
    rng: np.random.Generator | int | None = None,
) -> SpanAgreement:
    """Compare two splits of the same prompts.

    Args:
        prompts: The prompts, as they were written.
        predictions: Per prompt, words and category of each predicted element.
        references: Per prompt, the same of the elements that they are compared with.
        min_iou: See `match_spans`.
        n_resamples: Bootstrap resamples of whole prompts; 0 means no intervals.
        confidence_level: Share of the bootstrap distribution inside an interval.
        rng: Generator or seed; None draws a fresh seed.

    Returns:
        All measures; one that is undefined is nan with a status.

    Raises:
        ValueError: If the three do not have one length, or see `Resampling`.

    >>> result = compare_splits(
    ...     ["a red cat"],
    ...     predictions=[[("red", "color"), ("cat", "object")]],
    ...     references=[[("cat", "animal/human")]],
    ...     n_resamples=0,
    ... )
    >>> result.precision.statistic, result.recall.statistic, result.category_accuracy.statistic
    (0.5, 1.0, 0.0)
    """
    if not len(prompts) == len(predictions) == len(references):
        raise ValueError(
            f"Expected one split of each kind per prompt, got {len(prompts)} prompts, {len(predictions)} predictions "
            f"and {len(references)} references; give an empty list for a prompt without elements."
        )
    counts = [
        _count(prompt, predicted, wanted, min_iou)
        for prompt, predicted, wanted in zip(prompts, predictions, references, strict=True)
    ]
    resampling = Resampling(n_resamples=n_resamples, confidence_level=confidence_level, rng=rng)
    return _summarize(counts, resampling)


def _count(prompt: str, predicted: Sequence[LabelledText], wanted: Sequence[LabelledText], min_iou: float) -> _Counts:
    ours, theirs = place_texts(prompt, predicted), place_texts(prompt, wanted)
    placed, expected = [one for one in ours if one.characters], [one for one in theirs if one.characters]
    matches = match_spans(predictions=placed, references=expected, min_iou=min_iou)
    return _Counts(
        predictions=Counter(one.category for one in placed),
        references=Counter(one.category for one in expected),
        pairs=Counter((placed[match.prediction].category, expected[match.reference].category) for match in matches),
        predictions_unplaced=len(ours) - len(placed),
        references_unplaced=len(theirs) - len(expected),
    )


def _summarize(counts: Sequence[_Counts], resampling: Resampling) -> SpanAgreement:
    names = sorted({name for one in counts for name in (*one.predictions, *one.references)})
    index = {name: position for position, name in enumerate(names)}
    confusion = np.zeros((len(counts), len(names), len(names)))
    for place, one in enumerate(counts):
        for (ours, theirs), number in one.pairs.items():
            confusion[place, index[ours], index[theirs]] = number
    predicted = np.array([one.predictions.total() for one in counts], dtype=np.float64)
    wanted = np.array([one.references.total() for one in counts], dtype=np.float64)
    matched = confusion.sum(axis=(1, 2))
    agreed = np.trace(confusion, axis1=1, axis2=2)

    def result(statistic: CountStatistic, n: float) -> StatisticResult:
        return _result(statistic, n=int(n), n_prompts=len(counts), resampling=resampling)

    both = predicted + wanted
    return SpanAgreement(
        precision=result(ratio_of_sums(matched, predicted), predicted.sum()),
        recall=result(ratio_of_sums(matched, wanted), wanted.sum()),
        f1=result(ratio_of_sums(2 * matched, both), both.sum()),
        labelled_f1=result(ratio_of_sums(2 * agreed, both), both.sum()),
        category_accuracy=result(ratio_of_sums(agreed, matched), matched.sum()),
        category_macro_f1=result(_macro_f1(confusion), matched.sum()),
        categories=_by_category(names, counts, confusion.sum(axis=0)),
        n_prompts=len(counts),
        n_predictions=int(predicted.sum()),
        n_references=int(wanted.sum()),
        n_matched=int(matched.sum()),
        n_predictions_unplaced=sum(one.predictions_unplaced for one in counts),
        n_references_unplaced=sum(one.references_unplaced for one in counts),
    )


def _result(statistic: CountStatistic, *, n: int, n_prompts: int, resampling: Resampling) -> StatisticResult:
    """The value over all prompts, each counted once, with its interval."""
    if not n:
        return StatisticResult(float("nan"), None, 0, 0, "no spans", n_prompts)
    value = float(statistic(np.ones((1, n_prompts)))[0])
    sample = read_sample({"prompt": np.zeros(n_prompts)}, groups=None)
    interval = percentile_interval(statistic, sample=sample, resampling=resampling) if n_prompts > 1 else None
    return StatisticResult(value, interval, n, 0, n_groups=n_prompts)


def _macro_f1(confusion: NDArray[np.float64]) -> CountStatistic:
    """Mean F1 of the categories that occur among matched spans, as a function of how often each prompt was drawn."""

    def of_counts(draws: NDArray[np.float64]) -> NDArray[np.float64]:
        drawn = np.tensordot(draws, confusion, axes=1)  # (resamples, predicted, reference)
        right = np.diagonal(drawn, axis1=1, axis2=2)
        either = drawn.sum(axis=1) + drawn.sum(axis=2)
        f1 = np.divide(2 * right, either, out=np.zeros_like(either), where=either > 0)
        present = (either > 0).sum(axis=1)
        total = f1.sum(axis=1)
        means: NDArray[np.float64] = np.divide(total, present, out=np.full_like(total, np.nan), where=present > 0)
        return means

    return of_counts


def _by_category(
    names: Sequence[str], counts: Sequence[_Counts], confusion: NDArray[np.float64]
) -> dict[str, CategoryAgreement]:
    return {
        name: CategoryAgreement(
            n_predictions=sum(one.predictions[name] for one in counts),
            n_references=sum(one.references[name] for one in counts),
            n_found=int(confusion[:, position].sum()),
            n_agreed=int(confusion[position, position]),
        )
        for position, name in enumerate(names)
    }


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
