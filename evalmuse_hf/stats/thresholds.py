"""Thresholds of element verdicts for each category, judged on prompts that did not choose them."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.classification import (
    Average,
    accuracy_of_counts,
    accuracy_result,
    accuracy_status,
    verdict_sums,
)
from evalmuse_hf.stats.folds import grouped_folds
from evalmuse_hf.stats.joint_intervals import bootstrap_intervals, say_undefined
from evalmuse_hf.stats.resampling import BootstrapInterval, IntervalMethod, Resampling
from evalmuse_hf.stats.results import AccuracyResult, StatisticResult
from evalmuse_hf.stats.sample import FloatArray, IntArray, NanPolicy, require_choice
from evalmuse_hf.stats.verdicts import BoolArray, Part, Verdicts, read_verdicts

MIN_ROWS = 20  # a category with fewer elements to learn from keeps the usual threshold
EQUAL = 1e-12  # accuracies that differ by less are equal


@dataclass(frozen=True, slots=True)
class CategoryThreshold:
    """The threshold of a category, and what it is worth.

    Attributes:
        threshold: Chosen on all elements of the category, for use on new ones.
        of_folds: Chosen without each of the folds, in order; how far they differ shows how sure the choice is.
        usual: Accuracy with the usual threshold.
        tuned: Accuracy of verdicts by the thresholds that other prompts chose.
        gain: ``tuned`` less ``usual``, on the same elements and, for its interval, the same resamples.
        status: ``"ok"``, or why the usual threshold was kept.
    """

    threshold: float
    of_folds: tuple[float, ...]
    usual: AccuracyResult
    tuned: AccuracyResult
    gain: StatisticResult
    status: str = "ok"


@dataclass(frozen=True, slots=True)
class CategoryThresholds:
    """Thresholds by category, and the accuracy over all elements.

    Attributes:
        usual: Accuracy over all elements with the usual threshold.
        tuned: Accuracy over all elements with verdicts by the thresholds of each category that other prompts chose.
        gain: ``tuned`` less ``usual``.
        by_category: In alphabetical order.
        status: ``"ok"``, or why no threshold could be chosen.
    """

    usual: AccuracyResult
    tuned: AccuracyResult
    gain: StatisticResult
    by_category: Mapping[str, CategoryThreshold] = field(default_factory=dict)
    status: str = "ok"


def category_thresholds(
    *,
    predictions: ArrayLike,
    references: ArrayLike,
    categories: Sequence[str | None],
    groups: Sequence[Hashable],
    average: Average = "micro",
    usual: float = 0.5,
    n_folds: int = 5,
    nan_policy: NanPolicy = "raise",
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    interval: IntervalMethod = "percentile",
    rng: np.random.Generator | int | None = 0,
) -> CategoryThresholds:
    """Choose a threshold of the scores for each category, and judge it on prompts that did not choose it.

    Prompts are dealt into folds. The elements of a fold get verdicts by the thresholds that are best on the other
    folds, so that the accuracy is that of new prompts; the thresholds for use are chosen on all. Among equally good
    ones the nearest to the usual one is taken. A category keeps the usual threshold where it has fewer than 20
    elements to learn from, or only elements that people call yes, or only no. People's verdicts always use the usual
    threshold.

    Args:
        predictions: Element scores, shape ``(n,)``, any scale; nan where the element was not scored.
        references: Mean human element ratings, shape ``(n,)``, in [0, 1].
        categories: One category per element; an element with None keeps the usual threshold.
        groups: One label per element, the prompt; also the clusters of the intervals.
        average: What a threshold is chosen for and judged by, see `element_accuracy`.
        usual: Threshold of ratings, and of scores where nothing is chosen.
        n_folds: Folds of prompts.
        nan_policy: ``"raise"``, or ``"omit"`` to leave out rows with a nan and count them.
        n_resamples: Bootstrap resamples for the intervals; 0 means no intervals. Thresholds stay as chosen.
        confidence_level: Share of the bootstrap distribution inside an interval.
        interval: ``"percentile"`` or ``"bca"``, see `Resampling`.
        rng: Generator or seed of folds and bootstrap.

    Returns:
        Thresholds and accuracies; with a status, and the usual threshold everywhere, for fewer than two prompts.

    Raises:
        ValueError: For nan under ``"raise"``, infinite values, different lengths, or an unknown option.

    References:
        Choosing a cutoff by cross-validation: Hastie, Tibshirani and Friedman, *The Elements of Statistical Learning*,
        2nd edition, 2009, section 7.10.

    >>> rng = np.random.default_rng(0)
    >>> shown = rng.integers(2, size=400)
    >>> scores = 0.6 + 0.2 * shown + 0.1 * rng.uniform(size=400)  # always above 0.5
    >>> found = category_thresholds(
    ...     predictions=scores, references=shown, categories=["color"] * 400, groups=[row // 4 for row in range(400)]
    ... )
    >>> 0.7 < found.by_category["color"].threshold < 0.8, found.usual.statistic < 0.6, found.tuned.statistic
    (True, True, 1.0)
    """
    require_choice("average", average, ("micro", "balanced"))
    generator = np.random.default_rng(rng)
    resampling = Resampling(n_resamples, confidence_level, generator, interval)
    plain = read_verdicts(
        predictions=predictions,
        references=references,
        threshold=usual,
        categories=categories,
        groups=groups,
        nan_policy=nan_policy,
    )
    sample = plain.sample
    folds = grouped_folds(groups=sample.codes.tolist(), n_folds=n_folds, rng=generator)
    choices = [_choose(plain, part, folds, average, usual) for part in plain.parts[1:]]
    predicted = plain.predicted.copy()
    for part, choice in zip(plain.parts[1:], choices, strict=True):
        predicted[part.rows] = choice.predicted
    overall, *judged = _judge(plain, replace(plain, predicted=predicted), average, resampling)
    status = "ok" if sample.n_clusters > 1 else "fewer than 2 groups" if sample.n else "no rows"
    say_undefined("choice of thresholds", status, resampling=resampling)
    table = {
        str(part.category): CategoryThreshold(choice.threshold, choice.of_folds, *own, choice.status)
        for part, choice, own in zip(plain.parts[1:], choices, judged, strict=True)
    }
    return CategoryThresholds(*overall, table, status)


def best_threshold(*, scores: FloatArray, actual: BoolArray, average: Average = "micro", usual: float = 0.5) -> float:
    """Threshold with the highest accuracy on these elements; among equally good ones the nearest to the usual one.

    Between two scores, every threshold is equally good; the usual one is taken if it is there, else the middle.

    Args:
        scores: Shape ``(n,)``, finite, at least one.
        actual: Whether people say yes, shape ``(n,)``; both answers occur.
        average: See `element_accuracy`.
        usual: The threshold to stay near to.

    >>> best_threshold(scores=np.array([0.2, 0.6, 0.8]), actual=np.array([False, False, True]))
    0.7
    >>> best_threshold(scores=np.array([0.2, 0.8]), actual=np.array([False, True]))
    0.5
    """
    values, place = np.unique(scores, return_inverse=True)
    n_yes = float(actual.sum())
    n_no = len(actual) - n_yes
    weight_yes, weight_no = (1 / n_yes, 1 / n_no) if average == "balanced" else (1.0, 1.0)
    # At cut k the k lowest values are a no.
    lost = np.r_[0, np.cumsum(np.bincount(place, weights=actual))]
    gained = np.r_[0, np.cumsum(np.bincount(place, weights=~actual))]
    right = (n_yes - lost) * weight_yes + gained * weight_no
    good = np.flatnonzero(right >= right.max() * (1 - EQUAL))
    lowest, highest = np.r_[-np.inf, values], np.r_[values, np.inf]
    middles = np.r_[values[0], values[:-1] + (values[1:] - values[:-1]) / 2, np.nextafter(values[-1], np.inf)]
    # The middle of two neighbours in float64 may be the lower one, which would say yes to it.
    middles = np.where(middles > lowest, middles, highest)
    inside = (lowest < usual) & (usual <= highest)
    candidates = np.where(inside, usual, middles)[good]
    return float(candidates[np.abs(candidates - usual).argmin()])


@dataclass(frozen=True, slots=True)
class _Choice:
    """Thresholds of one category, and the verdicts of its elements by the thresholds that they did not choose."""

    threshold: float
    of_folds: tuple[float, ...]
    predicted: BoolArray
    status: str


def _choose(verdicts: Verdicts, part: Part, folds: IntArray, average: Average, usual: float) -> _Choice:
    scores, actual = verdicts.sample["predictions"][part.rows], verdicts.actual[part.rows]
    own = folds[part.rows]
    status = _why_usual(actual)
    if status == "ok" and len(np.unique(own)) < 2:
        status = "fewer than 2 groups"
    if status != "ok":
        return _Choice(usual, (), scores >= usual, status)
    predicted, of_folds = np.empty(len(scores), dtype=bool), []
    for fold in np.unique(own):
        training, held_out = own != fold, own == fold
        if _why_usual(actual[training]) == "ok":
            chosen = best_threshold(scores=scores[training], actual=actual[training], average=average, usual=usual)
        else:
            chosen = usual
        of_folds.append(chosen)
        predicted[held_out] = scores[held_out] >= chosen
    threshold = best_threshold(scores=scores, actual=actual, average=average, usual=usual)
    return _Choice(threshold, tuple(of_folds), predicted, status)


def _why_usual(actual: BoolArray) -> str:
    """Say why elements with these verdicts cannot choose a threshold; ``"ok"`` when they can."""
    if len(actual) < MIN_ROWS:
        return f"fewer than {MIN_ROWS} elements"
    if actual.all() or not actual.any():
        return f"no reference says {'no' if actual.all() else 'yes'}"
    return "ok"


class _Judged(NamedTuple):
    """The fields that the results of a category and of all elements share."""

    usual: AccuracyResult
    tuned: AccuracyResult
    gain: StatisticResult


def _judge(usual: Verdicts, tuned: Verdicts, average: Average, resampling: Resampling) -> list[_Judged]:
    """Both accuracies and their difference for each part, with intervals from the same resamples."""
    before, after = ([verdict_sums(verdicts, part) for part in verdicts.parts] for verdicts in (usual, tuned))
    rates = [accuracy_of_counts(sums, average) for sums in (*before, *after)]
    n_parts = len(usual.parts)
    statuses = [accuracy_status(sums, average) for sums in before]
    drawn = resampling if statuses[0] == "ok" else replace(resampling, n_resamples=0)

    def of_counts(counts: FloatArray) -> FloatArray:
        values = np.column_stack([rate(counts) for rate in rates])
        return np.column_stack([values, values[:, n_parts:] - values[:, :n_parts]])

    found = bootstrap_intervals(of_counts, n_statistics=3 * n_parts, sample=usual.sample, resampling=drawn)
    judged = []
    for number, (part, status) in enumerate(zip(usual.parts, statuses, strict=True)):
        intervals = found[number::n_parts]
        if status != "ok" or len(np.unique(part.codes)) < 2:
            intervals = [BootstrapInterval(None)] * 3
        first = accuracy_result(usual, part, before[number], average, intervals[0])
        second = accuracy_result(tuned, part, after[number], average, intervals[1])
        gain = StatisticResult(
            statistic=second.statistic - first.statistic,
            confidence_interval=intervals[2].interval,
            n=first.n,
            n_dropped=first.n_dropped,
            status=status,
            n_groups=first.n_groups,
            n_failed=intervals[2].n_failed,
            interval_method=intervals[2].method,
        )
        judged.append(_Judged(first, second, gain))
    return judged
