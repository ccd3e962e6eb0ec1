"""Reads pictures ahead of whoever needs them, in threads or in processes that may hang or die.

A picture that hangs its decoder, or kills it, becomes a sentence like any other bad picture, and the others go on.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from enum import Enum
from types import TracebackType
from typing import Any, Self

from evalmuse_hf.images.preparation import Preparation, PreparedPicture, read_picture
from evalmuse_hf.images.reading_process import ReadingProcess

TIMEOUT_S = 60.0
"""Time that one picture may take."""

_TRIES = 2  # of a picture whose decoder dies: the first time, something else may have killed it
_LOOK_EVERY_S = 0.1


class _State(Enum):
    WAITING = "waiting"
    READING = "reading"
    DROPPED = "dropped while it was read"
    READY = "ready"
    TAKEN = "taken"


class DeferredPicture:
    """A picture that a `PictureReader` reads when its turn comes.

    Attributes:
        source: The picture as it was given.
        key: What pictures that are the same share: a path, or a name for the content.
    """

    __slots__ = ("_reader", "_result", "_state", "key", "source")

    def __init__(self, source: Any, key: object, reader: "PictureReader") -> None:
        self.source = source
        self.key = key
        self._reader = reader
        self._state = _State.WAITING
        self._result: PreparedPicture | None = None

    def take(self) -> PreparedPicture:
        """Wait for the picture and take it; it is not kept, and would be read again if taken a second time."""
        return self._reader._take(self)

    def discard(self) -> None:
        """Say that nobody will take the picture."""
        self._reader._discard(self)


class PictureReader:
    """Reads pictures in the order in which they were deferred, some way ahead of their use; a context.

    Args:
        preparation: How pictures are resized; None leaves them as they are.
        workers: How many read at a time; 0 reads each picture when it is taken.
        processes: Whether workers are processes, which survive a decoder that crashes and stop one that hangs; else
            they are threads.
        ahead: Pictures that are read and not taken yet, at most.
        timeout: Seconds that a process may take for a picture.
        wanted: Whether the pixels of a content (its hash) are needed; called in threads of this process.

    Raises:
        ValueError: If a number is outside its range.
    """

    def __init__(
        self,
        preparation: Preparation | None = None,
        *,
        workers: int = 0,
        processes: bool = False,
        ahead: int = 64,
        timeout: float = TIMEOUT_S,
        wanted: Callable[[str], bool] = lambda content: True,
    ) -> None:
        for name, value, least in (("workers", workers, 0), ("ahead", ahead, 1)):
            if value < least:
                raise ValueError(f"`{name}` must be at least {least}, got {value}.")
        if not timeout > 0:
            raise ValueError(f"`timeout` must be more than 0 seconds, got {timeout}.")
        self.preparation = preparation
        self.workers = workers
        self.processes = processes
        self.timeout = timeout
        self.wanted = wanted
        self._ahead = max(ahead, workers)
        self._changed = threading.Condition()
        self._waiting: deque[DeferredPicture] = deque()
        self._urgent: deque[DeferredPicture] = deque()
        self._held = 0  # being read, or ready and not taken
        self._closed = False
        self._threads: list[threading.Thread] = []
        self._running: set[ReadingProcess] = set()
        self._failure: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def defer(self, source: Any, key: object) -> DeferredPicture:
        """Have a picture read when its turn comes.

        Args:
            source: Anything that `load_image` opens.
            key: What pictures that are the same share.

        Returns:
            What the picture is taken from.
        """
        picture = DeferredPicture(source, key, self)
        if self.workers:
            with self._changed:
                self._waiting.append(picture)
                self._changed.notify_all()
            self._start()
        return picture

    def close(self) -> None:
        """Stop reading; what was not taken is lost."""
        with self._changed:
            self._closed = True
            for process in self._running:
                process.kill()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._threads = []

    def _start(self) -> None:
        if self._threads:
            return
        jobs: list[Callable[[], None]] = [self._work] * self.workers
        if self.processes:
            jobs.append(self._watch)
        self._threads = [threading.Thread(target=job, daemon=True) for job in jobs]
        for thread in self._threads:
            thread.start()

    def _take(self, picture: DeferredPicture) -> PreparedPicture:
        if not self.workers:
            return read_picture(picture.source, self.preparation, wanted=self.wanted)
        with self._changed:
            if picture._state in (_State.WAITING, _State.TAKEN):
                picture._state = _State.WAITING
                self._urgent.append(picture)
                self._changed.notify_all()
            elif picture._state is _State.DROPPED:
                picture._state = _State.READING
            self._changed.wait_for(lambda: picture._state is _State.READY or self._closed or self._failure)
            result, picture._result = picture._result, None
            if result is None:
                if self._failure is None:
                    raise RuntimeError("The reader of this picture is closed.")
                raise RuntimeError("Pictures cannot be read any more.") from self._failure
            self._release(picture)
        return result

    def _discard(self, picture: DeferredPicture) -> None:
        with self._changed:
            if picture._state is _State.READY:
                self._release(picture)
            elif picture._state is _State.WAITING:
                picture._state = _State.TAKEN
            elif picture._state is _State.READING:
                picture._state = _State.DROPPED

    def _release(self, picture: DeferredPicture) -> None:
        picture._state, picture._result = _State.TAKEN, None
        self._held -= 1
        self._changed.notify_all()

    def _work(self) -> None:
        """Read pictures until the reader is closed; what makes that impossible is told to whoever waits for one."""
        try:
            self._read_all()
        except Exception as error:  # of the machine or of a callback: of a picture it would be a result
            with self._changed:
                self._failure = error
                self._changed.notify_all()

    def _read_all(self) -> None:
        process: ReadingProcess | None = None
        while (picture := self._next()) is not None:
            if self.processes:
                result, process = self._read_by_process(picture.source, process)
            else:
                result = read_picture(picture.source, self.preparation, wanted=self.wanted)
            with self._changed:
                if picture._state is _State.DROPPED:
                    self._release(picture)
                else:
                    picture._state, picture._result = _State.READY, result
                self._changed.notify_all()
        if process is not None:
            self._retire(process)

    def _next(self) -> DeferredPicture | None:
        """Wait for the next picture to read; None once the reader is closed."""
        with self._changed:
            while not self._closed:
                picture = None
                if self._urgent:
                    picture = self._urgent.popleft()
                elif self._waiting and self._held < self._ahead:
                    picture = self._waiting.popleft()
                if picture is None:
                    self._changed.wait()
                elif picture._state is _State.WAITING:  # else it was read as an urgent one, or discarded
                    picture._state = _State.READING
                    self._held += 1
                    return picture
        return None

    def _read_by_process(
        self, source: Any, process: ReadingProcess | None
    ) -> tuple[PreparedPicture, ReadingProcess | None]:
        """Read by a process, which is started if need be; returns the one to use next."""
        if not ReadingProcess.can_send(source):
            return read_picture(source, self.preparation, wanted=self.wanted), process
        problem = ""
        for _ in range(_TRIES):
            if process is None:
                process = ReadingProcess()
                with self._changed:
                    self._running.add(process)
                    if self._closed:
                        process.kill()
            result = process.read(source, self.preparation, timeout=self.timeout, wanted=self.wanted)
            expired = process.expired
            if expired or isinstance(result, str):
                self._retire(process)
                process = None
            if isinstance(result, PreparedPicture):
                return result, process
            problem = result
            if expired or self._closed:
                break
        return PreparedPicture(problem=problem), None

    def _retire(self, process: ReadingProcess) -> None:
        process.close()
        with self._changed:
            self._running.discard(process)

    def _watch(self) -> None:
        """Kill the processes whose time is over."""
        while not self._closed:
            with self._changed:
                running = list(self._running)
            for process in running:
                process.check_time(time.monotonic())
            time.sleep(_LOOK_EVERY_S)


def choose_workers(*, n_processes: int = 1) -> int:
    """How many workers keep one process supplied.

    Args:
        n_processes: Processes on this machine that score.

    Returns:
        The processors that each of them has, less the one that it needs itself; at least 1.
    """
    return max(1, available_processors() // max(1, n_processes) - 1)


def available_processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
