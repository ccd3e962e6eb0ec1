"""Reads lists of pictures and prompts: JSON lines, CSV or Parquet, with columns ``image`` and ``prompt``."""

import json
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalmuse_hf.data.table_advice import missing_columns, no_rows
from evalmuse_hf.data.tables import MAX_NESTING, TableError, TableRow, is_nested_deeper, read_table
from evalmuse_hf.schema import Element

ROW_ERROR = "row_error"
REQUIRED_COLUMNS = ("image", "prompt")


class ListError(ValueError):
    """A list that cannot be read at all; the message names the file and says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row of a list.

    Attributes:
        place: Where it stands, for messages: ``"line 3 of pairs.jsonl"``.
        values: Its columns as they were given, without the content of an embedded picture.
        image: What `evalmuse_hf.images.load_image` opens: a path that no longer depends on the current folder, or a
            mapping with ``bytes``.
        prompt: The prompt.
        elements: Texts and released keys as they were given, and an `Element` for each struct; None where none were
            given.
        problem: One sentence that says why the row cannot be scored; None if it can.
    """

    place: str
    values: Mapping[str, Any] = field(default_factory=dict)
    image: Any = None
    prompt: str = ""
    elements: tuple[str | Element, ...] | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ScoreList:
    """Rows to score.

    Attributes:
        rows: The rows in the order of the file, those that cannot be scored included.
        columns: Names of the columns, in the order of their first appearance.
        source: The file that was read; None for rows from memory.
    """

    rows: tuple[ListRow, ...]
    columns: tuple[str, ...]
    source: Path | None = None


def read_list(path: str | Path) -> ScoreList:
    """Read a list whose kind follows from the end of its name: ``.jsonl``, ``.csv`` or ``.parquet``.

    Columns are ``image`` (a path, relative to the folder of the list; in Parquet also a struct with ``bytes`` and
    ``path``) and ``prompt``; optional are ``elements`` (a list of texts or of released keys ``"text (category)"``, or
    of structs with ``text`` and perhaps ``category`` and ``raw_category``; in CSV a JSON list), ``id``,
    ``generator`` and ``prompt_id``. Every other column is kept.

    Args:
        path: The list.

    Returns:
        Its rows. A bad line becomes a row with a `ListRow.problem`; after a CSV quotation that is never closed,
        reading goes on at the next line.

    Raises:
        ListError: If the file is missing, empty, of an unknown kind, damaged as a whole, or without a required column.
    """
    path = Path(path)
    try:
        rows = list(read_table(path))
    except TableError as error:
        raise ListError(str(error)) from None
    return _make_list(rows, source=path, folder=path.parent)


def list_from_records(records: Iterable[Mapping[str, Any]], *, folder: str | Path = ".") -> ScoreList:
    """Make a list from rows in memory.

    Args:
        records: Mappings with the columns that `read_list` describes.
        folder: Where relative paths start.

    Raises:
        ListError: If there is no row, or a required column is in none of them.

    >>> rows = list_from_records([{"image": "cat.png", "prompt": "a cat", "seed": 7}, {"image": "dog.png"}]).rows
    >>> rows[0].values["seed"], rows[1].problem
    (7, 'row 1 has no `prompt`.')
    """
    found = [TableRow(number, f"row {number}", dict(record)) for number, record in enumerate(records)]
    return _make_list(found, source=None, folder=Path(folder))


def _make_list(found: list[TableRow], *, source: Path | None, folder: Path) -> ScoreList:
    """Turn what was found into rows to score, once it is known that the list as a whole makes sense."""
    name = source or "the list"
    columns = tuple(dict.fromkeys(key for row in found for key in row.values))
    if not found:
        raise ListError(no_rows(name))
    missing = [column for column in REQUIRED_COLUMNS if column not in columns]
    if missing and columns:
        raise ListError(missing_columns(missing, columns, name=name))
    if not columns:
        raise ListError(f"No row of {name} can be read: {found[0].problem or 'it has no columns.'}")
    return ScoreList(tuple(make_row(row, folder) for row in found), columns, source)


def make_row(row: TableRow, folder: Path) -> ListRow:
    """Check one row of a table and make it a row to score.

    Args:
        row: What was read.
        folder: Where relative paths start.

    Returns:
        The row; what is wrong with it is its `ListRow.problem`.
    """
    place, record = row.place, row.values
    if row.problem is not None:
        return ListRow(place, problem=row.problem)
    if is_nested_deeper(record):
        return ListRow(place, problem=f"{place} is nested deeper than {MAX_NESTING} levels; make it flat.")
    image, prompt, elements = record.get("image"), record.get("prompt"), record.get("elements")
    values = {**record, "image": image.get("path") if isinstance(image, Mapping) else image}
    if image is None or image == "":
        return ListRow(place, values, problem=f"{place} has no `image`.")
    if not isinstance(image, str | Mapping):
        return ListRow(place, values, problem=f"`image` of {place} must be a path, got {reprlib.repr(image)}.")
    if isinstance(image, Mapping) and (problem := _mapping_problem(image)):
        return ListRow(place, values, problem=f"`image` of {place} {problem}")
    if prompt is None:
        return ListRow(place, values, problem=f"{place} has no `prompt`.")
    if not isinstance(prompt, str):
        return ListRow(place, values, problem=f"`prompt` of {place} must be a text, got {reprlib.repr(prompt)}.")
    try:
        texts = _read_elements(elements)
    except ValueError as error:
        return ListRow(place, values, problem=f"`elements` of {place} {error}")
    return ListRow(place, values, _resolve(image, folder), prompt, texts)


def _mapping_problem(image: Mapping[str, Any]) -> str | None:
    """Say what is wrong with the kinds in an embedded picture; the words go on after "`image` of line 3"."""
    content, path = image.get("bytes"), image.get("path")
    if content is not None and not isinstance(content, bytes | bytearray):
        kind = type(content).__name__
        return f"holds 'bytes' of type {kind}; give a path, or embed the file in Parquet, as JSON and CSV cannot."
    if path is not None and not isinstance(path, str):
        return f"must have a text as its 'path', got {reprlib.repr(path)}."
    return None


def _resolve(image: str | Mapping[str, Any], folder: Path) -> Any:
    """Make a relative path independent of the current folder."""
    if isinstance(image, str):
        return str(folder / image)
    if image.get("bytes") is not None or not image.get("path"):
        return dict(image)
    return str(folder / image["path"])


def _read_elements(elements: Any) -> tuple[str | Element, ...] | None:
    """Elements of one row: texts and keys as they are, structs as `Element`.

    Raises:
        ValueError: If it is no list of them; the message goes on after "`elements` of line 3".
    """
    if elements is None or elements == "":
        return None
    if isinstance(elements, str):
        try:
            elements = json.loads(elements)
        except (ValueError, RecursionError) as error:
            raise ValueError(f'must be a JSON list such as ["a red cat", "red (color)"]: {error}.') from None
    if not isinstance(elements, list | tuple):
        raise ValueError(f"must be a list of texts, got {reprlib.repr(elements)}.")
    return tuple(_read_element(element) for element in elements)


def _read_element(element: Any) -> str | Element:
    if isinstance(element, str):
        return element
    if isinstance(element, Mapping) and isinstance(element.get("text"), str):
        columns = [element.get("category"), element.get("raw_category")]
        if all(column is None or isinstance(column, str) for column in columns):
            return Element.from_columns(element["text"], *columns)
    raise ValueError(f"must hold texts, got {reprlib.repr(element)}.")
