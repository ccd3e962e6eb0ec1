"""Brings a store to the version of the tables that this package knows, by Alembic's scripts in `migrations`."""

import logging
import os
import secrets
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.opening import VERSION_TABLE
from evalmuse_hf.annotations.sqlite_files import connect_read_only
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.guidelines import ensure_guidelines
from evalmuse_hf.annotations.store.tables import metadata

logger = logging.getLogger(__name__)

SCRIPTS = Path(__file__).with_name("migrations")
VERSIONS = SCRIPTS / "versions"

_ADVISORY_LOCK = 7_238_445_106  # any number that no other program is likely to take
_OPERATIONS = threading.Lock()  # Alembic's `op` is one for the whole process


def prepare(store: Store, *, create: bool, versions: Sequence[Path] = (VERSIONS,)) -> None:
    """Create the tables, bring an older store to the newest version, or leave a present one as it is.

    Args:
        store: The store.
        create: Whether tables may be made where there are none.
        versions: Folders with the versions.

    Raises:
        StoreError: If the database is no store and must not become one, or is of a newer version.
    """
    script = ScriptDirectory(str(SCRIPTS), version_locations=[str(folder) for folder in versions])
    head = script.get_current_head()
    with store.read() as connection:
        present = store_version(connection)
        tables = set(sa.inspect(connection).get_table_names())
    if present == head:
        return
    if present is None:
        _check_creation(store, tables, create=create)
    elif present not in {revision.revision for revision in script.walk_revisions()}:
        raise StoreError(
            f"The store {store.name} has version {present!r}, which a newer version of evalmuse_hf wrote; install "
            "that, or a newer one."
        )
    with store.begin() as connection:
        if not store.is_sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
        present = store_version(connection)  # another process may have been faster
        if present == head:
            return
        if present is not None and store.path is not None:
            copy = _keep_copy(store.path, str(head))
            logger.warning(
                "The store %s is brought from version %s to %s; %s is as it was.", store.path, present, head, copy
            )
        elif present is not None:
            logger.warning("The store %s is brought from version %s to %s.", store.name, present, head)
        _run(connection, script, str(head))
        ensure_guidelines(connection, at=store.clock())


def store_version(connection: sa.Connection) -> str | None:
    """The version of a store; None for a database that is none.

    Args:
        connection: To it.
    """
    return _context(connection).get_current_revision()


def _context(connection: sa.Connection, **options: object) -> MigrationContext:
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, **options})


def _check_creation(store: Store, tables: set[str], *, create: bool) -> None:
    # A server's database may be shared with other programs; a file is not.
    foreign = tables if store.is_sqlite else tables & {*metadata.tables}
    if foreign:
        raise StoreError(
            f"{store.name} is the database of another program (it has the table {min(foreign)!r}); give another "
            f"{'file' if store.is_sqlite else 'database'} for the annotation store."
        )
    if not create:
        raise StoreError(
            f"There is no annotation store in {store.name}; `evalmuse annotate assign STORE --pairs LIST` creates one."
        )


def _run(connection: sa.Connection, script: ScriptDirectory, head: str) -> None:
    # `_upgrade_revs` is what Alembic's own command calls; the command itself would want a program `env.py`.
    context = _context(connection, fn=lambda revision, _context: script._upgrade_revs(head, revision))
    with _OPERATIONS, Operations.context(context):
        context.run_migrations()


def _keep_copy(path: Path, head: str) -> Path:
    """Copy a store as it is; whoever calls holds its write lock, so that nothing changes meanwhile."""
    copy = path.with_name(f"{path.name}.before-{head}")
    part = path.with_name(f".{copy.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        with closing(connect_read_only(path)) as source, closing(sqlite3.connect(part)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")
        part.replace(copy)
    finally:
        for ending in ("", "-wal", "-shm"):
            part.with_name(f"{part.name}{ending}").unlink(missing_ok=True)
    return copy
