"""Tables with a row per prompt: JSON lines, CSV, TSV or Parquet, read one row at a time and written as JSON lines.

Here a row that cannot be read ends the work with a sentence: a benchmark is not built from a damaged list by accident.
"""

import csv
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from evalmuse_hf.elements import LONE_SURROGATE

ENDINGS = (".jsonl", ".ndjson", ".csv", ".tsv", ".parquet")
"""Ends of the names of tables that are read."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row.

    Attributes:
        place: Where it stands, for messages: ``"line 3 of prompts.jsonl"``.
        values: Its columns; a cell of CSV and TSV is a text.
    """

    place: str
    values: Mapping[str, Any]


def read_rows(path: Path) -> Iterator[TableRow]:
    """Read a table whose kind follows from the end of its name.

    Args:
        path: The table.

    Yields:
        Its rows in order, without empty ones.

    Raises:
        ValueError: If the file is missing, of another kind or damaged.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise ValueError(f"Cannot tell what {path} is; name a table {', '.join(ENDINGS)}.")
    if not path.is_file():
        raise ValueError(f"There is no table at {path}; give a .csv, .jsonl or .parquet file with the prompts.")
    if ending == ".parquet":
        yield from _parquet_rows(path)
    elif ending in (".csv", ".tsv"):
        yield from _csv_rows(path, "," if ending == ".csv" else "\t")
    else:
        yield from _json_rows(path)


def write_rows(rows: Iterable[Mapping[str, Any]], path: Path) -> int:
    """Write JSON lines; the file appears only when it is whole.

    Half of a character, which no file can hold, is written as U+FFFD, in whatever column it stands.

    Args:
        rows: The rows.
        path: Where to; an earlier file is replaced.

    Returns:
        How many rows were written.
    """
    number = 0
    with writing_whole(path) as file:
        for row in rows:
            line = LONE_SURROGATE.sub("\ufffd", json.dumps(row, ensure_ascii=False, default=str))
            file.write(f"{line}\n".encode())
            number += 1
    return number


@contextmanager
def writing_whole(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that appears only when it is whole, whoever else is writing it.

    Args:
        path: The file; folders above it are made, an earlier one is replaced.

    Yields:
        Where to write. If that fails, nothing stays of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not the process id alone: machines that share the folder may have the same one.
    part = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            yield file
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def first_line(error: Exception) -> str:
    """The first line of what an error says, or its kind where it says nothing.

    Args:
        error: The error.
    """
    lines = map(str.strip, str(error).splitlines())
    return next(filter(None, lines), type(error).__name__)


def read_ids(path: Path) -> list[str]:
    """Read identifiers, one a line; empty lines do not count.

    Args:
        path: A text file.

    Raises:
        ValueError: If there is no such file, or it is no text.
    """
    if not path.is_file():
        raise ValueError(f"There is no list of ids at {path}.")
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not a text in UTF-8; give one id a line.") from None
    return [line.strip() for line in lines if line.strip()]


def _json_rows(path: Path) -> Iterator[TableRow]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    place = f"line {number} of {path.name}"
                    yield TableRow(place, _object(line, place))
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not a text in UTF-8; save it as such.") from None


def _object(line: str, place: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ValueError(f"{place} is no JSON object, got {line.strip()[:60]!r}; correct or delete it.")
    return value


def _csv_rows(path: Path, delimiter: str) -> Iterator[TableRow]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter)
            names = next(reader, [])
            for number, cells in enumerate(filter(None, reader), start=1):
                place = f"row {number} of {path.name}"
                if len(cells) != len(names):
                    raise ValueError(
                        f"{place} has {len(cells)} cells for {len(names)} columns; quote cells that hold a separator."
                    )
                yield TableRow(place, dict(zip(names, cells, strict=True)))
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not a text in UTF-8; save it as such.") from None
    except csv.Error as error:
        raise ValueError(f"{path} cannot be read as CSV ({error}).") from None


def _parquet_rows(path: Path) -> Iterator[TableRow]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches():
                for values in batch.to_pylist():
                    number += 1
                    yield TableRow(f"row {number} of {path.name}", values)
    except pa.ArrowException as error:
        raise ValueError(f"{path} cannot be read as Parquet ({first_line(error)}).") from None
