"""Replies of chat models on disk, so that a run that was killed goes on without asking or paying twice.

A file of JSON lines, to which lines are only ever added. Threads and processes may share it: a lock beside the file
lets one write at a time, and lines that others wrote since are read before a reply counts as missing. A last line that
a killed process left unfinished is passed over, and closed by the next writer.
"""

import hashlib
import json
import logging
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalmuse_hf.llm.chat import ChatMessage, ChatReply

FORMAT = 1
"""Version of the lines; part of every key, so that a change makes old lines strangers, not errors."""

_log = logging.getLogger(__name__)


def request_digest(
    model_name: str,
    messages: Sequence[ChatMessage],
    *,
    schema: Mapping[str, Any] | None,
    max_tokens: int,
    seed: int | None,
) -> str:
    """Key of a request: sha256 over all that decides its reply.

    Args:
        model_name: Name of the model.
        messages: The conversation.
        schema: JSON schema of the answer, if any.
        max_tokens: Tokens that may be written.
        seed: Of the drawing of tokens, if any.
    """
    spoken = [[message.role, message.content] for message in messages]
    parts = [FORMAT, model_name, spoken, schema, max_tokens, seed]
    # Half a character (a lone surrogate) has no UTF-8; it must not end the run.
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class ReplyCache:
    """Replies by the key of their request.

    Args:
        path: File of JSON lines; it is made with the first reply.

    Raises:
        ValueError: If the path is a folder, or the file is no cache of replies.
    """

    def __init__(self, path: Path) -> None:
        if path.is_dir():
            raise ValueError(f"{path} is a folder; name a file for the cache of replies.")
        self.path = path
        self._places: dict[bytes, int] = {}
        self._read_to = 0
        self._skipped = 0
        self._lock = threading.Lock()
        with self._lock:
            self._read_new_lines()
        if self._skipped and not self._places:
            raise ValueError(f"{path} holds no replies of a model; give another name to the cache, or delete it.")
        if self._skipped:
            _log.warning("%s: %d unreadable lines are passed over.", path, self._skipped)

    def __len__(self) -> int:
        return len(self._places)

    def get(self, digest: str) -> ChatReply | None:
        """The reply to a request; None where there is none yet.

        Args:
            digest: Key by `request_digest`.
        """
        key = bytes.fromhex(digest)
        with self._lock:
            if key not in self._places:
                self._read_new_lines()
            place = self._places.get(key)
        if place is None:
            return None
        with self.path.open("rb") as file:
            file.seek(place)
            entry = _read_entry(file.readline())
        return None if entry is None else entry[1]

    def put(self, digest: str, reply: ChatReply, *, model_name: str) -> None:
        """Add a reply; it outlives the process, even one that is killed, but perhaps not a power cut.

        Args:
            digest: Key by `request_digest`.
            reply: The reply.
            model_name: Written beside it for people; the key holds it already.
        """
        from filelock import FileLock

        entry = {
            "key": digest,
            "model": model_name,
            "text": reply.text,
            "finish_reason": reply.finish_reason,
            "prompt_tokens": reply.prompt_tokens,
            "completion_tokens": reply.completion_tokens,
        }
        line = json.dumps(entry).encode() + b"\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # The lock is of the file system: it also holds between processes.
        with self._lock, FileLock(f"{self.path}.lock"), self.path.open("a+b") as file:
            end = file.seek(0, 2)
            if end:
                file.seek(end - 1)
                if file.read(1) != b"\n":  # left by a process that was killed while it wrote
                    line = b"\n" + line
            file.write(line)
            file.flush()

    def _read_new_lines(self) -> None:
        """Note where the lines are that were added since the last look."""
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return
        with file:
            file.seek(self._read_to)
            for line in file:
                if not line.endswith(b"\n"):
                    break  # perhaps still being written
                entry = _read_entry(line)
                if entry is not None:
                    self._places[bytes.fromhex(entry[0])] = self._read_to
                elif line.strip():
                    self._skipped += 1
                self._read_to += len(line)


def _read_entry(line: bytes) -> tuple[str, ChatReply] | None:
    """Key and reply of a line; None if it is none."""
    try:
        entry = json.loads(line)
        digest, text, reason = entry["key"], entry["text"], entry["finish_reason"]
        known = all(isinstance(value, str) for value in (digest, text, reason)) and len(bytes.fromhex(digest)) == 32
        counts = [entry[name] for name in ("prompt_tokens", "completion_tokens")]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not known or not all(count is None or type(count) is int for count in counts):
        return None
    return digest, ChatReply(text, reason, *counts)
