"""Differences of levels that met the same blocks, also where some met only a part of them."""

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.block_means import CONNECTED, read_cells
from evalmuse_hf.stats.clustered import ClusteredEstimate, clustered_estimates

_ROUNDING = 1e-12


def block_contrasts(
    *, values: ArrayLike, weights: ArrayLike | None = None, confidence_level: float = 0.95
) -> tuple[ClusteredEstimate, ...]:
    r"""Differences of every two adjusted means of `block_means`, each with a t interval over blocks.

    With :math:`L` the normal equations of the levels, :math:`c = L^+ (e_i - e_j)` the weights of a difference, and
    :math:`r` the residuals of the additive model, block b adds :math:`\psi_b = \sum_l c_l w_{lb} r_{lb}`, and its
    share of the weight is the part of the variance that it would have if errors were alike and independent. From these
    follow error, degrees of freedom and p-value as in `clustered_estimates`. Without missing cells that is the paired
    t test; two levels that never met are compared through third ones.

    Args:
        values: Mean of each cell, shape ``(levels, blocks)``, any scale; nan where a level did not meet a block.
        weights: Size of each cell, same shape, more than 0 where there is a value; None counts every cell once.
        confidence_level: Of the intervals, in (0, 1).

    Returns:
        For levels 0 and 1, 0 and 2, ..., 1 and 2, ... the first less the second; ``n_clusters`` counts the blocks that
        say something about the difference. nan with a status where some levels share no blocks with the others, not
        even through third ones.

    Raises:
        ValueError: See `block_means`.

    References:
        Bell and McCaffrey, *Bias reduction in standard errors for linear regression with multi-stage samples*, 2002;
        additive model: Searle, *Linear Models for Unbalanced Data*, 1987, chapter 4.

    >>> nan = float("nan")  # A and C never met
    >>> found = block_contrasts(values=[[4.0, 3.0, 5.0, nan], [3.0, 2.5, 3.5, 2.0], [nan, nan, nan, 1.0]])
    >>> [round(difference.statistic, 1) for difference in found]
    [1.0, 2.0, 1.0]
    """
    table, sizes = read_cells(values, weights)
    n_levels = len(table)
    held = sizes.sum(axis=0)
    block = (sizes * table).sum(axis=0) / held
    laplacian = np.diag(sizes.sum(axis=1)) - (sizes / held) @ sizes.T
    scale = np.linalg.eigvalsh(laplacian) if n_levels > 1 else np.ones(2)
    if not (held.size and scale[1] > CONNECTED * scale[-1]):
        nan = float("nan")
        status = "some levels share no blocks with the others"
        return (ClusteredEstimate(nan, nan, nan, None, nan, 0, status),) * (n_levels * (n_levels - 1) // 2)
    inverse = np.linalg.pinv(laplacian, hermitian=True)
    effects = inverse @ (sizes * (table - block)).sum(axis=1)
    fitted = effects[:, None] - (sizes * effects[:, None]).sum(axis=0) / held
    residuals = sizes * (table - block - fitted)
    found: list[ClusteredEstimate] = []
    for first in range(n_levels - 1):
        gaps = (inverse[first] - inverse[first + 1 :]).T
        spread = sizes.T @ gaps**2 - (sizes.T @ gaps) ** 2 / held[:, None]
        spread = np.where(spread > _ROUNDING * spread.max(axis=0), spread, 0.0)
        found += clustered_estimates(
            estimates=effects[first] - effects[first + 1 :],
            influence=residuals.T @ gaps,
            shares=spread / spread.sum(axis=0),
            confidence_level=confidence_level,
        )
    return tuple(found)
