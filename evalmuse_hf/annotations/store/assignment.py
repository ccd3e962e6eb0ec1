"""Who rates what: an item at a time, kept for its rater for a while, and never more raters than it needs."""

import random
from collections.abc import Mapping
from functools import partial
from typing import Any

import sqlalchemy as sa

from evalmuse_hf.annotations.errors import ConflictError, NotAllowedError
from evalmuse_hf.annotations.records import Task
from evalmuse_hf.annotations.store.access import RoundAccess, count_answered, family_of, open_rounds, round_access
from evalmuse_hf.annotations.store.candidates import count_left, find_candidate, may_have
from evalmuse_hf.annotations.store.drafts import save_draft
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.events import log_event
from evalmuse_hf.annotations.store.history import HistoryEntry, own_history
from evalmuse_hf.annotations.store.items import read_item
from evalmuse_hf.annotations.store.leases import (
    EXPIRED,
    HOLDING,
    LEASED,
    REFUSED,
    RETURNED,
    SKIPPED,
    SUBMITTED,
    end_assignment,
    expire_leases,
    give_spot,
    overdue,
    start_lease,
    take_spot,
)
from evalmuse_hf.annotations.store.owned import count_ratings, own_assignment
from evalmuse_hf.annotations.store.qualifying import decide_pilot
from evalmuse_hf.annotations.store.rating_log import last_answer, return_reason
from evalmuse_hf.annotations.store.soft_limits import is_beyond_limit
from evalmuse_hf.annotations.store.tables import assignments, round_items, rounds
from evalmuse_hf.annotations.store.transactions import check_rater, lock_rater, lock_round_items, write
from evalmuse_hf.annotations.store.waiting import why_nothing
from evalmuse_hf.annotations.submissions import parse_reason

__all__ = [
    "HistoryEntry",
    "expire_leases",
    "next_task",
    "own_history",
    "save_draft",
    "skip",
    "task_of",
    "why_nothing",
]

_TRIES = 200

# Statements that every request runs are made once: putting one together takes longer than running it.
_RATER = sa.bindparam("rater_id", type_=sa.Integer)
_HELD = sa.select(assignments.c.assignment_id).where(
    # The state is spelled out: SQLite then finds the lease in the partial index.
    assignments.c.rater_id == _RATER,
    assignments.c.state == sa.literal_column(f"'{LEASED}'"),
)
_BEGUN = (
    sa.select(assignments.c.round_item_id, assignments.c.round_id, assignments.c.state, round_items.c.is_gold)
    .join(round_items, round_items.c.round_item_id == assignments.c.round_item_id)
    .join(rounds, rounds.c.round_id == assignments.c.round_id)
    .where(
        assignments.c.rater_id == _RATER,
        assignments.c.state.in_((EXPIRED, RETURNED)),
        (assignments.c.state == RETURNED)
        | (assignments.c.draft.is_not(sa.null()) & (round_items.c.is_gold | (round_items.c.open_spots > 0))),
        rounds.c.is_open,
    )
    .order_by(assignments.c.state, assignments.c.assignment_id)
)
_MINE: "sa.Select[Any]" = sa.select(assignments.c.assignment_id, assignments.c.state).where(
    assignments.c.round_item_id == sa.bindparam("round_item_id"), assignments.c.rater_id == _RATER
)
_NEW_LEASE = sa.insert(assignments).returning(assignments.c.assignment_id)


def next_task(store: Store, rater_id: int, *, rng: random.Random | None = None) -> Task | None:
    """The item that a rater has, or else the next one, which is now kept for the rater.

    What was begun comes first, then what an inspection returned, then a new item: of a pilot, a re-annotation, a
    consistency study, and the other rounds, in this order; those that lack most ratings first, in random order.

    Args:
        store: The store.
        rater_id: The rater.
        rng: Chooses among equals; by default nobody can foresee it.

    Returns:
        The task; None if there is nothing for this rater now, see `why_nothing`.

    Raises:
        NotAllowedError: If the rater was disabled, or has to agree to the instructions of a round first.
    """
    rng = random.Random() if rng is None else rng
    for _ in range(_TRIES):
        with store.read() as connection:
            check_rater(connection, rater_id)
            late = bool(overdue(connection, store.clock()))
            assignment_id = None if late else _held(connection, rater_id)
            found = None if late or assignment_id is not None else _find(connection, rater_id, rng)
        if late:
            expire_leases(store)
            continue
        if assignment_id is None:
            if found is None:
                return None
            assignment_id = write(store, partial(_lease, store=store, rater_id=rater_id, round_item_id=found))
        # None if it went to another rater since it was found: somebody got on, and there may be more.
        if assignment_id is not None:
            return task_of(store, rater_id, assignment_id)
    raise ConflictError("Many raters ask for the same few items; try again in a moment.", status="busy")


def task_of(store: Store, rater_id: int, assignment_id: int) -> Task:
    """One of the rater's own items, to work on or, answered, to look at and correct.

    Args:
        store: The store.
        rater_id: The rater.
        assignment_id: The assignment.

    Returns:
        The task; the draft of an answered one is the answer.

    Raises:
        NotAllowedError: If it is not the rater's.
    """
    with store.read() as connection:
        row = own_assignment(connection, rater_id, assignment_id)
        access = round_access(connection, rater_id, row.round_id)
        answered = row.state in (SUBMITTED, REFUSED)
        revision = count_ratings(connection, assignment_id)
        family = family_of(connection, access)
        return Task(
            assignment_id=assignment_id,
            round_id=row.round_id,
            round_name=access.name,
            item=read_item(connection, row.item_id),
            expires_at=row.expires_at if row.state == LEASED else None,
            draft=last_answer(connection, assignment_id) if answered else row.draft,
            draft_revision=row.draft_revision,
            revision=revision,
            done=count_answered(connection, rater_id, family),
            left=_left(connection, access, rater_id, family),
            returned_reason=return_reason(connection, assignment_id) if revision and not answered else "",
        )


def skip(store: Store, rater_id: int, assignment_id: int, *, reason: str) -> None:
    """Give an item back for good; another rater gets it. Doing it twice is doing it once.

    Args:
        store: The store.
        rater_id: The rater.
        assignment_id: The assignment.
        reason: Why, in the rater's words.

    Raises:
        NotAllowedError: If it is not the rater's.
        ConflictError: If the rater has answered it.
    """
    why = parse_reason(reason)

    def work(connection: sa.Connection) -> None:
        rater = lock_rater(connection, rater_id)
        held = own_assignment(connection, rater_id, assignment_id)
        round_item = lock_round_items(connection, [held.round_item_id])[held.round_item_id]
        state = own_assignment(connection, rater_id, assignment_id).state
        if state == SKIPPED:
            return
        if state in (SUBMITTED, REFUSED):
            raise ConflictError("You have answered this item, so it cannot be skipped.", status="already_answered")
        now = store.clock()
        access = round_access(connection, rater_id, held.round_id)
        if state in HOLDING:
            give_spot(connection, round_item)
        end_assignment(connection, assignment_id, state=SKIPPED, at=now, skip_reason=why)
        subject, facts = f"assignment {assignment_id}", {"reason": why, "item_id": round_item.item_id}
        log_event(connection, at=now, actor=rater.name, kind="item_skipped", subject=subject, payload=facts)
        if round_item.is_gold:
            decide_pilot(connection, access, rater_id, rater.name, now=now)

    write(store, work)


def _left(connection: sa.Connection, access: RoundAccess, rater_id: int, family: Mapping[int, bool]) -> int:
    """What is left of all rounds that are one to the rater: a re-annotation does not show by its own numbers."""
    total = count_left(connection, access, rater_id)
    for round_id, is_open in family.items():
        if is_open and round_id != access.round_id:
            other = round_access(connection, rater_id, round_id)
            total += 0 if other.barrier else count_left(connection, other, rater_id)
    return total


def _held(connection: sa.Connection, rater_id: int) -> int | None:
    found: int | None = connection.execute(_HELD, {"rater_id": rater_id}).scalar()
    return found


def _find(connection: sa.Connection, rater_id: int, rng: random.Random) -> int | None:
    """A round item for the rater: one of the own, or a new one."""
    begun = _begun(connection, rater_id)
    if begun is not None:
        return begun
    refused: RoundAccess | None = None
    for access in open_rounds(connection, rater_id):
        if access.barrier == "no_consent":
            refused = refused or access
        elif not access.barrier:
            found = find_candidate(connection, access, rater_id, rng=rng)
            if found is not None:
                return found
    if refused is not None:
        raise NotAllowedError(
            f"Read the instructions and agree to them first (version {refused.guideline_version}).",
            status="no_consent",
        )
    return None


def _begun(connection: sa.Connection, rater_id: int) -> int | None:
    """An own item to go on with: a lease that ran out with something filled in and a spot left, or a returned one."""
    for row in connection.execute(_BEGUN, {"rater_id": rater_id}):
        if row.state != RETURNED:
            access = round_access(connection, rater_id, row.round_id)
            if access.barrier or not may_have(connection, row.round_item_id, rater_id):
                continue
            if is_beyond_limit(connection, access, row.round_item_id, is_gold=row.is_gold):
                continue
        found: int = row.round_item_id
        return found
    return None


def _lease(connection: sa.Connection, *, store: Store, rater_id: int, round_item_id: int) -> int | None:
    """Keep an item for a rater, if it still may be: all that was read before is read again, now that it is locked."""
    lock_rater(connection, rater_id)
    held = _held(connection, rater_id)
    if held is not None:
        return held  # another tab was faster
    round_item = lock_round_items(connection, [round_item_id])[round_item_id]
    access = round_access(connection, rater_id, round_item.round_id)
    own = _own_row(connection, rater_id, round_item_id)
    returned = own is not None and own.state == RETURNED
    if not access.is_open or (access.barrier and not returned):
        return None
    if not returned:
        full = is_beyond_limit(connection, access, round_item_id, is_gold=round_item.is_gold)
        if full or not may_have(connection, round_item_id, rater_id) or not take_spot(connection, round_item):
            return None
    now = store.clock()
    expires_at = now + access.settings.lease_seconds
    if own is not None:
        start_lease(connection, own.assignment_id, at=now, expires_at=expires_at)
        assignment_id: int = own.assignment_id
        return assignment_id
    row = {"round_item_id": round_item_id, "round_id": round_item.round_id, "rater_id": rater_id, "state": LEASED}
    times = {"leased_at": now, "expires_at": expires_at}
    given: int = connection.execute(_NEW_LEASE, {**row, **times}).scalar_one()
    return given


def _own_row(connection: sa.Connection, rater_id: int, round_item_id: int) -> "sa.Row[Any] | None":
    return connection.execute(_MINE, {"round_item_id": round_item_id, "rater_id": rater_id}).one_or_none()
