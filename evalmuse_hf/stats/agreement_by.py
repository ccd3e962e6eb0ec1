"""A statistic of agreement for each category of items."""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.rated_items import read_table

Result = TypeVar("Result")


def agreement_by(
    statistic: Callable[..., Result],
    ratings: ArrayLike,
    *,
    categories: Sequence[str | None],
    groups: Sequence[Hashable] | None = None,
    n_resamples: int = 0,
    rng: np.random.Generator | int | None = None,
    **options: object,
) -> dict[str, Result]:
    """Compute a statistic on the items of each category.

    Args:
        statistic: Any of this package that takes a table of ratings, such as `krippendorff_alpha`.
        ratings: Shape ``(items, raters)``, nan or None where there is no rating.
        categories: One per item; items with None belong to no category.
        groups: One label per item, drawn together for the intervals; None for independent items.
        n_resamples: Of each interval; a category of a single group gets none.
        rng: Generator or seed; the categories draw from it one after the other.
        **options: What else the statistic takes.

    Returns:
        Its result by category, in alphabetical order. A category too small for the statistic is there, with nan and
        a status.

    Raises:
        ValueError: If there is not one category, or group, per item; and whatever the statistic raises.

    >>> from evalmuse_hf.stats.agreement import krippendorff_alpha
    >>> table, categories = [[1, 1], [0, 0], [1, 0], [0, 0]], ["color", "color", "food", "food"]
    >>> results = agreement_by(krippendorff_alpha, table, categories=categories, level="nominal")
    >>> {category: result.statistic for category, result in results.items()}
    {'color': 1.0, 'food': 0.0}
    """
    table, generator = read_table(ratings), np.random.default_rng(rng)
    for name, labels in (("category", categories), ("group", groups)):
        if labels is not None and len(labels) != len(table):
            raise ValueError(f"Expected one {name} per item, got {len(labels)} for {len(table)} items.")
    results = {}
    for category in sorted({name for name in categories if name is not None}):
        rows = [row for row, name in enumerate(categories) if name == category]
        own = None if groups is None else [groups[row] for row in rows]
        n_clusters = len(rows) if own is None else len(set(own))
        results[category] = statistic(
            table[rows],
            groups=own,
            n_resamples=n_resamples if n_clusters > 1 else 0,  # nothing to warn of
            rng=generator,
            **options,
        )
    return results
