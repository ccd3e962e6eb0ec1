"""Gold answers from a table: what is known to be right about items that the store has."""

import json
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from evalmuse_hf.annotations.errors import AnnotationError, StoreError
from evalmuse_hf.annotations.picture_paths import find_picture
from evalmuse_hf.annotations.records import GoldAnswer, RoundKind, StoredItem
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.items import pictures_folder, read_items
from evalmuse_hf.annotations.store.round_checks import gold_problem
from evalmuse_hf.annotations.store.tables import round_items, rounds
from evalmuse_hf.prompts.tables import TableRow
from evalmuse_hf.schema import Element

_NUMBERS = {"0": 0, "1": 1, "no": 0, "yes": 1, "": None}
_LONGEST_QUOTE = 80


def read_gold(store: Store, rows: Iterable[TableRow], *, pictures: Path) -> dict[int, GoldAnswer]:
    """Read gold answers; one that cannot be used is refused, and with it all.

    Args:
        store: The store, which has the items.
        rows: With ``image``, and ``overall`` (1 to 5) or ``elements`` or both. Elements are answers in the order of
            the prompt's elements (1, 0, or null where it is not known), or a mapping from their texts or released keys
            to answers.
        pictures: Folder from which the paths of the rows start.

    Raises:
        StoreError: If a row cannot be used, or two contradict each other.
    """
    items = {item.image_path: item for item in read_items(store).values()}
    root = pictures_folder(store).resolve()
    found: dict[int, GoldAnswer] = {}
    for row in rows:
        item = _item_of(row, items, pictures, root)
        answer = GoldAnswer(overall=_overall(row), elements=_elements(row, item))
        if (problem := gold_problem(answer, len(item.element_ids))) is not None:
            raise StoreError(f"{row.place} {problem}")
        if found.setdefault(item.item_id, answer) != answer:
            raise StoreError(f"{row.place} contradicts an earlier gold answer about {item.image_path!r}; keep one.")
    return found


def write_gold_template(store: Store, number: int, path: Path, *, seed: int) -> int:
    """Write a table for `read_gold` in which the answers are still to be filled in: items drawn at random.

    Items that are gold in a round are left out, as nobody is given an item twice.

    Args:
        store: The store.
        number: How many items, if there are so many.
        path: The file, JSON lines; nothing is written over.
        seed: Of the draw.

    Returns:
        How many items were written.

    Raises:
        StoreError: If the file exists, or no item is left.
    """
    if path.exists():
        raise StoreError(f"There is a file {path} already, and answers may be in it; name another one.")
    used, items = gold_items(store), read_items(store)
    free = sorted(item_id for item_id in items if item_id not in used)
    if not free:
        raise StoreError(f"{store.name} has no items that are not gold in a round already; add pictures first.")
    drawn = sorted(random.Random(seed).sample(free, min(number, len(free))))
    root, folder = pictures_folder(store).resolve(), path.absolute().parent.resolve()
    rows = []
    for item in (items[item_id] for item_id in drawn):
        place = root / item.image_path
        image = place.relative_to(folder).as_posix() if place.is_relative_to(folder) else item.image_path
        answers = {"overall": None, "elements": {element.key: None for element in item.prompt.elements}}
        rows.append({"image": image, "prompt": item.prompt.text, **answers})
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), "utf-8")
    return len(rows)


def gold_items(store: Store, *, kind: RoundKind | None = None) -> set[int]:
    """Items that are gold in a round.

    Args:
        store: The store.
        kind: Only in rounds of this kind; None for all.
    """
    query = sa.select(round_items.c.item_id).where(round_items.c.is_gold == sa.true())
    if kind is not None:
        query = query.join(rounds, rounds.c.round_id == round_items.c.round_id).where(rounds.c.kind == kind)
    with store.read() as connection:
        return set(connection.scalars(query))


def _item_of(row: TableRow, items: Mapping[str, StoredItem], pictures: Path, root: Path) -> StoredItem:
    image = row.values.get("image") or row.values.get("image_path")
    if not isinstance(image, str):
        raise StoreError(f"{row.place} has no path of a picture in the column 'image'.")
    try:
        place = find_picture(pictures, image.strip())
        relative = (pictures.resolve() / place.relative).relative_to(root).as_posix()
    except AnnotationError as error:
        if image.strip() not in items:  # as the store calls it, from the folder of its pictures on
            raise StoreError(f"{row.place}: {error}") from None
        relative = image.strip()
    except ValueError:
        relative = image
    if relative not in items:
        raise StoreError(f"{row.place}: the store has no picture {relative!r}; add it with --pairs first.")
    return items[relative]


def _overall(row: TableRow) -> float | None:
    value = row.values.get("overall")
    if value is None or (isinstance(value, str) and not value.strip()) or value != value:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        raise StoreError(f"{row.place} has overall {_quote(value)}; give a number from 1 to 5.") from None


def _elements(row: TableRow, item: StoredItem) -> tuple[int | None, ...]:
    value = row.values.get("elements")
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else None
        except (ValueError, RecursionError):
            raise StoreError(f"{row.place} has elements {_quote(value)}; give JSON such as [1, 0, null].") from None
    if value is None or value != value or value == []:
        return ()
    if isinstance(value, Mapping):
        return _by_text(row, value, item)
    if not isinstance(value, list):
        raise StoreError(f"{row.place} has elements {_quote(value)}; give a list such as [1, 0, null].")
    return tuple(_answer(row, entry) for entry in value)


def _by_text(row: TableRow, value: Mapping[str, Any], item: StoredItem) -> tuple[int | None, ...]:
    answers = {str(key): _answer(row, answer) for key, answer in value.items()}
    found: list[int | None] = []
    used: set[str] = set()
    for element in item.prompt.elements:
        key = next((key for key in answers if key == element.key or Element.read(key).text == element.text), None)
        found.append(None if key is None else answers[key])
        used |= set() if key is None else {key}
    if unknown := [key for key in answers if key not in used]:
        raise StoreError(f"{row.place} answers {_quote(unknown[0])}, which is no element of its prompt.")
    return tuple(found)


def _answer(row: TableRow, value: Any) -> int | None:
    if isinstance(value, str):
        value = _NUMBERS.get(value.strip().lower(), value)
    if value is None or (not isinstance(value, str) and value in (0, 1)):
        return None if value is None else int(value)
    raise StoreError(f"{row.place} answers an element with {_quote(value)}; give 1, 0 or null.")


def _quote(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."
