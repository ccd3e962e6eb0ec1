"""The files of a backup: a copy of the store at one moment, and what is read of that copy and of nothing newer."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evalmuse_hf.annotations.records import RatingRow, Standing
from evalmuse_hf.annotations.store.engine import Store, sqlite_engine
from evalmuse_hf.annotations.store.events import read_events
from evalmuse_hf.annotations.store.ratings import read_ratings
from evalmuse_hf.annotations.store.sessions import forget_secret
from evalmuse_hf.annotations.store.snapshot import write_snapshot

SNAPSHOT, RATINGS, FACTS, PICTURES = "store.sqlite", "ratings.jsonl", "backup.json", "pictures"
FORMAT = 1
_EVERY_STANDING: tuple[Standing, ...] = ("counted", "revised", "returned")
_MUTABLE = ("standing",)  # changes after the rating was given, so it has no place in lines that only get more


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalCopy:
    """A copy of a store in a folder.

    Attributes:
        folder: With the files `SNAPSHOT` and `RATINGS`.
        sha256: Of the first.
        last_rating_id: The newest rating in both; 0 without one.
        last_event_id: The newest line of its log; 0 without one.
    """

    folder: Path
    sha256: str
    last_rating_id: int
    last_event_id: int

    def facts(self) -> dict[str, Any]:
        """What ``backup.json`` says of it."""
        return {
            "format": FORMAT,
            "sha256": self.sha256,
            "last_rating_id": self.last_rating_id,
            "last_event_id": self.last_event_id,
        }


def write_copy(store: Store, folder: Path) -> LocalCopy:
    """Copy a store into a folder, without its secret, and write down the ratings of that copy.

    Args:
        store: The store, which others may go on to write.
        folder: For the files; those of an earlier copy are replaced.
    """
    snapshot = folder / SNAPSHOT
    write_snapshot(store, snapshot)
    forget_secret(snapshot)
    with closing(_read_only(snapshot)) as copied:
        last = 0
        with (folder / RATINGS).open("w", encoding="utf-8") as file:
            for row in read_ratings(copied, standings=_EVERY_STANDING, gold=None):
                file.write(rating_line(row))
                last = row.rating_id
        events = read_events(copied, limit=1)
    return LocalCopy(
        folder=folder,
        sha256=file_sha256(snapshot),
        last_rating_id=last,
        last_event_id=events[-1].event_id if events else 0,
    )


def rating_line(row: RatingRow) -> str:
    """One line of ``ratings.jsonl``; the same today and later.

    Args:
        row: The rating.
    """
    values = {name: value for name, value in asdict(row).items() if name not in _MUTABLE}
    return json.dumps(values, ensure_ascii=False) + "\n"


def last_rating(snapshot: Path) -> int:
    """The newest rating of a copy; 0 without one.

    Args:
        snapshot: The file of the copy.
    """
    with closing(_read_only(snapshot)) as copied:
        rows = read_ratings(copied, standings=_EVERY_STANDING, gold=None)
    return rows[-1].rating_id if rows else 0


def begins_with(path: Path, start: Path) -> bool:
    """Whether a file is another one with, at most, something added.

    Args:
        path: The file.
        start: What it has to begin with.
    """
    with path.open("rb") as file:
        return all(file.read(len(block)) == block for block in _blocks(start))


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    Args:
        path: The file.
    """
    digest = hashlib.sha256()
    for block in _blocks(path):
        digest.update(block)
    return digest.hexdigest()


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            yield block


def _read_only(snapshot: Path) -> Store:
    return Store(sqlite_engine(snapshot, read_only=True), read_only=True)
