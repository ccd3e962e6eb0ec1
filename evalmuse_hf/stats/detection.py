"""Detection of structural problems: precision, recall and F1, beside what always saying yes would earn."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.resampling import Resampling, percentile_interval, ratio_of_sums
from evalmuse_hf.stats.results import ConfidenceInterval
from evalmuse_hf.stats.sample import NanPolicy, read_sample


@dataclass(frozen=True, slots=True)
class DetectionResult:
    """How well problems are found.

    Attributes:
        statistic: F1, in [0, 1]; nan with a status where nothing is predicted and nothing is there.
        confidence_interval: Of F1; None without resamples.
        precision: Share of the alarms that are right; nan without an alarm.
        recall: Share of the problems that are found; nan without a problem.
        prevalence: Share of the rows with a problem, which is also the precision of always saying yes.
        always_yes_f1: F1 of always saying yes, 2 p / (1 + p) for the prevalence p: what a detector has to beat.
        n: Rows.
        n_dropped: Rows that were left out as nan.
        status: ``"ok"``, or why F1 is nan.
    """

    statistic: float
    confidence_interval: ConfidenceInterval | None
    precision: float
    recall: float
    prevalence: float
    always_yes_f1: float
    n: int
    n_dropped: int = 0
    status: str = "ok"


def problem_detection(
    *,
    predictions: ArrayLike,
    references: ArrayLike,
    threshold: float = 0.5,
    groups: Sequence[Hashable] | None = None,
    nan_policy: NanPolicy = "raise",
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    rng: np.random.Generator | int | None = None,
) -> DetectionResult:
    """Precision, recall and F1 of structural problems, in the form of the EvalMuse leaderboard.

    Args:
        predictions: Probability of a problem, shape ``(n,)``, in [0, 1]; nan where it is not known.
        references: Share of raters who saw one, shape ``(n,)``, in [0, 1].
        threshold: At least this is a problem, for predictions and references alike.
        groups: Labels of the rows that are drawn together for the interval; they never change the statistic.
        nan_policy: ``"raise"``, or ``"omit"`` to leave out such rows and count them.
        n_resamples: Bootstrap resamples for the interval; 0 means no interval.
        confidence_level: Share of the bootstrap distribution inside the interval.
        rng: Generator or seed of the bootstrap.

    Raises:
        ValueError: For nan under ``"raise"``, infinite values, or different lengths.

    >>> result = problem_detection(predictions=[0.9, 0.8, 0.1, 0.2], references=[1, 0, 1, 0])
    >>> result.precision, result.recall, result.statistic, result.always_yes_f1
    (0.5, 0.5, 0.5, 0.6667)
    """
    resampling = Resampling(n_resamples=n_resamples, confidence_level=confidence_level, rng=np.random.default_rng(rng))
    sample = read_sample({"predictions": predictions, "references": references}, groups=groups, nan_policy=nan_policy)
    alarms, problems = sample["predictions"] >= threshold, sample["references"] >= threshold
    found = int((alarms & problems).sum())
    n_alarms, n_problems = int(alarms.sum()), int(problems.sum())
    nan = float("nan")
    prevalence = n_problems / sample.n if sample.n else nan
    statistic = 2 * found / (n_alarms + n_problems) if n_alarms + n_problems else nan
    interval = None
    if not np.isnan(statistic):
        hits, named = sample.sums(np.column_stack([2 * (alarms & problems), alarms.astype(int) + problems])).T
        interval = percentile_interval(ratio_of_sums(hits, named), sample=sample, resampling=resampling)
    return DetectionResult(
        statistic=statistic,
        confidence_interval=interval,
        precision=found / n_alarms if n_alarms else nan,
        recall=found / n_problems if n_problems else nan,
        prevalence=prevalence,
        always_yes_f1=2 * prevalence / (1 + prevalence),
        n=sample.n,
        n_dropped=sample.n_dropped,
        status="ok" if not np.isnan(statistic) else "no rows" if not sample.n else "no alarm and no problem",
    )
