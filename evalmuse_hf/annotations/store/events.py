"""The log of what was done in a store, written in the transaction that did it."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from evalmuse_hf.annotations.records import Event
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.tables import events

ORGANISER = "organiser"
"""Actor of what is done on the command line."""

_LONGEST_SUBJECT = 200


def log_event(
    connection: sa.Connection,
    *,
    at: float,
    actor: str,
    kind: str,
    subject: str = "",
    payload: Mapping[str, Any] | None = None,
) -> None:
    """Add a line to the log.

    Args:
        connection: Of the transaction that does what is logged.
        at: Seconds since 1970.
        actor: Who: a rater's name, ``"organiser"`` or ``"system"``.
        kind: What, such as ``"round_opened"``.
        subject: On what, such as ``"round 3"``.
        payload: The facts, as JSON knows them; never a token.
    """
    row = {
        "at": at,
        "actor": actor,
        "kind": kind,
        "subject": subject[:_LONGEST_SUBJECT],
        "payload": dict(payload or {}),
    }
    connection.execute(sa.insert(events).values(row))


def read_events(store: Store, kind: str | None = None, limit: int | None = None) -> list[Event]:
    """Read the log, oldest first.

    Args:
        store: The store.
        kind: Only lines of this kind; None for all.
        limit: Only so many of the last ones; None for all.
    """
    query = sa.select(events).order_by(events.c.event_id.desc())
    if kind is not None:
        query = query.where(events.c.kind == kind)
    if limit is not None:
        query = query.limit(limit)
    with store.read() as connection:
        rows = connection.execute(query).all()
    return [
        Event(
            event_id=row.event_id, at=row.at, actor=row.actor, kind=row.kind, subject=row.subject, payload=row.payload
        )
        for row in reversed(rows)
    ]
