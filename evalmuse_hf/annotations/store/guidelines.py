"""Versions of the instructions and of the consent text; a text that raters have agreed to never changes."""

import re
from dataclasses import dataclass

import sqlalchemy as sa

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.guidelines import CONSENT, INSTRUCTIONS, VERSION
from evalmuse_hf.annotations.records import Guidelines
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.events import ORGANISER, log_event
from evalmuse_hf.annotations.store.tables import consents, guidelines, rounds
from evalmuse_hf.annotations.store.transactions import write

_VERSION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LATER_S = 1e-3  # between two versions of one moment, so that one of them is the later


def add_guidelines(
    store: Store, *, version: str, instructions: str, consent: str, actor: str = ORGANISER
) -> Guidelines:
    """Add a version of the texts, which rounds opened from now on use.

    Args:
        store: The store.
        version: Its name: letters, digits, ``.``, ``_`` and ``-``.
        instructions: Markdown.
        consent: Markdown.
        actor: Who adds it.

    Returns:
        The version; one that is there already with the same texts stays as it is.

    Raises:
        StoreError: If a text is empty, the name cannot be one, or it is that of other texts.
    """
    if not _VERSION_NAME.fullmatch(version):
        raise StoreError(
            f"A version of guidelines cannot be called {version!r}; use at most 64 letters, digits, '.', '_' and '-'."
        )
    for name, text in (("instructions", instructions), ("consent", consent)):
        if not text.strip() or "\0" in text:
            raise StoreError(f"The {name} of guidelines {version!r} are empty or no text; give a Markdown text.")
    return write(
        store,
        lambda connection: _add(
            connection, at=store.clock(), version=version, texts=(instructions, consent), actor=actor
        ),
    )


def ensure_guidelines(connection: sa.Connection, *, at: float) -> str:
    """Add our own texts to a store without any.

    Args:
        connection: Of a transaction that writes.
        at: Seconds since 1970.

    Returns:
        The current version.
    """
    present = _latest(connection)
    if present is None:
        present = _add(connection, at=at, version=VERSION, texts=(INSTRUCTIONS, CONSENT), actor="system")
    return present.version


def current_guidelines(store: Store) -> Guidelines:
    """The version that was added last.

    Args:
        store: The store.

    Raises:
        StoreError: If there is none.
    """
    with store.read() as connection:
        present = _latest(connection)
    if present is None:
        raise StoreError(f"The store {store.name} has no guidelines yet; add some, or open a round, which adds ours.")
    return present


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownGuidelines:
    """The instructions that a rater works by.

    Attributes:
        guidelines: The newest version that an open round was opened with; without one, the current version.
        agreed: Whether the rater has agreed to it, or to a newer one.
    """

    guidelines: Guidelines
    agreed: bool


def shown_guidelines(store: Store, rater_id: int) -> ShownGuidelines:
    """The version that a rater has to agree to: who agrees to it has agreed to those of all open rounds.

    Args:
        store: The store.
        rater_id: The rater.

    Raises:
        StoreError: If there is no version.
    """
    open_ones = sa.select(rounds.c.guideline_version).where(rounds.c.is_open == sa.true())
    newest = sa.select(guidelines).order_by(guidelines.c.created_at.desc()).limit(1)
    agreed = (
        sa.select(sa.func.max(guidelines.c.created_at))
        .join(consents, consents.c.guideline_version == guidelines.c.version)
        .where(consents.c.rater_id == rater_id)
    )
    with store.read() as connection:
        row = connection.execute(newest.where(guidelines.c.version.in_(open_ones))).first()
        agreed_at = connection.scalar(agreed)
    shown = current_guidelines(store) if row is None else Guidelines(**row._mapping)
    return ShownGuidelines(guidelines=shown, agreed=agreed_at is not None and agreed_at >= shown.created_at)


def read_guidelines(store: Store, version: str) -> Guidelines:
    """A version by its name.

    Args:
        store: The store.
        version: Its name.

    Raises:
        StoreError: If there is none of that name.
    """
    with store.read() as connection:
        row = connection.execute(sa.select(guidelines).where(guidelines.c.version == version)).first()
    if row is None:
        raise StoreError(f"The store {store.name} has no guidelines {version!r}; add them first.")
    return Guidelines(**row._mapping)


def _latest(connection: sa.Connection) -> Guidelines | None:
    row = connection.execute(sa.select(guidelines).order_by(guidelines.c.created_at.desc()).limit(1)).first()
    return None if row is None else Guidelines(**row._mapping)


def _add(connection: sa.Connection, *, at: float, version: str, texts: tuple[str, str], actor: str) -> Guidelines:
    present = connection.execute(sa.select(guidelines).where(guidelines.c.version == version)).first()
    if present is not None:
        if (present.instructions, present.consent) != texts:
            raise StoreError(
                f"There are other guidelines called {version!r}, and raters may have agreed to them; give the changed "
                "texts another version."
            )
        return Guidelines(**present._mapping)
    latest = _latest(connection)
    at = at if latest is None else max(at, latest.created_at + _LATER_S)
    added = Guidelines(version=version, instructions=texts[0], consent=texts[1], created_at=at)
    connection.execute(
        sa.insert(guidelines).values(version=version, instructions=texts[0], consent=texts[1], created_at=at)
    )
    log_event(connection, at=at, actor=actor, kind="guidelines_added", subject=f"guidelines {version}")
    return added
