"""The ratings of a campaign as tables for the statistics: a row per item or element, a column per rater."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalmuse_hf.annotations.aggregation import CountedItem, row_values
from evalmuse_hf.annotations.records import RatingRow
from evalmuse_hf.stats.sample import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingTable:
    """Ratings as the statistics take them.

    Attributes:
        values: Shape ``(rows, raters)``; nan where a rater did not rate.
        raters: The person behind each column; None where ratings are anonymous and a column is just a place.
        item_ids: The item of each row.
        prompt_ids: Its prompt, the cluster of every interval.
        categories: The reporting category of each row's element, ``"none"`` where it has none; empty for overall
            ratings.
    """

    values: FloatArray
    raters: tuple[str, ...] | None
    item_ids: tuple[int, ...]
    prompt_ids: tuple[str, ...]
    categories: tuple[str, ...] = ()

    def of_category(self, category: str) -> "RatingTable":
        """The rows of one category.

        Args:
            category: As in ``categories``.
        """
        rows = [row for row, own in enumerate(self.categories) if own == category]
        return RatingTable(
            values=self.values[rows],
            raters=self.raters,
            item_ids=tuple(self.item_ids[row] for row in rows),
            prompt_ids=tuple(self.prompt_ids[row] for row in rows),
            categories=(category,) * len(rows),
        )


def overall_table(counted: Sequence[CountedItem], *, first: int | None = 3) -> RatingTable:
    """Overall ratings, a row per item and a column per rater.

    Args:
        counted: Items with their ratings.
        first: Only so many first ratings of each; None for all that count. Whether an item gets more depends on how
            far the first ones are apart, so agreement over all of them is biased downward.
    """
    picked = [(item, _picked(item, first)) for item in counted]
    cells = [[(row.rater, float(row.overall)) for row in rows] for _, rows in picked]
    return _table(cells, [item for item, _ in picked])


def element_table(counted: Sequence[CountedItem], *, first: int | None = 3) -> RatingTable:
    """Answers to elements, a row per element of an item and a column per rater.

    Args:
        counted: Items with their ratings.
        first: As in `overall_table`.
    """
    cells: list[list[tuple[str | None, float]]] = []
    owners: list[CountedItem] = []
    categories: list[str] = []
    for item in counted:
        rows = _picked(item, first)
        answers = [row_values(row, item.item) for row in rows]
        for index, element in enumerate(item.item.prompt.elements):
            cells.append([(row.rater, float(values[index])) for row, values in zip(rows, answers, strict=True)])
            owners.append(item)
            categories.append(element.category or "none")
    return _table(cells, owners, tuple(categories))


def _picked(item: CountedItem, first: int | None) -> tuple[RatingRow, ...]:
    return item.ratings if first is None else item.first[:first]


def _table(
    cells: Sequence[Sequence[tuple[str | None, float]]],
    owners: Sequence[CountedItem],
    categories: tuple[str, ...] = (),
) -> RatingTable:
    """Columns are people if every rating has a name, and places if one has none."""
    names = {rater for row in cells for rater, _ in row}
    known = None if None in names else tuple(sorted(name for name in names if name is not None))
    width = max([0, *(len(row) for row in cells)]) if known is None else len(known)
    column_of = {name: column for column, name in enumerate(known or ())}
    values = np.full((len(cells), width), np.nan)
    for number, row in enumerate(cells):
        for place, (rater, value) in enumerate(row):
            values[number, place if rater is None or known is None else column_of[rater]] = value
    return RatingTable(
        values=values,
        raters=known,
        item_ids=tuple(owner.item.item_id for owner in owners),
        prompt_ids=tuple(owner.item.prompt.prompt_id for owner in owners),
        categories=categories,
    )
