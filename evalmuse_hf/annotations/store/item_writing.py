"""Writes a chunk of items in one transaction, and says which rows contradict what the store has."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from evalmuse_hf.annotations.item_rows import ItemRow
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.events import log_event
from evalmuse_hf.annotations.store.tables import elements, items, prompts
from evalmuse_hf.annotations.store.transactions import write


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """A row whose picture was found.

    Attributes:
        place: Where the row stands, for messages.
        row: What it says.
        path: File of its picture.
        relative: The same below the folder of the store's pictures.
    """

    place: str
    row: ItemRow
    path: Path
    relative: str


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What is known of a picture file.

    Attributes:
        sha256: Of its content; None if it cannot be read.
        width: In pixels, upright; 0 if it was not decoded, because the store knows the content.
        height: Likewise.
        problem: Why it cannot be read; None if it can.
    """

    sha256: str | None = None
    width: int = 0
    height: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class KnownItem:
    """An item of the store.

    Attributes:
        item_id: Its number.
        prompt_id: Its prompt.
        sha256: Of its picture.
    """

    item_id: int
    prompt_id: str
    sha256: str


@dataclass(frozen=True, slots=True)
class KnownPrompt:
    """A prompt of the store, or of the rows before.

    Attributes:
        text: The prompt.
        parts: Text, category and question of each element.
    """

    text: str
    parts: tuple[tuple[str, str | None, str], ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What the store has of what some rows name.

    Attributes:
        items: By path of the picture.
        prompts: By id.
    """

    items: dict[str, KnownItem]
    prompts: dict[str, KnownPrompt]


@dataclass(slots=True)
class WrittenChunk:
    """What became of some rows.

    Attributes:
        added: Rows that became items.
        known: Rows whose item was there before.
        problems: Place, reason and message of the others.
        has_elements: Items of the good rows, and whether their prompt has elements.
    """

    added: int = 0
    known: int = 0
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    has_elements: dict[int, bool] = field(default_factory=dict)


def read_known(connection: sa.Connection, rows: Iterable[PlacedRow]) -> Known:
    """What the store has of what rows name.

    Args:
        connection: Of any transaction.
        rows: The rows, at most a few thousand.
    """
    paths = {row.relative for row in rows}
    ids = {row.row.prompt.prompt_id for row in rows}
    found = connection.execute(
        sa.select(items.c.image_path, items.c.item_id, items.c.prompt_id, items.c.sha256).where(
            items.c.image_path.in_(paths)
        )
    )
    own_items = {path: KnownItem(*values) for path, *values in found}
    parts: dict[str, list[tuple[str, str | None, str]]] = {}
    query = sa.select(elements.c.prompt_id, elements.c.text, elements.c.category, elements.c.question)
    query = query.where(elements.c.prompt_id.in_(ids)).order_by(elements.c.prompt_id, elements.c.position)
    for prompt_id, *values in connection.execute(query):
        parts.setdefault(prompt_id, []).append((values[0], values[1], values[2]))
    texts = connection.execute(sa.select(prompts.c.prompt_id, prompts.c.text).where(prompts.c.prompt_id.in_(ids)))
    return Known(own_items, {key: KnownPrompt(text, tuple(parts.get(key, ()))) for key, text in texts})


def write_items(
    store: Store, rows: Sequence[PlacedRow], facts: Mapping[str, PictureFacts], *, actor: str
) -> WrittenChunk:
    """Write rows in one transaction, with a line in the log.

    Args:
        store: The store.
        rows: The rows.
        facts: Of every picture, by its path below the folder.
        actor: Who adds them.
    """
    if not rows:
        return WrittenChunk()
    return write(store, lambda connection: _write(connection, rows, facts, at=store.clock(), actor=actor))


def _write(
    connection: sa.Connection, rows: Sequence[PlacedRow], facts: Mapping[str, PictureFacts], *, at: float, actor: str
) -> WrittenChunk:
    result = WrittenChunk()
    known = read_known(connection, rows)
    new_prompts: dict[str, ItemRow] = {}
    new_items: dict[str, PlacedRow] = {}
    good: list[PlacedRow] = []
    for row in rows:
        problem = _find_problem(row, facts[row.relative], known, new_items)
        if problem is not None:
            result.problems.append((row.place, problem[0], f"{row.place}: {problem[1]}"))
            continue
        prompt_id = row.row.prompt.prompt_id
        if prompt_id not in known.prompts:
            known.prompts[prompt_id] = KnownPrompt(row.row.prompt.text, _parts(row.row))
            new_prompts[prompt_id] = row.row
        if row.relative not in known.items:
            new_items.setdefault(row.relative, row)
        good.append(row)
    _insert_prompts(connection, new_prompts.values())
    _insert_items(connection, new_items.values(), facts)
    present = read_known(connection, good).items
    for row in good:
        item = present[row.relative]
        result.has_elements[item.item_id] = bool(known.prompts[item.prompt_id].parts)
    result.added = len(new_items)
    result.known = len(good) - len(new_items)
    if new_items:
        payload = {"items": len(new_items), "prompts": len(new_prompts)}
        payload["elements"] = sum(len(row.prompt.elements) for row in new_prompts.values())
        log_event(connection, at=at, actor=actor, kind="items_added", payload=payload)
    return result


def _find_problem(
    row: PlacedRow, facts: PictureFacts, known: Known, new_items: Mapping[str, PlacedRow]
) -> tuple[str, str] | None:
    """Reason and message why a row contradicts the store, or the rows before it."""
    if facts.problem is not None or facts.sha256 is None:
        return "unreadable", f"{facts.problem}"
    prompt = row.row.prompt
    before = known.prompts.get(prompt.prompt_id)
    if before is not None and (before.text != prompt.text or not _same_parts(before, row.row)):
        what = "text" if before.text != prompt.text else "elements"
        return "changed_prompt", (
            f"The prompt {prompt.prompt_id!r} has other {what} in the store, which raters may have answered to; give "
            "the changed prompt another id."
        )
    item = known.items.get(row.relative)
    if item is not None and item.sha256 != facts.sha256:
        return "changed_picture", (
            f"The picture {row.relative!r} is another one now than when it was added; give the new one another name."
        )
    other = item.prompt_id if item is not None else None
    if item is None and row.relative in new_items:
        other = new_items[row.relative].row.prompt.prompt_id
    if other is not None and other != prompt.prompt_id:
        return "taken", (
            f"The picture {row.relative!r} is there already, for the prompt {other!r}; copy the file to rate it for "
            "another prompt as well."
        )
    return None


def _parts(row: ItemRow) -> tuple[tuple[str, str | None, str], ...]:
    pairs = zip(row.prompt.elements, row.questions, strict=True)
    return tuple((element.text, element.category, question) for element, question in pairs)


def _same_parts(before: KnownPrompt, row: ItemRow) -> bool:
    """Whether the elements are those of the store; a row that says nothing of them, or has no questions, agrees."""
    if not row.has_elements:
        return True
    now = _parts(row)
    return len(now) == len(before.parts) and all(
        new[:2] == old[:2] and new[2] in ("", old[2]) for new, old in zip(now, before.parts, strict=True)
    )


def _insert_prompts(connection: sa.Connection, rows: Iterable[ItemRow]) -> None:
    new_prompts: list[dict[str, Any]] = []
    new_elements: list[dict[str, Any]] = []
    for row in rows:
        prompt = row.prompt
        new_prompts.append(
            {
                "prompt_id": prompt.prompt_id,
                "text": prompt.text,
                "source": prompt.source,
                "synthetic_type": prompt.synthetic_type,
            }
        )
        new_elements += [
            {
                "prompt_id": prompt.prompt_id,
                "position": position,
                "text": element.text,
                "category": element.category,
                "raw_category": element.raw_category,
                "raw_key": element.raw_key,
                "question": question,
            }
            for position, (element, question) in enumerate(zip(prompt.elements, row.questions, strict=True))
        ]
    if new_prompts:
        connection.execute(sa.insert(prompts), new_prompts)
    if new_elements:
        connection.execute(sa.insert(elements), new_elements)


def _insert_items(connection: sa.Connection, rows: Iterable[PlacedRow], facts: Mapping[str, PictureFacts]) -> None:
    values = [
        {
            "prompt_id": row.row.prompt.prompt_id,
            "image_path": row.relative,
            "generator": row.row.generator,
            "generator_license": row.row.generator_license,
            "sha256": facts[row.relative].sha256,
            "width": facts[row.relative].width,
            "height": facts[row.relative].height,
        }
        for row in rows
    ]
    if values:
        connection.execute(sa.insert(items), values)
