"""A rater's own assignments: found by their number, and by nobody else's."""

from typing import Any

import sqlalchemy as sa

from evalmuse_hf.annotations.errors import ConflictError, NotAllowedError
from evalmuse_hf.annotations.store.leases import REFUSED, SKIPPED, SUBMITTED
from evalmuse_hf.annotations.store.tables import assignments, elements, items, ratings, round_items

_ENDED = {
    SUBMITTED: (
        "already_answered",
        "You have answered this item already; open it from your list of answers to correct it.",
    ),
    SKIPPED: ("skipped", "You have skipped this item, so others rate it; go on with the next one."),
    REFUSED: ("returned", "Your answer to this item was returned, and others rate it now; go on with the next one."),
}

# Statements that every request runs are made once: putting one together takes longer than running it.
_ASSIGNMENT = sa.bindparam("assignment_id", type_=sa.Integer)
_OWN = (
    sa.select(assignments, round_items.c.item_id)
    .join(round_items, round_items.c.round_item_id == assignments.c.round_item_id)
    .where(assignments.c.assignment_id == _ASSIGNMENT, assignments.c.rater_id == sa.bindparam("rater_id"))
)
_N_RATINGS = sa.select(sa.func.count()).select_from(ratings).where(ratings.c.assignment_id == _ASSIGNMENT)
_ELEMENT_IDS = (
    sa.select(elements.c.element_id)
    .join(items, items.c.prompt_id == elements.c.prompt_id)
    .where(items.c.item_id == sa.bindparam("item_id"))
    .order_by(elements.c.position)
)


def own_assignment(connection: sa.Connection, rater_id: int, assignment_id: int) -> "sa.Row[Any]":
    """An assignment of this rater; one that is somebody else's and one that does not exist look the same.

    Args:
        connection: A transaction.
        rater_id: The rater.
        assignment_id: As the rater gave it.

    Returns:
        Its row, with the number of its item.

    Raises:
        NotAllowedError: If the rater has no such assignment.
    """
    row = connection.execute(_OWN, {"assignment_id": assignment_id, "rater_id": rater_id}).one_or_none()
    if row is None:
        raise NotAllowedError("This item was not given to you; ask for the next one.")
    return row


def count_ratings(connection: sa.Connection, assignment_id: int) -> int:
    """How often an assignment was answered, corrections counted: the revision of its next rating.

    Args:
        connection: A transaction.
        assignment_id: The assignment.
    """
    number: int = connection.execute(_N_RATINGS, {"assignment_id": assignment_id}).scalar_one()
    return number


def refuse_ended(state: str) -> None:
    """Refuse an answer to an item that its rater is done with.

    Args:
        state: Of the assignment.

    Raises:
        ConflictError: If it was answered, skipped or given to others.
    """
    if state in _ENDED:
        status, message = _ENDED[state]
        raise ConflictError(message, status=status)


def lease_is_over() -> ConflictError:
    """What to say where the item of a lease that ran out is rated by somebody else by now."""
    return ConflictError(
        "Your time for this item had run out and it went to another rater, so your answer was not needed any more; "
        "go on with the next one.",
        status="expired_lease",
    )


def element_ids_of(connection: sa.Connection, item_id: int) -> list[int]:
    """The elements of the prompt of an item, in their order.

    Args:
        connection: A transaction.
        item_id: The item.
    """
    return list(connection.execute(_ELEMENT_IDS, {"item_id": item_id}).scalars())
