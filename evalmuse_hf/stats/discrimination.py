"""How well element scores tell shown elements from missing ones: F1 of the verdicts, and AUROC of the scores."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from evalmuse_hf.stats.joint_intervals import part_intervals, say_undefined
from evalmuse_hf.stats.resampling import CountStatistic, IntervalMethod, Resampling
from evalmuse_hf.stats.results import StatisticResult
from evalmuse_hf.stats.sample import FloatArray, IntArray, NanPolicy, require_choice
from evalmuse_hf.stats.verdicts import BoolArray, Part, Unscored, Verdicts, read_verdicts

Positive = Literal["yes", "no"]


@dataclass(frozen=True)
class DiscriminationResult(StatisticResult):
    """How well two classes of elements are told apart, in [0, 1].

    Attributes:
        n_positive: Rows of the class that is looked for; with ``n`` it gives the base rate.
        precision: Of `f1_score`: share of the rows found that are of the class; nan if none was found, and for AUROC.
        recall: Of `f1_score`: share of the class that was found; nan without such rows, and for AUROC.
        n_unscored: Rows among ``n`` without a score that count as wrong verdicts (``unscored="wrong"``).
        by_category: The same per category, in alphabetical order; empty unless categories were given.
    """

    n_positive: int = 0
    precision: float = float("nan")
    recall: float = float("nan")
    n_unscored: int = 0
    by_category: Mapping[str, "DiscriminationResult"] = field(default_factory=dict)


def f1_score(
    *,
    predictions: ArrayLike,
    references: ArrayLike,
    threshold: float = 0.5,
    positive: Positive = "yes",
    categories: Sequence[str | None] | None = None,
    groups: Sequence[Hashable] | None = None,
    unscored: Unscored = None,
    nan_policy: NanPolicy = "raise",
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    interval: IntervalMethod = "percentile",
    rng: np.random.Generator | int | None = None,
) -> DiscriminationResult:
    """Harmonic mean of precision and recall of element verdicts; a score at the threshold is a yes on both sides.

    Args:
        predictions: Element scores, shape ``(n,)``, in [0, 1]; nan where the element was not scored.
        references: Mean human element ratings, shape ``(n,)``, in [0, 1].
        threshold: A score of at least this is a yes, for predictions and references alike.
        positive: The class that is looked for: elements that are shown (``"yes"``), or that are missing (``"no"``),
            the rarer and more useful one.
        categories: See `element_accuracy`.
        groups: See `element_accuracy`.
        unscored: See `element_accuracy`.
        nan_policy: See `element_accuracy`.
        n_resamples: See `element_accuracy`.
        confidence_level: See `element_accuracy`.
        interval: See `element_accuracy`.
        rng: See `element_accuracy`.

    Returns:
        F1, in [0, 1], higher is better; nan with a status for no rows, and when no reference is of the class.

    Raises:
        ValueError: As `element_accuracy`.

    References:
        van Rijsbergen, *Information Retrieval*, 2nd edition, 1979, chapter 7; ``sklearn.metrics.f1_score``, which
        gives 0 where this is undefined.

    >>> result = f1_score(predictions=[0.9, 0.8, 0.2, 0.7], references=[1, 0, 1, 1])
    >>> result.statistic, result.precision, result.recall
    (0.6667, 0.6667, 0.6667)
    >>> f1_score(predictions=[0.9, 0.2], references=[1, 1], positive="no").status
    'no reference says no'
    """
    require_choice("positive", positive, ("yes", "no"))
    resampling = Resampling(n_resamples, confidence_level, rng, interval)
    verdicts = read_verdicts(
        predictions=predictions,
        references=references,
        threshold=threshold,
        categories=categories,
        groups=groups,
        nan_policy=nan_policy,
        unscored=unscored,
    )
    return _results([_f1(verdicts, part, positive) for part in verdicts.parts], "F1", verdicts, resampling)


def auroc(
    *,
    predictions: ArrayLike,
    references: ArrayLike,
    threshold: float = 0.5,
    categories: Sequence[str | None] | None = None,
    groups: Sequence[Hashable] | None = None,
    nan_policy: NanPolicy = "raise",
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    interval: IntervalMethod = "percentile",
    rng: np.random.Generator | int | None = None,
) -> DiscriminationResult:
    """Chance that an element that people see scores higher than one that they do not; equal scores count half.

    It needs no threshold of the scores, so that it tells a scorer that orders elements well but says yes too often
    from one that does not order them. A resample recounts it exactly from how often each group was drawn.

    Args:
        predictions: Element scores, shape ``(n,)``, on any monotone scale; nan where the element was not scored.
        references: Mean human element ratings, shape ``(n,)``, in [0, 1].
        threshold: A rating of at least this is a yes.
        categories: See `element_accuracy`.
        groups: See `element_accuracy`.
        nan_policy: See `element_accuracy`.
        n_resamples: See `element_accuracy`.
        confidence_level: See `element_accuracy`.
        interval: See `element_accuracy`.
        rng: See `element_accuracy`.

    Returns:
        The area, in [0, 1], higher is better, 0.5 for chance; nan with a status for no rows, when the references are
        all yes or all no, and for constant predictions.

    Raises:
        ValueError: As `element_accuracy`.

    References:
        Hanley and McNeil, *The meaning and use of the area under a receiver operating characteristic curve*, 1982;
        ``sklearn.metrics.roc_auc_score``.

    >>> auroc(predictions=[0.9, 0.4, 0.4, 0.1], references=[1, 1, 0, 0]).statistic
    0.875
    >>> auroc(predictions=[0.5, 0.5], references=[1, 0]).status
    'constant predictions'
    """
    resampling = Resampling(n_resamples, confidence_level, rng, interval)
    verdicts = read_verdicts(
        predictions=predictions,
        references=references,
        threshold=threshold,
        categories=categories,
        groups=groups,
        nan_policy=nan_policy,
    )
    return _results([_auroc(verdicts, part) for part in verdicts.parts], "AUROC", verdicts, resampling)


def auroc_of_counts(*, scores: FloatArray, actual: BoolArray, codes: IntArray) -> CountStatistic:
    """AUROC of many resamples, sorted once: a resample only changes how often each row counts.

    Args:
        scores: Shape ``(n,)``.
        actual: Whether the reference of each row is a yes, shape ``(n,)``.
        codes: Cluster of each row, shape ``(n,)``.

    >>> of_counts = auroc_of_counts(
    ...     scores=np.array([0.9, 0.4, 0.4]), actual=np.array([True, True, False]), codes=np.array([0, 1, 2])
    ... )
    >>> of_counts(np.array([[1.0, 1.0, 1.0], [2.0, 1.0, 0.0]]))
    array([0.75,  nan])
    """
    yes = np.flatnonzero(actual)[np.argsort(scores[actual], kind="stable")]
    no = np.flatnonzero(~actual)[np.argsort(scores[~actual], kind="stable")]
    below = np.searchsorted(scores[no], scores[yes], side="left")
    up_to = np.searchsorted(scores[no], scores[yes], side="right")
    yes_codes, no_codes = codes[yes], codes[no]

    def of_counts(counts: FloatArray) -> FloatArray:
        values = np.empty(len(counts))
        passed = np.zeros(len(no) + 1)  # draws of the no rows that score lower
        of_no, weights, won, half = (np.empty(size) for size in (len(no), len(yes), len(yes), len(yes)))
        for number, drawn in enumerate(counts):
            # `take` into an array that is there costs a seventh of indexing.
            np.cumsum(np.take(drawn, no_codes, out=of_no, mode="clip"), out=passed[1:])
            np.take(drawn, yes_codes, out=weights, mode="clip")
            np.take(passed, below, out=won, mode="clip")
            won += np.take(passed, up_to, out=half, mode="clip")
            pairs = weights.sum() * passed[-1]
            values[number] = weights @ won / (2 * pairs) if pairs else np.nan
        return values

    return of_counts


@dataclass(frozen=True, slots=True)
class _Measured:
    """One statistic of one part, before its interval."""

    statistic: float
    status: str
    of_counts: CountStatistic
    n_positive: int
    precision: float = float("nan")
    recall: float = float("nan")


def _f1(verdicts: Verdicts, part: Part, positive: Positive) -> _Measured:
    found, actual = verdicts.predicted == (positive == "yes"), verdicts.actual == (positive == "yes")
    sums = part.sums([found & actual, found, actual], n_clusters=verdicts.sample.n_clusters)
    n_right, n_found, n_positive = sums.sum(axis=0).tolist()
    return _Measured(
        statistic=2 * n_right / (n_found + n_positive) if n_positive else float("nan"),
        status=_status(verdicts, part, (positive,)),
        of_counts=_f1_of_counts(sums),
        n_positive=int(n_positive),
        precision=n_right / n_found if n_found else float("nan"),
        recall=n_right / n_positive if n_positive else float("nan"),
    )


def _f1_of_counts(sums: FloatArray) -> CountStatistic:
    """F1 of many resamples, given ``sums`` (n_clusters, 3): right among the found, found, of the class."""

    def of_counts(counts: FloatArray) -> FloatArray:
        right, found, positive = (counts @ sums).T
        positive = np.where(positive > 0, positive, np.nan)
        return np.asarray(2 * right / (found + positive), dtype=np.float64)

    return of_counts


def _auroc(verdicts: Verdicts, part: Part) -> _Measured:
    scores, actual = verdicts.sample["predictions"][part.rows], verdicts.actual[part.rows]
    n_yes = int(actual.sum())
    statistic, status = float("nan"), _status(verdicts, part, ("yes", "no"))
    if status == "ok" and np.ptp(scores) == 0:
        status = "constant predictions"
    if status == "ok":
        rank_sum = float(rankdata(scores)[actual].sum())
        statistic = (rank_sum - n_yes * (n_yes + 1) / 2) / (n_yes * (len(scores) - n_yes))
    of_counts = auroc_of_counts(scores=scores, actual=actual, codes=part.codes)
    return _Measured(statistic, status, of_counts, n_yes)


def _status(verdicts: Verdicts, part: Part, needed: tuple[Positive, ...]) -> str:
    if not len(part.rows):
        return "no rows"
    actual = verdicts.actual[part.rows]
    missing = [verdict for verdict in needed if not (actual == (verdict == "yes")).any()]
    return f"no reference says {missing[0]}" if missing else "ok"


def _results(measured: list[_Measured], what: str, verdicts: Verdicts, resampling: Resampling) -> DiscriminationResult:
    intervals = part_intervals(
        [one.of_counts for one in measured],
        defined=[one.status == "ok" for one in measured],
        verdicts=verdicts,
        resampling=resampling,
    )
    total, *rest = (
        DiscriminationResult(
            statistic=one.statistic,
            confidence_interval=found.interval,
            n=len(part.rows),
            n_dropped=part.n_dropped,
            status=one.status,
            n_groups=part.n_groups,
            n_failed=found.n_failed,
            interval_method=found.method,
            n_positive=one.n_positive,
            precision=one.precision,
            recall=one.recall,
            n_unscored=int(verdicts.unscored[part.rows].sum()),
        )
        for one, part, found in zip(measured, verdicts.parts, intervals, strict=True)
    )
    say_undefined(what, total.status, resampling=resampling)
    names = [str(part.category) for part in verdicts.parts[1:]]
    return replace(total, by_category=dict(zip(names, rest, strict=True)))
