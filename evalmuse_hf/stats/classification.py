"""Accuracy of element verdicts: does a picture show this element, yes or no?"""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.resampling import CountStatistic, Resampling, percentile_interval, ratio_of_sums
from evalmuse_hf.stats.results import AccuracyResult
from evalmuse_hf.stats.sample import FloatArray, NanPolicy, Sample, float_vector, read_sample, require_choice

Average = Literal["micro", "balanced"]


def element_accuracy(
    *,
    predictions: ArrayLike,
    references: ArrayLike,
    threshold: float = 0.5,
    average: Average = "micro",
    categories: Sequence[str | None] | None = None,
    groups: Sequence[Hashable] | None = None,
    nan_policy: NanPolicy = "raise",
    n_resamples: int = 0,
    confidence_level: float = 0.95,
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
        nan_policy: ``"raise"``, or ``"omit"`` to leave out unscored elements and count them.
        n_resamples: Bootstrap resamples for the interval, also for those of the categories; 0 means no interval.
        confidence_level: Share of the bootstrap distribution inside the interval.
        rng: Generator or seed of the bootstrap.
        compat: ``"official"`` takes an unscored element (nan prediction) for a no, as the released code does.

    Returns:
        The accuracy, in [0, 1], higher is better; nan with a status for no rows, and for ``"balanced"`` when the
        references are all yes or all no.

    Raises:
        ValueError: For nan under ``"raise"``, infinite values, different lengths, or an unknown option.

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
    """
    resampling = Resampling(n_resamples=n_resamples, confidence_level=confidence_level, rng=np.random.default_rng(rng))
    require_choice("average", average, ("micro", "balanced"))
    require_choice("compat", compat, (None, "official"))
    scores, ratings = float_vector("predictions", predictions), float_vector("references", references)
    if compat == "official":
        scores = np.where(np.isnan(scores), 0.0, scores)
    total = _accuracy(
        read_sample({"predictions": scores, "references": ratings}, groups=groups, nan_policy=nan_policy),
        threshold=threshold,
        average=average,
        resampling=resampling,
    )
    if categories is None:
        return total
    if len(categories) != len(scores):
        raise ValueError(f"Expected one category per element, got {len(categories)} for {len(scores)} elements.")
    table = {}
    for category in sorted({name for name in categories if name is not None}):
        rows = [row for row, name in enumerate(categories) if name == category]
        sample = read_sample(
            {"predictions": scores[rows], "references": ratings[rows]},
            groups=[groups[row] for row in rows] if groups is not None else None,
            nan_policy=nan_policy,
        )
        # A category of one prompt only is nothing to warn of.
        own = resampling if sample.n_clusters > 1 else replace(resampling, n_resamples=0)
        table[category] = _accuracy(sample, threshold=threshold, average=average, resampling=own)
    return replace(total, by_category=table)


def _accuracy(sample: Sample, *, threshold: float, average: Average, resampling: Resampling) -> AccuracyResult:
    predicted, actual = sample["predictions"] >= threshold, sample["references"] >= threshold
    true_yes, true_no = predicted & actual, ~predicted & ~actual
    n_yes = int(actual.sum())
    n_no = sample.n - n_yes
    recall_yes = float(true_yes.sum() / n_yes) if n_yes else float("nan")
    recall_no = float(true_no.sum() / n_no) if n_no else float("nan")
    if average == "micro":
        statistic = float((true_yes | true_no).mean()) if sample.n else float("nan")
    else:
        statistic = (recall_yes + recall_no) / 2
    interval = None
    if not np.isnan(statistic):
        sums = sample.sums(np.column_stack([true_yes, actual, true_no, ~actual]))
        interval = percentile_interval(_of_counts(sums, average), sample=sample, resampling=resampling)
    return AccuracyResult(
        statistic=statistic,
        confidence_interval=interval,
        n=sample.n,
        n_dropped=sample.n_dropped,
        status=_status(average, n_yes=n_yes, n_no=n_no),
        n_groups=sample.n_groups,
        n_yes=n_yes,
        recall_yes=recall_yes,
        recall_no=recall_no,
    )


def _of_counts(sums: FloatArray, average: Average) -> CountStatistic:
    """Accuracy of many resamples, given ``sums`` (n_clusters, 4): true yes, yes, true no, no."""
    true_yes, yes, true_no, no = sums.T
    if average == "micro":
        return ratio_of_sums(true_yes + true_no, yes + no)
    of_yes, of_no = ratio_of_sums(true_yes, yes), ratio_of_sums(true_no, no)
    return lambda counts: (of_yes(counts) + of_no(counts)) / 2


def _status(average: Average, *, n_yes: int, n_no: int) -> str:
    if n_yes + n_no == 0:
        return "no rows"
    if average == "balanced" and n_yes * n_no == 0:
        return f"no reference says {'yes' if n_no else 'no'}"
    return "ok"
