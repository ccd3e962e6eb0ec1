"""SQLite files without SQLAlchemy: to look into one, or to copy it."""

import os
import sqlite3
from pathlib import Path

BUSY_S = 30.0
"""How long a writer of another process is waited for."""


def connect_read_only(path: Path, *, live: bool = True) -> sqlite3.Connection:
    """Connect to a SQLite file without changing a thing, also on a disk that cannot be written.

    Args:
        path: The file.
        live: False if nobody writes to the file; SQLite then leaves no files of its own beside it.
    """
    # SQLite locks by files beside the store. Where it cannot make them, nobody writes: if there is no log of changes
    # either, the file will not change.
    live = has_log(path) or (live and os.access(path.absolute().parent, os.W_OK))
    address = f"{path.absolute().as_uri()}?mode=ro{'' if live else '&immutable=1'}"
    return sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_S)


def has_log(path: Path) -> bool:
    """Whether there are changes of a SQLite file that are not in the file itself yet.

    Args:
        path: The file.
    """
    log = path.with_name(f"{path.name}-wal")
    return log.is_file() and log.stat().st_size > 0
