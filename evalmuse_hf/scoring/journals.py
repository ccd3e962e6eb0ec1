"""Journals: files of JSON lines that only grow, and lose at most their last line when the writer is killed."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO


def read_records(content: bytes) -> Iterator[dict[str, Any]]:
    """Read the records of a journal; a line that a killed process or a damaged disk spoiled is none.

    Args:
        content: What the journal holds.
    """
    for line in content.splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            yield record


def open_journal(path: Path) -> BinaryIO:
    """Open a journal to go on with it; half a line that a killed writer left is ended first.

    Args:
        path: The journal; it is made if need be.

    Raises:
        OSError: If it cannot be written.
    """
    stream = path.open("ab", buffering=0)
    if path.read_bytes()[-1:] not in (b"", b"\n"):
        write_all(stream, b"\n")
    return stream


def add_record(stream: BinaryIO, record: Mapping[str, Any], *, safe: bool = False) -> None:
    """Add a record to a journal.

    Args:
        stream: Of `open_journal`.
        record: What JSON can hold.
        safe: Wait until the disk has it, for what must survive a loss of power.

    Raises:
        OSError: If it cannot be written; half of it may be.
    """
    write_all(stream, json.dumps(record).encode() + b"\n")
    if safe:
        os.fsync(stream.fileno())


def write_all(stream: BinaryIO, content: bytes) -> None:
    """Write everything, of which an unbuffered file may take a part at a time.

    Args:
        stream: An unbuffered file.
        content: What to write.
    """
    rest = memoryview(content)
    while len(rest):
        rest = rest[stream.write(rest) :]
