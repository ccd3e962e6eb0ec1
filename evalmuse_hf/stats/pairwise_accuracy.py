"""Pairwise accuracy: of two pictures, does a scorer prefer the one that people prefer, and see a tie where they do?"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.comparison_counts import ComparedRows, accuracy_of_comparisons
from evalmuse_hf.stats.folds import grouped_folds
from evalmuse_hf.stats.joint_intervals import say_undefined
from evalmuse_hf.stats.resampling import (
    BootstrapInterval,
    CountStatistic,
    IntervalMethod,
    Resampling,
    bootstrap_interval,
    ratio_of_sums,
)
from evalmuse_hf.stats.results import StatisticResult
from evalmuse_hf.stats.sample import (
    FloatArray,
    IntArray,
    NanPolicy,
    Sample,
    group_numbers,
    read_sample,
    require_choice,
)
from evalmuse_hf.stats.tie_threshold import (
    MAX_COMPARISONS,
    ROUNDING,
    Comparisons,
    comparison_blocks,
    comparisons_within,
    reference_levels,
    tie_thresholds,
)

Grouping = Literal["all", "prompt", "generator"]

FOLD_SEED = 0  # deals prompts and draws comparisons to tune on: the statistic itself does not depend on `rng`


@dataclass(frozen=True)
class PairwiseAccuracy(StatisticResult):
    """Share of comparisons of two pictures that are right, in [0, 1].

    ``n`` counts pictures, ``n_groups`` the prompts, which are the clusters of the interval.

    Attributes:
        grouping: What was compared.
        epsilon: Mean of ``epsilons``, on the scale of the predictions; nan without tie calibration.
        epsilons: Differences up to which predictions tie: one for each fold of prompts, or, where the two pictures of
            a comparison may be in different folds, for every two folds.
        n_comparisons: Comparisons that count.
        n_tied_references: Comparisons of pictures that people rate alike.
        n_left_out: Those among them that do not count, because ties are not calibrated.
        n_groups_dropped: Prompts or generators of the grouping without a comparison that counts.
    """

    grouping: Grouping = "all"
    epsilon: float = float("nan")
    epsilons: tuple[float, ...] = ()
    n_comparisons: int = 0
    n_tied_references: int = 0
    n_left_out: int = 0
    n_groups_dropped: int = 0


def pairwise_accuracy(
    *,
    predictions: ArrayLike,
    references: ArrayLike,
    prompts: Sequence[Hashable],
    generators: Sequence[Hashable] | None = None,
    grouping: Grouping = "all",
    calibrate_ties: bool = True,
    n_folds: int = 5,
    nan_policy: NanPolicy = "raise",
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    interval: IntervalMethod = "percentile",
    rng: np.random.Generator | int | None = None,
) -> PairwiseAccuracy:
    r"""Share of comparisons of two pictures that a scorer decides as people do.

    With tie calibration, predictions that differ by at most :math:`\epsilon` are a tie, and a comparison is right if
    people and scorer agree on the order or both see a tie. Rated pictures tie often, predictions hardly ever: without
    it, a scorer is punished for the fineness of its scale. :math:`\epsilon` is the value with the highest accuracy on
    other prompts. Prompts are dealt into folds; a comparison of pictures from folds f and g is judged by an
    :math:`\epsilon` tuned on the comparisons that involve neither f nor g, so that none is judged by what was tuned
    on its own prompts. Where there are more than a million comparisons, a million drawn at random do for the tuning.
    In resamples it stays as it is.

    Args:
        predictions: Automatic scores, shape ``(n,)``, on any scale.
        references: Human scores of the same pictures, shape ``(n,)``.
        prompts: What each picture was drawn from; folds and resamples never split a prompt.
        generators: What drew each picture; needed for ``grouping="generator"``.
        grouping: ``"all"``: every two pictures. ``"prompt"``: two pictures of one prompt; the mean over prompts.
            ``"generator"``: two pictures of one generator from different prompts; the mean over generators.
        calibrate_ties: False counts orders alone: comparisons of equal references are left out, equal predictions are
            wrong.
        n_folds: Folds of prompts; all prompts form a fold each if there are fewer.
        nan_policy: ``"raise"``, or ``"omit"`` to leave out rows with a nan and count them.
        n_resamples: Bootstrap resamples of prompts for the interval; 0 means no interval.
        confidence_level: Share of the bootstrap distribution inside the interval.
        interval: ``"percentile"`` or ``"bca"``, see `Resampling`.
        rng: Generator or seed of the bootstrap; the folds do not depend on it.

    Returns:
        The accuracy, higher is better; nan with a status where a side is constant, nothing is compared, or too few
        prompts are left to tune on.

    Raises:
        ValueError: For nan under ``"raise"``, infinite values, different lengths, an unknown option, a grouping by
            generator without generators, or too few folds (2 for ``"prompt"``, else 3).

    References:
        Deutsch, Foster and Freitag, *Ties matter: meta-evaluating modern metrics with pairwise accuracy and tie
        calibration*, EMNLP 2023 (the accuracy, the groupings and the calibration; tuning on other prompts is ours).

    >>> scores, ratings = [0.9, 0.8, 0.1, 0.7, 0.65, 0.1], [5.0, 5.0, 1.0, 4.0, 4.0, 2.0]
    >>> by_prompt = {"prompts": ["cat"] * 3 + ["dog"] * 3, "grouping": "prompt"}
    >>> result = pairwise_accuracy(predictions=scores, references=ratings, **by_prompt)
    >>> result.statistic, result.n_comparisons, result.n_tied_references
    (1.0, 6, 2)
    >>> strict = pairwise_accuracy(predictions=scores, references=ratings, **by_prompt, calibrate_ties=False)
    >>> strict.statistic, strict.n_comparisons, strict.n_left_out
    (1.0, 4, 2)
    """
    resampling = Resampling(n_resamples, confidence_level, rng, interval)
    require_choice("grouping", grouping, ("all", "prompt", "generator"))
    if calibrate_ties:
        _require_folds(n_folds, grouping)
    task = _read(
        {"predictions": predictions, "references": references},
        prompts=prompts,
        generators=generators,
        grouping=grouping,
        nan_policy=nan_policy,
    )
    numbers = _count_comparisons(task, strict=not calibrate_ties)
    status = _why_undefined(task, numbers)
    ties = _no_ties(task)
    if status == "ok" and calibrate_ties:
        ties = _tuned_ties(task, numbers, n_folds=n_folds)
        status = ties.status
    value, found = float("nan"), BootstrapInterval(None)
    sample = task.sample
    if status == "ok":
        of_counts = _accuracy_of_counts(task, ties, strict=not calibrate_ties)
        value = float(of_counts(np.ones((1, sample.n_clusters)))[0])
        clusters = read_sample({"prompts": np.arange(sample.n_clusters)}, groups=None)
        found = bootstrap_interval(of_counts, sample=clusters, resampling=resampling)
    say_undefined("pairwise accuracy", status, resampling=resampling)
    used = ties.epsilons if calibrate_ties and status == "ok" else ()
    n_kept = int((numbers.counted > 0).sum())
    return PairwiseAccuracy(
        statistic=value,
        confidence_interval=found.interval,
        n=sample.n,
        n_dropped=sample.n_dropped,
        status=status,
        n_groups=n_kept if grouping == "prompt" else sample.n_clusters,
        n_failed=found.n_failed,
        interval_method=found.method,
        grouping=grouping,
        epsilon=float(np.mean(used)) if used else float("nan"),
        epsilons=used,
        n_comparisons=int(numbers.counted.sum()),
        n_tied_references=int(numbers.tied.sum()),
        n_left_out=0 if calibrate_ties else int(numbers.tied.sum()),
        n_groups_dropped=len(numbers.counted) - n_kept,
    )


@dataclass(frozen=True, slots=True)
class _Task:
    """Rows, and which of them are compared with one another."""

    sample: Sample
    levels: IntArray  # rank of the reference, equal for ties
    groups: IntArray  # rows of one number are compared
    grouping: Grouping

    @property
    def noise(self) -> float:
        """Differences of predictions up to this are rounding noise."""
        return ROUNDING * float(np.ptp(self.sample["predictions"]))


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Comparisons of each group: those that count, and those of tied references."""

    counted: FloatArray
    tied: FloatArray


@dataclass(frozen=True, slots=True)
class _Ties:
    """Differences up to which predictions tie, for a row of one fold and one of another; shape (folds, folds)."""

    thresholds: FloatArray
    folds: IntArray
    epsilons: tuple[float, ...]
    status: str


def _require_folds(n_folds: int, grouping: Grouping) -> None:
    least = _least_folds(grouping)
    if n_folds < least:
        raise ValueError(
            f"`n_folds` must be at least {least} for grouping={grouping!r}, got {n_folds!r}; fewer leave no fold to "
            "tune on."
        )


def _least_folds(grouping: Grouping) -> int:
    """A comparison may involve one fold, or two; one more is needed to tune on."""
    return 2 if grouping == "prompt" else 3


def _read(
    columns: dict[str, ArrayLike],
    *,
    prompts: Sequence[Hashable],
    generators: Sequence[Hashable] | None,
    grouping: Grouping,
    nan_policy: NanPolicy,
) -> _Task:
    codes = group_numbers(prompts, name="prompts")
    columns = {**columns, "prompts": codes}
    if grouping == "generator":
        if generators is None:
            raise ValueError('grouping="generator" needs `generators`: give one label per row.')
        columns["generators"] = group_numbers(generators, name="generators")
    sample = read_sample(columns, groups=codes.tolist(), nan_policy=nan_policy)
    groups = np.zeros(sample.n, dtype=np.intp)
    if grouping == "prompt":
        groups = sample.codes
    elif grouping == "generator":
        groups = np.unique(sample["generators"], return_inverse=True)[1]
    return _Task(sample, reference_levels(sample["references"]), groups, grouping)


def _count_comparisons(task: _Task, *, strict: bool) -> _Numbers:
    groups, levels = task.groups, task.levels
    every, tied = _pairs_alike(groups), _pairs_alike(groups, levels)
    if task.grouping == "generator":  # those of one prompt are no part of it
        prompts = task.sample.codes
        every = every - _pairs_alike(groups, prompts)
        tied = tied - _pairs_alike(groups, prompts, levels)
    return _Numbers(every - tied if strict else every, tied)


def _pairs_alike(groups: IntArray, *labels: IntArray) -> FloatArray:
    """Pairs of rows in each group that have all labels in common."""
    cells, sizes = np.unique(np.stack([groups, *labels]), axis=1, return_counts=True)
    n_groups = int(groups.max()) + 1 if len(groups) else 0
    alike = np.bincount(cells[0], weights=sizes * (sizes - 1) / 2, minlength=n_groups)
    return np.asarray(alike, dtype=np.float64)


def _why_undefined(task: _Task, numbers: _Numbers) -> str:
    if not task.sample.n:
        return "no rows"
    if not task.levels.any():
        return "constant references"
    values = task.sample["predictions"]
    if np.ptp(values) <= ROUNDING * np.abs(values).max():
        return "constant predictions"
    if numbers.counted.any():
        return "ok"
    return {
        "all": "fewer than 2 pictures",
        "prompt": "no prompt has 2 pictures to compare",
        "generator": "no generator has pictures of 2 prompts to compare",
    }[task.grouping]


def _no_ties(task: _Task) -> _Ties:
    folds = np.zeros(task.sample.n, dtype=np.intp)
    return _Ties(np.full((1, 1), task.noise if task.sample.n else 0.0), folds, (), "ok")


def _tuned_ties(task: _Task, numbers: _Numbers, *, n_folds: int) -> _Ties:
    """Thresholds for every two folds, tuned on comparisons that involve neither."""
    prompts = task.sample.codes
    rng = np.random.default_rng(FOLD_SEED)
    compared = np.flatnonzero(numbers.counted[task.groups] > 0)
    least = _least_folds(task.grouping)
    if len(np.unique(prompts[compared])) < least:
        return replace(_no_ties(task), status=f"fewer than {least} prompts to tune ties on")
    folds = np.zeros(len(prompts), dtype=np.intp)
    folds[compared] = grouped_folds(groups=prompts[compared].tolist(), n_folds=n_folds, rng=rng)
    n_used = int(folds.max()) + 1
    pairs = comparisons_within(task.groups, n_max=MAX_COMPARISONS, rng=rng)
    if task.grouping == "generator":
        apart = prompts[pairs.first] != prompts[pairs.second]
        pairs = Comparisons(pairs.first[apart], pairs.second[apart])
    alone = task.grouping == "prompt"
    held_out = [(one, other) for one in range(n_used) for other in range(one, one + 1 if alone else n_used)]
    epsilons = tie_thresholds(
        pairs,
        predictions=task.sample["predictions"],
        levels=task.levels,
        groups=task.groups,
        folds=folds,
        held_out=held_out,
    )
    thresholds = np.zeros((n_used, n_used))
    for (one, other), epsilon in zip(held_out, epsilons, strict=True):
        thresholds[one, other] = thresholds[other, one] = epsilon
    status = "no comparison of other prompts to tune ties on" if np.isnan(epsilons).any() else "ok"
    return _Ties(thresholds, folds, tuple(epsilons.tolist()), status)


def _accuracy_of_counts(task: _Task, ties: _Ties, *, strict: bool) -> CountStatistic:
    if task.grouping == "prompt":
        right, counted = _within_prompts(task, ties, strict=strict)
        kept = counted > 0
        return ratio_of_sums(right / np.where(kept, counted, 1), kept.astype(np.float64))
    parts = []
    for group in range(int(task.groups.max()) + 1):
        own = np.flatnonzero(task.groups == group)
        rows = own[np.lexsort((task.sample.codes[own], ties.folds[own]))]
        compared = ComparedRows(
            predictions=task.sample["predictions"][rows],
            levels=task.levels[rows],
            clusters=task.sample.codes[rows],
            folds=ties.folds[rows],
            thresholds=ties.thresholds,
            strict=strict,
            within=task.grouping == "all",
        )
        parts.append(accuracy_of_comparisons(compared))
    return lambda counts: _mean_of_defined(np.stack([part(counts) for part in parts]))


def _within_prompts(task: _Task, ties: _Ties, *, strict: bool) -> tuple[FloatArray, FloatArray]:
    """Right comparisons and those that count, of each prompt."""
    right, counted = np.zeros((2, task.sample.n_clusters))
    predictions = task.sample["predictions"]
    for block in comparison_blocks(task.groups, size=MAX_COMPARISONS):
        folds = ties.folds[block.first]
        gaps = predictions[block.first] - predictions[block.second]
        predicted = np.where(np.abs(gaps) <= ties.thresholds[folds, folds], 0, np.sign(gaps))
        actual = np.sign(task.levels[block.first] - task.levels[block.second])
        counts = (actual != 0) if strict else np.ones(len(actual), dtype=bool)
        prompts = task.groups[block.first]
        right += np.bincount(prompts, weights=counts & (predicted == actual), minlength=len(right))
        counted += np.bincount(prompts, weights=counts, minlength=len(right))
    return right, counted


def _mean_of_defined(values: FloatArray) -> FloatArray:
    """Mean over the first axis without nan; nan where all are."""
    defined = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(defined, values, 0).sum(axis=0) / defined.sum(axis=0), dtype=np.float64)
