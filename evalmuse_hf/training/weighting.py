"""Weight of a training pair, from the variance of its prompt's scores over the pictures."""

import logging
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalmuse_hf.training.rating_noise import RatingNoise

logger = logging.getLogger(__name__)

VarianceScheme = Literal["none", "var", "exp_var", "normalized", "reliability"]
WeightScale = Literal["mean_one", "official"]
SCHEMES: tuple[VarianceScheme, ...] = ("none", "var", "exp_var", "normalized", "reliability")
SCALES: tuple[WeightScale, ...] = ("mean_one", "official")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class VarianceWeights:
    """Weights of training pairs, in the order in which the pairs were given.

    Attributes:
        weights: One weight per pair, shape ``(N,)``, >= 0.
        variances: Variance of the scores over the pictures of the pair's prompt, ddof=1, shape ``(N,)``; nan for a
            prompt with one picture.
        n_single: Pairs whose prompt has one picture; they have the mean weight of the others.
        minimum: Smallest weight.
        median: Median weight.
        maximum: Largest weight.
        effective_sample_size: ``sum(w)**2 / sum(w**2)``: as many equally weighted pairs would average as well.
        share_clipped: Share of the pairs whose weight was below 0 and is 0 instead, because v is smaller than e; only
            ``reliability`` has any.
        noise: What e rests on, where `RatingNoise` was given.
    """

    weights: Floats
    variances: Floats
    n_single: int
    minimum: float
    median: float
    maximum: float
    effective_sample_size: float
    share_clipped: float = 0.0
    noise: RatingNoise | None = None


def variance_weights(
    overall_scores: ArrayLike,
    prompt_ids: Sequence[Hashable],
    *,
    scheme: VarianceScheme = "none",
    scale: WeightScale = "mean_one",
    noise: RatingNoise | float | None = None,
) -> VarianceWeights:
    """Weigh pairs by how much the pictures of their prompt differ.

    With v the variance of a prompt's picture means, a pair weighs 1 (``none``), v (``var``, released 2024-12-13),
    exp(v) (``exp_var``, released 2024-12-06), v / mean(v) (``normalized``), or max(0, v - e) (``reliability``, ours),
    where e is what the raters' noise adds to v. Give training pairs only: all means are taken once, over them.

    Args:
        overall_scores: Mean overall rating of each pair, shape ``(N,)``, on the 1-5 scale.
        prompt_ids: The prompt of each pair, N of them.
        scheme: Which weight.
        scale: ``"mean_one"`` divides by the mean over the pairs; ``"official"`` leaves the weights as they are
            (``normalized`` has mean one in both cases).
        noise: e, what `evalmuse_hf.training.rating_noise` estimates from the ratings of these pairs, or a number on
            the scale of a variance; needed by ``reliability`` only.

    Returns:
        The weights and what they look like.

    Raises:
        ValueError: If an option is unknown, ``noise`` is missing or of other pairs, a score is not finite, lengths
            differ, there is no prompt with two pictures to take a variance of, or every weight would be 0.

    Examples:
        >>> result = variance_weights([1.0, 3.0, 2.0, 4.0, 6.0, 5.0], ["a", "a", "b", "b", "b", "c"], scheme="var")
        >>> result.variances
        array([ 2.,  2.,  4.,  4.,  4., nan])
        >>> result.weights  # the mean of 2, 2, 4, 4, 4 is 3.2, and "c" has the mean weight
        array([0.625, 0.625, 1.25 , 1.25 , 1.25 , 1.   ])
    """
    _check_options(scheme, scale, noise)
    scores = np.asarray(overall_scores, dtype=np.float64)
    if scores.ndim != 1 or len(scores) != len(prompt_ids) or not len(scores):
        raise ValueError(
            f"`overall_scores` and `prompt_ids` must have one entry per training pair, got shape {scores.shape} and "
            f"{len(prompt_ids)} ids."
        )
    if not np.isfinite(scores).all():
        row = int(np.flatnonzero(~np.isfinite(scores))[0])
        raise ValueError(f"`overall_scores` has {scores[row]} at row {row}; leave out pairs without ratings.")
    variances = prompt_variances(scores, prompt_ids)
    known = ~np.isnan(variances)
    weights = np.ones_like(scores)
    clipped = np.zeros_like(known)
    if scheme == "reliability":
        excess = variances - _per_pair(noise, n=len(scores))
        clipped = known & (excess < 0)
        weights = _fill(np.where(clipped, 0.0, excess), known, scheme)
    elif scheme != "none":
        weights = _fill(np.exp(variances) if scheme == "exp_var" else variances, known, scheme)
    if scale == "mean_one" or scheme == "normalized":
        weights = weights / weights.mean()
    result = VarianceWeights(
        weights=weights,
        variances=variances,
        n_single=int((~known).sum()),
        minimum=float(weights.min()),
        median=float(np.median(weights)),
        maximum=float(weights.max()),
        effective_sample_size=float(weights.sum() ** 2 / (weights**2).sum()),
        share_clipped=float(clipped.mean()),
        noise=noise if isinstance(noise, RatingNoise) else None,
    )
    logger.info(
        "Variance weighting %s over %d pairs: minimum %.3g, median %.3g, maximum %.3g, effective sample size %.1f, "
        "%.1f %% clipped at 0.",
        *(scheme, len(weights), result.minimum, result.median, result.maximum, result.effective_sample_size),
        100 * result.share_clipped,
    )
    return result


def prompt_variances(overall_scores: ArrayLike, prompt_ids: Sequence[Hashable]) -> Floats:
    """Take the variance of the scores of each prompt's pictures.

    Args:
        overall_scores: Mean overall rating of each pair, shape ``(N,)``.
        prompt_ids: The prompt of each pair, N of them.

    Returns:
        Variance of the pair's prompt, ddof=1, shape ``(N,)``; nan for a prompt with one picture.

    Examples:
        >>> prompt_variances([1.0, 5.0, 3.0], ["a", "b", "a"])
        array([ 2., nan,  2.])
    """
    scores = np.asarray(overall_scores, dtype=np.float64)
    numbers: dict[Hashable, int] = {}
    prompts = np.array([numbers.setdefault(prompt, len(numbers)) for prompt in prompt_ids], dtype=np.int64)
    counts = np.bincount(prompts)
    means = np.bincount(prompts, weights=scores) / counts
    squares = np.bincount(prompts, weights=(scores - means[prompts]) ** 2)
    variances = np.full(len(counts), np.nan)
    np.divide(squares, counts - 1, out=variances, where=counts > 1)
    return variances[prompts]


def _per_pair(noise: RatingNoise | float | None, *, n: int) -> Floats:
    """Give each pair its e, shape ``(n,)``."""
    if not isinstance(noise, RatingNoise):
        return np.full(n, noise, dtype=np.float64)
    if len(noise.per_pair) != n:
        raise ValueError(
            f"`noise` is of {len(noise.per_pair)} pairs and there are {n} scores; estimate it from the ratings of the "
            "same pairs."
        )
    return noise.per_pair


def _fill(weights: Floats, known: NDArray[np.bool_], scheme: str) -> Floats:
    """Give the mean weight to pairs whose prompt has one picture."""
    if not known.any():
        raise ValueError(f"`scheme` {scheme!r} needs a prompt with at least two pictures, and there is none.")
    mean = weights[known].mean()
    if mean == 0:
        raise ValueError(
            f"Every weight of `scheme` {scheme!r} is 0: the pictures of no prompt differ by more than the noise; "
            "train with 'none'."
        )
    return np.where(known, weights, mean)


def _check_options(scheme: str, scale: str, noise: RatingNoise | float | None) -> None:
    if scheme not in SCHEMES:
        raise ValueError(f"`scheme` must be one of {list(SCHEMES)}, got {scheme!r}.")
    if scale not in SCALES:
        raise ValueError(f"`scale` must be one of {list(SCALES)}, got {scale!r}.")
    number = noise.estimate if isinstance(noise, RatingNoise) else noise
    if scheme == "reliability" and (number is None or not number >= 0):
        raise ValueError(f"`noise` must be >= 0 for 'reliability', got {noise!r}; see `rating_noise`.")
