"""How the backup of a running server is: what its organiser sees, and whether it may still give items out."""

import threading
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFacts:
    """What is known of a backup.

    Attributes:
        repo: The data set.
        saved_at: When everything was last known to be there, in seconds since 1970; None for not yet.
        error: Why the last try failed, in one sentence; empty if it did not.
        n_failures: Tries that failed in a row.
        diverged: Empty, or why the data set is not continued any more and no items are given out.
    """

    repo: str
    saved_at: float | None = None
    error: str = ""
    n_failures: int = 0
    diverged: str = ""


@dataclass(slots=True)
class BackupState:
    """The facts as they are now, told by the thread of the backup and read by those of requests.

    Attributes:
        facts: At this moment; replaced as a whole.
    """

    facts: BackupFacts
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def succeeded(self, at: float) -> None:
        """Note that everything is there.

        Args:
            at: Seconds since 1970.
        """
        with self._lock:
            self.facts = replace(self.facts, saved_at=at, error="", n_failures=0)

    def failed(self, error: str) -> bool:
        """Note a failure.

        Args:
            error: One sentence.

        Returns:
            Whether it is news: the first in a row, or for another reason than the one before.
        """
        with self._lock:
            is_news = error != self.facts.error
            self.facts = replace(self.facts, error=error, n_failures=self.facts.n_failures + 1)
        return is_news

    def stop(self, why: str) -> None:
        """Give no more items out, for good.

        Args:
            why: One sentence, for the organiser.
        """
        with self._lock:
            self.facts = replace(self.facts, diverged=self.facts.diverged or why)
