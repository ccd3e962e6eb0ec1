"""Scores a source of any size by any number of processes; a run that was killed goes on where it was."""

import itertools
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from evalmuse_hf.models.scorer import Scorer
from evalmuse_hf.scoring.engine import ScoringEngine
from evalmuse_hf.scoring.lists import ListRow
from evalmuse_hf.scoring.merging import merge_shards
from evalmuse_hf.scoring.provenance import provenance_of
from evalmuse_hf.scoring.run_folder import Progress, RunError, RunFolder, ShardPlace
from evalmuse_hf.scoring.scores import PICTURE_TIMEOUT_S, SUFFIXES
from evalmuse_hf.scoring.scoring import PROGRESS_DELAY_S, ROWS_AT_ONCE, warn_of_clashes
from evalmuse_hf.scoring.sources import PairSource
from evalmuse_hf.scoring.team import Team

Item = TypeVar("Item")

FORMAT = 1
"""Raised when the layout of the folder of a run changes."""

ROWS_PER_SHARD = {"cuda": 1024}
"""Rows per shard by kind of device: what a kill may cost."""
_ROWS_PER_SHARD_ELSEWHERE = 64


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run did, earlier sessions included.

    Attributes:
        n_rows: Rows in the output.
        n_resumed: Those that an earlier session had scored.
        scored: Rows with a score, by status.
        failed: Rows without one, by status.
        message: What the first row without a score says, else the first row with a remark.
    """

    n_rows: int
    n_resumed: int
    scored: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, int] = field(default_factory=dict)
    message: str | None = None


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run is done; nothing of it changes a score.

    Attributes:
        shard_rows: Rows per shard; None takes what suits the device. A run that goes on keeps its own.
        workers: Processes that read pictures, for each process that scores.
        timeout: Seconds that such a process may take for one picture.
        restart: Throw away what an earlier session left.
        progress: Show a bar on stderr once it takes more than two seconds.
        deterministic: Let what is remembered of pictures never reach from one shard into another, so that every shard
            is computed in the very same way whichever process does it, and whatever was done before.
    """

    shard_rows: int | None = None
    workers: int = 0
    timeout: float = PICTURE_TIMEOUT_S
    restart: bool = False
    progress: bool = False
    deterministic: bool = False


def parts_folder(out: Path) -> Path:
    """Folder in which the shards of a run are.

    Args:
        out: Where the scores go: a file, beside which the folder is until the run is complete, or that folder itself.
    """
    return out.with_name(f"{out.name}.parts") if out.suffix.lower() in SUFFIXES else out


def score_source(
    scorer: Scorer,
    source: PairSource,
    out: Path,
    *,
    settings: Mapping[str, Any],
    team: Team | None = None,
    options: RunOptions | None = None,
) -> RunSummary:
    """Score a source; every process of a team calls it.

    Args:
        scorer: What judges the pictures.
        source: What is scored.
        out: ``.parquet``, ``.jsonl`` or ``.csv`` for one file in the order of the rows; anything else is a folder, in
            which the Parquet shards stay as they are.
        settings: What the scores depend on, beside the source; a run only goes on with the same.
        team: The processes that do it together; None for this one alone.
        options: How it is done.

    Returns:
        What was done; the same in every process.

    Raises:
        RunError: If the run cannot begin, go on or be put together; what is finished stays, as after any other error.
        ListError: If the source breaks off.
    """
    options = options or RunOptions()
    session = _Session(scorer, source, out, settings, team or Team(), options)
    try:
        return session.run()
    except OSError as error:
        raise RunError(_sentence(error, session.folder.path)) from error
    finally:
        session.folder.close()


@dataclass(slots=True)
class _Window:
    """Rows of a shard that are in memory together.

    Attributes:
        place: The shard.
        rows: The rows.
        ends_shard: Whether the shard is complete with them.
    """

    place: ShardPlace
    rows: Sequence[ListRow]
    ends_shard: bool


class _Peekable(Iterator[Item]):
    """An iterator that knows whether there is more.

    Args:
        items: What it gives.
    """

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = iter(items)
        self._ahead: list[Item] = []

    def __next__(self) -> Item:
        return self._ahead.pop() if self._ahead else next(self._items)

    def has_next(self) -> bool:
        """Whether there is another item; it is fetched to know."""
        if not self._ahead:
            self._ahead.extend(itertools.islice(self._items, 1))
        return bool(self._ahead)


class _Session:
    """One process's part of one session of a run."""

    def __init__(
        self,
        scorer: Scorer,
        source: PairSource,
        out: Path,
        settings: Mapping[str, Any],
        team: Team,
        options: RunOptions,
    ) -> None:
        self.scorer, self.source, self.out = scorer, source, out
        self.settings, self.team, self.options = settings, team, options
        self.folder = RunFolder(parts_folder(out), rank=team.rank)
        self.provenance = provenance_of(scorer)
        self.shard_rows = 0
        self._to_end: deque[tuple[int, int]] = deque()  # parts that were read to their end, and their blocks

    def run(self) -> RunSummary:
        begun = self._begin()
        n_resumed = begun.n_rows
        if self.options.deterministic:
            _forget(self.scorer)
        self._score(begun)
        self.folder.close_journal()  # who concludes may remove the folder
        self.team.wait()
        ended = self.team.share(self._conclude() if self.team.is_first else None)
        if isinstance(ended, str):
            raise RunError(ended)
        return _summarize(ended, n_resumed)

    def _begin(self) -> Progress:
        """What is finished; one process looks, and the others believe it."""
        outcome: Any = None
        if self.team.is_first:
            try:
                outcome = self._open()
            except (RunError, OSError) as error:
                outcome = _sentence(error, self.folder.path)
        outcome = self.team.share(outcome)
        if isinstance(outcome, str):
            raise RunError(outcome)
        progress, self.shard_rows = outcome
        return progress  # type: ignore[no-any-return]

    def _open(self) -> tuple[Progress, int]:
        fixed = {
            "format": FORMAT,
            "source": self.source.fingerprint,
            **self.settings,
            "deterministic": self.options.deterministic,
            "weights": self.provenance.get("weights_sha256"),
        }
        earlier = None if self.options.restart else self.folder.shard_rows
        rows = self.options.shard_rows or earlier or _default_shard_rows(self.provenance.get("device"))
        return self.folder.begin({**fixed, "shard_rows": rows}, restart=self.options.restart), rows

    def _score(self, begun: Progress) -> None:
        from tqdm import tqdm

        windows: deque[_Window] = deque()

        def blocks() -> Iterator[Sequence[ListRow]]:
            for window in self._windows(begun):
                windows.append(window)
                rows, window.rows = window.rows, ()  # they may hold pictures, which nobody needs once they are scored
                yield rows

        options = self.options
        quiet = not options.progress or not self.team.is_first
        scored: list[dict[str, Any]] = []
        with (
            tqdm(initial=begun.n_rows, unit="pair", delay=PROGRESS_DELAY_S, disable=quiet) as bar,
            ScoringEngine(self.scorer, workers=options.workers, processes=True, timeout=options.timeout) as engine,
        ):
            for rows in engine.score_blocks(blocks()):
                window = windows.popleft()
                scored += rows
                bar.update(len(rows))
                if window.ends_shard:
                    self.folder.write(window.place, scored, self.provenance)
                    self._end_parts(before=window.place.part)
                    scored = []
                    if options.deterministic:
                        _forget(self.scorer)
        self._end_parts(before=self.source.n_parts)

    def _end_parts(self, *, before: int) -> None:
        """Journal the ends of the parts whose blocks this process has finished."""
        while self._to_end and self._to_end[0][0] < before:
            self.folder.end_part(*self._to_end.popleft())

    def _windows(self, begun: Progress) -> Iterator["_Window"]:
        """What this process has to score: whole parts if there are enough of them, else every n-th block."""
        team = self.team
        parts = [part for part in range(self.source.n_parts) if not begun.is_complete(part)]
        by_part = len(parts) >= team.size
        warned = False
        for number, part in enumerate(parts):
            if by_part and number % team.size != team.rank:
                continue
            block = next(block for block in itertools.count() if ShardPlace(part, block) not in begun.shards)
            rows = _Peekable(self.source.rows(part, start=block * self.shard_rows))
            while rows.has_next():
                place = ShardPlace(part, block)
                block += 1
                is_mine = place not in begun.shards and (by_part or place.block % team.size == team.rank)
                left = self.shard_rows
                while left and (window := list(itertools.islice(rows, min(left, ROWS_AT_ONCE)))):
                    left -= len(window)
                    if is_mine:
                        if not warned:
                            warn_of_clashes(tuple(dict.fromkeys(name for row in window for name in row.values)))
                            warned = True
                        yield _Window(place, window, ends_shard=not left or not rows.has_next())
            self._to_end.append((part, block))

    def _conclude(self) -> Progress | str:
        """Put the shards together once all are there; a sentence if that fails."""
        progress = self.folder.read_progress()
        missing = [part for part in range(self.source.n_parts) if not progress.is_complete(part)]
        if missing:
            return (
                f"Part {missing[0]} of {self.source.name} is not finished, because a process ended early; run the "
                "same command again, which goes on from there."
            )
        whole = self.out == self.folder.path
        try:
            if not whole:
                merge_shards(self.folder, progress.shards.values(), self.out, self.provenance)
            self.folder.finish(keep_shards=whole)
        except (RunError, OSError) as error:
            return _sentence(error, self.out)
        return progress


def _default_shard_rows(device: Any) -> int:
    return ROWS_PER_SHARD.get(str(device).partition(":")[0], _ROWS_PER_SHARD_ELSEWHERE)


def _forget(scorer: Any) -> None:
    """Let a scorer forget the pictures and prompts that it has seen; a foreign one looks after itself."""
    forget = getattr(scorer, "forget", None)
    if forget is not None:
        forget()


def _sentence(error: Exception, path: Path) -> str:
    if isinstance(error, OSError):
        return (
            f"{error.filename or path} cannot be written ({error.strerror or error}); make room or give another "
            "output. What was scored is kept: the same command goes on from there."
        )
    return str(error)


def _summarize(progress: Progress, n_resumed: int) -> RunSummary:
    scored: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    messages: list[tuple[str | None, str | None]] = []
    for _, shard in sorted(progress.shards.items()):
        scored.update(shard.scored)
        failed.update(shard.failed)
        messages.append(shard.messages)
    first_failed = next((failure for _, failure in messages if failure), None)
    first_scored = next((remark for remark, _ in messages if remark), None)
    return RunSummary(progress.n_rows, n_resumed, scored, failed, first_failed or first_scored)
