"""Transactions of many raters at once: what locks what, in which order, and what is tried again.

A database server runs transactions side by side, so whatever a decision rests on is locked first, always in the order
rater, round items (ascending), assignment, round. In SQLite one writer holds the whole store, and nothing here does
anything.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from evalmuse_hf.annotations.errors import NotAllowedError
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.tables import raters, round_items, rounds

_TRIES = 6
_AT_ONCE = 500
_FIRST_PAUSE_S = 0.02
_LOST_RACES = ("40001", "40P01")  # PostgreSQL: serialization failure, deadlock

# Statements that every request runs are made once: putting one together takes longer than running it.
_RATER = sa.select(raters.c.rater_id, raters.c.name, raters.c.is_active).where(
    raters.c.rater_id == sa.bindparam("rater_id")
)
# Not the strongest lock: that one would also hold up whoever writes a row that only refers to this rater.
_LOCKED_RATER = _RATER.with_for_update(key_share=True)
_LOCKED_ITEMS = (
    sa.select(round_items)
    .where(round_items.c.round_item_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(round_items.c.round_item_id)
    .with_for_update(key_share=True)
)
Result = TypeVar("Result")


def write(store: Store, work: Callable[[sa.Connection], Result]) -> Result:
    """Do work in one transaction; one that lost a race against another is rolled back and done again.

    Args:
        store: The store.
        work: Reads and writes; may be called several times, so it changes nothing but the store.

    Returns:
        What ``work`` returned, after the commit.
    """
    for attempt in range(_TRIES):
        try:
            with store.begin() as connection:
                return work(connection)
        except DBAPIError as error:
            if attempt == _TRIES - 1 or not _lost_a_race(error):
                raise
        time.sleep(_FIRST_PAUSE_S * 2**attempt)
    raise AssertionError("unreachable")


def lock_rater(connection: sa.Connection, rater_id: int) -> "sa.Row[Any]":
    """The rater, whose other requests wait until this transaction ends.

    Args:
        connection: A transaction that writes.
        rater_id: The rater.

    Raises:
        NotAllowedError: If there is no such rater, or an organiser has disabled it.
    """
    return _active_rater(connection, _LOCKED_RATER, rater_id)


def check_rater(connection: sa.Connection, rater_id: int) -> "sa.Row[Any]":
    """The rater, not locked.

    Args:
        connection: A transaction.
        rater_id: The rater.

    Raises:
        NotAllowedError: As in `lock_rater`.
    """
    return _active_rater(connection, _RATER, rater_id)


def lock_round_items(connection: sa.Connection, round_item_ids: Iterable[int]) -> "dict[int, sa.Row[Any]]":
    """Items of rounds as they are now; nobody else changes their spots or ratings until this transaction ends.

    Args:
        connection: A transaction that writes.
        round_item_ids: Their numbers.

    Returns:
        The row of each.
    """
    ids = sorted(set(round_item_ids))
    rows: dict[int, sa.Row[Any]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        found = connection.execute(_LOCKED_ITEMS, {"ids": ids[start : start + _AT_ONCE]})
        rows.update((row.round_item_id, row) for row in found)
    return rows


def lock_round(connection: sa.Connection, round_id: int) -> "sa.Row[Any]":
    """The round as it is now; nobody else changes it, or derives a round from it, until this transaction ends.

    Args:
        connection: A transaction that writes.
        round_id: The round.
    """
    query = sa.select(rounds).where(rounds.c.round_id == round_id).with_for_update(key_share=True)
    return connection.execute(query).one()


def _active_rater(connection: sa.Connection, query: "sa.Select[Any]", rater_id: int) -> "sa.Row[Any]":
    row = connection.execute(query, {"rater_id": rater_id}).one_or_none()
    if row is None:
        raise NotAllowedError("There is no such rater in this store; log in again.", status="unknown_rater")
    if not row.is_active:
        raise NotAllowedError(
            f"The account {row.name!r} was disabled by the organiser; ask the organiser.", status="inactive"
        )
    return row


def _lost_a_race(error: DBAPIError) -> bool:
    """Whether the same work may succeed if it is done again, now that the other transaction has ended."""
    if isinstance(error, IntegrityError):
        return getattr(error.orig, "sqlstate", None) == "23505"  # PostgreSQL: another one inserted the same key
    return isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", None) in _LOST_RACES
