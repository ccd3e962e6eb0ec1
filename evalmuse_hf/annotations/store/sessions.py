"""What the signed sessions of the page rest on: a secret of the store, and a mark that changes when one is to end."""

import hashlib
import secrets
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from evalmuse_hf.annotations.errors import NotAllowedError
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.events import log_event
from evalmuse_hf.annotations.store.kept_values import kept_value
from evalmuse_hf.annotations.store.tables import events, raters

SECRET = "session_secret"
STORE_ID = "store_id"
_ACCOUNT = "hub_account_of_rater_"
_SECRET_BYTES = 32
_ID_BYTES = 8
_MARK_LENGTH = 16
SIGNED_OUT = "signed_out"
ENDING_EVENTS = ("rater_disabled", "token_renewed", SIGNED_OUT)
"""Events after which the sessions of their subject, a rater, are over."""

_FACTS = sa.select(
    raters.c.name,
    raters.c.is_active,
    raters.c.token_hash,
    sa.select(sa.func.max(events.c.event_id))
    .where(events.c.kind.in_(ENDING_EVENTS), events.c.subject == sa.bindparam("subject"))
    .scalar_subquery()
    .label("ended_by"),
).where(raters.c.rater_id == sa.bindparam("rater_id"))


def session_secret(store: Store) -> bytes:
    """The secret with which sessions are signed; made at the first call, the same for all servers of one store.

    Args:
        store: The store.
    """
    return bytes.fromhex(kept_value(store, SECRET, secrets.token_hex(_SECRET_BYTES)))


def store_id(store: Store) -> str:
    """A word that tells this store from others, and is the same in its copies; made at the first call.

    Args:
        store: The store.
    """
    return kept_value(store, STORE_ID, secrets.token_hex(_ID_BYTES))


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFacts:
    """What every request of a session has to know.

    Attributes:
        name: Of the rater.
        is_active: Whether the rater may do anything.
        generation: A mark of the rater's sessions: another one after the token was renewed, the rater disabled, or
            signed out.
    """

    name: str
    is_active: bool
    generation: str


def session_facts(connection: sa.Connection, rater_id: int) -> SessionFacts | None:
    """The facts of a rater, by one short question; None if there is no such rater.

    Args:
        connection: A transaction.
        rater_id: The rater.
    """
    row = connection.execute(_FACTS, {"rater_id": rater_id, "subject": f"rater {rater_id}"}).one_or_none()
    if row is None:
        return None
    mark = hashlib.sha256(f"{row.token_hash}\n{row.ended_by}".encode()).hexdigest()[:_MARK_LENGTH]
    return SessionFacts(name=row.name, is_active=row.is_active, generation=mark)


def end_sessions(store: Store, rater_id: int) -> None:
    """End every session of a rater, on all devices, for good; who comes back signs in again.

    Args:
        store: The store.
        rater_id: The rater.

    Raises:
        NotAllowedError: If there is no such rater.
        StoreError: If the store cannot be written.
    """
    with store.begin() as connection:
        facts = session_facts(connection, rater_id)
        if facts is None:
            raise NotAllowedError("There is no such rater in this store.", status="unknown_rater")
        log_event(connection, at=store.clock(), actor=facts.name, kind=SIGNED_OUT, subject=f"rater {rater_id}")


def account_of(store: Store, rater_id: int, account: str) -> str:
    """The account at the Hub that is a rater's: the first one that signed in under the rater's name.

    Args:
        store: The store.
        rater_id: The rater.
        account: Its number, if it is the first one.
    """
    return kept_value(store, f"{_ACCOUNT}{rater_id}", account)


def forget_secret(snapshot: Path) -> None:
    """Take the secret out of a copy of a SQLite store, so that whoever reads the copy cannot sign sessions.

    Args:
        snapshot: The copy, which nothing else has open.
    """
    with closing(sqlite3.connect(snapshot, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("DELETE FROM settings WHERE name = ?", (SECRET,))
