"""The folder of a run: finished shards, journals that say which they are, and a lock that keeps other runs out.

A shard counts from the moment its line is in a journal; whatever a killed process left without one is written anew.
"""

import hashlib
import json
import logging
import os
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from evalmuse_hf.scoring.journals import add_record, open_journal, read_records, write_all
from evalmuse_hf.scoring.scores import file_metadata, plain

logger = logging.getLogger(__name__)

# Names with a line before them are left out by those who read all Parquet files of a folder.
_SETTINGS = "_run.json"
_LOCK = "_run.lock"
_JOURNALS = "_journal-*.jsonl"
_UNFINISHED = ".unfinished"
_GONE = ".done"


class RunError(ValueError):
    """A run that cannot begin or go on; the message says why and what to do."""


@dataclass(frozen=True, slots=True, order=True)
class ShardPlace:
    """Which rows a shard holds.

    Attributes:
        part: Part of the source.
        block: Block of that part.
    """

    part: int
    block: int

    @property
    def file_name(self) -> str:
        """Name of its file; in the order of names, shards are in the order of the rows."""
        return f"part-{self.part:06d}-{self.block:06d}.parquet"


@dataclass(frozen=True, slots=True)
class Shard:
    """What a journal says of a finished shard.

    Attributes:
        place: Which rows it holds.
        n_rows: How many.
        n_bytes: Size of its file.
        sha256: Hash of its file.
        scored: Rows with a score, by status.
        failed: Rows without one, by status.
        messages: What the first row with a score and a message, and the first without a score, say.
    """

    place: ShardPlace
    n_rows: int
    n_bytes: int
    sha256: str
    scored: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, int] = field(default_factory=dict)
    messages: tuple[str | None, str | None] = (None, None)


@dataclass(slots=True)
class Progress:
    """What is finished.

    Attributes:
        shards: Finished shards.
        ends: How many blocks a part has, of the parts that were read to their end.
    """

    shards: dict[ShardPlace, Shard] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)

    def is_complete(self, part: int) -> bool:
        """Whether every block of a part is finished.

        Args:
            part: The part.
        """
        return part in self.ends and all(ShardPlace(part, block) in self.shards for block in range(self.ends[part]))

    @property
    def n_rows(self) -> int:
        """Rows in finished shards."""
        return sum(shard.n_rows for shard in self.shards.values())


class RunFolder:
    """The folder of a run, as one of its processes sees it.

    Args:
        path: The folder.
        rank: Number of this process; each has a journal of its own.
    """

    def __init__(self, path: Path, *, rank: int = 0) -> None:
        self.path = path
        self._rank = rank
        self._lock: Any = None
        self._journal: BinaryIO | None = None

    @property
    def shard_rows(self) -> int | None:
        """Rows per shard of the run that is in the folder; None if there is none."""
        settings = self._read_settings()
        rows = None if settings is None else settings.get("shard_rows")
        return rows if isinstance(rows, int) and rows > 0 else None

    def begin(self, settings: Mapping[str, Any], *, restart: bool = False) -> Progress:
        """Make or take over the folder; for one process of the run.

        Args:
            settings: What must be the same when a run goes on; what JSON can hold.
            restart: Throw away what an earlier run left.

        Returns:
            What is finished and whole.

        Raises:
            RunError: If another run is at work, an earlier one had other settings, or the folder holds something else.
            OSError: If it cannot be written.
        """
        self._take_lock()
        if not (self.path / _SETTINGS).is_file() and any(self.path.glob("*.parquet")):
            raise RunError(f"{self.path} holds Parquet files of no run; give another folder.")
        found = None if restart else self._read_settings()
        if found is None:
            self._clear()
            text = json.dumps(settings, indent=2, ensure_ascii=False)
            with (self.path / f"{_SETTINGS}{_UNFINISHED}").open("wb", buffering=0) as stream:
                write_all(stream, f"{text}\n".encode())
                os.fsync(stream.fileno())
            os.replace(stream.name, self.path / _SETTINGS)
        elif changed := [name for name in {**found, **settings} if found.get(name) != settings.get(name)]:
            name = changed[0]
            raise RunError(
                f"{self.path} holds an unfinished run with another {name.replace('_', ' ')} ({found.get(name)!r}, now "
                f"{settings.get(name)!r}); repeat the command that began it, or throw it away with --restart."
            )
        for file in self.path.glob(f"*{_UNFINISHED}"):
            file.unlink()
        return self._check(self.read_progress())

    def read_progress(self) -> Progress:
        """Read what all journals say, without looking at the shards."""
        progress = Progress()
        for path in sorted(self.path.glob(_JOURNALS)):
            for record in read_records(path.read_bytes()):
                _take(record, progress)
        return progress

    def write(self, place: ShardPlace, rows: Sequence[Mapping[str, Any]], provenance: Mapping[str, Any]) -> Shard:
        """Write a shard, then journal it.

        Args:
            place: Which rows these are.
            rows: Output rows.
            provenance: Of the scores.

        Returns:
            What the journal says.

        Raises:
            OSError: If it cannot be written; it then does not count.
        """
        path = self.path / place.file_name
        unfinished = path.with_name(f"{path.name}{_UNFINISHED}")
        content = _to_parquet(rows, provenance)
        try:
            with unfinished.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, path)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
        shard = _describe(place, rows, content)
        add_record(self._writing(), _spell(shard), safe=True)
        return shard

    def end_part(self, part: int, n_blocks: int) -> None:
        """Journal that a part was read to its end.

        Args:
            part: The part.
            n_blocks: Blocks that it has.

        Raises:
            OSError: If it cannot be written.
        """
        add_record(self._writing(), {"part": part, "blocks": n_blocks})

    def discard(self, shard: Shard) -> None:
        """Forget a shard that is damaged, so that it is written anew.

        Args:
            shard: The shard.
        """
        (self.path / shard.place.file_name).unlink(missing_ok=True)

    def close_journal(self) -> None:
        """Close the journal; writing opens it again."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def close(self) -> None:
        """Close the journal and let others in."""
        self.close_journal()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def finish(self, *, keep_shards: bool) -> None:
        """End a run that is complete.

        Args:
            keep_shards: Leave the shards, and the journal that says what they are; else nothing stays.
        """
        self.close_journal()
        if not keep_shards:
            # In one step, so that a kill meanwhile leaves no folder of which half is gone.
            gone = self.path.with_name(f"{self.path.name}{_GONE}")
            shutil.rmtree(gone, ignore_errors=True)
            try:
                os.replace(self.path, gone)
            except OSError as error:  # the scores are complete all the same
                logger.warning("%s is not needed any more and cannot be removed (%s).", self.path, error)
            shutil.rmtree(gone, ignore_errors=True)
        self.close()

    def _take_lock(self) -> None:
        from filelock import FileLock, Timeout

        self.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path / _LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise RunError(
                f"Another run is writing to {self.path}; wait until it has ended, or give another output."
            ) from None
        self._lock = lock

    def _read_settings(self) -> dict[str, Any] | None:
        path = self.path / _SETTINGS
        if not path.is_file():
            return None
        try:
            return dict(json.loads(path.read_text("utf-8")))
        except (ValueError, TypeError):
            raise RunError(f"{path} is damaged; throw the unfinished run away with --restart.") from None

    def _clear(self) -> None:
        for pattern in ("part-*.parquet", _JOURNALS, f"*{_UNFINISHED}"):
            for path in self.path.glob(pattern):
                path.unlink()

    def _check(self, progress: Progress) -> Progress:
        """Leave out the shards that are not as they were written; a glance, not a hash of everything."""
        damaged = [
            shard for place, shard in progress.shards.items() if not _is_whole(self.path / place.file_name, shard)
        ]
        for shard in damaged:
            logger.warning("%s is damaged or missing; its rows are scored again.", self.path / shard.place.file_name)
            self.discard(shard)
            del progress.shards[shard.place]
        if damaged:
            self._rewrite_journals(progress)
        return progress

    def _rewrite_journals(self, progress: Progress) -> None:
        """Leave only what is whole in the journals, as another process may write the rest anew, to another journal."""
        journals = sorted(self.path.glob(_JOURNALS))
        unfinished = self.path / f"_journal{_UNFINISHED}"
        with unfinished.open("wb", buffering=0) as stream:
            for _, shard in sorted(progress.shards.items()):
                add_record(stream, _spell(shard))
            for part, n_blocks in sorted(progress.ends.items()):
                add_record(stream, {"part": part, "blocks": n_blocks})
            os.fsync(stream.fileno())
        os.replace(unfinished, journals[0])
        for path in journals[1:]:
            path.unlink()

    def _writing(self) -> BinaryIO:
        if self._journal is None:
            self._journal = open_journal(self.path / f"_journal-{self._rank:05d}.jsonl")
        return self._journal


def shard_hash(path: Path) -> str:
    """SHA-256 of a shard's file.

    Args:
        path: The file.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_whole(path: Path, shard: Shard) -> bool:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return path.stat().st_size == shard.n_bytes and pq.read_metadata(path).num_rows == shard.n_rows
    except (OSError, pa.ArrowException):
        return False


def _to_parquet(rows: Sequence[Mapping[str, Any]], provenance: Mapping[str, Any]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from evalmuse_hf.scoring.score_tables import to_table

    spelled = [plain(row) for row in rows]
    table = to_table(spelled, list(dict.fromkeys(key for row in spelled for key in row)))
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(file_metadata(provenance)), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _describe(place: ShardPlace, rows: Sequence[Mapping[str, Any]], content: bytes) -> Shard:
    scored = [row for row in rows if row["overall_score"] is not None]
    failed = [row for row in rows if row["overall_score"] is None]
    messages = [next((row["message"] for row in part if row["message"]), None) for part in (scored, failed)]
    return Shard(
        place,
        len(rows),
        len(content),
        hashlib.sha256(content).hexdigest(),
        Counter(row["status"] for row in scored),
        Counter(row["status"] for row in failed),
        (messages[0], messages[1]),
    )


def _spell(shard: Shard) -> dict[str, Any]:
    return {
        "part": shard.place.part,
        "block": shard.place.block,
        "rows": shard.n_rows,
        "bytes": shard.n_bytes,
        "sha256": shard.sha256,
        "scored": shard.scored,
        "failed": shard.failed,
        "messages": plain(shard.messages),
    }


def _take(record: Mapping[str, Any], progress: Progress) -> None:
    match record:
        case {
            "part": int(part),
            "block": int(block),
            "rows": int(n_rows),
            "bytes": int(n_bytes),
            "sha256": str(sha256),
            "scored": dict(scored),
            "failed": dict(failed),
            "messages": [first, second],
        }:
            place = ShardPlace(part, block)
            progress.shards[place] = Shard(place, n_rows, n_bytes, sha256, scored, failed, (first, second))
        case {"part": int(part), "blocks": int(n_blocks)}:
            progress.ends[part] = n_blocks
