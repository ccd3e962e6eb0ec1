"""A rater withdraws: the login ends, no rating counts any more, and others do the items. The log keeps all lines."""

from dataclasses import dataclass

import sqlalchemy as sa

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.events import ORGANISER, log_event
from evalmuse_hf.annotations.store.inspection import batch_of, return_batch
from evalmuse_hf.annotations.store.leases import EXPIRED, LEASED, REFUSED, end_assignment, give_spot
from evalmuse_hf.annotations.store.raters import find_rater, set_active
from evalmuse_hf.annotations.store.rounds import read_rounds
from evalmuse_hf.annotations.store.tables import assignments, ratings
from evalmuse_hf.annotations.store.transactions import lock_round_items, write

REASON = "withdrew"
"""Reason for which the ratings are returned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """What became of a rater's work.

    Attributes:
        rater: The rater.
        n_returned: Ratings that count no more, those of pilots and of known answers included.
        rounds: Names of the rounds that they were given in.
        closed: Those of them that are closed, where nobody gets the items until they are opened again.
    """

    rater: str
    n_returned: int
    rounds: tuple[str, ...]
    closed: tuple[str, ...]


def withdraw(store: Store, name: str, *, actor: str = ORGANISER) -> Withdrawal:
    """End the login of a rater and return all of the rater's ratings, so that others do the items.

    Each round is done in a transaction of its own; after an interruption, the same call goes on.

    Args:
        store: The store.
        name: The rater.
        actor: Who carries it out.

    Raises:
        StoreError: If there is no such rater.
    """
    rater = find_rater(store, name)
    if rater is None:
        raise StoreError(f"There is no rater {name!r} in {store.name}.")
    set_active(store, rater.name, False, actor=actor)  # first, so that no answer comes in behind
    write(store, lambda connection: _end_leases(connection, store, rater.rater_id))
    number, touched = 0, []
    for entry in read_rounds(store):
        batch = [
            rating_id
            for waiting in (False, True)
            for rating_id in batch_of(store, round_id=entry.round_id, rater=rater.name, waiting=waiting)
        ]
        if batch:
            return_batch(store, batch, inspector=actor, reason=REASON, redo_by="others")
            number += len(batch)
            touched.append(entry)
    done = Withdrawal(
        rater=rater.name,
        n_returned=number,
        rounds=tuple(entry.name for entry in touched),
        closed=tuple(entry.name for entry in touched if not entry.is_open),
    )
    _note(store, rater.rater_id, done, actor)
    return done


def _end_leases(connection: sa.Connection, store: Store, rater_id: int) -> None:
    """Give back what the rater was working on, and forget what was filled in."""
    own = assignments.c.rater_id == rater_id
    held = sa.select(assignments.c.assignment_id, assignments.c.round_item_id)
    held = held.where(own, assignments.c.state == LEASED)
    answered = sa.select(ratings.c.assignment_id).join(
        assignments, assignments.c.assignment_id == ratings.c.assignment_id
    )
    before = set(connection.scalars(answered.where(own)))
    items = lock_round_items(connection, [row.round_item_id for row in connection.execute(held)])
    for row in connection.execute(held).all():  # again: until their items were locked, they could end
        state = REFUSED if row.assignment_id in before else EXPIRED
        end_assignment(connection, row.assignment_id, state=state, at=store.clock())
        give_spot(connection, items[row.round_item_id])
    connection.execute(sa.update(assignments).where(own).values(draft=sa.null()))


def _note(store: Store, rater_id: int, done: Withdrawal, actor: str) -> None:
    facts = {"name": done.rater, "ratings": done.n_returned, "rounds": list(done.rounds)}
    with store.begin() as connection:
        subject = f"rater {rater_id}"
        log_event(connection, at=store.clock(), actor=actor, kind="rater_withdrawn", subject=subject, payload=facts)
