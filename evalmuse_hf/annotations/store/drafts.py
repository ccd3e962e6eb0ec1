"""What a rater has filled in and not sent yet; saving it keeps the item for the rater."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from evalmuse_hf.annotations.errors import ConflictError
from evalmuse_hf.annotations.store.access import round_access
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.leases import EXPIRED, LEASED, RETURNED
from evalmuse_hf.annotations.store.owned import element_ids_of, own_assignment, refuse_ended
from evalmuse_hf.annotations.store.tables import assignments
from evalmuse_hf.annotations.store.takeover import take_again
from evalmuse_hf.annotations.store.transactions import lock_rater, lock_round_items, write
from evalmuse_hf.annotations.submissions import parse_draft

# Statements that every request runs are made once: putting one together takes longer than running it.
_SAVE = (
    sa.update(assignments)
    .where(assignments.c.assignment_id == sa.bindparam("of_assignment"))
    .values(
        state=sa.bindparam("new_state"),
        draft=sa.bindparam("kept", type_=sa.JSON),
        draft_revision=sa.bindparam("next"),
        expires_at=sa.bindparam("until"),
        ended_at=sa.null(),
    )
)


def save_draft(store: Store, rater_id: int, assignment_id: int, *, revision: int, draft: Mapping[str, Any]) -> int:
    """Keep what is filled in, and the item for as long as a lease of its round lasts from now on.

    Args:
        store: The store.
        rater_id: The rater.
        assignment_id: The assignment.
        revision: Of the draft that this one replaces.
        draft: The fields of an answer, as far as they are filled in; not trusted.

    Returns:
        The revision of this draft.

    Raises:
        NotAllowedError: If the item is not the rater's.
        AnnotationError: If the draft is no part of an answer.
        ConflictError: If another tab has saved since, the item was answered, or its lease ran out and it went to
            another rater.
    """

    def work(connection: sa.Connection) -> int:
        lock_rater(connection, rater_id)
        held = own_assignment(connection, rater_id, assignment_id)
        round_item = lock_round_items(connection, [held.round_item_id])[held.round_item_id]
        row = own_assignment(connection, rater_id, assignment_id)
        refuse_ended(row.state)
        kept = parse_draft(draft, element_ids=element_ids_of(connection, row.item_id))
        if revision != row.draft_revision:
            raise ConflictError(
                "This item was saved in another tab or window since; go on there, or load the page again.",
                status="other_tab",
            )
        now = store.clock()
        access = round_access(connection, rater_id, row.round_id)
        if row.state != LEASED:
            _refuse_a_second_lease(connection, rater_id)
        if row.state == EXPIRED:
            take_again(connection, access, round_item, rater_id)
        # A closed round hands out nothing, so its leases are not made longer either; and what was returned to the
        # rater stays the rater's, as a lease of it could run out.
        expires_at = now + access.settings.lease_seconds if access.is_open else row.expires_at
        state = RETURNED if row.state == RETURNED and not access.is_open else LEASED
        values = {"of_assignment": assignment_id, "kept": kept, "next": revision + 1, "until": expires_at}
        values["new_state"] = state
        connection.execute(_SAVE, values)
        return revision + 1

    return write(store, work)


def lease_end(store: Store, rater_id: int, assignment_id: int) -> float | None:
    """Until when an item is kept for its rater, seconds since 1970; None if it is not.

    Args:
        store: The store.
        rater_id: The rater.
        assignment_id: The assignment.

    Raises:
        NotAllowedError: If the item is not the rater's.
    """
    with store.read() as connection:
        row = own_assignment(connection, rater_id, assignment_id)
    return float(row.expires_at) if row.state == LEASED else None


def _refuse_a_second_lease(connection: sa.Connection, rater_id: int) -> None:
    query = sa.select(assignments.c.assignment_id)
    query = query.where(assignments.c.rater_id == rater_id, assignments.c.state == LEASED)
    if connection.execute(query).scalar() is not None:
        raise ConflictError(
            "You are working on another item in the meantime; finish that one first.", status="other_tab"
        )
