"""The first ratings of every item: the basis on which agreement is compared."""

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.rated_items import read_table
from evalmuse_hf.stats.sample import FloatArray


def first_ratings(ratings: ArrayLike, *, k: int = 3, order: ArrayLike | None = None) -> FloatArray:
    """Keep the first k ratings of each item and blank the others.

    Agreement is reported on these. Where a rule has items rated again because their first ratings lie far apart (from
    three to six in EvalMuse-40K), the items that disagree count by more ratings than the others, and agreement over
    all ratings is biased: kappa and the intraclass correlation downward, alpha downward where items differ in how
    clear they are. Such numbers are labelled, see `AgreementResult.label`.

    Args:
        ratings: Shape ``(items, raters)``, nan or None where there is no rating.
        k: How many are kept; an item with fewer keeps all it has.
        order: Time or rank of each rating, same shape. None: from left to right, which is right for lists of ratings
            in the order in which they were given, and wrong for columns that are persons.

    Returns:
        The same table with nan in place of later ratings; columns stay where they are.

    Raises:
        ValueError: If ``k`` is below 1, the shapes differ, or a rating has no place in the order.
        TypeError: If a table is not numeric.

    >>> first_ratings([[1, None, 4, 2], [3, 3, 3, None]], k=2)
    array([[ 1., nan,  4., nan],
           [ 3.,  3., nan, nan]])
    """
    if k < 1:
        raise ValueError(f"`k` must be at least 1, got {k!r}.")
    table = read_table(ratings)
    present = ~np.isnan(table)
    if order is None:
        places = np.broadcast_to(np.arange(table.shape[1], dtype=np.float64), table.shape)
    else:
        places = read_table(order, name="order")
        if places.shape != table.shape:
            raise ValueError(f"`order` must have the shape of `ratings`, {table.shape}, got {places.shape}.")
        if (present & np.isnan(places)).any():
            item, rater = np.argwhere(present & np.isnan(places))[0]
            raise ValueError(f"`order` has no place for the rating at item {item}, rater {rater} (counted from 0).")
    by_place = np.argsort(np.where(present, places, np.inf), axis=1, kind="stable")
    kept = np.zeros_like(present)
    np.put_along_axis(kept, by_place[:, :k], True, axis=1)
    return np.where(kept & present, table, np.nan)
