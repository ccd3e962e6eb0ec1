"""A program that answers on a loopback port: started, awaited, asked, and ended as a person would end it."""

import contextlib
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

READY_S = 240.0  # several programs start at once on few cores, which other work may keep busy
END_S = 60.0
_POLL_S = 0.1


class AppError(RuntimeError):
    """A program that did not start, did not answer, or did not end as it should."""


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        return int(attempt.getsockname()[1])


@dataclass(slots=True)
class RunningApp:
    """A program while it runs.

    Attributes:
        name: For messages.
        process: The program.
        address: Where it shall answer.
        log: What it says, on both channels.
    """

    name: str
    process: subprocess.Popen[bytes]
    address: str
    log: Path

    def wait_until_ready(self, seconds: float = READY_S) -> str:
        """Wait until the page answers, and give it back; fails at once if the program ends before."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AppError(f"{self.name} ended with status {self.process.returncode}:\n{self.said()}")
            # An error of urllib is an OSError, and so is a port where nobody listens yet.
            with contextlib.suppress(OSError), urllib.request.urlopen(self.address, timeout=30) as answer:
                return str(answer.read().decode())
            time.sleep(_POLL_S)
        raise AppError(f"{self.name} did not answer within {seconds:.0f} s:\n{self.said()}")

    def end(self, seconds: float = END_S) -> None:
        """End it with Ctrl-C; fails if it stays, complains, or keeps its port."""
        self.process.send_signal(signal.SIGINT)
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AppError(f"{self.name} still runs {seconds:.0f} s after Ctrl-C:\n{self.said()}") from None
        if status or "Traceback" in self.said():
            raise AppError(f"{self.name} ended with status {status} after Ctrl-C:\n{self.said()}")
        with contextlib.suppress(OSError), urllib.request.urlopen(self.address, timeout=5):
            raise AppError(f"{self.name} has ended, and something still answers at {self.address}.")

    def said(self) -> str:
        """The end of what it said."""
        return self.log.read_text("utf-8", "replace")[-4000:]


@contextlib.contextmanager
def running(
    name: str, command: Sequence[str | Path], *, port: int, cwd: Path, variables: Mapping[str, str], log: Path
) -> Iterator[RunningApp]:
    """Start a program; whatever happens, it does not outlive the block."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield RunningApp(name, process, f"http://127.0.0.1:{port}/", log)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def take_sigint() -> None:
    """Let children be ended by Ctrl-C, also where a shell started this process in the background, deaf to it."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
