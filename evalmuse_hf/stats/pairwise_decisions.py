"""Does a scorer decide between two generators as people decide?"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.clustered import ClusteredEstimate, clustered_means
from evalmuse_hf.stats.generator_cells import GeneratorCells, generator_cells
from evalmuse_hf.stats.joint_intervals import say_undefined
from evalmuse_hf.stats.multiplicity import holm
from evalmuse_hf.stats.resampling import BootstrapInterval, IntervalMethod, Resampling, bootstrap_interval
from evalmuse_hf.stats.results import StatisticResult
from evalmuse_hf.stats.sample import FloatArray, NanPolicy, read_sample

ROUNDING = 1e-12  # a difference below this share of the largest value is none


@dataclass(frozen=True, slots=True)
class PairDecision:
    """Two generators, compared on the prompts that both drew.

    Attributes:
        first: A generator.
        second: The one that it is compared with.
        n_prompts: Prompts that both drew.
        reference_difference: Mean difference of the ratings, first minus second; nan without such prompts.
        reference_p_value: That it is 0, adjusted over all pairs by Holm's method; nan with fewer than two prompts.
        prediction_difference: Mean difference of the predictions, first minus second.
        prediction_p_value: That it is 0, adjusted likewise.
        right: Whether both differences have the same sign; None where people do not decide.
    """

    first: Hashable
    second: Hashable
    n_prompts: int
    reference_difference: float
    reference_p_value: float
    prediction_difference: float
    prediction_p_value: float
    right: bool | None


@dataclass(frozen=True)
class PairwiseDecisions(StatisticResult):
    """Share of the decided pairs of generators that a scorer decides rightly, in [0, 1].

    ``n`` counts pictures, ``n_groups`` the prompts, which are the clusters of the interval.

    Attributes:
        alpha: Level of the tests.
        n_pairs: Pairs of generators that share at least two prompts.
        n_decided: Those that people decide.
        n_right: Decided pairs whose predictions differ in the same direction, significantly or not.
        n_significant_right: Those among them whose predictions differ significantly.
        n_significant_wrong: Decided pairs whose predictions differ significantly in the other direction.
        n_only_predicted: Pairs that people do not decide and whose predictions differ significantly.
        decisions: Every pair of generators, in order.
    """

    alpha: float = 0.05
    n_pairs: int = 0
    n_decided: int = 0
    n_right: int = 0
    n_significant_right: int = 0
    n_significant_wrong: int = 0
    n_only_predicted: int = 0
    decisions: tuple[PairDecision, ...] = ()


def pairwise_decisions(
    *,
    predictions: ArrayLike,
    references: ArrayLike,
    generators: Sequence[Hashable],
    prompts: Sequence[Hashable],
    alpha: float = 0.05,
    nan_policy: NanPolicy = "raise",
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    interval: IntervalMethod = "percentile",
    rng: np.random.Generator | int | None = None,
) -> PairwiseDecisions:
    """Share of generator pairs that a scorer orders rightly, among those that people decide.

    Two generators are compared on the prompts that both drew, a prompt counting once: the mean over prompts of the
    difference of their mean ratings, with Student's t. People decide a pair if that differs from 0 at ``alpha`` after
    Holm's adjustment over all pairs; pairs that they do not decide say nothing about a scorer. The scorer decides by
    the sign of the mean difference of its own scores on the same prompts; no difference is a wrong decision.

    Args:
        predictions: Automatic scores, shape ``(n,)``.
        references: Human scores of the same pictures, shape ``(n,)``.
        generators: What drew each picture. They may have drawn different prompts: only shared ones are compared.
        prompts: What each picture was drawn from.
        alpha: Level of the tests, of people and of the scorer.
        nan_policy: ``"raise"``, or ``"omit"`` to leave out rows with a nan and count them.
        n_resamples: Bootstrap resamples of prompts for the interval; 0 means no interval. What people decide is held
            fixed, the scorer decides anew in each.
        confidence_level: Share of the bootstrap distribution inside the interval.
        interval: ``"percentile"`` or ``"bca"``, see `Resampling`.
        rng: Generator or seed of the bootstrap.

    Returns:
        The share, higher is better, 0.5 for chance; nan with a status if people decide no pair.

    Raises:
        ValueError: For ``alpha`` outside (0, 1), nan under ``"raise"``, infinite values or different lengths.

    References:
        Kocmi et al., *To ship or not to ship: an extensive evaluation of automatic metrics for machine translation*,
        2021 (accuracy over system pairs, restricted to those that differ significantly).

    >>> ratings = {"A": [4.0, 5.0, 4.5, 5.0], "B": [2.0, 2.5, 2.5, 2.5], "C": [2.0, 2.6, 2.4, 2.5]}
    >>> result = pairwise_decisions(
    ...     predictions=[0.9, 0.8, 0.9, 0.8, 0.3, 0.2, 0.1, 0.1, 0.4, 0.3, 0.3, 0.4],
    ...     references=[rating for row in ratings.values() for rating in row],
    ...     generators=[name for name in ratings for _ in range(4)],
    ...     prompts=[0, 1, 2, 3] * 3,
    ... )
    >>> result.statistic, result.n_decided, result.n_pairs  # people do not tell B from C
    (1.0, 2, 3)
    """
    resampling = Resampling(n_resamples, confidence_level, rng, interval)
    if not 0 < alpha < 1:
        raise ValueError(f"`alpha` must be between 0 and 1, got {alpha!r}.")
    cells = generator_cells(
        {"predictions": predictions, "references": references}, generators, prompts, nan_policy=nan_policy
    )
    decisions = _decisions(cells, alpha)
    decided = [decision for decision in decisions if decision.right is not None]
    n_right = sum(decision.right is True for decision in decided)
    status, found = _status(cells, decisions, len(decided)), BootstrapInterval(None)
    if status == "ok":
        clusters = read_sample({"prompts": np.arange(cells.n_prompts)}, groups=None)
        found = bootstrap_interval(_share_of_counts(cells, decided), sample=clusters, resampling=resampling)
    say_undefined("share of pairwise decisions", status, resampling=resampling)
    significant = [decision for decision in decisions if decision.prediction_p_value < alpha]
    return PairwiseDecisions(
        statistic=n_right / len(decided) if decided else float("nan"),
        confidence_interval=found.interval,
        n=cells.n,
        n_dropped=cells.n_dropped,
        status=status,
        n_groups=cells.n_prompts,
        n_failed=found.n_failed,
        interval_method=found.method,
        alpha=alpha,
        n_pairs=sum(decision.n_prompts >= 2 for decision in decisions),
        n_decided=len(decided),
        n_right=n_right,
        n_significant_right=sum(decision.right is True for decision in significant),
        n_significant_wrong=sum(decision.right is False for decision in significant),
        n_only_predicted=sum(decision.right is None for decision in significant),
        decisions=tuple(decisions),
    )


def _decisions(cells: GeneratorCells, alpha: float) -> list[PairDecision]:
    predicted, rated = (_contrasts(values, cells) for values in cells.values)
    predicted_p, rated_p = (holm(p_values=[found.p_value for found in side]) for side in (predicted, rated))
    tolerance = ROUNDING * float(np.abs(cells.values[0]).max(initial=0.0))
    decisions = []
    pairs = combinations(cells.generators, 2)
    for (first, second), scorer, people, scorer_p, people_p in zip(
        pairs, predicted, rated, predicted_p.tolist(), rated_p.tolist(), strict=True
    ):
        difference = scorer.statistic
        agrees = abs(difference) > tolerance and (difference > 0) == (people.statistic > 0)
        decisions.append(
            PairDecision(
                first=first,
                second=second,
                n_prompts=people.n_clusters,
                reference_difference=people.statistic,
                reference_p_value=people_p,
                prediction_difference=difference,
                prediction_p_value=scorer_p,
                right=agrees if people_p < alpha else None,
            )
        )
    return decisions


def _contrasts(values: FloatArray, cells: GeneratorCells) -> list[ClusteredEstimate]:
    """Mean over shared prompts of the difference of every two generators, with a t test; in order of the pairs."""
    found: list[ClusteredEstimate] = []
    n_generators = len(cells.generators)
    for first in range(n_generators - 1):
        shared = cells.present[:, first, None] & cells.present[:, first + 1 :]
        prompt, other = np.nonzero(shared)
        found += clustered_means(
            values=values[prompt, first] - values[prompt, first + 1 + other],
            labels=other,
            clusters=prompt,
            n_labels=n_generators - 1 - first,
        )
    return found


def _share_of_counts(cells: GeneratorCells, decided: list[PairDecision]) -> Callable[[FloatArray], FloatArray]:
    """Share of the decided pairs with the right sign in each resample; pairs without a shared prompt are left out."""
    number = {label: index for index, label in enumerate(cells.generators)}
    first = np.array([number[decision.first] for decision in decided], dtype=np.intp)
    second = np.array([number[decision.second] for decision in decided], dtype=np.intp)
    signs = np.sign([decision.reference_difference for decision in decided])
    values, present = cells.values[0], cells.present.astype(np.float64)
    tolerance = ROUNDING * float(np.abs(values).max())

    def of_counts(counts: FloatArray) -> FloatArray:
        shares = np.full(len(counts), np.nan)
        for row, drawn in enumerate(counts):
            weighted = present * drawn[:, None]
            shared = (weighted.T @ present)[first, second]
            sums = (values * weighted).T @ present  # [g, h]: sum of g over prompts that h drew too
            differences = sums[first, second] - sums[second, first]
            right = differences * signs > tolerance * shared
            if shared.any():
                shares[row] = right[shared > 0].mean()
        return shares

    return of_counts


def _status(cells: GeneratorCells, decisions: list[PairDecision], n_decided: int) -> str:
    if not cells.n:
        return "no rows"
    if len(cells.generators) < 2:
        return "fewer than 2 generators"
    if all(decision.n_prompts < 2 for decision in decisions):
        return "no two generators share 2 prompts"
    return "ok" if n_decided else "people decide no pair"
