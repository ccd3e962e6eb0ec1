"""Reads lists of pictures and prompts: JSON lines, CSV or Parquet, with columns ``image`` and ``prompt``."""

import codecs
import csv
import json
import re
import reprlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalmuse_hf.schema import Element

ROW_ERROR = "row_error"
REQUIRED_COLUMNS = ("image", "prompt")
MAX_NESTING = 50
"""Lists and mappings inside each other in one row; far below what Python can follow."""

READERS = {".jsonl": "JSON lines", ".ndjson": "JSON lines", ".csv": "CSV", ".parquet": "Parquet"}

_UNDECODED = re.compile("[\udc80-\udcff]")
"""What ``surrogateescape`` makes of a byte that is not UTF-8."""


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
    if _is_nested_deeper(record, MAX_NESTING):
        return ListRow(place, problem=f"{place} is nested deeper than {MAX_NESTING} levels; make it flat.")
    image, prompt, elements = record.get("image"), record.get("prompt"), record.get("elements")
    values = {key: value for key, value in record.items() if key != "image"}
    values["image"] = image.get("path") if isinstance(image, Mapping) else image
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


def _is_nested_deeper(value: Any, levels: int) -> bool:
    """Tell whether lists and mappings stand in each other more often than so."""
    if not isinstance(value, Mapping | list | tuple):
        return False
    inner = value.values() if isinstance(value, Mapping) else value
    return levels == 0 or any(_is_nested_deeper(item, levels - 1) for item in inner)


def _lines(path: Path) -> list[bytes]:
    """Lines of a text file with their ends, without the mark that some editors put before the first."""
    return path.read_bytes().removeprefix(codecs.BOM_UTF8).splitlines(keepends=True)


def _json_records(path: Path) -> Iterator[tuple[str, Record]]:
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        place = f"line {number} of {path.name}"
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            yield place, f"{place} is not UTF-8 text ({error}); save it as UTF-8."
            continue
        try:
            record = json.loads(text)
        except (ValueError, RecursionError) as error:  # ValueError also for a number of thousands of digits
            yield place, f"{place} is not JSON ({error}); every line must be one object."
            continue
        if isinstance(record, dict):
            yield place, record
        else:
            yield place, f"{place} must be a JSON object with image and prompt, got {text.strip()[:80]!r}."


def _csv_records(path: Path) -> Iterator[tuple[str, Record]]:
    header: list[str] | None = None
    for number, cells in _csv_rows(_lines(path)):
        place = f"line {number} of {path.name}"
        if header is None:
            header = _csv_header(cells, place)
        elif isinstance(cells, str):
            yield place, f"{place} is not CSV ({cells}); close every quotation, and double the quotes inside one."
        elif any(map(_UNDECODED.search, cells)):
            yield place, f"{place} is not UTF-8 text; save it as UTF-8."
        elif len(cells) != len(header):
            yield place, f"{place} has {len(cells)} cells, expected {len(header)}; quote texts that hold commas."
        else:
            yield place, dict(zip(header, cells, strict=True))


def _csv_header(cells: list[str] | str, place: str) -> list[str]:
    """Names of the columns.

    Raises:
        ListError: If they cannot be read, so that no row has a meaning.
    """
    if isinstance(cells, str):
        raise ListError(f"The names of the columns in {place} are not CSV ({cells}); correct them.")
    if any(map(_UNDECODED.search, cells)):
        raise ListError(f"The names of the columns in {place} are not UTF-8 text; save the list as UTF-8.")
    return [cell.strip() for cell in cells]


def _csv_rows(lines: list[bytes]) -> Iterator[tuple[int, list[str] | str]]:
    """Number of the first line and cells of each row that is not blank, or what is wrong with it.

    A quotation that is never closed would swallow every row after it; so reading goes on at the line after the bad
    one. Bytes that are not UTF-8 come as `_UNDECODED` characters.
    """
    start = 0
    while start < len(lines):
        texts = (lines[index].decode("utf-8", "surrogateescape") for index in range(start, len(lines)))
        reader = csv.reader(texts, strict=True)
        first = start
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield first + 1, cells
                first = start + reader.line_num
            return
        except csv.Error as error:
            yield first + 1, str(error)
        start = first + 1


def _parquet_records(path: Path) -> Iterator[tuple[str, Record]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise ListError(f"{path} is not a Parquet file, or it is damaged ({error}).") from None
    try:
        records: list[Record] = table.to_pylist()
    except (ValueError, OverflowError):  # such as a text that is not UTF-8: find its row
        records = [_parquet_record(table.slice(number, 1)) for number in range(table.num_rows)]
    for number, record in enumerate(records):
        place = f"row {number} of {path.name}"
        yield place, record if isinstance(record, dict) else f"{place} cannot be read ({record}); correct it."


def _parquet_record(row: Any) -> Record:
    """The columns of a table of one row, or what is wrong with them."""
    try:
        return dict(row.to_pylist()[0])
    except (ValueError, OverflowError) as error:
        return str(error)
