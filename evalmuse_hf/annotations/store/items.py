"""Items of a store: pictures with their prompts, taken in from a list and read back."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from evalmuse_hf.annotations.errors import AnnotationError, StoreError
from evalmuse_hf.annotations.item_rows import ItemRow, parse_item_row, strange_elements
from evalmuse_hf.annotations.picture_paths import find_picture
from evalmuse_hf.annotations.records import StoredItem
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.events import ORGANISER, log_event
from evalmuse_hf.annotations.store.item_writing import KnownItem, PictureFacts, PlacedRow, read_known, write_items
from evalmuse_hf.annotations.store.tables import elements, items, prompts, settings
from evalmuse_hf.annotations.store.transactions import write
from evalmuse_hf.images import read_picture
from evalmuse_hf.prompts.tables import TableRow
from evalmuse_hf.schema import Element, Prompt

_CHUNK = 1_000  # rows of one transaction
_FOLDER = "pictures"  # the setting
_MOST_BYTES = 256 * 2**20  # of a picture that is read at all
_MOST_WORKERS = 4  # each holds a whole decoded picture


@dataclass(frozen=True, slots=True)
class ItemProblem:
    """A row that was not taken in.

    Attributes:
        place: Where it stands, such as ``"line 3 of pairs.jsonl"``.
        reason: ``"bad_row"``, ``"bad_path"``, ``"no_picture"``, ``"unreadable"``, ``"changed_prompt"``,
            ``"changed_picture"`` or ``"taken"``.
        message: What is wrong, in a sentence.
    """

    place: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemReport:
    """What became of the rows of a list.

    Attributes:
        added: Rows that became items.
        known: Rows whose item was there before.
        problems: The other rows.
        item_ids: Items of the good rows, in their order, each once.
        without_elements: Items among these whose prompt has no elements, so that only the whole is rated.
        strange_elements: Elements in the rows whose words are not in their prompt, each once per prompt.
    """

    added: int
    known: int
    problems: tuple[ItemProblem, ...]
    item_ids: tuple[int, ...]
    without_elements: int
    strange_elements: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """Problems by reason."""
        return dict(sorted(Counter(problem.reason for problem in self.problems).items()))


def add_items(
    store: Store,
    rows: Iterable[Mapping[str, Any] | TableRow],
    *,
    pictures: Path,
    actor: str = ORGANISER,
    progress: Callable[[int], None] | None = None,
) -> ItemReport:
    """Take pictures with their prompts into a store; rows that are in it already are no error.

    Every picture is decoded once, so that no rater gets one that cannot be shown. Rows are written a thousand at a
    time: after an interruption, the same call goes on.

    Args:
        store: The store.
        rows: As `evalmuse_hf.annotations.item_rows.parse_item_row` reads them.
        pictures: Folder from which the paths of the rows start. The first one is that of the store; later ones lie
            below it.
        actor: Who adds them.
        progress: Is told how many rows are done.

    Raises:
        StoreError: If the folder does not exist, or is not below that of the store.
    """
    prefix = _settle_folder(store, pictures, actor=actor)
    problems: list[ItemProblem] = []
    found: dict[int, bool] = {}
    added = known = done = 0
    strange: dict[str, list[str]] = {}
    for chunk in _chunks(rows):
        placed = list(_place_rows(chunk, pictures, prefix, problems))
        with store.read() as connection:
            present = read_known(connection, placed)
        facts = {}
        for relative, seen in _look_at_pictures(placed, present.items):
            facts[relative] = seen
            if progress is not None:
                progress(done + len(facts))
        written = write_items(store, placed, facts, actor=actor)
        problems += [ItemProblem(*problem) for problem in written.problems]
        added += written.added
        known += written.known
        found.update(written.has_elements)
        for row in placed:
            if row.row.prompt.text not in strange and row.row.has_elements:
                strange[row.row.prompt.text] = strange_elements(row.row)
        done += len(chunk)
        if progress is not None:
            progress(done)
    return ItemReport(
        added=added,
        known=known,
        problems=tuple(problems),
        item_ids=tuple(found),
        without_elements=sum(not has_elements for has_elements in found.values()),
        strange_elements=tuple(text for texts in strange.values() for text in texts),
    )


def merge_reports(reports: Sequence[ItemReport]) -> ItemReport:
    """One report of several lists.

    Args:
        reports: Of each list.
    """
    found = {item_id: None for report in reports for item_id in report.item_ids}
    return ItemReport(
        added=sum(report.added for report in reports),
        known=sum(report.known for report in reports),
        problems=tuple(problem for report in reports for problem in report.problems),
        item_ids=tuple(found),
        without_elements=sum(report.without_elements for report in reports),
        strange_elements=tuple(text for report in reports for text in report.strange_elements),
    )


def pictures_folder(store: Store) -> Path:
    """Folder below which the pictures of a store are.

    Args:
        store: The store.

    Raises:
        StoreError: If no pictures were added yet.
    """
    folder = _stored_folder(store)
    if folder is None:
        raise StoreError(f"The store {store.name} has no pictures yet; add some with `evalmuse annotate assign`.")
    return folder


def set_pictures_folder(store: Store, folder: Path, *, actor: str = ORGANISER) -> None:
    """Say where the pictures are, after they or the store were moved.

    Args:
        store: The store.
        folder: Their folder. If it is in that of a SQLite store or below, both can be moved together.
        actor: Who says so.

    Raises:
        StoreError: If there is no such folder.
    """
    if not folder.is_dir():
        raise StoreError(f"There is no folder of pictures at {folder}; make it, or name another.")
    value = _folder_value(store, folder)

    def put(connection: sa.Connection) -> None:
        present = connection.scalar(sa.select(settings.c.value).where(settings.c.name == _FOLDER))
        if present == value:
            return
        if present is None:
            connection.execute(sa.insert(settings).values(name=_FOLDER, value=value))
        else:
            connection.execute(sa.update(settings).where(settings.c.name == _FOLDER).values(value=value))
        payload = {"folder": value["path"], "before": present and present["path"]}
        log_event(connection, at=store.clock(), actor=actor, kind="pictures_folder_set", payload=payload)

    write(store, put)


def read_items(store: Store) -> dict[int, StoredItem]:
    """All items by number, in the order in which they were added; those of one prompt share its record.

    Args:
        store: The store.
    """
    with store.read() as connection:
        return _stored_items(connection, sa.true())


def read_item(connection: sa.Connection, item_id: int) -> StoredItem:
    """One item.

    Args:
        connection: Of any transaction.
        item_id: Its number.

    Raises:
        StoreError: If there is none.
    """
    found = _stored_items(connection, items.c.item_id == item_id)
    if not found:
        raise StoreError(f"There is no item with the number {item_id}.")
    return found[item_id]


def _stored_items(connection: sa.Connection, condition: "sa.ColumnElement[bool]") -> dict[int, StoredItem]:
    rows = connection.execute(
        sa.select(items, prompts.c.text, prompts.c.source, prompts.c.synthetic_type)
        .join_from(items, prompts)
        .where(condition)
        .order_by(items.c.item_id)
    ).all()
    query = sa.select(elements).order_by(elements.c.prompt_id, elements.c.position)
    if len(rows) == 1:
        query = query.where(elements.c.prompt_id == rows[0].prompt_id)
    parts: dict[str, list[sa.Row[Any]]] = {}
    for row in connection.execute(query):
        parts.setdefault(row.prompt_id, []).append(row)
    shared: dict[str, Prompt] = {}
    found = {}
    for row in rows:
        own = parts.get(row.prompt_id, [])
        if row.prompt_id not in shared:
            made = tuple(Element(part.text, part.category, part.raw_category, part.raw_key) for part in own)
            shared[row.prompt_id] = Prompt(row.prompt_id, row.text, row.source, row.synthetic_type, made)
        found[row.item_id] = StoredItem(
            item_id=row.item_id,
            image_path=row.image_path,
            prompt=shared[row.prompt_id],
            element_ids=tuple(part.element_id for part in own),
            questions=tuple(part.question for part in own),
            generator=row.generator,
            generator_license=row.generator_license,
        )
    return found


def _chunks(rows: Iterable[Mapping[str, Any] | TableRow]) -> Iterator[list[TableRow]]:
    chunk: list[TableRow] = []
    for number, row in enumerate(rows, start=1):
        chunk.append(row if isinstance(row, TableRow) else TableRow(f"row {number}", row))
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _place_rows(
    chunk: list[TableRow], pictures: Path, prefix: str, problems: list[ItemProblem]
) -> Iterator[PlacedRow]:
    """Rows that can be read and whose picture is where it may be."""
    for row in chunk:
        try:
            parsed: ItemRow = parse_item_row(row.values)
            place = find_picture(pictures, parsed.image)
        except AnnotationError as error:
            problems.append(ItemProblem(row.place, error.status, f"{row.place}: {error}"))
        else:
            yield PlacedRow(row.place, parsed, place.path, f"{prefix}{place.relative}")


def _look_at_pictures(placed: list[PlacedRow], known: Mapping[str, KnownItem]) -> Iterator[tuple[str, PictureFacts]]:
    """Hash every picture once, and decode those that are new, in threads: decoders leave the interpreter free."""
    paths = {row.relative: row.path for row in placed}
    before = [known[relative].sha256 if relative in known else None for relative in paths]
    workers = min(_MOST_WORKERS, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as pool:
        yield from zip(paths, pool.map(_look_at, paths.values(), before), strict=True)


def _look_at(path: Path, before: str | None) -> PictureFacts:
    try:
        if path.stat().st_size > _MOST_BYTES:
            return PictureFacts(problem=f"its file has more than {_MOST_BYTES:,} bytes; scale it down first.")
    except OSError as error:
        return PictureFacts(problem=f"its file cannot be read ({error.strerror or error}).")
    picture = read_picture(path, wanted=lambda content: content != before)
    if picture.problem is not None:
        return PictureFacts(problem=picture.problem)
    if picture.pixels is None:
        return PictureFacts(sha256=picture.content)
    height, width = picture.pixels.shape[:2]
    return PictureFacts(sha256=picture.content, width=width, height=height)


def _settle_folder(store: Store, pictures: Path, *, actor: str) -> str:
    """Remember the first folder; of a later one, how it is reached from there."""
    if not pictures.is_dir():
        raise StoreError(f"There is no folder of pictures at {pictures}; name the one that the list's paths start in.")
    stored = _stored_folder(store)
    if stored is None or _has_no_items(store):  # a first list without a single usable row binds nobody
        set_pictures_folder(store, pictures, actor=actor)
        return ""
    root, folder = stored.resolve(), pictures.resolve()
    if not folder.is_relative_to(root):
        raise StoreError(
            f"The pictures of the store {store.name} are below {stored}, and {pictures} is not; move them there, or "
            "begin another store."
        )
    relative = folder.relative_to(root).as_posix()
    return "" if relative == "." else f"{relative}/"


def _has_no_items(store: Store) -> bool:
    with store.read() as connection:
        return connection.execute(sa.select(items.c.item_id).limit(1)).first() is None


def _stored_folder(store: Store) -> Path | None:
    with store.read() as connection:
        value = connection.scalar(sa.select(settings.c.value).where(settings.c.name == _FOLDER))
    if value is None:
        return None
    return _home(store) / value["path"] if value["relative"] else Path(value["path"])


def _folder_value(store: Store, folder: Path) -> dict[str, Any]:
    resolved = folder.resolve()
    if store.path is not None and resolved.is_relative_to(_home(store)):
        return {"path": resolved.relative_to(_home(store)).as_posix(), "relative": True}
    return {"path": str(resolved), "relative": False}


def _home(store: Store) -> Path:
    """Folder of the SQLite file."""
    return (store.path or Path()).resolve().parent
