"""The mean rating that people would give, from the scores of all rows and the ratings of some."""

import logging
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from evalmuse_hf.stats.results import ConfidenceInterval, StatisticResult
from evalmuse_hf.stats.sample import FloatArray, Sample, read_sample

logger = logging.getLogger(__name__)

MIN_RATED_PROMPTS = 5
"""With fewer rated prompts the weight of the scorer cannot be told from noise."""

_ROUNDING = 1e-12
_NOTHING = StatisticResult(float("nan"), None, 0, 0, "no rows")


@dataclass(frozen=True)
class PredictionPoweredResult(StatisticResult):
    """A mean rating; ``n`` counts the rated rows, ``n_groups`` all prompts.

    Attributes:
        standard_error: Of the mean; nan when it is undefined.
        degrees_of_freedom: Of Student's t.
        weight: How far the scorer is trusted (lambda): 0 where its scores say nothing about the ratings, 1 where one
            point more of score is one point more of rating.
        n_scored: Scored rows.
        n_rated_prompts: Prompts with a rated row.
        bias: Mean score less mean rating on the rated rows, prompts counting alike.
        naive: Mean of the scores, as if they were ratings, with the interval of that.
        human: Mean of the ratings alone.
    """

    standard_error: float = float("nan")
    degrees_of_freedom: float = float("nan")
    weight: float = float("nan")
    n_scored: int = 0
    n_rated_prompts: int = 0
    bias: float = float("nan")
    naive: StatisticResult = _NOTHING
    human: StatisticResult = _NOTHING


def prediction_powered_mean(
    *,
    scores: ArrayLike,
    prompts: Sequence[Hashable],
    rated_scores: ArrayLike,
    ratings: ArrayLike,
    rated_prompts: Sequence[Hashable],
    weight: float | None = None,
    confidence_level: float = 0.95,
) -> PredictionPoweredResult:
    r"""Mean rating over prompts, from the scores of all pictures and the ratings of a random part of them.

    Every prompt counts alike: rows are averaged within prompts first. With :math:`f_p` the mean score of prompt p over
    all T prompts, and :math:`y_p`, :math:`g_p` the means of ratings and scores of its rated rows in the n rated
    prompts, the estimate is

    .. math:: \frac{1}{n} \sum_{\text{rated}} (y_p - \lambda g_p) + \frac{\lambda}{T} \sum_{\text{all}} f_p,

    which has no bias whatever the scorer's, for any fixed :math:`\lambda`. The weight :math:`\lambda` that makes its
    variance smallest is estimated; here rated prompts are a part of all prompts, and if all their rows are rated it
    is the slope of the ratings on the scores. It is not let fall below 0. The variance is the sum of the squares of
    what the prompts add, :math:`(e_p - \bar e) / n \cdot \sqrt{n / (n - 2)} + \lambda (f_p - \bar f) / T` with
    :math:`e_p = y_p - \lambda g_p` for rated prompts, the second part alone for the others; a tuned weight adds its
    own variance times :math:`(\bar g - \bar f)^2`. Student's t has the degrees of freedom of Welch and Satterthwaite
    for these two groups of prompts, n - 2 and T - n - 1.

    The rated rows must have been drawn at random, best as whole prompts; rows that someone chose correct nothing.

    Args:
        scores: Scores of all rows, the rated ones included, shape ``(n,)``, any scale.
        prompts: Prompt of each of them; rows of one prompt are not independent.
        rated_scores: Scores of the rated rows, shape ``(m,)``.
        ratings: Their ratings, shape ``(m,)``; the estimate is on this scale.
        rated_prompts: Their prompts, all of which occur in ``prompts``.
        weight: A fixed :math:`\lambda`, for example 1 for the plain correction of the bias; None tunes it.
        confidence_level: Of the intervals, in (0, 1).

    Returns:
        The estimate, with the mean of the scores and the mean of the ratings alone beside it. nan with a status, and a
        warning, for fewer than five rated prompts.

    Raises:
        ValueError: If lengths differ, a value is not finite, or a rated prompt has no scores.

    References:
        Angelopoulos, Duchi and Zrnic, *PPI++: Efficient prediction-powered inference*, 2023. For a rated part of the
        same rows: the regression estimator of double sampling, Cochran, *Sampling Techniques*, 1977, section 12.6.

    >>> scores, prompts = [2.0, 3.0, 4.0, 3.0, 2.5, 3.5, 4.0, 2.0], list("abcdefgh")
    >>> result = prediction_powered_mean(
    ...     scores=scores, prompts=prompts, rated_scores=scores[:6], ratings=[1.0, 2.0, 3.0, 2.0, 1.5, 2.5],
    ...     rated_prompts=prompts[:6],
    ... )
    >>> result.statistic, result.naive.statistic, result.bias, result.weight  # the scorer gives a point too much
    (2.0, 3.0, 1.0, 1.0)
    """
    if not 0 < confidence_level < 1:
        raise ValueError(f"`confidence_level` must be between 0 and 1, got {confidence_level!r}.")
    table = _by_prompt(scores, prompts, rated_scores, ratings, rated_prompts)
    n_rated_prompts = len(table.rated)
    result = PredictionPoweredResult(
        statistic=float("nan"),
        confidence_interval=None,
        n=table.n_rated,
        n_dropped=0,
        status=f"fewer than {MIN_RATED_PROMPTS} rated prompts",
        n_groups=len(table.scores),
        n_scored=table.n_scored,
        n_rated_prompts=n_rated_prompts,
        bias=float(np.mean(table.rated_scores - table.ratings)) if n_rated_prompts else float("nan"),
        naive=_plain_mean(table.scores, n=table.n_scored, confidence_level=confidence_level),
        human=_plain_mean(table.ratings, n=table.n_rated, confidence_level=confidence_level),
    )
    if n_rated_prompts < MIN_RATED_PROMPTS:
        logger.warning("No corrected mean: %s, got %d.", result.status, n_rated_prompts)
        return result
    chosen = _best_weight(table) if weight is None else float(weight)
    residuals = table.ratings - chosen * table.rated_scores
    estimate = float(residuals.mean() + chosen * table.scores.mean())
    error, freedom = _error(table, residuals, chosen, tuned=weight is None and chosen > 0)
    return replace(
        result,
        statistic=estimate,
        confidence_interval=_interval(estimate, error, freedom, confidence_level),
        status="ok",
        standard_error=error,
        degrees_of_freedom=freedom,
        weight=chosen,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Prompts:
    """Means by prompt: scores of all prompts; scores and ratings of the rated ones, whose numbers are in ``rated``."""

    scores: FloatArray
    rated: "np.ndarray[tuple[int, ...], np.dtype[np.intp]]"
    rated_scores: FloatArray
    ratings: FloatArray
    n_scored: int
    n_rated: int


def _by_prompt(
    scores: ArrayLike,
    prompts: Sequence[Hashable],
    rated_scores: ArrayLike,
    ratings: ArrayLike,
    rated_prompts: Sequence[Hashable],
) -> _Prompts:
    everything = read_sample({"scores": scores}, groups=prompts)
    numbers: dict[Hashable, int] = {}
    for prompt in prompts:
        numbers.setdefault(prompt, len(numbers))
    unknown = [prompt for prompt in rated_prompts if prompt not in numbers]
    if unknown:
        raise ValueError(
            f"{len(unknown)} rated rows have prompts without scores, first {unknown[0]!r}; `scores` must hold all "
            "rows, the rated ones included."
        )
    part = read_sample({"rated_scores": rated_scores, "ratings": ratings}, groups=rated_prompts)
    first = np.unique(part.codes, return_index=True)[1]
    return _Prompts(
        scores=_means(everything, "scores"),
        rated=np.asarray([numbers[rated_prompts[row]] for row in first], dtype=np.intp),
        rated_scores=_means(part, "rated_scores"),
        ratings=_means(part, "ratings"),
        n_scored=everything.n,
        n_rated=part.n,
    )


def _means(sample: Sample, name: str) -> FloatArray:
    """Mean of each cluster."""
    sums = np.bincount(sample.codes, weights=sample[name], minlength=sample.n_clusters)
    return np.asarray(sums / np.bincount(sample.codes, minlength=sample.n_clusters), dtype=np.float64)


def _best_weight(table: _Prompts) -> float:
    """The weight with the smallest variance, at least 0; 0 where every row is rated and none is left to predict.

    It is also 0 where the rated rows all have the same score, which says nothing of how ratings follow scores.

    All moments are those of the rated prompts, so that the weight is the slope where all their rows are rated.
    """
    n, total = len(table.rated), len(table.scores)
    if np.ptp(table.rated_scores) <= _ROUNDING * max(1.0, float(np.abs(table.rated_scores).max())):
        return 0.0
    whole = table.scores[table.rated]
    moments = np.cov(np.stack([table.ratings, table.rated_scores, whole]))
    gain = moments[0, 1] / n - moments[0, 2] / total
    cost = moments[1, 1] * (1 / n - 1 / total) + float((table.rated_scores - whole).var(ddof=1)) / total
    return max(0.0, float(gain / cost)) if cost > _ROUNDING * moments[1, 1] / total else 0.0


def _error(table: _Prompts, residuals: FloatArray, weight: float, *, tuned: bool) -> tuple[float, float]:
    """Standard error and degrees of freedom."""
    n, total = len(table.rated), len(table.scores)
    rest = total - n
    used = 2 if tuned else 1
    parts = weight * (table.scores - table.scores.mean()) / total
    parts[table.rated] += (residuals - residuals.mean()) / n * np.sqrt(n / (n - used))
    unrated = np.ones(total, dtype=bool)
    unrated[table.rated] = False
    variances = [float((parts[table.rated] ** 2).sum()), float((parts[unrated] ** 2).sum())]
    if tuned:
        shift = float(table.rated_scores.mean() - table.scores.mean())
        slack = _squares(residuals) / (n - used) / _squares(table.rated_scores)  # variance of the tuned weight
        variances[0] += slack * shift**2
    variance = sum(variances)
    if variance <= _ROUNDING**2:
        return float("nan"), float(n - used)
    freedom = variance**2 / (variances[0] ** 2 / (n - used) + variances[1] ** 2 / max(rest - 1, 1))
    return float(np.sqrt(variance)), float(freedom)


def _squares(values: FloatArray) -> float:
    return float(((values - values.mean()) ** 2).sum())


def _plain_mean(values: FloatArray, *, n: int, confidence_level: float) -> StatisticResult:
    """Mean over prompts with a t interval."""
    if not len(values):
        return StatisticResult(float("nan"), None, n, 0, "no rows", 0)
    mean, interval = float(values.mean()), None
    if len(values) > 1:
        error = float(values.std(ddof=1) / np.sqrt(len(values)))
        interval = _interval(mean, error, len(values) - 1, confidence_level)
    return StatisticResult(mean, interval, n, 0, n_groups=len(values))


def _interval(mean: float, error: float, freedom: float, confidence_level: float) -> ConfidenceInterval | None:
    """None where nothing varies: an interval of no width would claim to know."""
    if not error > _ROUNDING * max(1.0, abs(mean)):
        return None
    half = float(student.ppf((1 + confidence_level) / 2, freedom)) * error
    return ConfidenceInterval(mean - half, mean + half)
