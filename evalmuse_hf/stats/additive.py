"""Means of one factor adjusted for another: the two-way additive least-squares fit."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.sample import IntArray, read_sample

TOLERANCE = 1e-12  # of the solver; means on a scale of 1 to 5 are then exact to more digits than anyone prints


@dataclass(frozen=True)
class AdjustedMeans:
    """Means of the levels of a factor, as if each had met every block.

    Attributes:
        means: By level, in order of first appearance; empty where they are undefined.
        n: Rows used.
        n_blocks: Different blocks.
        status: ``"ok"``, or why there are no means.
    """

    means: Mapping[Hashable, float]
    n: int
    n_blocks: int
    status: str = "ok"


def adjusted_means(*, values: ArrayLike, levels: Sequence[Hashable], blocks: Sequence[Hashable]) -> AdjustedMeans:
    r"""Means of the levels after the blocks have been allowed for.

    Fits :math:`y = \mu + a_\text{level} + b_\text{block}` by least squares, with effects that sum to zero on either
    side, and returns :math:`\mu + a_\text{level}`. With generators as levels and prompts as blocks this is the mean
    score of a generator as if it had drawn every prompt once; a generator that was given harder prompts is not blamed.

    Args:
        values: Shape ``(n,)``, any scale.
        levels: One label per row, what is compared.
        blocks: One label per row, what is allowed for.

    Returns:
        The means, on the scale of ``values``; none with a status for no rows, or if some levels share no blocks with
        the others, not even through third ones, so that nothing compares them.

    Raises:
        ValueError: If the lengths differ, or a value is nan or infinite.

    References:
        The additive model of a two-way layout with unequal cell numbers: Searle, *Linear Models for Unbalanced Data*,
        1987, chapter 4. Solver: Paige and Saunders, *LSQR*, 1982, ``scipy.sparse.linalg.lsqr``.

    >>> fit = adjusted_means(values=[4.0, 3.0, 2.0], levels=["A", "B", "A"], blocks=["easy", "easy", "hard"])
    >>> fit.means
    {'A': 3.0, 'B': 2.0}
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components
    from scipy.sparse.linalg import lsqr

    by_block = read_sample({"values": values}, groups=blocks)
    by_level = read_sample({"values": values}, groups=levels)
    n, n_levels, n_blocks = by_block.n, by_level.n_clusters, by_block.n_clusters
    if not n:
        return AdjustedMeans({}, 0, 0, "no rows")
    columns = np.column_stack([by_level.codes, n_levels + by_block.codes])
    size = n_levels + n_blocks
    edges = csr_array((np.ones(n), (columns[:, 0], columns[:, 1])), shape=(size, size))
    if connected_components(edges, directed=False)[0] > 1:
        return AdjustedMeans({}, n, n_blocks, "some levels share no blocks with the others")
    design = csr_array((np.ones(2 * n), columns.reshape(-1), 2 * np.arange(n + 1)), shape=(n, size))
    center = by_block["values"].mean()
    effects = lsqr(design, by_block["values"] - center, atol=TOLERANCE, btol=TOLERANCE, iter_lim=10 * size)[0]
    # Whatever the solver moved from one side to the other cancels here.
    means = center + effects[:n_levels] + effects[n_levels:].mean()
    return AdjustedMeans(dict(zip(_labels(levels, by_level.codes), means.tolist(), strict=True)), n, n_blocks)


def _labels(levels: Sequence[Hashable], codes: IntArray) -> list[Hashable]:
    """Label of each code."""
    return [levels[row] for row in np.unique(codes, return_index=True)[1]]
