"""What the workers of one run tell each other: that all must stop, or wait, or that the server is dead."""

import threading
import time

from evalmuse_hf.llm.chat import ChatError

_MOST_FAILURES_IN_A_ROW = 5  # requests, each after all its tries


class SharedPace:
    """Lets the workers of one run stop, wait and give up together."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self._reason = "The run was stopped."
        self._lock = threading.Lock()
        self._failures = 0
        self._resume_at = 0.0

    def stop(self, reason: str) -> None:
        """Let no other worker send anything."""
        with self._lock:
            if not self.stopped.is_set():
                self._reason = reason
        self.stopped.set()

    def check(self) -> None:
        """Wait where the server asked all to wait, and refuse where nothing should be sent any more."""
        while (pause := self._resume_at - time.monotonic()) > 0 and not self.stopped.is_set():
            self.stopped.wait(pause)
        if self.stopped.is_set():
            raise ChatError(self._reason, stops_run=True)
        if self._failures >= _MOST_FAILURES_IN_A_ROW:
            raise ChatError("Not asked, as all requests just before it failed; run the same again later.")

    def sleep(self, seconds: float, *, for_all: bool) -> None:
        """Wait before the next try; with ``for_all`` the other workers wait as well."""
        if for_all:
            with self._lock:
                self._resume_at = max(self._resume_at, time.monotonic() + seconds)
        self.stopped.wait(seconds)

    def note_success(self) -> None:
        """The server answers."""
        with self._lock:
            self._failures = 0

    def note_failure(self) -> None:
        """A request failed after all its tries."""
        with self._lock:
            self._failures += 1
