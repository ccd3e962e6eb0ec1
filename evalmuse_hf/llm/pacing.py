"""What the workers of one client tell each other: that all must stop, or wait, or that the server is dead."""

import threading
import time
from collections.abc import Callable
from random import Random

from evalmuse_hf.llm.chat import ChatError

LONGEST_PAUSE = 60.0
"""Seconds of the longest pause that no server asked for."""

_MOST_FAILURES_IN_A_ROW = 5  # requests, each after all its tries
_SECONDS_UNTIL_A_DEAD_SERVER_IS_TRIED = 60.0
_MOST_REFUSED_IN_A_ROW = 20
_REFUSING = frozenset({403, 404})  # of one prompt or of every one: what was answered before tells
_SHARE_OF_PAUSE = 0.25
_LONGEST_OWN_SPREAD = 5.0
_MOST_DOUBLINGS = 16


class RunStop:
    """Lets the workers of one run stop together."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._reason = "The run was stopped."
        self._lock = threading.Lock()

    def stop(self, reason: str | None = None) -> None:
        """Let no other worker send anything.

        Args:
            reason: What the others say then; the first reason counts.
        """
        with self._lock:
            if reason is not None and not self._stopped.is_set():
                self._reason = reason
            self._stopped.set()

    @property
    def is_stopped(self) -> bool:
        """Whether nothing should be sent any more."""
        return self._stopped.is_set()

    def wait(self, seconds: float) -> None:
        """Wait, but no longer than the run goes on.

        Args:
            seconds: How long.
        """
        self._stopped.wait(seconds)

    def check(self) -> None:
        """Refuse where nothing should be sent any more."""
        if self._stopped.is_set():
            raise ChatError(self._reason, stops_run=True)


class SharedPace:
    """What a client has learned about its server; it outlives a run, so that a dead server is found dead once.

    Args:
        wait: Seconds of the first pause after a request to slow down that names none; doubled each time.
        seed: Of the random parts.
        clock: Tells the time in seconds.
    """

    def __init__(self, *, wait: float = 1.0, seed: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.has_answered = False
        self._wait = wait
        self._random = Random(seed)
        self._lock = threading.Lock()
        self._failures = 0
        self._refusals = 0
        self._try_again_at = 0.0
        self._resume_at = 0.0
        self._spread = 0.0
        self._doublings = 0

    def check(self, stop: RunStop) -> None:
        """Wait where all have to wait, and refuse where nothing should be sent any more.

        After a pause each worker waits a random part more: all at once would be too many again.

        Args:
            stop: Of the run.
        """
        while (pause := self._resume_at - self.clock()) > 0 and not stop.is_stopped:
            stop.wait(pause)
            with self._lock:
                part = self._random.uniform(0.0, self._spread)
            stop.wait(part)
        stop.check()
        with self._lock:
            if self._failures < _MOST_FAILURES_IN_A_ROW:
                return
            if self.clock() >= self._try_again_at:  # one request finds out whether it is back
                self._try_again_at = self.clock() + _SECONDS_UNTIL_A_DEAD_SERVER_IS_TRIED
                return
        raise ChatError("Not asked, as all requests just before it failed; run the same again later.")

    def slow_down(self, asked: float | None) -> float:
        """All workers pause, as the server says that they ask too much.

        Args:
            asked: Seconds that the server asks for; never cut short. Without, the pause doubles up to 60 seconds.

        Returns:
            Seconds until the pause ends.
        """
        with self._lock:
            now = self.clock()
            own = min(self._wait * 2.0**self._doublings, LONGEST_PAUSE)
            pause = asked or own
            if now >= self._resume_at:  # what was sent before the last pause says nothing new
                self._doublings = min(self._doublings + 1, _MOST_DOUBLINGS)
            self._resume_at = max(self._resume_at, now + pause)
            self._spread = max(_SHARE_OF_PAUSE * pause, min(own, _LONGEST_OWN_SPREAD))
            return self._resume_at - now

    def sleep(self, seconds: float, stop: RunStop, *, for_all: bool) -> None:
        """Wait before the next try.

        Args:
            seconds: How long.
            stop: Of the run.
            for_all: The other workers wait as well.
        """
        if for_all:
            with self._lock:
                self._resume_at = max(self._resume_at, self.clock() + seconds)
        stop.wait(seconds)

    def note_success(self) -> None:
        """The server answers."""
        with self._lock:
            self.has_answered = True
            self._failures = self._refusals = self._doublings = 0

    def note_failure(self) -> None:
        """A request failed after all its tries."""
        with self._lock:
            self._failures += 1
            if self._failures >= _MOST_FAILURES_IN_A_ROW:
                self._try_again_at = self.clock() + _SECONDS_UNTIL_A_DEAD_SERVER_IS_TRIED

    def is_of_one_row(self, error: ChatError) -> bool:
        """Whether an error that stops a run is about one prompt only, as moderation is.

        Status 403 or 404 is where others were answered, unless it comes 20 times in a row.

        Args:
            error: The error.
        """
        if error.status not in _REFUSING or not self.has_answered:
            return False
        with self._lock:
            self._refusals += 1
            return self._refusals < _MOST_REFUSED_IN_A_ROW
