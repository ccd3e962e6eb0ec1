"""People's own ratings become a release in the official raw form, so that they take the same way into a data set.

Rows come from a list (CSV, JSON lines, Parquet) or from an iterable of records; either is read once, row by row, and
nothing of it is kept. `evalmuse_hf.data.own_record` says which columns there are.
"""

import hashlib
import io
import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from PIL import Image

from evalmuse_hf.data.errors import ReleaseError
from evalmuse_hf.data.own_record import COLUMNS, COMPUTED_COLUMNS, OwnPicture, columns_of, own_record, split_of
from evalmuse_hf.data.records import RecordError
from evalmuse_hf.data.report import RecordProblem
from evalmuse_hf.data.table_advice import missing_columns, no_rows
from evalmuse_hf.data.tables import MAX_NESTING, TableError, TableRow, is_nested_deeper, read_table
from evalmuse_hf.images import ImageDecodingError, load_image
from evalmuse_hf.schema import Pair

logger = logging.getLogger(__name__)

FILES = {"train": "train_list.json", "test": "test.json"}
PICTURES_FOLDER = "pictures"
REQUIRED_COLUMNS = ("image", "prompt")

_MAX_COLUMNS = 50  # whose names are remembered; every line of JSON may have its own
_SIGNATURES = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif", b"RIFF": ".webp"}
_LONGEST_QUOTE = 80  # characters of a wrong value that a message shows


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRelease:
    """Own ratings in the official raw form.

    Attributes:
        name: What messages call the list.
        files: The JSON file of each split that has rows.
        picture_root: Folder from which the relative paths of the rows start; the records have absolute ones.
        n_rows: Rows of the list, bad ones included.
        problems: Rows that could not be written as records; ``file`` is the list and ``field`` its column.
    """

    name: str
    files: Mapping[str, Path]
    picture_root: Path
    n_rows: int
    problems: tuple[RecordProblem, ...]


def convert_list(path: Path, folder: Path) -> OwnRelease:
    """Write a list of rated pictures as a release.

    Args:
        path: A ``.csv``, ``.jsonl``, ``.ndjson`` or ``.parquet`` file with the columns ``image`` (a path, relative to
            the folder of the list; in Parquet also the picture itself) and ``prompt``, and those of
            `evalmuse_hf.data.own_record.COLUMNS` that are known.
        folder: Receives ``train_list.json``, ``test.json`` for rows whose ``split`` is ``test``, and ``pictures`` for
            those that the list embeds. What an earlier conversion wrote there is replaced.

    Returns:
        The files, and the rows that have no place in them. Other bad rows are left to the reader of the release.

    Raises:
        ReleaseError: If the list cannot be read, lacks a required column, or has no row that can be read.
    """
    try:
        return _convert(read_table(path), name=path.name, root=path.absolute().parent, folder=folder)
    except TableError as error:
        raise ReleaseError(str(error)) from error


def convert_records(
    records: Iterable[Mapping[str, Any] | Pair], folder: Path, *, root: str | Path = ".", name: str = "records"
) -> OwnRelease:
    """Write records from memory as a release.

    Args:
        records: Mappings with the columns of `convert_list`, or pairs. A picture is a path, the content of a file
            (bytes), a Pillow image, an array, or a mapping with ``bytes`` and ``path``.
        folder: As in `convert_list`.
        root: Folder from which relative paths of pictures start.
        name: What messages call the records.

    Returns:
        As `convert_list` does.

    Raises:
        ReleaseError: If there is no record, a required column is in none of them, or none can be written.
    """
    return _convert(_rows_of(records), name=name, root=Path(root).absolute(), folder=folder)


def _rows_of(records: Iterable[Mapping[str, Any] | Pair]) -> Iterator[TableRow]:
    for number, record in enumerate(records):
        place = f"record {number}"
        if isinstance(record, Pair):
            yield TableRow(number, place, columns_of(record))
        elif isinstance(record, Mapping):
            yield TableRow(number, place, {key: _plain(value) for key, value in record.items()})
        else:
            problem = f"{place} must be a mapping with image and prompt, or a Pair, got {type(record).__name__}."
            yield TableRow(number, place, problem=problem)


def _plain(value: Any) -> Any:
    """The value without NumPy's types, which JSON does not know; an array of pixels stays."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and value.ndim == 1:
        return [_plain(item) for item in value.tolist()]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _convert(rows: Iterable[TableRow], *, name: str, root: Path, folder: Path) -> OwnRelease:
    problems: list[RecordProblem] = []
    columns: dict[str, None] = {}
    n_rows = 0
    with ExitStack() as stack:
        files = {split: stack.enter_context(_RecordFile(folder / file)) for split, file in FILES.items()}
        for row in rows:
            n_rows += 1
            columns.update((key, None) for key in row.values if key in COLUMNS or len(columns) < _MAX_COLUMNS)
            try:
                _refuse_unread(row)
                picture = _place_picture(row.values, root=root, folder=folder / PICTURES_FOLDER)
                files[split_of(row.values)].write(own_record(row.values, row=row.number, picture=picture))
            except RecordError as error:
                problems.append(RecordProblem(name, row.number, error.field, error.reason, str(error)))
        _refuse_empty(name, columns=list(columns), n_rows=n_rows, problems=problems)
        for file in files.values():
            file.finish()
    if ignored := [str(column) for column in columns if column not in COLUMNS | COMPUTED_COLUMNS]:
        logger.warning("Columns of %s that are not used: %s.", name, ", ".join(ignored))
    return OwnRelease(
        name=name,
        files={split: file.path for split, file in files.items() if file.n_records},
        picture_root=root,
        n_rows=n_rows,
        problems=tuple(problems),
    )


def _refuse_unread(row: TableRow) -> None:
    if row.problem is not None:
        raise RecordError("record", row.problem)
    if is_nested_deeper(row.values):
        raise RecordError("record", f"{row.place} is nested deeper than {MAX_NESTING} levels; make it flat.")


def _refuse_empty(name: str, *, columns: list[str], n_rows: int, problems: list[RecordProblem]) -> None:
    """Refuse a list in which nothing is what it should be."""
    if not n_rows:
        raise ReleaseError(no_rows(name))
    found = {"image" if column == "image_path" else column for column in columns}
    missing = [column for column in REQUIRED_COLUMNS if column not in found]
    if columns and missing:
        raise ReleaseError(missing_columns(missing, [*map(str, columns)], name=name))
    if len(problems) == n_rows:
        raise ReleaseError(f"No row of {name} can be used. The first: {problems[0]}")


def _place_picture(values: Mapping[str, Any], *, root: Path, folder: Path) -> OwnPicture:
    """Find the picture of a row, or write its content to the folder.

    Raises:
        RecordError: If there is none, or it is nothing that could be a picture.
    """
    image = values.get("image")
    if isinstance(image, Mapping):
        image = image.get("path") if image.get("bytes") is None else image["bytes"]
    if isinstance(image, bytes | bytearray):
        return _write_picture(bytes(image), folder=folder)
    if isinstance(image, Image.Image | np.ndarray):
        return _write_picture(_encoded(image), folder=folder)
    if image is None or image == "":
        image = values.get("image_path")
    if isinstance(image, PurePath):
        image = str(image)
    if not isinstance(image, str) or not image.strip():
        raise RecordError("image", f"expected the path of a picture, got {_quote(image)}")
    path = os.path.abspath(root / image)
    return OwnPicture(path, image, _stamp(path))


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # ValueError for a name that no file can have
        return None
    return status.st_size, status.st_mtime_ns


def _encoded(image: Any) -> bytes:
    """A picture in memory as a PNG file, which keeps every pixel of it."""
    try:
        rgb = load_image(image)
    except ImageDecodingError as error:
        raise RecordError("image", str(error), reason="undecodable_picture") from error
    buffer = io.BytesIO()
    rgb.save(buffer, "PNG")
    return buffer.getvalue()


def _write_picture(content: bytes, *, folder: Path) -> OwnPicture:
    """Write a file that bears the hash of its content, unless it is there already."""
    suffix = next((suffix for signature, suffix in _SIGNATURES.items() if content.startswith(signature)), ".img")
    path = folder / f"{hashlib.sha256(content).hexdigest()[:32]}{suffix}"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_bytes(content)
        os.replace(part, path)
    return OwnPicture(os.path.abspath(path), path.name)


def _quote(value: object) -> str:
    if value is None or value == "":
        return "nothing"
    text = repr(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."


class _RecordFile:
    """A JSON list that grows by one record a line, and bears its name when it is complete and not empty."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.n_records = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._part = path.with_name(f"{path.name}.part")
        self._file = self._part.open("w", encoding="utf-8", newline="\n")

    def __enter__(self) -> "_RecordFile":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)

    def write(self, record: Mapping[str, Any]) -> None:
        """Add a record.

        Raises:
            RecordError: If JSON has no form for a value in it.
        """
        try:
            text = json.dumps(record)
        except (TypeError, ValueError, RecursionError) as error:
            message = f"expected texts, numbers, lists and mappings that JSON can hold ({error})"
            raise RecordError("record", message) from error
        self._file.write(f"{',' if self.n_records else '['}\n{text}")
        self.n_records += 1

    def finish(self) -> None:
        """Give the file its name."""
        if not self.n_records:
            return
        self._file.write("\n]\n")
        self._file.close()
        os.replace(self._part, self.path)
