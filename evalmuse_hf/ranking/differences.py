"""Every two generators on the prompts that both have, and which of them can be told apart."""

from collections.abc import Sequence

import numpy as np

from evalmuse_hf.ranking.records import Difference
from evalmuse_hf.stats import holm
from evalmuse_hf.stats.block_contrasts import block_contrasts
from evalmuse_hf.stats.clustered import ClusteredEstimate, clustered_means
from evalmuse_hf.stats.detectable import prompts_needed
from evalmuse_hf.stats.sample import FloatArray
from evalmuse_hf.stats.separation import significance_letters

_ROUNDING = 1e-12


def compare_generators(names: Sequence[str], table: FloatArray, *, adjusted: bool = False) -> tuple[Difference, ...]:
    """Compare every two generators prompt by prompt.

    The difference of two is the mean over prompts of the difference of their mean scores; error, interval and p-value
    are those of Student's t over prompts. p-values are adjusted by Holm's method for all pairs together.

    Args:
        names: Generators, best first; the first of a pair is the better one.
        table: Mean score of each generator and prompt, shape ``(generators, prompts)``; nan where one is missing.
        adjusted: Compare the means of the additive model of generators and prompts, so that prompts count which one of
            two has met along with third ones; without missing scores that changes nothing.

    Returns:
        One record per pair. Where two share fewer than two prompts, or differ by the same amount in every prompt,
        there is no interval.

    >>> pairs = compare_generators(["A", "B"], np.array([[4.0, 3.0, 5.0], [3.0, 2.5, 3.5]]))
    >>> pairs[0].difference, pairs[0].p_value, pairs[0].n_prompts  # differences 1, 0.5, 1.5: t = 3.46 with df 2
    (1.0, 0.0742, 3)
    """
    n = len(names)
    pairs = [(first, second) for first in range(n) for second in range(first + 1, n)]
    estimates = block_contrasts(values=table) if adjusted else _paired(table)
    p_values = holm(p_values=[estimate.p_value for estimate in estimates])
    return tuple(
        _difference(names[first], names[second], estimate, float(p_value), neighbours=second == first + 1)
        for (first, second), estimate, p_value in zip(pairs, estimates, p_values, strict=True)
    )


def letters_of(names: Sequence[str], differences: Sequence[Difference]) -> dict[str, str]:
    """Letters that two generators share if, and only if, they are not separated.

    Args:
        names: Generators, best first.
        differences: Of every two.

    Returns:
        Letters by generator; empty ones if no pair could be tested.
    """
    if not any(np.isfinite(pair.adjusted_p_value) for pair in differences):
        return dict.fromkeys(names, "")
    places = {name: place for place, name in enumerate(names)}
    separated = np.zeros((len(names), len(names)), dtype=bool)
    for pair in differences:
        first, second = places[pair.first], places[pair.second]
        separated[first, second] = separated[second, first] = pair.separated
    return dict(zip(names, significance_letters(separated=separated), strict=True))


def _paired(table: FloatArray) -> list[ClusteredEstimate]:
    """Every two rows on the prompts that both have, each prompt a cluster."""
    found: list[ClusteredEstimate] = []
    for first in range(len(table) - 1):
        gaps = table[first] - table[first + 1 :]
        labels, prompts = np.nonzero(~np.isnan(gaps))
        found += clustered_means(values=gaps[labels, prompts], labels=labels, clusters=prompts, n_labels=len(gaps))
    return found


def _difference(
    first: str, second: str, estimate: ClusteredEstimate, adjusted_p_value: float, *, neighbours: bool
) -> Difference:
    interval = estimate.confidence_interval
    varies = interval is not None and interval.high - interval.low > _ROUNDING * max(1.0, abs(estimate.statistic))
    needed = None
    if varies:
        needed = prompts_needed(
            difference=estimate.statistic, standard_error=estimate.standard_error, n_prompts=estimate.n_clusters
        )
    return Difference(
        first=first,
        second=second,
        difference=estimate.statistic,
        low=interval.low if interval is not None and varies else None,
        high=interval.high if interval is not None and varies else None,
        p_value=estimate.p_value,
        adjusted_p_value=adjusted_p_value,
        n_prompts=estimate.n_clusters,
        n_prompts_needed=needed,
        neighbours=neighbours,
    )
