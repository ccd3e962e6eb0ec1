"""Inspection: an organiser looks at answers and accepts them, or returns them to be done again. Nothing is deleted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.events import log_event
from evalmuse_hf.annotations.store.leases import (
    LEASED,
    REFUSED,
    RETURNED,
    SUBMITTED,
    end_assignment,
    give_spot,
    take_spot,
)
from evalmuse_hf.annotations.store.range_rule import apply_range_rule
from evalmuse_hf.annotations.store.raters import find_rater
from evalmuse_hf.annotations.store.rating_log import ACCEPTED_VERDICT, RETURNED_VERDICT, last_verdict
from evalmuse_hf.annotations.store.rounds import round_by_id
from evalmuse_hf.annotations.store.tables import assignments, inspected_ratings, inspections, ratings
from evalmuse_hf.annotations.store.transactions import lock_round_items, write

RedoBy = Literal["same", "others"]
_AT_ONCE = 500
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """A verdict as it was stored.

    Attributes:
        inspection_id: Its number.
        verdict: ``"accepted"`` or ``"returned"``.
        rating_ids: The ratings that it is about.
    """

    inspection_id: int
    verdict: str
    rating_ids: tuple[int, ...]


def accept(store: Store, rating_ids: Iterable[int], *, inspector: str, reason: str = "") -> Inspection:
    """Note that ratings were looked at and are good; one that was returned before counts again, if it still can.

    Args:
        store: The store.
        rating_ids: Lines of the log, none of them corrected by its rater since.
        inspector: Who says so.
        reason: Why.

    Raises:
        StoreError: If one of them cannot be accepted; then none is.
    """
    return write(store, lambda connection: _inspect(connection, store, rating_ids, inspector, reason, None))


def return_batch(
    store: Store, rating_ids: Iterable[int], *, inspector: str, reason: str, redo_by: RedoBy = "same"
) -> Inspection:
    """Return ratings: they stay in the log and no longer count, and their items are rated again.

    Args:
        store: The store.
        rating_ids: Lines of the log, none of them corrected by its rater since.
        inspector: Who says so.
        reason: Why; required.
        redo_by: ``"same"``: the rater does them again, before anything else; ``"others"``: whoever comes next does.

    Raises:
        StoreError: If no reason is given, or one of them cannot be returned; then none is.
    """
    if not reason.strip():
        raise StoreError("Ratings are returned for a reason; say which.")
    if redo_by not in ("same", "others"):
        raise StoreError(f"Returned ratings are redone by 'same' or 'others', not by {redo_by!r}.")
    return write(store, lambda connection: _inspect(connection, store, rating_ids, inspector, reason, redo_by))


def batch_of(
    store: Store,
    *,
    round_id: int,
    rater: str | None = None,
    since: float | None = None,
    waiting: bool = False,
    not_inspected: bool = False,
) -> list[int]:
    """Ratings to inspect together: those of a round that count, as corrected last.

    Args:
        store: The store.
        round_id: The round.
        rater: Only of the rater with this name; None for all.
        since: Only from this time on, in seconds since 1970; None for all.
        waiting: Instead those that were returned to their rater, who has not begun to do them again.
        not_inspected: Only those that no inspection has looked at; a correction of one that was accepted is one.

    Raises:
        StoreError: If there is no such round or rater.
    """
    later = ratings.alias("later")
    replaced = sa.exists().where(
        later.c.assignment_id == ratings.c.assignment_id, later.c.revision > ratings.c.revision
    )
    query = (
        sa.select(ratings.c.rating_id)
        .join(assignments, assignments.c.assignment_id == ratings.c.assignment_id)
        .where(assignments.c.round_id == round_id, ~replaced)
        .where(assignments.c.state == (RETURNED if waiting else SUBMITTED))
        .order_by(ratings.c.rating_id)
    )
    if rater is not None:
        found = find_rater(store, rater)
        if found is None:
            raise StoreError(f"There is no rater {rater!r} in {store.name}.")
        query = query.where(assignments.c.rater_id == found.rater_id)
    if not_inspected:
        query = query.where(last_verdict().is_(None))
    if since is not None:
        query = query.where(ratings.c.rated_at >= since)
    with store.read() as connection:
        round_by_id(connection, round_id)
        return list(connection.scalars(query))


def _inspect(
    connection: sa.Connection,
    store: Store,
    rating_ids: Iterable[int],
    inspector: str,
    reason: str,
    redo_by: RedoBy | None,
) -> Inspection:
    ids = sorted(set(rating_ids))
    if not ids:
        raise StoreError("There are no ratings to inspect.")
    items = lock_round_items(connection, [row.round_item_id for row in _read(connection, ids)])
    rows = _read(connection, ids)  # again: until they were locked, they could change
    known = {row.rating_id for row in rows}
    if missing := [rating_id for rating_id in ids if rating_id not in known]:
        raise StoreError(f"{store.name} has no rating {missing[0]} ({len(missing)} of {len(ids)} do not exist).")
    now, verdict = store.clock(), ACCEPTED_VERDICT if redo_by is None else RETURNED_VERDICT
    inspection_id = _note(connection, ids, {"verdict": verdict, "reason": reason, "inspector": inspector, "at": now})
    for row in rows:
        _refuse_replaced(row)
        if redo_by is None:
            if _accept(connection, row, items[row.round_item_id], now):
                apply_range_rule(connection, store, row.round_item_id)
        else:
            _return(connection, row, items[row.round_item_id], redo_by, now)
    facts = {"reason": reason, "redo_by": redo_by, "rating_ids": ids}
    subject = f"inspection {inspection_id}"
    actor = inspector[:_LONGEST_NAME]
    log_event(connection, at=now, actor=actor, kind=f"ratings_{verdict}", subject=subject, payload=facts)
    return Inspection(inspection_id=inspection_id, verdict=verdict, rating_ids=tuple(ids))


def _read(connection: sa.Connection, ids: Sequence[int]) -> "list[sa.Row[Any]]":
    later = ratings.alias("later")
    newest = sa.select(sa.func.max(later.c.rating_id)).where(later.c.assignment_id == ratings.c.assignment_id)
    query = sa.select(
        ratings.c.rating_id,
        assignments.c.assignment_id,
        assignments.c.round_item_id,
        assignments.c.state,
        newest.scalar_subquery().label("newest"),
    ).join(assignments, assignments.c.assignment_id == ratings.c.assignment_id)
    rows: list[sa.Row[Any]] = []
    for start in range(0, len(ids), _AT_ONCE):
        rows += connection.execute(query.where(ratings.c.rating_id.in_(ids[start : start + _AT_ONCE])))
    return sorted(rows, key=lambda row: int(row.rating_id))


def _note(connection: sa.Connection, ids: Sequence[int], values: dict[str, Any]) -> int:
    values = {**values, "inspector": values["inspector"][:_LONGEST_NAME]}
    new = sa.insert(inspections).values(values).returning(inspections.c.inspection_id)
    inspection_id: int = connection.execute(new).scalar_one()
    rows = [{"inspection_id": inspection_id, "rating_id": rating_id} for rating_id in ids]
    connection.execute(sa.insert(inspected_ratings), rows)
    return inspection_id


def _refuse_replaced(row: "sa.Row[Any]") -> None:
    if row.newest != row.rating_id:
        raise StoreError(
            f"Rating {row.rating_id} was replaced by rating {row.newest} of the same rater; inspect that one."
        )


def _accept(connection: sa.Connection, row: "sa.Row[Any]", item: "sa.Row[Any]", now: float) -> bool:
    """Accept a rating; whether it counts now and did not before."""
    if row.state == SUBMITTED:
        return False
    if row.state == LEASED:
        raise StoreError(f"Rating {row.rating_id} was returned, and its rater is doing it again right now.")
    if row.state != RETURNED and not take_spot(connection, item):
        raise StoreError(
            f"Rating {row.rating_id} was returned, and others have rated the item since, so it cannot count again."
        )
    end_assignment(connection, row.assignment_id, state=SUBMITTED, at=now)
    return True


def _return(connection: sa.Connection, row: "sa.Row[Any]", item: "sa.Row[Any]", redo_by: RedoBy, now: float) -> None:
    if row.state not in (SUBMITTED, RETURNED) or (row.state == RETURNED and redo_by == "same"):
        raise StoreError(f"Rating {row.rating_id} was returned before; only what counts can be returned.")
    if redo_by == "others":
        give_spot(connection, item)
    end_assignment(connection, row.assignment_id, state=RETURNED if redo_by == "same" else REFUSED, at=now)
