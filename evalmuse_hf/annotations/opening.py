"""The door of an annotation store: a SQLite file, or the URL of a PostgreSQL database."""

import logging
import os
import secrets
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.sqlite_files import connect_read_only
from evalmuse_hf.optional import require

if TYPE_CHECKING:
    import sqlalchemy as sa

    from evalmuse_hf.annotations.store.engine import Store

logger = logging.getLogger(__name__)

VERSION_TABLE = "evalmuse_store_version"
"""Table with the version of a store; a database that has it is one of ours."""

_MAGIC = b"SQLite format 3\0"
_HOW_TO_CREATE = "`evalmuse annotate assign STORE --pairs LIST` creates one"


def open_store(place: str | Path, *, create: bool = False, clock: Callable[[], float] | None = None) -> "Store":
    """Open a store; one of an older version is brought up to date, in SQLite after a copy of it was made.

    Args:
        place: A file, for SQLite, or a URL such as ``postgresql://user@host/database``.
        create: Whether to make a store where there is none.
        clock: Seconds since 1970; None takes the time of the machine.

    Raises:
        StoreError: If there is no store, it is of a newer version, or it cannot be opened.
        ImportError: If SQLAlchemy, Alembic or a driver is not installed.
    """
    for module in ("sqlalchemy", "alembic"):
        require(module, purpose="An annotation store", extra="annotate")
    text = str(place)
    if isinstance(place, Path) or "://" not in text:
        return _open_file(Path(place), create=create, clock=clock or time.time)
    url = _parse_url(text)
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise StoreError("A store in memory would be lost; give the path of a file.")
        return _open_file(Path(url.database), create=create, clock=clock or time.time)
    return _open_server(url, create=create, clock=clock or time.time)


def is_store(path: str | Path) -> bool:
    """Whether a file is an annotation store in SQLite.

    Args:
        path: Anything; what cannot be read is none.
    """
    path = Path(path)
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                return False
        return VERSION_TABLE in _tables_of(path)
    except (OSError, ValueError, sqlite3.Error):
        return False


def _tables_of(path: Path) -> set[str]:
    with closing(connect_read_only(path, live=False)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _open_file(path: Path, *, create: bool, clock: Callable[[], float]) -> "Store":
    from evalmuse_hf.annotations.store.engine import Store, sqlite_engine
    from evalmuse_hf.annotations.store.migrating import prepare

    _check_file(path, create=create)
    if not path.exists():
        _create_file(path, clock)
    read_only = not (os.access(path, os.W_OK) and os.access(path.absolute().parent, os.W_OK))
    store = Store(sqlite_engine(path, read_only=read_only), clock=clock, read_only=read_only)
    if read_only:
        logger.warning("The store %s is on a disk, or has rights, that allow reading only.", path)
    with _closing_on_failure(store), _explaining_failures(store):
        prepare(store, create=create)
    return store


def _check_file(path: Path, *, create: bool) -> None:
    """Refuse what is no store before SQLite makes one of it."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if not create:
            raise StoreError(f"There is no annotation store at {path}; {_HOW_TO_CREATE}.") from None
        if not path.absolute().parent.is_dir():
            raise StoreError(f"There is no folder {path.parent} for the store; make it first.") from None
        return
    except (OSError, ValueError) as error:
        raise StoreError(f"The store {path} cannot be opened ({_first_line(error)}).") from None
    if not stat.S_ISREG(mode):
        raise StoreError(f"{path} is a folder, a pipe or a device; an annotation store is one SQLite file.")
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except OSError as error:
        raise StoreError(f"The store {path} cannot be read ({error.strerror or error}).") from None
    if start != _MAGIC and (start or not create):
        raise StoreError(f"{path} is no SQLite file, so no annotation store; {_HOW_TO_CREATE}.")


def _create_file(path: Path, clock: Callable[[], float]) -> None:
    """Make a whole store under another name, then give it its own, unless another process was faster."""
    from evalmuse_hf.annotations.store.engine import Store, sqlite_engine
    from evalmuse_hf.annotations.store.migrating import prepare

    part = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    store = Store(sqlite_engine(part), clock=clock)
    try:
        with _explaining_failures(store, name=str(path)):
            prepare(store, create=True)
        store.close()
        try:
            _give_name(part, path)
        except OSError as error:
            raise StoreError(f"The store {path} cannot be made ({error.strerror or error}).") from None
    finally:
        store.close()
        for ending in ("", "-wal", "-shm"):
            part.with_name(f"{part.name}{ending}").unlink(missing_ok=True)


def _give_name(part: Path, path: Path) -> None:
    try:
        os.link(part, path)  # unlike a renaming, it never replaces the store of another process
    except FileExistsError:
        return
    except OSError:  # a file system without links
        if not path.exists():
            part.rename(path)
    folder = os.open(path.absolute().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _open_server(url: "sa.URL", *, create: bool, clock: Callable[[], float]) -> "Store":
    from evalmuse_hf.annotations.store.engine import Store, server_engine
    from evalmuse_hf.annotations.store.migrating import prepare

    if url.drivername in ("postgresql", "postgresql+psycopg"):
        require("psycopg", purpose="A store in PostgreSQL", extra="postgres")
    store = Store(server_engine(url), clock=clock)
    with _closing_on_failure(store), _explaining_failures(store):
        prepare(store, create=create)
    return store


def _parse_url(text: str) -> "sa.URL":
    """Read a URL; its text is never shown, for it may hold a password."""
    import sqlalchemy as sa

    if text.startswith("postgres://"):  # as many providers spell it
        text = f"postgresql{text.removeprefix('postgres')}"
    try:
        url = sa.make_url(text)
        backend = url.get_backend_name()
        url.get_dialect()
    except (sa.exc.ArgumentError, ValueError):
        raise StoreError(
            "The URL of the store cannot be read; write it like postgresql://user:password@host:5432/database, with "
            "special characters of the password as %XX."
        ) from None
    except ImportError as error:
        raise ImportError(f"The driver that the URL of the store names is not installed ({error}).") from None
    if backend not in ("sqlite", "postgresql"):
        raise StoreError(f"A store can be a SQLite file or in PostgreSQL, not in {backend!r}; give a path or a URL.")
    return url


@contextmanager
def _closing_on_failure(store: "Store") -> Iterator[None]:
    try:
        yield
    except BaseException:
        store.close()
        raise


@contextmanager
def _explaining_failures(store: "Store", *, name: str | None = None) -> Iterator[None]:
    """Turn what a database says at the door into a sentence without passwords."""
    import sqlalchemy as sa

    try:
        yield
    except sa.exc.DBAPIError as error:
        reason = _first_line(error.orig or error)
        for secret in filter(None, (store.engine.url.password, *store.engine.url.query.values())):
            reason = reason.replace(str(secret), "***")
        advice = "; start the database, or check host, port, name and password"
        if store.is_sqlite:
            damaged = getattr(error.orig, "sqlite_errorcode", None) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
            advice = "; bring a backup of it back" if damaged else ""
        raise StoreError(f"The store {name or store.name} cannot be opened ({reason}){advice}.") from None


def _first_line(error: BaseException) -> str:
    return next(filter(None, map(str.strip, str(error).splitlines())), type(error).__name__)
