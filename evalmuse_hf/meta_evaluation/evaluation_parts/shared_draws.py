"""Several correlations of the same pairs, with intervals from one set of resamples: what is drawn once costs once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from evalmuse_hf.meta_evaluation.evaluation_parts.judged import FloatArray
from evalmuse_hf.stats import CorrelationResult, krcc, plcc, srcc
from evalmuse_hf.stats.joint_intervals import bootstrap_intervals
from evalmuse_hf.stats.resampling import CountStatistic, Resampling
from evalmuse_hf.stats.sample import Sample, read_sample
from evalmuse_hf.stats.weighted_correlation import kendall_of_counts, pearson_of_counts, spearman_of_counts

Correlation = Literal["srcc", "krcc", "plcc"]

MANY_PAIRS = 5_000
"""Pairs beyond which the KRCC of what stands beside the main figures has no interval: it would cost more than all."""

CORRELATIONS: tuple[Correlation, ...] = ("srcc", "krcc", "plcc")

_STATISTICS: Mapping[Correlation, Callable[..., CorrelationResult]] = {"srcc": srcc, "krcc": krcc, "plcc": plcc}
_OF_COUNTS: Mapping[Correlation, Callable[[Sample], CountStatistic]] = {
    "srcc": spearman_of_counts,
    "krcc": kendall_of_counts,
    "plcc": pearson_of_counts,
}


def correlations(
    *,
    predictions: FloatArray,
    references: FloatArray,
    groups: Sequence[str],
    n_resamples: int,
    rng: np.random.Generator,
    names: Sequence[Correlation] = CORRELATIONS,
    beside: bool = False,
) -> dict[Correlation, CorrelationResult]:
    """Correlations of the same pairs, their intervals from the same resamples of whole prompts.

    Args:
        predictions: Scores.
        references: Mean ratings of the same pairs.
        groups: Label of each pair's prompt.
        n_resamples: Bootstrap resamples; 0 means no intervals.
        rng: Of the resamples.
        names: Which of them.
        beside: They stand beside the main figures; see `MANY_PAIRS`.
    """
    results = {
        name: _STATISTICS[name](predictions=predictions, references=references, groups=groups) for name in names
    }
    costly = beside and len(references) > MANY_PAIRS
    wanted = [name for name, result in results.items() if result.status == "ok" and not (costly and name == "krcc")]
    if not wanted or not n_resamples:
        return results
    sample = read_sample({"predictions": predictions, "references": references}, groups=groups)
    of_counts = [_OF_COUNTS[name](sample) for name in wanted]
    found = bootstrap_intervals(
        lambda counts: np.column_stack([one(counts) for one in of_counts]),
        n_statistics=len(wanted),
        sample=sample,
        resampling=Resampling(n_resamples=n_resamples, rng=rng),
    )
    for name, own in zip(wanted, found, strict=True):
        results[name] = replace(
            results[name], confidence_interval=own.interval, n_failed=own.n_failed, interval_method=own.method
        )
    return results
