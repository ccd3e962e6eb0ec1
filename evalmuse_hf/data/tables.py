"""Rows of the tables that users bring: JSON lines, CSV or Parquet, one row at a time however long the table is.

A row that cannot be read says why and stops no other row.
"""

import codecs
import csv
import itertools
import json
import re
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalmuse_hf.data.table_advice import SAVE_AS_UTF8, unknown_kind

READERS = {".jsonl": "JSON lines", ".ndjson": "JSON lines", ".csv": "CSV", ".parquet": "Parquet"}
"""Kinds of tables that are read, by the end of the name."""

MAX_ROW_BYTES = 16 * 2**20
"""Size of a line of JSON, or of a CSV row, that is still read; a table without line ends would fill the memory."""

MAX_COLUMNS = 10_000
"""Columns that a CSV may name; every row is a mapping with all of them."""

MAX_NESTING = 50
"""Lists and mappings inside each other in one row; far below what Python can follow."""

_BLOCK_BYTES = 2**20
_PARQUET_BATCH = 64  # rows; each may hold a picture
_LONGEST_QUOTE = 80  # characters of a wrong row that a message shows
_UNDECODED = re.compile("[\udc80-\udcff]")
"""What ``surrogateescape`` makes of a byte that is not UTF-8."""


class TableError(ValueError):
    """A table that cannot be read as a whole; the message names the file and says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table.

    Attributes:
        number: Its number among the rows, from 0; blank lines and the names of the columns do not count.
        place: Where it stands, for messages: ``"line 3 of pairs.jsonl"``.
        values: Its columns; empty if it cannot be read.
        problem: One sentence that says why it cannot be read; None if it can.
    """

    number: int
    place: str
    values: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None


def read_table(path: Path, *, start: int = 0) -> Iterator[TableRow]:
    """Read a table whose kind follows from the end of its name, see `READERS`.

    A cell of a CSV is a text, always. After a CSV quotation that is never closed, reading goes on at the next line.

    Args:
        path: The table.
        start: Rows to leave out at its beginning. Of JSON lines they are not parsed, of Parquet whole groups of them
            are not read; where a row of a CSV ends is known only by reading it.

    Yields:
        Its rows in order, those that cannot be read included.

    Raises:
        TableError: If the file is missing, of an unknown kind, damaged as a whole, or has a row beyond all size.
    """
    kind = READERS.get(path.suffix.lower())
    if kind is None:
        raise TableError(unknown_kind(path, ", ".join(READERS)))
    if not path.is_file():
        raise TableError(f"There is no list at {path}; give a file with columns image and prompt.")
    readers = {"JSON lines": _json_rows, "CSV": _csv_rows, "Parquet": _parquet_rows}
    try:
        yield from readers[kind](path, start)
    except OSError as error:
        raise TableError(f"{path} cannot be opened or read ({error.strerror or error}).") from error


def is_nested_deeper(value: Any, levels: int = MAX_NESTING) -> bool:
    """Tell whether lists and mappings stand in each other more often than so.

    Args:
        value: Anything; only lists, tuples and mappings are looked into.
        levels: Levels that are allowed.

    >>> is_nested_deeper({"elements": [["a cat"]]}, 2)
    True
    """
    if not isinstance(value, Mapping | list | tuple):
        return False
    inner = value.values() if isinstance(value, Mapping) else value
    return levels == 0 or any(is_nested_deeper(item, levels - 1) for item in inner)


def _lines(path: Path) -> Iterator[bytes]:
    """Lines of a text file with their ends, without the mark that some editors put before the first.

    Raises:
        TableError: If a line has more than `MAX_ROW_BYTES`, as in a file that is no text.
    """
    with path.open("rb") as file:
        rest = file.read(len(codecs.BOM_UTF8)).removeprefix(codecs.BOM_UTF8)
        while block := file.read(_BLOCK_BYTES):
            # The last line stays for the next round even with its end: a \r may be the first half of \r\n.
            *lines, rest = (rest + block).splitlines(keepends=True)
            yield from lines
            _refuse_size(len(rest), path)
        yield from rest.splitlines(keepends=True)


def _refuse_size(size: int, path: Path) -> None:
    if size > MAX_ROW_BYTES:
        raise TableError(
            f"A row of {path} has more than {MAX_ROW_BYTES:,} bytes; give one row per picture, with the path of the "
            "picture instead of its content."
        )


def _json_rows(path: Path, start: int) -> Iterator[TableRow]:
    filled = ((line_number, line) for line_number, line in enumerate(_lines(path), start=1) if line.strip())
    for number, (line_number, line) in enumerate(itertools.islice(filled, start, None), start=start):
        yield _json_row(number, f"line {line_number} of {path.name}", line)


def _json_row(number: int, place: str, line: bytes) -> TableRow:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        return TableRow(number, place, problem=f"{place} is not UTF-8 text ({error}); {SAVE_AS_UTF8}.")
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError also for a number of thousands of digits
        return TableRow(number, place, problem=f"{place} is not JSON ({error}); every line must be one object.")
    if isinstance(values, dict):
        return TableRow(number, place, values)
    problem = f"{place} must be a JSON object with image and prompt, got {text.strip()[:_LONGEST_QUOTE]!r}."
    return TableRow(number, place, problem=problem)


def _csv_rows(path: Path, start: int) -> Iterator[TableRow]:
    return itertools.islice(_all_csv_rows(path), start, None)


def _all_csv_rows(path: Path) -> Iterator[TableRow]:
    header: list[str] | None = None
    number = 0
    for line_number, cells in _csv_cells(path):
        place = f"line {line_number} of {path.name}"
        if header is None:
            header = _csv_header(cells, place)
            continue
        if isinstance(cells, str):
            problem = f"{place} is not CSV ({cells}); close every quotation, and double the quotes inside one."
            yield TableRow(number, place, problem=problem)
        elif any(map(_UNDECODED.search, cells)):
            yield TableRow(number, place, problem=f"{place} is not UTF-8 text; {SAVE_AS_UTF8}.")
        elif len(cells) != len(header):
            problem = f"{place} has {len(cells)} cells, expected {len(header)}; quote texts that hold commas."
            yield TableRow(number, place, problem=problem)
        else:
            yield TableRow(number, place, dict(zip(header, cells, strict=True)))
        number += 1


def _csv_header(cells: list[str] | str, place: str) -> list[str]:
    """Names of the columns.

    Raises:
        TableError: If they cannot be read, so that no row has a meaning.
    """
    if isinstance(cells, str):
        raise TableError(f"The names of the columns in {place} are not CSV ({cells}); correct them.")
    if len(cells) > MAX_COLUMNS:
        raise TableError(f"There are more than {MAX_COLUMNS:,} columns in {place}; leave out those that nobody reads.")
    if any(map(_UNDECODED.search, cells)):
        raise TableError(f"The names of the columns in {place} are not UTF-8 text; {SAVE_AS_UTF8}.")
    names = [cell.strip() for cell in cells]
    twice = sorted(name for name, count in Counter(names).items() if name and count > 1)
    if twice:
        raise TableError(f"The names of the columns in {place} have {twice[0]!r} twice; rename one of them.")
    return names


def _csv_cells(path: Path) -> Iterator[tuple[int, list[str] | str]]:
    """Number of the first line and cells of each row that is not blank, or what is wrong with it.

    A quotation that is never closed would swallow every row after it; so reading goes on at the line after the bad
    one. Bytes that are not UTF-8 come as `_UNDECODED` characters.
    """
    lines = _Lines(path)
    first = 1
    while True:
        try:
            for cells in csv.reader(lines, strict=True):
                if any(cell.strip() for cell in cells):
                    yield first, cells
                first += lines.finish_row()
            return
        except csv.Error as error:
            yield first, str(error)
        lines.go_back()
        first += 1


class _Lines:
    """Texts of the lines of a file, which can go back to the second line of the row that is being read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ahead = _lines(path)
        self._again: deque[bytes] = deque()
        self._row: list[bytes] = []
        self._row_bytes = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._ahead)
        self._row.append(line)
        self._row_bytes += len(line)
        _refuse_size(self._row_bytes, self._path)
        return line.decode("utf-8", "surrogateescape")

    def finish_row(self) -> int:
        """Forget the lines of the row, and count them."""
        count = len(self._row)
        self._row, self._row_bytes = [], 0
        return count

    def go_back(self) -> None:
        """Read the lines of the row again, but for its first."""
        self._again.extendleft(reversed(self._row[1:]))
        self.finish_row()


def _parquet_rows(path: Path, start: int) -> Iterator[TableRow]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            sizes = [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]
            ends = list(itertools.accumulate(sizes))
            first = sum(end <= start for end in ends)
            number = ends[first - 1] if first else 0
            for batch in file.iter_batches(batch_size=_PARQUET_BATCH, row_groups=range(first, len(sizes))):
                early = min(max(start - number, 0), batch.num_rows)
                number += early
                for values in _parquet_values(batch.slice(early)):
                    place = f"row {number} of {path.name}"
                    if isinstance(values, str):
                        problem = f"{place} cannot be read ({values}); correct it."
                        yield TableRow(number, place, problem=problem)
                    else:
                        yield TableRow(number, place, values)
                    number += 1
    except (pa.ArrowException, OSError) as error:
        raise TableError(f"{path} is not a Parquet file, or it is damaged ({error}).") from None


def _parquet_values(batch: Any) -> list[dict[str, Any] | str]:
    """The columns of each row of a batch, or what is wrong with them."""
    try:
        values: list[dict[str, Any] | str] = batch.to_pylist()
    except (ValueError, OverflowError):  # such as a text that is not UTF-8: find its row
        return [_parquet_row(batch.slice(index, 1)) for index in range(batch.num_rows)]
    return values


def _parquet_row(batch: Any) -> dict[str, Any] | str:
    try:
        return dict(batch.to_pylist()[0])
    except (ValueError, OverflowError) as error:
        return str(error)
