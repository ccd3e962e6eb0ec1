"""Paired comparison of element scorers: whose yes/no verdicts agree more often with people's?"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.classification import Average, element_accuracy
from evalmuse_hf.stats.compared_scorers import ComparedScorers, require_scorers
from evalmuse_hf.stats.pairwise_differences import PairwiseDifferences, ScorerDifference
from evalmuse_hf.stats.rank_exchange import Swaps, draw_swaps, exchanged_share
from evalmuse_hf.stats.resampling import IntervalMethod, Resampling
from evalmuse_hf.stats.sample import FloatArray, NanPolicy, Sample, float_vector, read_sample, require_choice
from evalmuse_hf.stats.verdicts import BoolArray, Unscored


def accuracy_difference(
    *,
    first: ArrayLike,
    second: ArrayLike,
    references: ArrayLike,
    threshold: float = 0.5,
    average: Average = "micro",
    groups: Sequence[Hashable] | None = None,
    unscored: Unscored = None,
    nan_policy: NanPolicy = "raise",
    n_resamples: int = 1000,
    n_permutations: int = 1000,
    interval: IntervalMethod = "percentile",
    confidence_level: float = 0.95,
    rng: np.random.Generator | int | None = None,
) -> ScorerDifference:
    """Difference in accuracy of two element scorers on the same elements, with a paired interval and tests.

    Args:
        first: Element scores of the first scorer, shape ``(n,)``, in [0, 1]; nan where it gave none.
        second: Element scores of the second scorer for the same elements.
        references: Mean human element ratings, in [0, 1].
        threshold: A score of at least this is a yes, on all sides.
        average: ``"micro"`` or ``"balanced"``, see `element_accuracy`.
        groups: Labels of the elements that are drawn (and exchanged) together, for example prompts.
        unscored: ``"wrong"`` counts an element that a scorer gave no score as wrong for this scorer, so that two
            scorers with different gaps are compared on the same elements. None: ``nan_policy`` decides.
        nan_policy: ``"raise"``, or ``"omit"`` to leave out of both scorers every element with a nan in any of the
            three, and count them.
        n_resamples: See `scorer_difference`.
        n_permutations: See `scorer_difference`.
        interval: See `scorer_difference`.
        confidence_level: See `scorer_difference`.
        rng: See `scorer_difference`.

    Returns:
        The difference, in [-1, 1], positive when the first scorer is right more often; nan with a status where an
        accuracy is undefined. Its p-values of Williams and Steiger are nan: they are about correlations.

    Raises:
        ValueError: As `scorer_difference`.

    References:
        See `scorer_difference`. The exchange test without groups is McNemar's, drawn instead of counted: McNemar,
        *Note on the sampling error of the difference between correlated proportions or percentages*, 1947.

    >>> result = accuracy_difference(
    ...     first=[0.9, 0.8, 0.1, 0.7], second=[0.9, 0.2, 0.1, 0.7], references=[1, 1, 0, 0], groups=list("aabb")
    ... )
    >>> result.first, result.second, result.statistic
    (0.75, 0.5, 0.25)
    """
    tests = _AccuracyTests.of(
        {"first": first, "second": second},
        references=references,
        threshold=threshold,
        average=average,
        groups=groups,
        unscored=unscored,
        nan_policy=nan_policy,
        resampling=Resampling(n_resamples, confidence_level, np.random.default_rng(rng), interval),
        n_permutations=n_permutations,
    )
    return tests(0, 1)


def accuracy_differences(
    *,
    scores: Mapping[str, ArrayLike],
    references: ArrayLike,
    threshold: float = 0.5,
    average: Average = "micro",
    groups: Sequence[Hashable] | None = None,
    baseline: str | None = None,
    unscored: Unscored = None,
    nan_policy: NanPolicy = "raise",
    n_resamples: int = 1000,
    n_permutations: int = 1000,
    interval: IntervalMethod = "percentile",
    confidence_level: float = 0.95,
    rng: np.random.Generator | int | None = None,
) -> PairwiseDifferences:
    """Differences in accuracy of many element scorers, adjusted as in `scorer_differences`.

    Args:
        scores: Name of each scorer and its element scores, shape ``(n,)``; at least two.
        references: See `accuracy_difference`.
        threshold: See `accuracy_difference`.
        average: See `accuracy_difference`.
        groups: See `accuracy_difference`.
        baseline: See `scorer_differences`.
        unscored: See `accuracy_difference`.
        nan_policy: See `scorer_differences`.
        n_resamples: See `scorer_difference`.
        n_permutations: See `scorer_difference`.
        interval: See `scorer_difference`.
        confidence_level: See `scorer_difference`.
        rng: See `scorer_difference`.

    Raises:
        ValueError: As `scorer_differences`.

    References:
        See `scorer_differences`.

    >>> table = accuracy_differences(
    ...     scores={"careful": [0.9, 0.8, 0.1, 0.2], "always yes": [1.0, 1.0, 1.0, 1.0]}, references=[1, 1, 0, 0]
    ... )
    >>> table.between("always yes", "careful").difference.statistic
    -0.5
    """
    require_scorers(scores, baseline=baseline)
    tests = _AccuracyTests.of(
        {f"scores[{name!r}]": values for name, values in scores.items()},
        references=references,
        threshold=threshold,
        average=average,
        groups=groups,
        unscored=unscored,
        nan_policy=nan_policy,
        resampling=Resampling(n_resamples, confidence_level, np.random.default_rng(rng), interval),
        n_permutations=n_permutations,
    )
    return tests.compared.table(tuple(scores), baseline=baseline, difference_of=tests)


@dataclass(frozen=True)
class _AccuracyTests:
    """Makes the comparison of two scorers, by their numbers.

    ``right`` holds for each scorer its right verdicts of yes and of no per cluster, shape ``(n_clusters, 2)``, and
    ``asked`` the number of both; ``swaps`` is None without permutations.
    """

    compared: ComparedScorers
    right: list[FloatArray]
    asked: FloatArray
    average: Average
    swaps: Swaps | None

    @classmethod
    def of(
        cls,
        scores: Mapping[str, ArrayLike],
        *,
        references: ArrayLike,
        threshold: float,
        average: Average,
        groups: Sequence[Hashable] | None,
        unscored: Unscored,
        nan_policy: NanPolicy,
        resampling: Resampling,
        n_permutations: int,
    ) -> "_AccuracyTests":
        require_choice("average", average, ("micro", "balanced"))
        require_choice("unscored", unscored, (None, "wrong"))
        if n_permutations < 0:
            raise ValueError(f"`n_permutations` must be >= 0, got {n_permutations!r}.")
        columns: dict[str, ArrayLike] = dict(scores)
        if unscored == "wrong":
            columns = {
                name: _wrong_where_nan(name, values, references=references, threshold=threshold)
                for name, values in scores.items()
            }
        sample = read_sample({**columns, "references": references}, groups=groups, nan_policy=nan_policy)
        ratings = sample["references"]
        results = [
            element_accuracy(predictions=sample[name], references=ratings, threshold=threshold, average=average)
            for name in scores
        ]
        yes = ratings >= threshold
        asked = sample.sums(np.column_stack([yes, ~yes]))
        right = [_right(sample, sample[name] >= threshold, yes) for name in scores]

        def of_counts(counts: FloatArray) -> FloatArray:
            totals = counts @ asked
            return np.column_stack([_accuracy(counts @ one, totals, average) for one in right])

        compared = ComparedScorers.of(
            of_counts, measure=f"accuracy ({average})", results=results, sample=sample, resampling=resampling
        )
        swaps = None
        if compared.enough_clusters and n_permutations:
            swaps = draw_swaps(sample.n_clusters, n_permutations, np.random.default_rng(resampling.rng))
        return cls(compared, right, asked, average, swaps)

    def __call__(self, first: int, second: int) -> ScorerDifference:
        difference = self.compared.difference(first, second)
        if self.swaps is None or np.isnan(difference.statistic):
            return difference
        one, other = (self.right[number].sum(axis=0) for number in (first, second))
        asked = self.asked.sum(axis=0)[None]

        def difference_of(swaps: FloatArray) -> FloatArray:
            moved = swaps @ (self.right[second] - self.right[first])
            return _accuracy(one + moved, asked, self.average) - _accuracy(other - moved, asked, self.average)

        p_value = exchanged_share(difference_of, swaps=self.swaps, difference=difference.statistic)
        return replace(difference, exchange_p_value=p_value)


def _wrong_where_nan(name: str, values: ArrayLike, *, references: ArrayLike, threshold: float) -> FloatArray:
    scores, ratings = float_vector(name, values), float_vector("references", references)
    if len(scores) != len(ratings):
        return scores  # `read_sample` says what is wrong
    return np.where(np.isnan(scores), np.where(ratings >= threshold, threshold - 1, threshold), scores)


def _right(sample: Sample, predicted: BoolArray, yes: BoolArray) -> FloatArray:
    return sample.sums(np.column_stack([predicted & yes, ~(predicted | yes)]))


def _accuracy(right: FloatArray, asked: FloatArray, average: Average) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        if average == "micro":
            return np.asarray(right.sum(axis=1) / asked.sum(axis=1))
        return np.asarray((right / asked).mean(axis=1))
