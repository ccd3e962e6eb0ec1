"""Paired comparison of scorers on the same rows: how much better is one, and is that more than chance?"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.compared_scorers import ComparedScorers, require_scorers
from evalmuse_hf.stats.dependent_correlations import steiger_test, williams_test
from evalmuse_hf.stats.pairwise_differences import PairwiseDifferences, ScorerDifference
from evalmuse_hf.stats.rank_exchange import Swaps, draw_swaps, exchange_p_value
from evalmuse_hf.stats.resampling import IntervalMethod, Resampling
from evalmuse_hf.stats.sample import FloatArray, NanPolicy, Sample, read_sample, require_choice
from evalmuse_hf.stats.scorer_statistics import SCORER_STATISTICS, ScorerStatistic, scorers_of_counts


def scorer_difference(
    *,
    first: ArrayLike,
    second: ArrayLike,
    references: ArrayLike,
    groups: Sequence[Hashable] | None = None,
    statistic: ScorerStatistic = "srcc",
    nan_policy: NanPolicy = "raise",
    n_resamples: int = 1000,
    n_permutations: int = 1000,
    interval: IntervalMethod = "percentile",
    confidence_level: float = 0.95,
    rng: np.random.Generator | int | None = None,
) -> ScorerDifference:
    """Difference of two scorers on the same rows, with a paired interval and tests.

    Both scorers are computed on the same resamples of whole groups, so that what makes a resample easy or hard for
    both cancels. The interval of the difference is therefore as a rule much narrower than the two intervals suggest:
    overlapping intervals of two scorers say nothing about their difference.

    Args:
        first: Scores of the first scorer, shape ``(n,)``.
        second: Scores of the second scorer for the same rows; it may have another scale unless RMSE is compared.
        references: Human scores of the same rows.
        groups: Labels of the rows that are drawn (and exchanged) together, for example prompts; None: independent
            rows. They never change the difference.
        statistic: ``"srcc"``, ``"krcc"`` (tau-b), ``"plcc"`` (raw) or ``"rmse"``.
        nan_policy: ``"raise"``, or ``"omit"`` to leave out of both scorers every row with a nan in any of the three,
            and count them.
        n_resamples: Bootstrap resamples; 0 means no interval, error and p-value.
        n_permutations: Permutations of the exchange test; 0 means none. With ``"krcc"`` and 40,000 rows, 1,000 take
            some seconds.
        interval: ``"percentile"`` or ``"bca"``; the p-value goes with the percentiles in both cases.
        confidence_level: Of the interval, in (0, 1).
        rng: Generator or seed.

    Returns:
        The difference; nan with a status when one of the scorers has no value. Interval and p-value are missing, with
        a warning, when there is one group only, and also with a status when the difference is the same in every
        resample.

    Raises:
        ValueError: For nan under ``"raise"``, infinite values, different lengths, or an option outside its range.

    References:
        Paired bootstrap: Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, chapters 13 and 16; of
        metrics against human scores: Deutsch, Dror and Roth, *A statistical analysis of summarization evaluation
        metrics using resampling methods*, TACL 2021.

    >>> result = scorer_difference(
    ...     first=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], second=[2.0, 1.0, 6.0, 5.0, 3.0, 4.0],
    ...     references=[1, 2, 3, 4, 5, 6], groups=["a", "a", "b", "b", "c", "c"], rng=0,
    ... )
    >>> result.first, result.second, result.statistic
    (1.0, 0.4286, 0.5714)
    """
    sample = read_sample(
        {"first": first, "second": second, "references": references}, groups=groups, nan_policy=nan_policy
    )
    resampling = Resampling(n_resamples, confidence_level, np.random.default_rng(rng), method=interval)
    return _PairTests.of(sample, statistic, resampling=resampling, n_permutations=n_permutations)(0, 1)


def scorer_differences(
    *,
    scores: Mapping[str, ArrayLike],
    references: ArrayLike,
    groups: Sequence[Hashable] | None = None,
    baseline: str | None = None,
    statistic: ScorerStatistic = "srcc",
    nan_policy: NanPolicy = "raise",
    n_resamples: int = 1000,
    n_permutations: int = 1000,
    interval: IntervalMethod = "percentile",
    confidence_level: float = 0.95,
    rng: np.random.Generator | int | None = None,
) -> PairwiseDifferences:
    """Differences of many scorers on the same rows, with p-values and intervals that hold for the whole table.

    All scorers are computed on the same resamples. p-values are adjusted by Holm over the pairs of the table,
    intervals of the differences by Bonferroni; each difference also keeps its own, unadjusted ones.

    Args:
        scores: Name of each scorer and its scores, shape ``(n,)``; at least two.
        references: Human scores of the same rows.
        groups: See `scorer_difference`.
        baseline: Compare every other scorer with this one only (fewer tests, so stronger ones); None: all pairs.
        statistic: See `scorer_difference`.
        nan_policy: ``"raise"``, or ``"omit"`` to leave out of all scorers every row that lacks a score of any, and
            count them: all numbers of a table rest on the same rows.
        n_resamples: See `scorer_difference`.
        n_permutations: See `scorer_difference`.
        interval: See `scorer_difference`.
        confidence_level: See `scorer_difference`.
        rng: See `scorer_difference`.

    Returns:
        Every scorer with its interval, and every compared pair.

    Raises:
        ValueError: As `scorer_difference`; also for fewer than two scorers or an unknown baseline.

    References:
        See `scorer_difference` and `holm`; Bonferroni's intervals beside Holm's tests: Hochberg and Tamhane, *Multiple
        Comparison Procedures*, 1987.

    >>> table = scorer_differences(
    ...     scores={"good": [1, 2, 3, 4, 5, 6], "fair": [2, 1, 4, 3, 6, 5], "poor": [3, 6, 1, 5, 2, 4]},
    ...     references=[1, 2, 3, 4, 5, 6], baseline="poor", n_resamples=200, rng=0,
    ... )
    >>> [(cell.first, cell.second, round(cell.difference.statistic, 2)) for cell in table.differences]
    [('good', 'poor', 1.09), ('fair', 'poor', 0.91)]
    """
    require_scorers(scores, baseline=baseline)
    columns = {f"scores[{name!r}]": values for name, values in scores.items()}
    sample = read_sample({**columns, "references": references}, groups=groups, nan_policy=nan_policy)
    resampling = Resampling(n_resamples, confidence_level, np.random.default_rng(rng), method=interval)
    tests = _PairTests.of(sample, statistic, resampling=resampling, n_permutations=n_permutations)
    return tests.compared.table(tuple(scores), baseline=baseline, difference_of=tests)


@dataclass(frozen=True)
class _PairTests:
    """Makes the comparison of two scorers, by their numbers; ``swaps`` is None without permutations."""

    compared: ComparedScorers
    statistic: ScorerStatistic
    swaps: Swaps | None

    @classmethod
    def of(
        cls, sample: Sample, statistic: ScorerStatistic, *, resampling: Resampling, n_permutations: int
    ) -> "_PairTests":
        require_choice("statistic", statistic, SCORER_STATISTICS)
        if n_permutations < 0:
            raise ValueError(f"`n_permutations` must be >= 0, got {n_permutations!r}.")
        scores, references = _scores(sample), sample["references"]
        results = [SCORER_STATISTICS[statistic](predictions=column, references=references) for column in scores]
        of_counts = scorers_of_counts(
            statistic, predictions=scores, references=references, codes=sample.codes, n_clusters=sample.n_clusters
        )
        compared = ComparedScorers.of(
            of_counts, measure=statistic, results=results, sample=sample, resampling=resampling
        )
        swaps = None
        if compared.enough_clusters and n_permutations:
            swaps = draw_swaps(sample.n_clusters, n_permutations, np.random.default_rng(resampling.rng))
        return cls(compared, statistic, swaps)

    def __call__(self, first: int, second: int) -> ScorerDifference:
        difference = self.compared.difference(first, second)
        if np.isnan(difference.statistic):
            return difference
        sample, scores = self.compared.sample, _scores(self.compared.sample)
        if self.swaps is not None:
            p_value = exchange_p_value(
                difference.statistic,
                statistic=self.statistic,
                first=scores[first],
                second=scores[second],
                sample=sample,
                swaps=self.swaps,
            )
            difference = replace(difference, exchange_p_value=p_value)
        if self.statistic not in ("srcc", "plcc"):
            return difference
        between = SCORER_STATISTICS[self.statistic](predictions=scores[first], references=scores[second]).statistic
        correlations = {"r_first": difference.first, "r_second": difference.second, "r_between": between}
        return replace(
            difference,
            williams_p_value=williams_test(**correlations, n=sample.n).p_value,
            steiger_p_value=steiger_test(**correlations, n=sample.n).p_value,
        )


def _scores(sample: Sample) -> list[FloatArray]:
    return [values for name, values in sample.columns.items() if name != "references"]
