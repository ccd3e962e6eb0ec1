"""Files of a feature store: shards of rows of one size, and beside each a journal of what its rows hold.

Every writer has shards of its own, guarded by a lock that the system takes back from a process that dies, so that
several processes write to one folder at once. A row counts from the moment its line is in the journal; whatever a
killed process left behind that line is overwritten by the next writer of the shard.
"""

import re
import zlib
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

from evalmuse_hf.scoring.journals import add_record, open_journal, read_records, write_all

SHARD_BYTES = 2**30
"""Size at which a shard is full."""

_JOURNAL = re.compile(r"shard-(\d{5,9})\.jsonl")


@dataclass(frozen=True, slots=True, order=True)
class RowPlace:
    """Where a row is.

    Attributes:
        shard: Number of the shard.
        row: Number of the row in it.
    """

    shard: int
    row: int


@dataclass(frozen=True, slots=True)
class StoredRow:
    """What a journal says of a row.

    Attributes:
        place: Where it is.
        checksum: CRC-32 of its bytes.
    """

    place: RowPlace
    checksum: int

    def matches(self, row: Any) -> bool:
        """Whether the bytes are those that were written.

        Args:
            row: The row, as anything that has a buffer.
        """
        return zlib.crc32(row) == self.checksum


def shard_file(folder: Path, shard: int) -> Path:
    """Path of a shard's rows; the journal and the lock have its name and the endings ``.jsonl`` and ``.lock``."""
    return folder / f"shard-{shard:05d}.bin"


class ShardIndex:
    """What all journals of a folder say, read again from where the last reading ended.

    Args:
        folder: Folder of the shards; it may be empty, or not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read_bytes: dict[int, int] = {}
        self._rows: dict[str, dict[RowPlace, StoredRow]] = {}
        self._void: set[RowPlace] = set()

    def refresh(self) -> None:
        """Take in what was journaled since the last time, by any process."""
        journals = {}
        if self._folder.is_dir():
            journals = {
                int(found[1]): path for path in self._folder.iterdir() if (found := _JOURNAL.fullmatch(path.name))
            }
        for shard, path in sorted(journals.items()):
            with path.open("rb") as stream:
                stream.seek(self._read_bytes.get(shard, 0))
                content = stream.read()
            complete = content[: content.rfind(b"\n") + 1]  # a line without its end is still being written
            self._read_bytes[shard] = self._read_bytes.get(shard, 0) + len(complete)
            for record in read_records(complete):
                self._take(shard, record)

    def find(self, content: str) -> StoredRow | None:
        """Look up the row of a picture: of several, always the same one; None if there is none.

        Args:
            content: Content hash of the picture.
        """
        rows = [row for place, row in self._rows.get(content, {}).items() if place not in self._void]
        return min(rows, key=lambda row: row.place, default=None)

    def add(self, content: str, row: StoredRow) -> None:
        """Note a row that this process wrote.

        Args:
            content: Content hash of the picture.
            row: Where its features are.
        """
        self._rows.setdefault(content, {})[row.place] = row

    def discard(self, place: RowPlace) -> None:
        """Forget a row for good.

        Args:
            place: Where it is.
        """
        self._void.add(place)

    def _take(self, shard: int, record: dict[str, Any]) -> None:
        match record:
            case {"void": [int(other), int(row)]}:
                self.discard(RowPlace(other, row))
            case {"row": int(row), "content": str(content), "crc32": int(checksum)} if row >= 0:
                self.add(content, StoredRow(RowPlace(shard, row), checksum))


class ShardWriter:
    """Appends rows to shards that no other process writes to at the same time.

    It goes on with a shard that another process left unfinished, so that many short runs make few files.

    Args:
        folder: Folder of the shards; it exists.
        row_bytes: Size of every row.
        shard_bytes: Size at which a shard is full; it holds one row at least.
    """

    def __init__(self, folder: Path, *, row_bytes: int, shard_bytes: int = SHARD_BYTES) -> None:
        self._folder = folder
        self._row_bytes = row_bytes
        self._capacity = max(1, shard_bytes // row_bytes)
        self._lock: Any = None
        self._rows: BinaryIO | None = None
        self._journal: BinaryIO | None = None
        self._next = RowPlace(-1, self._capacity)

    def append(self, content: str, row: bytes) -> StoredRow:
        """Write a row, then journal it.

        Args:
            content: Content hash of the picture.
            row: Its features, ``row_bytes`` of them.

        Returns:
            The row and its place.

        Raises:
            OSError: If it cannot be written; it is then not in the journal.
        """
        rows, journal = self._open()
        written = StoredRow(self._next, zlib.crc32(row))
        rows.seek(written.place.row * self._row_bytes)
        try:
            write_all(rows, row)
            add_record(journal, {"row": written.place.row, "content": content, "crc32": written.checksum})
        except OSError:
            self.close()  # half a line may be in the journal; whoever opens it next ends the line
            raise
        self._next = RowPlace(written.place.shard, written.place.row + 1)
        return written

    def void(self, place: RowPlace) -> None:
        """Journal that a row, of whatever shard, is damaged.

        Args:
            place: Where it is.

        Raises:
            OSError: If it cannot be written.
        """
        _, journal = self._open()
        add_record(journal, {"void": [place.shard, place.row]})

    def close(self) -> None:
        """Leave the shard to others; a later `append` takes one again."""
        for stream in (self._rows, self._journal):
            if stream is not None:
                stream.close()
        if self._lock is not None:
            self._lock.release()
        self._rows = self._journal = self._lock = None
        self._next = RowPlace(-1, self._capacity)

    def _open(self) -> tuple[BinaryIO, BinaryIO]:
        """Files of a shard with room for a row."""
        from filelock import FileLock, Timeout

        if self._rows is not None and self._journal is not None and self._next.row < self._capacity:
            return self._rows, self._journal
        self.close()
        for shard in count():
            path = shard_file(self._folder, shard)
            journal = path.with_suffix(".jsonl")
            n_rows = _count_rows(journal)
            if n_rows >= self._capacity:
                continue
            lock = FileLock(path.with_suffix(".lock"))
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            n_rows = _count_rows(journal)  # the writer before may have filled it meanwhile
            if n_rows < self._capacity:
                path.touch()
                self._lock, self._next = lock, RowPlace(shard, n_rows)
                self._rows = path.open("r+b", buffering=0)
                self._journal = open_journal(journal)
                return self._rows, self._journal
            lock.release()
        raise AssertionError  # for type checkers: there is always a further number


def _count_rows(journal: Path) -> int:
    """Row behind the last one of a journal."""
    if not journal.exists():
        return 0
    numbers = [record["row"] for record in read_records(journal.read_bytes()) if isinstance(record.get("row"), int)]
    return 1 + max(numbers, default=-1)
