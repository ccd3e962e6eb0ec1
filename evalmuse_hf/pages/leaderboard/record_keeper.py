"""Records that are read again from time to time, while the page shows what was read before."""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from evalmuse_hf.pages.leaderboard.record_files import SourceError
from evalmuse_hf.pages.leaderboard.records import LeaderboardRecords, read_records

logger = logging.getLogger(__name__)

MINUTES_VARIABLE = "EVALMUSE_LEADERBOARD_MINUTES"
"""Says in a Space how old records may become."""

_DEFAULT_MINUTES = 30.0


class RecordKeeper:
    """Keeps the records of a source, and reads them again when a visitor comes and they are old.

    No visitor waits for that: whoever comes first sees what was read before. If the reading fails, the old records
    stay, and the page says since when.

    Args:
        source: As in `read_records`.
        minutes: How old records may become; 0 reads them once.
        read: What reads them.

    Raises:
        evalmuse_hf.pages.leaderboard.record_files.SourceError: If the records cannot be read at first, or no time is
            so many minutes.
    """

    def __init__(
        self,
        source: str | Path | None = None,
        *,
        minutes: float = 0.0,
        read: Callable[[str | Path | None], LeaderboardRecords] = read_records,
    ) -> None:
        if not (math.isfinite(minutes) and minutes >= 0):
            raise SourceError(
                f"The age of records must be a number of minutes from 0 (`--minutes`, {MINUTES_VARIABLE}), got "
                f"{minutes!r}."
            )
        self._source, self._seconds, self._read = source, 60 * minutes, read
        self._lock = threading.Lock()
        self._records = read(source)
        self._asked_at = time.monotonic()
        self._failed = False

    @property
    def failed(self) -> bool:
        """Whether the last reading failed, so that older records are shown."""
        return self._failed

    def current(self) -> LeaderboardRecords:
        """The records as they were read last; starts a new reading if they are old."""
        with self._lock:
            is_old = self._seconds > 0 and time.monotonic() - self._asked_at >= self._seconds
            if is_old:
                self._asked_at = time.monotonic()
        if is_old:
            threading.Thread(target=self.refresh, daemon=True).start()
        return self._records

    def refresh(self) -> None:
        """Read the records again; the old ones stay if that fails."""
        try:
            self._records = self._read(self._source)
            self._failed = False
        except Exception as error:  # of a source of any kind; the page goes on with what it has
            logger.warning("The records could not be read again; the old ones stay. %s", error)
            self._failed = True


def read_minutes(environ: Mapping[str, str]) -> float:
    """Read from the variables of a Space how old records may become.

    Args:
        environ: Such as `os.environ`.

    Raises:
        SourceError: If `MINUTES_VARIABLE` is no number; which numbers make sense, `RecordKeeper` says.

    Examples:
        >>> read_minutes({}), read_minutes({"EVALMUSE_LEADERBOARD_MINUTES": "5"})
        (30.0, 5.0)
    """
    text = environ.get(MINUTES_VARIABLE, "").strip()
    try:
        return float(text) if text else _DEFAULT_MINUTES
    except ValueError:
        raise SourceError(f"{MINUTES_VARIABLE} must be a number of minutes from 0, got {text[:80]!r}.") from None
