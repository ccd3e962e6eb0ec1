"""True answers and raters' errors from ratings alone: the model of Dawid and Skene."""

import logging
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.rated_items import ANONYMOUS, RatedItems, read_rated_items
from evalmuse_hf.stats.resampling import Resampling
from evalmuse_hf.stats.results import AgreementResult
from evalmuse_hf.stats.sample import FloatArray, IntArray

logger = logging.getLogger(__name__)

FLOOR = 1e-300  # keeps the logarithm of an impossible answer finite


def _nothing() -> FloatArray:
    return np.empty(0)


@dataclass(frozen=True)
class DawidSkeneResult(AgreementResult):
    """A fitted model; ``statistic`` is the expected share of ratings that name the true class.

    Arrays are empty where there is no fit.

    Attributes:
        classes: The classes in rising order, shape ``(K,)``.
        posteriors: Probability of each class for each item, shape ``(items, K)``, one row per row of the ratings; nan
            for an item without ratings.
        confusion: Chance that a rater names class c where k is true, at ``[rater, k, c]``, shape ``(raters, K, K)``;
            nan for a rater without ratings.
        prevalence: Share of the true classes, shape ``(K,)``.
        objectives: Log-likelihood plus logarithm of the prior (up to a constant) after each step; never falls.
        converged: Whether the last step changed it by less than the tolerance.
    """

    classes: FloatArray = field(default_factory=_nothing)
    posteriors: FloatArray = field(default_factory=_nothing)
    confusion: FloatArray = field(default_factory=_nothing)
    prevalence: FloatArray = field(default_factory=_nothing)
    objectives: tuple[float, ...] = ()
    converged: bool = False


def dawid_skene(
    ratings: ArrayLike,
    *,
    identified: bool,
    smoothing: float = 1.0,
    max_iterations: int = 500,
    tolerance: float = 1e-7,
    groups: Sequence[Hashable] | None = None,
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    rng: np.random.Generator | int | None = None,
) -> DawidSkeneResult:
    r"""Estimate what is true of each item and how each rater errs, without any gold answers.

    Every item has a true class, drawn with the prevalence :math:`\pi_k`. Rater j names class c with chance
    :math:`\theta_{jkc}` where k is true, independently of the other raters. Both are fitted by EM: the first
    posteriors are the shares of the item's ratings (the majority), then parameters and posteriors follow each other.

    The prior is ``smoothing`` ratings per rater and true class, and as many items for the prevalence, spread evenly
    over the classes (a Dirichlet distribution with parameters 1 + smoothing / K). It keeps a rater with five ratings
    from being called infallible; with 0 the fit is the maximum of the likelihood. What is maximised never falls from
    step to step; that it is the highest maximum is not certain, but from the majority the classes keep their meaning.

    Where raters make the same mistake because the picture misleads them all, the model takes the mistake for the
    truth: the posteriors are then too sure.

    Args:
        ratings: Shape ``(items, raters)``; 0 and 1, or any few numbers as classes; nan or None where a rater did not
            rate an item. Items with a single rating count too.
        identified: Whether a column is a person. Errors belong to persons: anonymous ratings have no model.
        smoothing: Weight of the prior, in ratings; 0 or more.
        max_iterations: Most steps of EM.
        tolerance: Stop when the objective rises by less than this per rating.
        groups: See `krippendorff_alpha`.
        n_resamples: Resamples for the interval of the statistic; the model is fitted anew in each, from this fit on.
        confidence_level: See `krippendorff_alpha`.
        rng: See `krippendorff_alpha`.

    Returns:
        The fit; nan with a status for raters that are not identified, without ratings, or if all are the same. A fit
        that did not converge is returned with ``converged`` false, and logged.

    Raises:
        ValueError: See `read_rated_items`; for a negative ``smoothing``, or no iterations.
        TypeError: See `read_rated_items`.

    References:
        Dawid and Skene, *Maximum likelihood estimation of observer error-rates using the EM algorithm*, 1979.

    >>> table = [[1, 1, 0], [1, 1, 1], [0, 0, 1], [0, 0, 0], [1, 1, 0], [0, 0, None]]
    >>> fit = dawid_skene(table, identified=True)
    >>> fit.posteriors[:, 1].round().tolist(), fit.confusion[2].diagonal() < 0.7
    ([1.0, 1.0, 0.0, 0.0, 1.0, 0.0], array([ True, True]))
    """
    if not smoothing >= 0 or max_iterations < 1:
        raise ValueError(
            f"`smoothing` must be 0 or more and `max_iterations` at least 1, got {smoothing!r}, {max_iterations!r}."
        )
    resampling = Resampling(n_resamples=n_resamples, confidence_level=confidence_level, rng=rng)
    rated = read_rated_items(ratings, groups=groups, fewest=1)
    name = "Dawid-Skene, expected share of right ratings"
    if not identified or rated.status != "ok":
        status = "no ratings" if not rated.n else rated.status
        return DawidSkeneResult(**vars(rated.undefined(name, status if identified else ANONYMOUS)))
    votes = _Votes(rated, smoothing)
    fit = votes.fit(votes.shares(), np.ones(rated.n), max_iterations=max_iterations, tolerance=tolerance)
    if not fit.converged:
        logger.warning("Dawid-Skene did not converge in %d steps; raise `max_iterations`.", max_iterations)

    def of_counts(counts: FloatArray) -> FloatArray:
        if (counts == 1).all():
            return np.full(len(counts), votes.share_right(fit.posteriors, np.ones(rated.n)))
        values = np.empty(len(counts))
        for row, weights in enumerate(counts[:, rated.sample.codes]):
            again = votes.fit(fit.posteriors, weights, max_iterations=max_iterations, tolerance=tolerance)
            values[row] = votes.share_right(again.posteriors, weights)
        return values

    posteriors = np.full((rated.n + rated.n_dropped, len(votes.classes)), np.nan)
    posteriors[rated.rows] = fit.posteriors
    unseen = np.asarray(np.isnan(rated.table).all(axis=0))
    return DawidSkeneResult(
        **vars(rated.summary(of_counts, name=name, resampling=resampling)),
        classes=votes.classes,
        posteriors=posteriors,
        confusion=np.where(unseen[:, None, None], np.nan, fit.confusion),
        prevalence=fit.prevalence,
        objectives=fit.objectives,
        converged=fit.converged,
    )


@dataclass(frozen=True)
class _Fit:
    """Parameters, and the posteriors that follow from them."""

    posteriors: FloatArray
    confusion: FloatArray
    prevalence: FloatArray
    objectives: tuple[float, ...]
    converged: bool


class _Votes:
    """The ratings one after the other, and the steps of EM on them."""

    def __init__(self, rated: RatedItems, smoothing: float) -> None:
        present = ~np.isnan(rated.table)
        self.items, self.raters = np.nonzero(present)
        self.classes, codes = np.unique(rated.table[present], return_inverse=True)
        self.codes: IntArray = codes.reshape(-1)
        self.n_items, self.n_raters = rated.table.shape
        self.pseudo = smoothing / len(self.classes)

    def shares(self) -> FloatArray:
        """Share of each class among the ratings of each item."""
        named = [np.bincount(self.items[self.codes == code], minlength=self.n_items) for code in range(self.n_classes)]
        return np.stack(named, axis=1) / np.bincount(self.items, minlength=self.n_items)[:, None]

    @property
    def n_classes(self) -> int:
        return len(self.classes)

    def share_right(self, posteriors: FloatArray, weights: FloatArray) -> float:
        """Expected share of ratings that name the true class."""
        right = posteriors[self.items, self.codes]
        return float(np.average(right, weights=weights[self.items]))

    def fit(self, start: FloatArray, weights: FloatArray, *, max_iterations: int, tolerance: float) -> _Fit:
        """Run EM from some posteriors, each item counting ``weights`` times."""
        posteriors, objectives = start, [-np.inf]
        enough = tolerance * weights[self.items].sum()
        converged = False
        while not converged and len(objectives) <= max_iterations:
            confusion, prevalence = self._parameters(posteriors, weights)
            posteriors, objective = self._expect(confusion, prevalence, weights)
            converged = objective - objectives[-1] < enough
            objectives.append(objective)
        return _Fit(posteriors, confusion, prevalence, tuple(objectives[1:]), converged)

    def _parameters(self, posteriors: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        weighted = posteriors * weights[:, None]
        places, size = self.raters * self.n_classes + self.codes, self.n_raters * self.n_classes
        named = [np.bincount(places, weights=weighted[self.items, k], minlength=size) for k in range(self.n_classes)]
        counts = (
            np.stack(named).reshape(self.n_classes, self.n_raters, self.n_classes).transpose(1, 0, 2) + self.pseudo
        )
        totals = counts.sum(axis=2, keepdims=True)
        confusion = np.where(totals > 0, counts / np.where(totals > 0, totals, 1), 1 / self.n_classes)
        prevalence = weighted.sum(axis=0) + self.pseudo
        return confusion, prevalence / prevalence.sum()

    def _expect(self, confusion: FloatArray, prevalence: FloatArray, weights: FloatArray) -> tuple[FloatArray, float]:
        """Posteriors under the parameters, and the objective there."""
        logs, log_prevalence = np.log(np.maximum(confusion, FLOOR)), np.log(np.maximum(prevalence, FLOOR))
        joint = np.stack(
            [
                np.bincount(self.items, weights=logs[self.raters, k, self.codes], minlength=self.n_items)
                for k in range(self.n_classes)
            ],
            axis=1,
        )
        joint += log_prevalence
        highest = joint.max(axis=1, keepdims=True)
        shifted = np.exp(joint - highest)
        likelihoods = np.log(shifted.sum(axis=1)) + highest[:, 0]
        prior = self.pseudo * (logs.sum() + log_prevalence.sum()) if self.pseudo else 0.0
        return shifted / shifted.sum(axis=1, keepdims=True), float(weights @ likelihoods + prior)
