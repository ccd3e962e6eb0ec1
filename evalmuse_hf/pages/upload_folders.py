"""A folder of uploads for each server, and the end of those that killed servers left."""

import logging
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

logger = logging.getLogger(__name__)

PREFIX = "evalmuse-pages-"
"""Begin of the names of these folders; the number of the process follows."""

_NAME = re.compile(rf"{PREFIX}\d+-\w+")
_SETTLING_S = 60.0  # from the making of a folder to its lock
_locks: list[int] = []  # kept open until the program ends


def new_upload_folder() -> Path:
    """Make a folder that only this user can read, and hold it as long as the program lives."""
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    lock = _try_lock(folder)
    if lock is not None:
        _locks.append(lock)
    return folder


def sweep_abandoned_folders() -> None:
    """Delete the folders of this user that no living program holds; what cannot be judged stays.

    A lock says more than the number of a process, which another one may bear by now, or one in another container.
    """
    now = time.time()
    for folder in sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}*")):
        try:
            facts = folder.lstat()
            if not _NAME.fullmatch(folder.name) or facts.st_uid != os.getuid() or now - facts.st_mtime < _SETTLING_S:
                continue
            lock = _try_lock(folder)
        except (OSError, AttributeError):  # gone meanwhile; no such thing as users
            continue
        if lock is not None:
            logger.info("Deleting %s, which a killed server left.", folder)
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _try_lock(folder: Path) -> int | None:
    """Lock a folder; None if another program holds it, or the system knows no such locks.

    Returns:
        What must stay open as long as the lock is to last.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    descriptor = None
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        if descriptor is not None:
            os.close(descriptor)
        return None
    return descriptor
