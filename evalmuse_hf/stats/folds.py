"""Folds for cross-validation that never split a group."""

from collections.abc import Hashable, Sequence

import numpy as np

from evalmuse_hf.stats.sample import IntArray, group_numbers


def grouped_folds(
    *, groups: Sequence[Hashable], n_folds: int, rng: np.random.Generator | int | None = None
) -> IntArray:
    """Deal groups into folds at random; the rows of one group are in one fold.

    Args:
        groups: One label per row, for example the prompt.
        n_folds: Folds to fill; with fewer groups, every group is a fold.
        rng: Generator or seed; None draws a fresh seed.

    Returns:
        Fold of every row, from 0; the folds differ by at most one group.

    Raises:
        ValueError: If ``n_folds`` is below 2.

    References:
        Stone, *Cross-validatory choice and assessment of statistical predictions*, 1974; grouped as by
        ``sklearn.model_selection.GroupKFold``.

    >>> folds = grouped_folds(groups=["a", "a", "b", "c", "b", "d"], n_folds=2, rng=0)
    >>> bool(folds[0] == folds[1] and folds[2] == folds[4]), np.bincount(folds[[0, 2, 3, 5]]).tolist()
    (True, [2, 2])
    """
    if n_folds < 2:
        raise ValueError(f"`n_folds` must be at least 2, got {n_folds!r}; one fold leaves nothing to learn from.")
    codes = group_numbers(groups)
    n_groups = int(codes.max()) + 1 if len(codes) else 0
    order = np.random.default_rng(rng).permutation(n_groups)
    fold_of_group = np.empty(n_groups, dtype=np.intp)
    fold_of_group[order] = np.arange(n_groups) % n_folds
    return fold_of_group[codes]
