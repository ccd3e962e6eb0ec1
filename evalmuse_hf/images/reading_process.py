"""A process that reads pictures for another one.

It is no fork, so that it costs little memory, and it does not run the main module of the program again, so that
nobody's script needs a guard. What it sends are sizes and pixels, never pickled objects: it handles foreign files.
"""

import contextlib
import json
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from evalmuse_hf.images.preparation import Preparation, PreparedPicture, read_picture

_LENGTH = struct.Struct("<QQ")  # of the header and of what follows it
_YES, _NO = b"1", b"0"
_BIRTH_S = 120.0  # starting takes longer than most pictures, and is not their fault


class ReadingProcess:
    """One such process, from outside."""

    def __init__(self) -> None:
        # -P keeps the current folder, which may hold anything, out of the places that modules are imported from; the
        # package comes last, so that whatever stands beside it takes nobody's place.
        program = (
            f"import sys; sys.path.append({str(Path(__file__).parents[2])!r}); from {__name__} import main; main()"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._lock = threading.Lock()
        self._deadline: float | None = None
        self._is_ready = False
        self.expired = False

    @staticmethod
    def can_send(source: Any) -> bool:
        """Whether a picture can be sent to a process: a path, bytes, or a mapping with one of them.

        Args:
            source: Anything that `load_image` opens.
        """
        if not isinstance(source, Mapping):
            return isinstance(source, str | Path | bytes | bytearray)
        path, content = source.get("path"), source.get("bytes")
        return isinstance(path, str | None) and isinstance(content, bytes | bytearray | None)

    def read(
        self,
        source: Any,
        preparation: Preparation | None,
        *,
        timeout: float,
        wanted: Callable[[str], bool],
    ) -> PreparedPicture | str:
        """Read a picture.

        Args:
            source: A path, bytes, or a mapping with one of them.
            preparation: How it is resized.
            timeout: Seconds after which `check_time` may kill the process.
            wanted: Whether the pixels of a content are needed.

        Returns:
            The picture; or, if the process died, a sentence that says so.
        """
        header, content, name = _describe(source)
        header["preparation"] = None if preparation is None else asdict(preparation)
        try:
            sending, receiving = self._streams()
            if not self._is_ready:
                self._allow(max(_BIRTH_S, timeout))
                _receive(receiving)
                self._is_ready = True
            self._allow(timeout)
            _send(sending, header, content)
            answer, pixels = _receive(receiving)
            if "asked" in answer:
                sending.write(_YES if wanted(answer["asked"]) else _NO)
                sending.flush()
                answer, pixels = _receive(receiving)
        except (EOFError, OSError, ValueError) as error:
            if not self._is_ready and (status := self._status_at_birth()):
                raise RuntimeError(
                    f"The process that reads pictures ended with status {status} before it had begun; see what it "
                    "wrote to stderr, or let this process read them (--workers 0)."
                ) from error
            self.kill()  # after a failure of `wanted` it lives
            return self._obituary(name, timeout)
        finally:
            self._allow(None)
        shape = answer["shape"]
        array = None if shape is None else np.frombuffer(pixels, dtype=np.uint8).reshape(shape)
        return PreparedPicture(answer["content"], array, answer["problem"])

    def _allow(self, seconds: float | None) -> None:
        with self._lock:
            self._deadline = None if seconds is None else time.monotonic() + seconds

    def check_time(self, now: float) -> None:
        """Kill the process if its picture takes too long.

        Args:
            now: What `time.monotonic` says.
        """
        with self._lock:
            if self._deadline is not None and now > self._deadline:
                self.expired = True
                self.kill()

    def kill(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()

    def close(self) -> None:
        """End the process and forget it."""
        self.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # what was not sent yet is of no use any more
                    stream.close()
        self._process.wait()

    def _status_at_birth(self) -> int:
        """With what a process that never began has ended by itself; 0 if it was killed, which may happen to any."""
        return max(0, self._process.wait())

    def _streams(self) -> tuple[BinaryIO, BinaryIO]:
        if self._process.stdin is None or self._process.stdout is None:
            raise EOFError
        return self._process.stdin, self._process.stdout  # type: ignore[return-value]

    def _obituary(self, name: str, timeout: float) -> str:
        if self.expired:
            return (
                f"Cannot read picture {name!r}: its decoder did not finish within {timeout:g} s and was stopped; "
                "store the picture anew, or make it smaller."
            )
        self._process.wait()
        return (
            f"Cannot read picture {name!r}: its decoder died (status {self._process.returncode}), perhaps because "
            "memory ran out; store the picture anew, or make it smaller."
        )


def _describe(source: Any) -> tuple[dict[str, Any], bytes, str]:
    """What is sent of a picture: a description, bytes, and how messages call it."""
    if isinstance(source, Mapping) and isinstance(source.get("bytes"), bytes | bytearray):
        path = source.get("path")
        return {"kind": "bytes", "path": path}, bytes(source["bytes"]), str(path or "given as bytes")
    if isinstance(source, bytes | bytearray):
        return {"kind": "bytes", "path": None}, bytes(source), "given as bytes"
    if isinstance(source, Mapping):
        return {"kind": "mapping", "path": source.get("path")}, b"", str(source.get("path"))
    return {"kind": "path", "path": str(source)}, b"", str(source)


def _source_of(header: Mapping[str, Any], content: bytes) -> Any:
    if header["kind"] == "bytes":
        return content if header["path"] is None else {"bytes": content, "path": header["path"]}
    return header["path"] if header["kind"] == "path" else {"bytes": None, "path": header["path"]}


def _send(stream: BinaryIO, header: Mapping[str, Any], content: bytes = b"") -> None:
    text = json.dumps(header).encode()
    stream.write(_LENGTH.pack(len(text), len(content)))
    stream.write(text)
    stream.write(content)
    stream.flush()


def _receive(stream: BinaryIO) -> tuple[dict[str, Any], bytes]:
    lengths = _LENGTH.unpack(_read_exactly(stream, _LENGTH.size))
    header, content = (_read_exactly(stream, length) for length in lengths)
    return dict(json.loads(header)), content


def _read_exactly(stream: BinaryIO, length: int) -> bytes:
    content = stream.read(length)
    if len(content) != length:
        raise EOFError
    return content


def serve(receiving: BinaryIO, sending: BinaryIO) -> None:
    """Read the pictures that come along a stream, until it ends.

    Args:
        receiving: Where they come from.
        sending: Where the results go.
    """

    def ask(content: str) -> bool:
        _send(sending, {"asked": content})
        return _read_exactly(receiving, 1) == _YES

    _send(sending, {"ready": True})
    while True:
        try:
            header, content = _receive(receiving)
        except EOFError:
            return
        options = header["preparation"]
        picture = read_picture(
            _source_of(header, content), None if options is None else Preparation(**options), wanted=ask
        )
        pixels = picture.pixels
        answer = {
            "content": picture.content,
            "problem": picture.problem,
            "shape": None if pixels is None else pixels.shape,
        }
        _send(sending, answer, b"" if pixels is None else pixels.tobytes())


def main() -> None:
    """Serve the process that started this one; its Ctrl-C is none of ours."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sending = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a decoder prints must not get between the pixels
    with contextlib.suppress(BrokenPipeError, EOFError):  # nobody is there any more
        serve(sys.stdin.buffer, sending)
