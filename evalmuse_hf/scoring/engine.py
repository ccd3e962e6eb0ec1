"""Scores blocks of rows one after the other, while the pictures of what follows are read already."""

import math
import queue
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from types import TracebackType
from typing import Any, Self, TypeVar

from evalmuse_hf.images import DeferredPicture, PictureReader, content_hash
from evalmuse_hf.models.scorer import Answer, PairScore, ReadAheadScorer, Scorer
from evalmuse_hf.schema import Element
from evalmuse_hf.scoring.lists import ROW_ERROR, ListRow
from evalmuse_hf.scoring.scores import ADDED_COLUMNS, KEPT_PREFIX, PICTURE_TIMEOUT_S

Item = TypeVar("Item")

_LOOK_EVERY_S = 0.1
_PATIENCE_S = 5.0
_AHEAD_PREPARED = 192  # pictures of the size that the model reads: 0.4 MB each at 364 pixels
_AHEAD_WHOLE = 24  # pictures of any size: 3 MB each at 1,024 pixels


class ScoringEngine:
    """A scorer and those who read pictures for it; a context.

    Args:
        scorer: What judges the pictures. Those that are no `ReadAheadScorer` open their pictures themselves.
        workers: How many read pictures at a time; 0 leaves it to the scorer.
        processes: Whether these are processes, which survive what crashes or hangs a decoder, or threads.
        timeout: Seconds that a process may take for one picture.
    """

    def __init__(
        self, scorer: Scorer, *, workers: int = 0, processes: bool = False, timeout: float = PICTURE_TIMEOUT_S
    ) -> None:
        self.scorer = scorer
        self._reader: PictureReader | None = None
        if workers and isinstance(scorer, ReadAheadScorer):
            self._reader = PictureReader(
                scorer.preparation,
                workers=workers,
                processes=processes,
                ahead=_AHEAD_WHOLE if scorer.preparation is None else _AHEAD_PREPARED,
                timeout=timeout,
                wanted=scorer.wants,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._reader is not None:
            self._reader.close()

    def score_blocks(self, blocks: Iterable[Sequence[ListRow]]) -> Iterator[list[dict[str, Any]]]:
        """Score blocks in their order.

        Args:
            blocks: Rows that are scored together; the next block is fetched before one is scored.

        Yields:
            For each block its output rows, see `evalmuse_hf.scoring.scores.Scores`; a column of the list with the name
            of a column of scores (other than ``elements``) is kept as ``input_NAME``.
        """
        with closing(fetch_ahead(blocks)) as coming:
            block = next(coming, None)
            pictures = {} if block is None else self._defer(block)
            while block is not None:
                broken: Exception | None = None
                following: Sequence[ListRow] | None = None
                try:
                    following = next(coming, None)
                except Exception as error:  # whatever a source raises: this block is not lost for it
                    broken = error
                following_pictures = {} if following is None else self._defer(following)
                yield self._score(block, pictures)
                for picture in pictures.values():
                    picture.discard()
                if broken is not None:
                    raise broken
                block, pictures = following, following_pictures

    def _defer(self, rows: Sequence[ListRow]) -> dict[object, DeferredPicture]:
        """Have the pictures of rows read, each once."""
        pictures: dict[object, DeferredPicture] = {}
        if self._reader is not None:
            for row in rows:
                if row.problem is None and (key := _key(row)) not in pictures:
                    pictures[key] = self._reader.defer(row.image, key)
        return pictures

    def _score(self, rows: Sequence[ListRow], pictures: Mapping[object, DeferredPicture]) -> list[dict[str, Any]]:
        good = [row for row in rows if row.problem is None]
        found: Sequence[PairScore] = ()
        if good:
            found = self.scorer.score(
                images=[pictures[_key(row)] if pictures else row.image for row in good],
                prompts=[row.prompt for row in good],
                elements=[row.elements or () for row in good],
            )
        if len(found) != len(good):
            raise ValueError(
                f"Scorer {self.scorer.name!r} gave {len(found)} results for {len(good)} pairs; correct it."
            )
        scores = iter(found)
        return [output_row(row, None if row.problem is not None else next(scores)) for row in rows]


def fetch_ahead(items: Iterable[Item]) -> Generator[Item, None, None]:
    """Fetch each item in another thread while the one before is used, so that no network waits for a disk or the Hub.

    Args:
        items: Fetched one ahead, in their order; what fetching raises is raised in its turn.

    Yields:
        The items.
    """
    fetched: queue.Queue[tuple[bool, Any]] = queue.Queue(maxsize=1)
    stopped = threading.Event()

    def put(is_item: bool, value: Any) -> bool:
        while not stopped.is_set():
            with suppress(queue.Full):
                fetched.put((is_item, value), timeout=_LOOK_EVERY_S)
                return True
        return False

    def fetch() -> None:
        try:
            for item in items:
                if not put(True, item):
                    return
        except BaseException as error:  # of whatever kind: it belongs to whoever asked for the items
            put(False, error)
        else:
            put(False, None)

    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    try:
        while True:
            is_item, value = fetched.get()
            if is_item:
                yield value
            elif value is None:
                return
            else:
                raise value
    finally:
        stopped.set()
        thread.join(timeout=_PATIENCE_S)  # a source that hangs must not keep the program


def output_row(row: ListRow, score: PairScore | None) -> dict[str, Any]:
    """Put what was said of a row beside its columns.

    Args:
        row: The row of the list.
        score: Its score; None for a row with a problem.

    Returns:
        Its columns, then ``overall_score``, ``elements``, ``status`` and ``message``; numbers that are none are None.
    """
    kept = {
        f"{KEPT_PREFIX}{name}" if name in ADDED_COLUMNS else name: value
        for name, value in row.values.items()
        if name != "elements"
    }
    if score is None:
        elements = [
            {"text": element.text, "category": element.category, "score": None, "status": ROW_ERROR}
            for element in map(Element.read, row.elements or ())
        ]
        added = {"overall_score": None, "elements": elements, "status": ROW_ERROR, "message": row.problem}
        return {**kept, **added}
    return {
        **kept,
        "overall_score": _null(score.overall),
        "elements": list(_spell_elements(score)),
        "status": score.status,
        "message": score.message and f"{row.place}: {score.message}",
        **_spell_answers(score.answers, "prompt_answers"),
    }


def _key(row: ListRow) -> object:
    """What rows with the same picture share."""
    content = row.image.get("bytes") if isinstance(row.image, Mapping) else None
    if content is not None:
        return content_hash(bytes(content))
    return row.image.get("path") if isinstance(row.image, Mapping) else row.image


def _spell_elements(score: PairScore) -> Iterator[dict[str, Any]]:
    for element in score.elements:
        yield {
            "text": element.text,
            "category": element.category,
            "score": _null(element.score),
            "status": element.status,
            **_spell_answers(element.answers, "answers"),
        }


def _spell_answers(answers: Sequence[Answer], key: str) -> dict[str, Any]:
    """What a model was asked and said; nothing where it was not asked, so that other files stay as they are."""
    spelled = [
        {"question": answer.question, "yes": _null(answer.yes), "no": _null(answer.no), "text": answer.text}
        for answer in answers
    ]
    return {key: spelled} if spelled else {}


def _null(value: float) -> float | None:
    return value if math.isfinite(value) else None
