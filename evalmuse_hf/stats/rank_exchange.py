"""Permutation test of two scorers that exchanges the ranks of whole prompts between them."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from evalmuse_hf.stats.resampling import CountStatistic
from evalmuse_hf.stats.sample import FloatArray, IntArray, NanPolicy, Sample, read_sample, require_choice
from evalmuse_hf.stats.scorer_statistics import SCORER_STATISTICS, ScorerStatistic, scorers_of_counts

ROUNDING = 1e-12  # differences that are this near count as equal
CONSTANT = 1e-14  # of the sum of squares: a smaller variance is rounding
BLOCK_VALUES = 2_000_000  # exchanges held at once: 16 MB per working array

Swaps = NDArray[np.int8]


@dataclass(frozen=True)
class ExchangeResult:
    """Outcome of the permutation test.

    Attributes:
        statistic: Difference of the two scorers, first minus second; nan when it is undefined.
        p_value: Two-sided, of the hypothesis that the scorers are exchangeable; nan when undefined.
        n_permutations: Permutations drawn.
        n: Rows used.
        n_dropped: Rows left out because a value was nan.
        n_groups: Groups that were exchanged as a whole; None when no groups were given.
        status: ``"ok"``, or why the numbers are nan.
    """

    statistic: float
    p_value: float
    n_permutations: int
    n: int
    n_dropped: int
    n_groups: int | None = None
    status: str = "ok"


def rank_exchange_test(
    *,
    first: ArrayLike,
    second: ArrayLike,
    references: ArrayLike,
    groups: Sequence[Hashable] | None = None,
    statistic: ScorerStatistic = "srcc",
    nan_policy: NanPolicy = "raise",
    n_permutations: int = 1000,
    rng: np.random.Generator | int | None = None,
) -> ExchangeResult:
    """Test whether two scorers are exchangeable, by exchanging their ranks in whole prompts.

    Both scorers are brought to a common scale (ranks over all rows; for ``"plcc"`` standardised values; for ``"rmse"``
    the values themselves). Each permutation tosses a coin per group, and where it shows heads, the two scorers change
    places for all rows of the group. The p-value is ``(1 + c) / (1 + n_permutations)`` with c the permutations whose
    difference is at least as large as the observed one.

    The hypothesis is stronger than equal statistics: under it the two scorers have the same joint distribution with
    the references. Scorers that are equally good for different reasons (one knows which prompts are hard, the other
    which picture is best) are not exchangeable; then nothing guarantees the size of the test, though it came out right
    in the simulation of ``docs/uncertainty.md``. It is exact for exchangeable scorers with any number of groups.

    Args:
        first: Scores of the first scorer, shape ``(n,)``, on any scale.
        second: Scores of the second scorer for the same rows, on any scale.
        references: Human scores of the same rows.
        groups: Labels of the rows that are exchanged together, for example prompts; None: every row alone.
        statistic: ``"srcc"``, ``"krcc"`` (tau-b), ``"plcc"`` or ``"rmse"``. After an exchange, SRCC is computed on the
            exchanged ranks as they are, without ranking them anew, which is as valid and much faster.
        nan_policy: ``"raise"``, or ``"omit"`` to leave out rows with a nan in any of the three, and count them.
        n_permutations: Number of permutations, >= 1.
        rng: Generator or seed.

    Raises:
        ValueError: For nan under ``"raise"``, infinite values, different lengths, or an option outside its range.

    References:
        Good, *Permutation, Parametric and Bootstrap Tests of Hypotheses*, 2005; Deutsch, Dror and Roth, *A statistical
        analysis of summarization evaluation metrics using resampling methods*, TACL 2021 (permuting whole inputs).

    >>> result = rank_exchange_test(
    ...     first=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], second=[2.0, 1.0, 6.0, 5.0, 3.0, 4.0],
    ...     references=[1, 2, 3, 4, 5, 6], groups=["a", "a", "b", "b", "c", "c"], rng=0,
    ... )
    >>> result.statistic, result.p_value  # of the eight exchanges, only two are as extreme
    (0.5714, 0.25)
    """
    require_choice("statistic", statistic, SCORER_STATISTICS)
    if n_permutations < 1:
        raise ValueError(f"`n_permutations` must be >= 1, got {n_permutations!r}.")
    sample = read_sample(
        {"first": first, "second": second, "references": references}, groups=groups, nan_policy=nan_policy
    )
    compute = SCORER_STATISTICS[statistic]
    results = [compute(predictions=sample[name], references=sample["references"]) for name in ("first", "second")]
    difference = results[0].statistic - results[1].statistic
    status = next((result.status for result in results if result.status != "ok"), "ok")
    p_value = float("nan")
    if status == "ok":
        p_value = exchange_p_value(
            difference,
            statistic=statistic,
            first=sample["first"],
            second=sample["second"],
            sample=sample,
            swaps=draw_swaps(sample.n_clusters, n_permutations, np.random.default_rng(rng)),
        )
    return ExchangeResult(difference, p_value, n_permutations, sample.n, sample.n_dropped, sample.n_groups, status)


def draw_swaps(n_clusters: int, n_permutations: int, rng: np.random.Generator) -> Swaps:
    """Toss a coin for each cluster and permutation: 1 where the scorers change places, shape ``(N, n_clusters)``."""
    return rng.integers(0, 2, (n_permutations, n_clusters), dtype=np.int8)


def exchange_p_value(
    difference: float,
    *,
    statistic: ScorerStatistic,
    first: FloatArray,
    second: FloatArray,
    sample: Sample,
    swaps: Swaps,
) -> float:
    """Two-sided p-value of a difference among those after the exchanges.

    Args:
        difference: The observed one.
        statistic: Of what.
        first: Scores of the first scorer; its statistic must be defined.
        second: Scores of the second scorer.
        sample: Has ``references`` and the clusters.
        swaps: From `draw_swaps`.
    """
    difference_of = _differences(
        statistic,
        first=first,
        second=second,
        references=sample["references"],
        codes=sample.codes,
        n_clusters=sample.n_clusters,
    )
    return exchanged_share(difference_of, swaps=swaps, difference=difference)


def exchanged_share(difference_of: CountStatistic, *, swaps: Swaps, difference: float) -> float:
    """Two-sided p-value ``(1 + c) / (1 + N)``, with c the exchanges that give at least as large a difference.

    An exchange after which a scorer is constant has no difference. It counts as extreme, so that it never makes the
    p-value smaller.

    Args:
        difference_of: Takes exchanges as float64, shape ``(R, n_clusters)``, and returns the differences after them,
            shape ``(R,)``. Called with blocks of exchanges.
        swaps: All N exchanges.
        difference: The observed one.

    >>> exchanged_share(lambda swaps: swaps.sum(axis=1), swaps=np.eye(3, dtype=np.int8), difference=-1.0)
    1.0
    """
    block = max(1, BLOCK_VALUES // max(1, 2 * swaps.shape[1]))
    extreme = 0
    for start in range(0, len(swaps), block):
        exchanged = difference_of(swaps[start : start + block].astype(np.float64))
        extreme += int(np.count_nonzero(~(np.abs(exchanged) < abs(difference) - ROUNDING)))
    return (1 + extreme) / (1 + len(swaps))


def _differences(
    statistic: ScorerStatistic,
    *,
    first: FloatArray,
    second: FloatArray,
    references: FloatArray,
    codes: IntArray,
    n_clusters: int,
) -> CountStatistic:
    """Build the difference of the two statistics after exchanges, shape ``(N, n_clusters)`` in, ``(N,)`` out."""
    if statistic == "srcc":
        ranks = [rankdata(values) for values in (first, second, references)]
        return _exchanged_pearson(*(values - values.mean() for values in ranks), codes=codes, n_clusters=n_clusters)
    if statistic == "plcc":
        scaled = [(values - values.mean()) / values.std() for values in (first, second, references)]
        return _exchanged_pearson(*scaled, codes=codes, n_clusters=n_clusters)
    if statistic == "krcc":
        first, second = rankdata(first), rankdata(second)
    # Both scorers below each other, with clusters of their own: an exchange is then a choice of clusters.
    doubled = scorers_of_counts(
        statistic,
        predictions=[np.concatenate([first, second])],
        references=np.concatenate([references, references]),
        codes=np.concatenate([codes, codes + n_clusters]),
        n_clusters=2 * n_clusters,
    )

    def of_swaps(swaps: FloatArray) -> FloatArray:
        chosen, others = np.hstack([1 - swaps, swaps]), np.hstack([swaps, 1 - swaps])
        return np.asarray(doubled(chosen)[:, 0] - doubled(others)[:, 0])

    return of_swaps


def _exchanged_pearson(
    first: FloatArray, second: FloatArray, references: FloatArray, *, codes: IntArray, n_clusters: int
) -> CountStatistic:
    """Difference of Pearson correlations after exchanges, from sums per cluster; all values have mean 0."""
    n, spread = len(references), references @ references

    def sums(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(codes, weights=values, minlength=n_clusters), dtype=np.float64)

    columns = [
        np.column_stack([sums(values), sums(values**2), sums(values * references)]) for values in (first, second)
    ]

    def correlation(totals: FloatArray) -> FloatArray:
        total, squares, products = totals.T
        variance = squares - total**2 / n
        variance[variance <= CONSTANT * squares] = np.nan
        return np.asarray(products / np.sqrt(spread * variance))

    def of_swaps(swaps: FloatArray) -> FloatArray:
        moved = swaps @ (columns[1] - columns[0])
        return correlation(columns[0].sum(axis=0) + moved) - correlation(columns[1].sum(axis=0) - moved)

    return of_swaps
