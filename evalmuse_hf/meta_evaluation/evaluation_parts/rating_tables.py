"""Single ratings of the judged pairs as tables of items and raters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalmuse_hf.meta_evaluation.evaluation_parts.judged import BoolArray, FloatArray, JudgedPairs
from evalmuse_hf.meta_evaluation.joining import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingTable:
    """Single ratings.

    Attributes:
        values: Shape ``(items, raters)``, nan where there is no rating; a column is a person if ``identified``, and a
            place in the lists if not.
        prompts: Label of each item's prompt.
        categories: Of each item, if it is an element; else empty.
        identified: Whether a column is a person.
    """

    values: FloatArray
    prompts: tuple[str, ...]
    categories: tuple[str | None, ...] = ()
    identified: bool = False

    @property
    def sizes(self) -> FloatArray:
        """Ratings of each item, shape ``(items,)``."""
        return np.asarray((~np.isnan(self.values)).sum(axis=1), dtype=np.float64)

    @property
    def whole(self) -> bool:
        """Whether every rating is a whole number, as the models of ratings need."""
        return bool(np.all(np.isnan(self.values) | (self.values % 1 == 0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainRule:
    """How many ratings the mean of an item has; see `evalmuse_hf.stats.noise_ceiling`.

    Attributes:
        first: Ratings of every item; None if they have no common number.
        again_at: Range of the first ratings from which an item got as many again; None for never.
    """

    first: int | None = None
    again_at: float | None = None


def overall_ratings(pairs: JudgedPairs, raters: Mapping[str, tuple[str, ...]]) -> RatingTable | None:
    """Overall ratings of the pairs that have single ratings; None if there are none.

    Args:
        pairs: The pairs.
        raters: Names of the raters behind each list, by picture; empty if they are anonymous.
    """
    lists = [list(row.get("overall_ratings") or ()) for row in pairs.rows]
    if not any(lists):
        return None
    if not raters:
        return RatingTable(values=_padded(lists), prompts=pairs.prompts)
    columns: dict[str, int] = {}
    for path in pairs.paths:
        for name in raters.get(path, ()):
            columns.setdefault(name, len(columns))
    values = np.full((pairs.n, len(columns)), np.nan)
    for item, (path, ratings) in enumerate(zip(pairs.paths, lists, strict=True)):
        for name, rating in zip(raters.get(path, ()), ratings, strict=False):
            values[item, columns[name]] = np.nan if rating is None else rating
    return RatingTable(values=values, prompts=pairs.prompts, identified=True)


def element_ratings(rows: Sequence[Row], prompts: Sequence[str]) -> RatingTable | None:
    """Yes/no ratings of the elements that have single ratings; None if there are none.

    Args:
        rows: Rows of the data set.
        prompts: Label of each row's prompt.
    """
    found = [
        (element["ratings"], prompt, element["category"])
        for row, prompt in zip(rows, prompts, strict=True)
        for element in row["elements"] or ()
        if element.get("ratings")
    ]
    if not found:
        return None
    lists, groups, categories = zip(*found, strict=True)
    return RatingTable(values=_padded(lists), prompts=groups, categories=categories)


def find_rule(table: RatingTable) -> AgainRule:
    """Read off the numbers of ratings by which rule items were rated again.

    If every item has k or 2 k ratings, and the first k of those with 2 k range over more than those of all others,
    the rule is that of EvalMuse-40K: as many again from that range on.

    Args:
        table: Ratings in the order in which they were given.

    >>> import numpy as np
    >>> again = [[1, 3, 2, 2, 2, 3], [4, 4, 5, np.nan, np.nan, np.nan]]
    >>> find_rule(RatingTable(values=np.array(again), prompts=("a", "b")))
    AgainRule(first=3, again_at=2.0)
    """
    sizes = table.sizes
    numbers = np.unique(sizes[sizes > 0]).astype(int)
    if len(numbers) == 1:
        return AgainRule(first=int(numbers[0]))
    if table.identified or len(numbers) != 2 or numbers[1] != 2 * numbers[0]:
        return AgainRule()
    first = int(numbers[0])
    again: BoolArray = sizes == numbers[1]
    ranges = np.ptp(table.values[sizes > 0][:, :first], axis=1)
    rated_again = again[sizes > 0]
    threshold = float(ranges[rated_again].min())
    if (ranges[~rated_again] >= threshold).any():
        return AgainRule()
    return AgainRule(first=first, again_at=threshold)


def _padded(lists: Sequence[Sequence[float | None]]) -> FloatArray:
    sizes = np.array([len(ratings) for ratings in lists])
    values = np.full((len(lists), int(sizes.max())), np.nan)
    given = [np.nan if rating is None else float(rating) for ratings in lists for rating in ratings]
    values[np.arange(values.shape[1]) < sizes[:, None]] = given
    return values
