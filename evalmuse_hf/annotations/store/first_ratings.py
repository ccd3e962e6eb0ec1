"""The first ratings of an item in a round: those of its first raters, as corrected last."""

from dataclasses import dataclass

import sqlalchemy as sa

from evalmuse_hf.annotations.store.leases import SUBMITTED
from evalmuse_hf.annotations.store.tables import assignments, ratings

_FIRST = (
    sa.select(ratings.c.rating_id, ratings.c.overall, assignments.c.rater_id)
    .join(assignments, assignments.c.assignment_id == ratings.c.assignment_id)
    .where(assignments.c.round_item_id == sa.bindparam("round_item_id"), assignments.c.state == SUBMITTED)
    .order_by(ratings.c.rating_id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRating:
    """A rating that counts, of one rater.

    Attributes:
        rating_id: The line of the log that counts.
        rater_id: Who rated.
        overall: 1 to 5.
    """

    rating_id: int
    rater_id: int
    overall: int


def first_ratings(connection: sa.Connection, round_item_id: int) -> list[FirstRating]:
    """The ratings of an item that count, in the order in which their raters first answered.

    Args:
        connection: A transaction.
        round_item_id: The item of a round.
    """
    found: dict[int, FirstRating] = {}
    for row in connection.execute(
        _FIRST, {"round_item_id": round_item_id}
    ):  # a correction takes the place of what it corrects
        found[row.rater_id] = FirstRating(rating_id=row.rating_id, rater_id=row.rater_id, overall=row.overall)
    return list(found.values())
