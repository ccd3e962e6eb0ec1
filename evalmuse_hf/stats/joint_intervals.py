"""Bootstrap intervals of several statistics from the same resamples."""

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from evalmuse_hf.stats.resampling import (
    BootstrapInterval,
    CountStatistic,
    Resampling,
    interval_of_values,
    left_out_values,
    resampled_values,
)
from evalmuse_hf.stats.sample import Sample
from evalmuse_hf.stats.verdicts import Verdicts

logger = logging.getLogger(__name__)


def bootstrap_intervals(
    statistics: CountStatistic, *, n_statistics: int, sample: Sample, resampling: Resampling
) -> list[BootstrapInterval]:
    """Intervals of several statistics, such as one for each category, from one set of resamples.

    A category that only some groups have is resampled with all of them: how many of its groups are drawn varies, as
    it would among new prompts. Which of them have no interval says `interval_of_values`.

    Args:
        statistics: Takes draw counts of shape ``(R, n_clusters)``, returns shape ``(R, n_statistics)``.
        n_statistics: How many there are.
        sample: Rows and clusters.
        resampling: Number of resamples, level, seed and method.

    References:
        See `bootstrap_interval`.

    >>> from evalmuse_hf.stats.sample import read_sample
    >>> sample = read_sample({"values": [1.0, 2.0, 3.0, 4.0]}, groups=None)
    >>> both = np.column_stack([sample["values"], 2 * sample["values"]])
    >>> means = lambda counts: counts @ both / counts.sum(axis=1, keepdims=True)
    >>> found = bootstrap_intervals(means, n_statistics=2, sample=sample, resampling=Resampling(1000, rng=0))
    >>> found[0].interval, found[1].interval
    (ConfidenceInterval(low=1.5, high=3.5), ConfidenceInterval(low=3.0, high=7.0))
    """
    nothing = [BootstrapInterval(None)] * n_statistics
    if resampling.n_resamples == 0 or n_statistics == 0:
        return nothing
    if sample.n_clusters < 2:
        logger.warning(
            "No confidence interval: at least 2 groups (or ungrouped rows) are needed, got %d.", sample.n_clusters
        )
        return nothing
    values = resampled_values(statistics, sample=sample, resampling=resampling)
    if resampling.method == "percentile":
        return [interval_of_values(column, resampling=resampling) for column in values.T]
    estimates = statistics(np.ones((1, sample.n_clusters)))[0]
    left_out = left_out_values(statistics, sample=sample)
    return [
        interval_of_values(column, resampling=resampling, estimate=float(estimate), left_out=jackknife)
        for column, estimate, jackknife in zip(values.T, estimates, left_out.T, strict=True)
    ]


def part_intervals(
    statistics: Sequence[CountStatistic], *, defined: Sequence[bool], verdicts: Verdicts, resampling: Resampling
) -> list[BootstrapInterval]:
    """Interval of one statistic for all elements and for each category, from the same resamples.

    Args:
        statistics: Of each part of ``verdicts``, in order.
        defined: Whether the statistic of the part has a value.
        verdicts: Rows, clusters and parts.
        resampling: Number of resamples, level, seed and method.

    Returns:
        One per part; none where the statistic has no value or, without a warning, for a category of one group.
    """
    if not defined[0]:
        resampling = replace(resampling, n_resamples=0)
    wanted = [
        number
        for number, part in enumerate(verdicts.parts)
        if defined[number] and (part.category is None or len(np.unique(part.codes)) > 1)
    ]
    found = bootstrap_intervals(
        lambda counts: np.column_stack([statistics[number](counts) for number in wanted]),
        n_statistics=len(wanted),
        sample=verdicts.sample,
        resampling=resampling,
    )
    by_part = dict(zip(wanted, found, strict=True))
    return [by_part.get(number, BootstrapInterval(None)) for number in range(len(verdicts.parts))]


def say_undefined(what: str, status: str, *, resampling: Resampling) -> None:
    """Log why a statistic has no value: a warning where an interval was asked for.

    Args:
        what: Its name.
        status: Of the result; nothing is logged for ``"ok"``.
        resampling: What was asked for.
    """
    if status != "ok":
        level = logging.WARNING if resampling.n_resamples else logging.INFO
        logger.log(level, "The %s is undefined: %s.", what, status)
