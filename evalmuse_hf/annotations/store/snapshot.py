"""A copy of a SQLite store as it is at one moment, while raters go on: for backups, and for the Hub."""

import json
import os
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.opening import is_store
from evalmuse_hf.annotations.sqlite_files import connect_read_only, has_log
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.sessions import STORE_ID, store_id


def write_snapshot(store: Store, target: Path) -> None:
    """Write a copy that is one whole file; it holds every rating that was acknowledged before the call.

    Args:
        store: The store.
        target: The file of the copy. An earlier one is replaced, and only by a whole one.

    Raises:
        StoreError: If the store is on a server, the target is the store itself, or it cannot be written.
    """
    if store.path is None:
        raise StoreError(
            f"The store {store.name} is on a server; copy it with the server's own tool, such as pg_dump."
        )
    if target.exists() and target.samefile(store.path):
        raise StoreError(f"{target} is the store itself; give the copy another name.")
    if not target.absolute().parent.is_dir():
        raise StoreError(f"There is no folder {target.parent} for a copy of the store; make it first.")
    part = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        with closing(connect_read_only(store.path)) as source:
            source.execute("VACUUM INTO ?", (str(part),))
        _sync(part)
        os.replace(part, target)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"The copy {target} of the store cannot be written ({error}).") from None
    finally:
        for ending in ("", "-journal"):
            part.with_name(f"{part.name}{ending}").unlink(missing_ok=True)


def back_up(store: Store, target: Path) -> int:
    """Write a copy, and replace no file but an earlier copy of the same store.

    Args:
        store: The store.
        target: The file of the copy.

    Returns:
        How many lines the log of ratings has in the copy.

    Raises:
        StoreError: If the target is anything else, holds more than the store, or `write_snapshot` cannot write it.
    """
    own = store_id(store)  # makes it, so that the copy has it too
    if store.path is not None and target.exists() and not target.samefile(store.path):
        _refuse_other(store, own, target)
    write_snapshot(store, target)
    with closing(connect_read_only(target, live=False)) as copy:
        number: int = copy.execute("SELECT count(*) FROM ratings").fetchone()[0]
    return number


def _refuse_other(store: Store, own: str, target: Path) -> None:
    """Refuse to replace what is no earlier copy of the store."""
    if not is_store(target):
        raise StoreError(f"{target} is there already and is no annotation store; give the copy another name.")
    if has_log(target):
        raise StoreError(f"{target} is a store that is in use; give the copy another name.")
    with closing(connect_read_only(target, live=False)) as copy, store.read() as connection:
        found = copy.execute("SELECT value FROM settings WHERE name = ?", (STORE_ID,)).fetchone()
        if found is None or json.loads(found[0]) != own:
            raise StoreError(f"{target} is another store, or a copy of one; give the copy another name.")
        for table, what in (("ratings", "ratings"), ("events", "lines of the log")):
            newest = f"SELECT max({table[:-1]}_id) FROM {table}"
            there, here = copy.execute(newest).fetchone()[0] or 0, connection.exec_driver_sql(newest).scalar() or 0
            if there > here:
                raise StoreError(
                    f"{target} holds later {what} than {store.name} (number {there} and {here}), so it is no earlier "
                    "copy of it; give the copy another name."
                )


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
