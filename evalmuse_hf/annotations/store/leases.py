"""Spots of an item, and the leases that hold them: who took one and does not come back loses it to others."""

from collections import Counter
from functools import partial
from typing import Any

import sqlalchemy as sa

from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.tables import assignments, ratings, round_items
from evalmuse_hf.annotations.store.transactions import lock_round_items, write

LEASED = "leased"
SUBMITTED = "submitted"
SKIPPED = "skipped"
EXPIRED = "expired"
RETURNED = "returned"
REFUSED = "refused"
HOLDING = (LEASED, SUBMITTED, RETURNED)
"""States in which an assignment takes one of the ratings that its item is to have."""

HAD = (LEASED, SUBMITTED, SKIPPED, RETURNED, REFUSED)
"""States in which a rater has had an item; a lease that ran out is none of them."""

_AT_ONCE = 500

# Statements that every request runs are made once: putting one together takes longer than running it.
_GIVE_SPOTS = (
    sa.update(round_items)
    .where(round_items.c.round_item_id == sa.bindparam("of_item"))
    .values(open_spots=round_items.c.open_spots + sa.bindparam("number"))
)
_TAKE_SPOT = (
    sa.update(round_items)
    .where(round_items.c.round_item_id == sa.bindparam("of_item"), round_items.c.open_spots > 0)
    .values(open_spots=round_items.c.open_spots - 1)
)
_CHANGE = sa.update(assignments).where(assignments.c.assignment_id == sa.bindparam("of_assignment"))
_END = _CHANGE.values(
    state=sa.bindparam("new_state"), ended_at=sa.bindparam("at"), draft=sa.null(), skip_reason=sa.bindparam("why")
)
_START = _CHANGE.values(
    state=LEASED, leased_at=sa.bindparam("at"), expires_at=sa.bindparam("until"), ended_at=sa.null()
)
_OVERDUE = (
    sa.select(assignments.c.round_item_id)
    .where(assignments.c.state == LEASED, assignments.c.expires_at < sa.bindparam("now"))
    .limit(_AT_ONCE)
)


def take_spot(connection: sa.Connection, round_item: "sa.Row[Any]") -> bool:
    """Take one of the ratings that an item is to have; a gold item has them without end.

    Args:
        connection: The transaction that has locked the item.
        round_item: Its row, as it was locked.

    Returns:
        False if none is left.
    """
    if round_item.is_gold:
        return True
    return connection.execute(_TAKE_SPOT, {"of_item": round_item.round_item_id}).rowcount == 1


def give_spot(connection: sa.Connection, round_item: "sa.Row[Any]", number: int = 1) -> None:
    """Give ratings that an item is to have back to whoever comes next.

    Args:
        connection: The transaction that has locked the item.
        round_item: Its row.
        number: How many.
    """
    if not round_item.is_gold:
        connection.execute(_GIVE_SPOTS, {"of_item": round_item.round_item_id, "number": number})


def end_assignment(
    connection: sa.Connection, assignment_id: int, *, state: str, at: float, skip_reason: str = ""
) -> None:
    """Note that a rater is done with an item; what was filled in is forgotten.

    Args:
        connection: The transaction that has locked the item.
        assignment_id: The assignment.
        state: What has become of it.
        at: Seconds since 1970.
        skip_reason: Why it was skipped.
    """
    connection.execute(_END, {"of_assignment": assignment_id, "new_state": state, "at": at, "why": skip_reason})


def start_lease(connection: sa.Connection, assignment_id: int, *, at: float, expires_at: float) -> None:
    """Give a rater an item again that was the rater's before.

    Args:
        connection: The transaction that has locked the item.
        assignment_id: The assignment.
        at: Seconds since 1970.
        expires_at: When it is handed on, if nothing comes.
    """
    connection.execute(_START, {"of_assignment": assignment_id, "at": at, "until": expires_at})


def overdue(connection: sa.Connection, now: float) -> list[int]:
    """Round items of leases that have run out, at most a few hundred at once.

    Args:
        connection: A transaction.
        now: Seconds since 1970.
    """
    return list(connection.execute(_OVERDUE, {"now": now}).scalars())


def expire_leases(store: Store) -> int:
    """Hand on every lease that has run out; what was filled in is kept, in case its rater comes back in time.

    An item that was to be done again is handed on for good.

    Args:
        store: The store.

    Returns:
        How many there were.
    """
    total = 0
    while True:
        with store.read() as connection:
            found = overdue(connection, store.clock())
        if not found:
            return total
        total += write(store, partial(_expire, now=store.clock(), round_item_ids=found))


def _expire(connection: sa.Connection, *, now: float, round_item_ids: list[int]) -> int:
    rows = lock_round_items(connection, round_item_ids)
    # Who was to do an item again and did not has had it, and may never count as new to it.
    answered = sa.exists().where(ratings.c.assignment_id == assignments.c.assignment_id)
    # Whoever saved a draft since has a longer lease, which this update sees.
    change = (
        sa.update(assignments)
        .where(assignments.c.round_item_id.in_(rows), assignments.c.state == LEASED, assignments.c.expires_at < now)
        .values(state=sa.case((answered, REFUSED), else_=EXPIRED), ended_at=now)
        .returning(assignments.c.round_item_id)
    )
    freed = Counter(connection.execute(change).scalars())
    for round_item_id, number in freed.items():
        give_spot(connection, rows[round_item_id], number)
    return freed.total()
