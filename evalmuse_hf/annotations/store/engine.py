"""The connection to a store: what is committed is on disk, and writers wait for one another."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.sqlite_files import BUSY_S, connect_read_only

_PRIMARY_CODE = 0xFF  # of SQLite's extended codes
_REFUSALS = {
    sqlite3.SQLITE_BUSY: "another process has kept it busy for too long; try again",
    sqlite3.SQLITE_READONLY: "its file or folder may not be written; copy it to where you may write",
    sqlite3.SQLITE_IOERR: "its disk reported an error; check the disk and try again",
    sqlite3.SQLITE_CORRUPT: "its file is damaged; bring a backup of it back",
    sqlite3.SQLITE_FULL: "its disk is full; make room and try again",
}


class Store:
    """An open store; made by `evalmuse_hf.annotations.opening.open_store`.

    Attributes:
        engine: SQLAlchemy's.
        clock: Seconds since 1970; a test may move it.
        read_only: Whether nothing can be written, because of where the file is.
        failed_logins: Of this process: how often the login of a name failed in a row, and when it did last.
    """

    def __init__(self, engine: sa.Engine, *, clock: Callable[[], float] = time.time, read_only: bool = False) -> None:
        self.engine = engine
        self.clock = clock
        self.read_only = read_only
        self.failed_logins: dict[str, tuple[int, float]] = {}
        # SQLite has no queue of writers, so a busy process could starve one; inside a process this is the queue.
        self._writer = threading.Lock()

    @property
    def is_sqlite(self) -> bool:
        """Whether the store is one file."""
        return self.engine.dialect.name == "sqlite"

    @property
    def path(self) -> Path | None:
        """The file of the store; None if it is on a server."""
        return Path(self.engine.url.database) if self.is_sqlite and self.engine.url.database else None

    @property
    def name(self) -> str:
        """How messages call the store: never with a password."""
        url = self.engine.url
        host = f"{url.host or 'localhost'}{f':{url.port}' if url.port else ''}"
        return f"{url.get_backend_name()}://{host}/{url.database or ''}" if self.path is None else str(self.path)

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """A transaction that writes: committed at the end, rolled back by an exception.

        In SQLite it holds the write lock from the start, so that what it reads stays true. In PostgreSQL rows that a
        decision rests on have to be locked (``with_for_update``).

        Raises:
            StoreError: If the store cannot be written, its disk is full, or another process keeps it busy.
        """
        if self.read_only:
            raise StoreError(f"The store {self.name} can only be read; copy it to where you may write.")
        if not self.is_sqlite:
            with self.engine.begin() as connection:
                yield connection
            return
        with self._writer, self._explaining(), self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that only reads: all its queries see one state of the store."""
        with self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
            else:
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection
            connection.rollback()

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """Say in a sentence what the machine refuses; what is wrong with a statement stays as it is."""
        try:
            yield
        except sa.exc.OperationalError as error:
            reason = _REFUSALS.get(getattr(error.orig, "sqlite_errorcode", 0) & _PRIMARY_CODE)
            if reason is None:
                raise
            raise StoreError(f"The store {self.name} was not written: {reason}.") from error

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def sqlite_engine(path: Path, *, read_only: bool = False) -> sa.Engine:
    """An engine for a SQLite file: write-ahead log, and every commit waits for the disk.

    Args:
        path: The file; its folder exists.
        read_only: Whether it is on a disk that cannot be written.
    """
    url = sa.URL.create("sqlite", database=str(path))
    if read_only:
        return sa.create_engine(url, creator=lambda: connect_read_only(path))
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_S})

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins no transactions of its own; `Store` does
        # With recursive triggers, REPLACE also meets those that guard what is append-only.
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def server_engine(url: str | sa.URL) -> sa.Engine:
    """An engine for a database server, such as PostgreSQL.

    Args:
        url: As SQLAlchemy takes it; ``postgresql://`` uses the driver ``psycopg``.
    """
    address = sa.make_url(url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    return sa.create_engine(
        address, pool_pre_ping=True, pool_size=10, max_overflow=30, isolation_level="READ COMMITTED"
    )
