"""Reads lists of pictures and prompts: JSON lines, CSV or Parquet, with columns ``image`` and ``prompt``."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROW_ERROR = "row_error"
REQUIRED_COLUMNS = ("image", "prompt")
READERS = {".jsonl": "JSON lines", ".ndjson": "JSON lines", ".csv": "CSV", ".parquet": "Parquet"}


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
        elements: Texts or released keys; None where none were given.
        problem: One sentence that says why the row cannot be scored; None if it can.
    """

    place: str
    values: Mapping[str, Any] = field(default_factory=dict)
    image: Any = None
    prompt: str = ""
    elements: tuple[str, ...] | None = None
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
    of structs with ``text`` and ``raw_category`` or ``category``; in CSV a JSON list), ``id``, ``generator`` and
    ``prompt_id``. Every other column is kept.

    Args:
        path: The list.

    Returns:
        Its rows. A bad line becomes a row with a `ListRow.problem`.

    Raises:
        ListError: If the file is missing, empty, of an unknown kind, damaged as a whole, or without a required column.
    """
    path = Path(path)
    kind = READERS.get(path.suffix.lower())
    if kind is None:
        raise ListError(f"Cannot tell what {path} is; name a list {', '.join(READERS)}.")
    if not path.is_file():
        raise ListError(f"There is no list at {path}; give a file with columns image and prompt.")
    readers = {"JSON lines": _json_records, "CSV": _csv_records, "Parquet": _parquet_records}
    return _make_list(readers[kind](path), source=path, folder=path.parent)


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
    placed = ((f"row {number}", dict(record)) for number, record in enumerate(records))
    return _make_list(placed, source=None, folder=Path(folder))


Record = dict[str, Any] | str
"""The columns of a row, or the sentence that says why there are none."""


def _make_list(records: Iterable[tuple[str, Record]], *, source: Path | None, folder: Path) -> ScoreList:
    """Turn records into rows, once it is known that the list as a whole makes sense."""
    found = list(records)
    name = source or "the list"
    columns = tuple(dict.fromkeys(key for _, record in found if isinstance(record, dict) for key in record))
    if not found:
        raise ListError(f"There are no rows in {name}; give at least one picture with its prompt.")
    missing = [column for column in REQUIRED_COLUMNS if column not in columns]
    if missing and columns:
        raise ListError(
            f"Column {' and column '.join(map(repr, missing))} is missing from {name}, which has "
            f"{', '.join(columns)}; rename or add it."
        )
    if not columns:
        problems = [record for _, record in found if isinstance(record, str)]
        raise ListError(f"No row of {name} can be read: {problems[0]}")
    rows = tuple(_make_row(place, record, folder) for place, record in found)
    return ScoreList(rows, columns, source)


def _make_row(place: str, record: Record, folder: Path) -> ListRow:
    if isinstance(record, str):
        return ListRow(place, problem=record)
    image, prompt, elements = record.get("image"), record.get("prompt"), record.get("elements")
    values = {key: value for key, value in record.items() if key != "image"}
    values["image"] = image.get("path") if isinstance(image, Mapping) else image
    if image is None or image == "":
        return ListRow(place, values, problem=f"{place} has no `image`.")
    if not isinstance(image, str | Mapping):
        return ListRow(place, values, problem=f"`image` of {place} must be a path, got {image!r}.")
    if prompt is None:
        return ListRow(place, values, problem=f"{place} has no `prompt`.")
    if not isinstance(prompt, str):
        return ListRow(place, values, problem=f"`prompt` of {place} must be a text, got {prompt!r}.")
    try:
        texts = _element_keys(elements)
    except ValueError as error:
        return ListRow(place, values, problem=f"`elements` of {place} {error}")
    return ListRow(place, values, _resolve(image, folder), prompt, texts)


def _resolve(image: str | Mapping[str, Any], folder: Path) -> Any:
    """Make a relative path independent of the current folder."""
    if isinstance(image, str):
        return str(folder / image)
    if image.get("bytes") is not None or not image.get("path"):
        return dict(image)
    return str(folder / str(image["path"]))


def _element_keys(elements: Any) -> tuple[str, ...] | None:
    """Texts or keys of the elements of one row.

    Raises:
        ValueError: If it is no list of them; the message goes on after "`elements` of line 3".
    """
    if elements is None or elements == "":
        return None
    if isinstance(elements, str):
        try:
            elements = json.loads(elements)
        except json.JSONDecodeError as error:
            raise ValueError(f'must be a JSON list such as ["a red cat", "red (color)"]: {error}.') from None
    if not isinstance(elements, list | tuple):
        raise ValueError(f"must be a list of texts, got {elements!r}.")
    return tuple(_element_key(element) for element in elements)


def _element_key(element: Any) -> str:
    if isinstance(element, str):
        return element
    if isinstance(element, Mapping) and isinstance(element.get("text"), str):
        category = element.get("raw_category") or element.get("category")
        return f"{element['text']} ({category})" if category else str(element["text"])
    raise ValueError(f"must hold texts, got {element!r}.")


def _lines(path: Path) -> Iterator[str]:
    """Lines of a text file.

    Raises:
        ListError: If it is not UTF-8.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from file
    except UnicodeDecodeError as error:
        raise ListError(f"{path} is not UTF-8 text ({error}); save it as UTF-8.") from None


def _json_records(path: Path) -> Iterator[tuple[str, Record]]:
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        place = f"line {number} of {path.name}"
        try:
            record = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            yield place, f"{place} is not JSON ({error}); every line must be one object."
            continue
        if isinstance(record, dict):
            yield place, record
        else:
            yield place, f"{place} must be a JSON object with image and prompt, got {line.strip()[:80]!r}."


def _csv_records(path: Path) -> Iterator[tuple[str, Record]]:
    reader = csv.reader(_lines(path))
    header: list[str] | None = None
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = [cell.strip() for cell in cells]
                continue
            place = f"line {reader.line_num} of {path.name}"
            if len(cells) != len(header):
                yield place, f"{place} has {len(cells)} cells, expected {len(header)}; quote texts that hold commas."
            else:
                yield place, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise ListError(f"{path} is not CSV from line {reader.line_num} on ({error}).") from None


def _parquet_records(path: Path) -> Iterator[tuple[str, Record]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        records = pq.read_table(path).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise ListError(f"{path} is not a Parquet file, or it is damaged ({error}).") from None
    for number, record in enumerate(records):
        yield f"row {number} of {path.name}", record
