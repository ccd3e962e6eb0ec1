"""Accuracy of element verdicts: does a picture show this element, yes or no?"""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.joint_intervals import part_intervals, say_undefined
from evalmuse_hf.stats.resampling import (
    BootstrapInterval,
    CountStatistic,
    IntervalMethod,
    Resampling,
    ratio_of_sums,
)
from evalmuse_hf.stats.results import AccuracyResult
from evalmuse_hf.stats.sample import FloatArray, NanPolicy, float_vector, require_choice
from evalmuse_hf.stats.verdicts import Part, Unscored, Verdicts, read_verdicts

Average = Literal["micro", "balanced"]


def element_accuracy(
    *,
    predictions: ArrayLike,
    references: ArrayLike,
    threshold: float = 0.5,
    average: Average = "micro",
    categories: Sequence[str | None] | None = None,
    groups: Sequence[Hashable] | None = None,
    unscored: Unscored = None,
    nan_policy: NanPolicy = "raise",
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    interval: IntervalMethod = "percentile",
    rng: np.random.Generator | int | None = None,
    compat: Literal["official"] | None = None,
) -> AccuracyResult:
    """Share of elements whose predicted verdict is the human one; a score at the threshold is a yes on both sides.

    Args:
        predictions: Element scores, shape ``(n,)``, in [0, 1]; nan where the element was not scored.
        references: Mean human element ratings, shape ``(n,)``, in [0, 1].
        threshold: A score of at least this is a yes, for predictions and references alike.
        average: ``"micro"``: over all elements. ``"balanced"``: mean of the recall of yes and the recall of no, so
            that always answering yes earns 0.5.
        categories: One category per element, for ``by_category`` of the result. An element with None counts in the
            total and in no category.
        groups: Labels of the rows that are drawn together for the interval; they never change the statistic.
        unscored: ``"wrong"`` counts an element without a score (nan prediction) as a wrong verdict, whatever people
            say, so that leaving out hard elements never raises the accuracy. None: ``nan_policy`` decides.
        nan_policy: ``"raise"``, or ``"omit"`` to leave out unscored elements and count them.
        n_resamples: Bootstrap resamples for the interval, also for those of the categories; 0 means no interval.
        confidence_level: Share of the bootstrap distribution inside the interval.
        interval: ``"percentile"`` or ``"bca"``, see `Resampling`.
        rng: Generator or seed of the bootstrap.
        compat: ``"official"`` takes an unscored element (nan prediction) for a no, as the released code does.

    Returns:
        The accuracy, in [0, 1], higher is better; nan with a status for no rows, and for ``"balanced"`` when the
        references are all yes or all no.

    Raises:
        ValueError: For nan under ``"raise"``, infinite values, different lengths, an unknown option, or two rules for
            unscored elements at once.

    References:
        Han et al., *EvalMuse-40K*, 2024, https://huggingface.co/papers/2412.18150; balanced accuracy: Brodersen et
        al., *The balanced accuracy and its posterior distribution*, ICPR 2010.

    >>> result = element_accuracy(
    ...     predictions=[0.9, 0.5, 0.2, 0.7],
    ...     references=[1.0, 0.5, 1.0, 0.0],
    ...     categories=["color", "food", "color", "food"],
    ... )
    >>> result.statistic, result.by_category["food"].statistic
    (0.5, 0.5)
    >>> element_accuracy(predictions=[0.9, 0.5, 0.2, 0.7], references=[1, 0.5, 1, 0], average="balanced").statistic
    0.3333
    >>> element_accuracy(predictions=[0.9, None, None], references=[1, 1, 0], unscored="wrong").statistic
    0.3333
    """
    resampling = Resampling(n_resamples, confidence_level, rng, interval)
    require_choice("average", average, ("micro", "balanced"))
    require_choice("compat", compat, (None, "official"))
    if compat == "official" and unscored is not None:
        raise ValueError('`compat="official"` takes an unscored element for a no; leave out `unscored` beside it.')
    scores = float_vector("predictions", predictions)
    if compat == "official":
        scores = np.where(np.isnan(scores), 0.0, scores)
    verdicts = read_verdicts(
        predictions=scores,
        references=references,
        threshold=threshold,
        categories=categories,
        groups=groups,
        nan_policy=nan_policy,
        unscored=unscored,
    )
    sums = [verdict_sums(verdicts, part) for part in verdicts.parts]
    intervals = part_intervals(
        [accuracy_of_counts(table, average) for table in sums],
        defined=[accuracy_status(table, average) == "ok" for table in sums],
        verdicts=verdicts,
        resampling=resampling,
    )
    total, *rest = (
        accuracy_result(verdicts, part, table, average, found)
        for part, table, found in zip(verdicts.parts, sums, intervals, strict=True)
    )
    say_undefined("accuracy", total.status, resampling=resampling)
    names = [part.category for part in verdicts.parts[1:]]
    return replace(total, by_category={str(name): result for name, result in zip(names, rest, strict=True)})


def verdict_sums(verdicts: Verdicts, part: Part) -> FloatArray:
    """What each cluster adds to the accuracy of a part: true yes, yes, true no, no; shape ``(n_clusters, 4)``.

    Args:
        verdicts: Of all elements.
        part: The elements that count.
    """
    predicted, actual = verdicts.predicted, verdicts.actual
    columns = [predicted & actual, actual, ~predicted & ~actual, ~actual]
    return part.sums(columns, n_clusters=verdicts.sample.n_clusters)


def accuracy_result(
    verdicts: Verdicts, part: Part, sums: FloatArray, average: Average, found: BootstrapInterval
) -> AccuracyResult:
    """The accuracy of a part.

    Args:
        verdicts: Of all elements.
        part: The elements that count.
        sums: Of `verdict_sums`.
        average: See `element_accuracy`.
        found: Its interval.
    """
    true_yes, n_yes, true_no, n_no = sums.sum(axis=0).tolist()
    recall_yes = true_yes / n_yes if n_yes else float("nan")
    recall_no = true_no / n_no if n_no else float("nan")
    if average == "micro":
        statistic = (true_yes + true_no) / (n_yes + n_no) if n_yes + n_no else float("nan")
    else:
        statistic = (recall_yes + recall_no) / 2
    return AccuracyResult(
        statistic=statistic,
        confidence_interval=found.interval,
        n=len(part.rows),
        n_dropped=part.n_dropped,
        status=accuracy_status(sums, average),
        n_groups=part.n_groups,
        n_failed=found.n_failed,
        interval_method=found.method,
        n_yes=int(n_yes),
        recall_yes=recall_yes,
        recall_no=recall_no,
        n_unscored=int(verdicts.unscored[part.rows].sum()),
    )


def accuracy_of_counts(sums: FloatArray, average: Average) -> CountStatistic:
    """Accuracy of many resamples, given what each cluster adds.

    Args:
        sums: Of each cluster: true yes, yes, true no, no; shape ``(n_clusters, 4)``.
        average: See `element_accuracy`.

    >>> accuracy_of_counts(np.array([[1.0, 2.0, 1.0, 1.0], [0.0, 1.0, 0.0, 0.0]]), "micro")(np.array([[1.0, 1.0]]))
    array([0.5])
    """
    true_yes, yes, true_no, no = sums.T
    if average == "micro":
        return ratio_of_sums(true_yes + true_no, yes + no)
    of_yes, of_no = ratio_of_sums(true_yes, yes), ratio_of_sums(true_no, no)
    return lambda counts: (of_yes(counts) + of_no(counts)) / 2


def accuracy_status(sums: FloatArray, average: Average) -> str:
    """Say why an accuracy is undefined; ``"ok"`` when it is defined.

    Args:
        sums: Of `verdict_sums`.
        average: See `element_accuracy`.

    >>> accuracy_status(np.array([[1.0, 2.0, 0.0, 0.0]]), "balanced")
    'no reference says no'
    """
    _, n_yes, _, n_no = sums.sum(axis=0)
    if n_yes + n_no == 0:
        return "no rows"
    if average == "balanced" and n_yes * n_no == 0:
        return f"no reference says {'yes' if n_no else 'no'}"
    return "ok"
