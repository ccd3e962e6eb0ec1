"""Statistics that keep their warnings to themselves while a command runs that names every cause in its answer."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

LOGGER = "evalmuse_hf.stats"

_lock = threading.Lock()
_before: list[int] = []  # the level to go back to, once for every command that is running


@contextmanager
def quiet_statistics(*, verbose: bool = False) -> Iterator[None]:
    """Log only errors of the statistics; the level that was set before comes back when the last command is done.

    Statistics warn of every undefined number. A command that computes hundreds of them, and says in its answer which
    are undefined and why, would bury that answer.

    Args:
        verbose: Leave the log as it is.
    """
    if verbose:
        yield
        return
    logger = logging.getLogger(LOGGER)
    with _lock:
        _before.append(_before[0] if _before else logger.level)
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        with _lock:
            level = _before.pop()
            if not _before:
                logger.setLevel(level)
