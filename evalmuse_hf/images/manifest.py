"""The manifest: one record for each picture, and journals that gather them while several processes draw."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

_HALVES = "backslashreplace"  # half a character, as in some file names, becomes its escape, which JSON knows

_WORD: tuple[type, ...] = (str,)
_NUMBER: tuple[type, ...] = (int,)
_UNKNOWN: tuple[type, ...] = (type(None),)
_TYPES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("id", "prompt_id", "prompt", "generator", "status", "message", "origin"), _WORD),
    **dict.fromkeys(("path", "sha256", "pixels_sha256", "model", "revision", "license", "created"), _WORD + _UNKNOWN),
    **dict.fromkeys(("k", "attempt"), _NUMBER),
    **dict.fromkeys(("bytes", "width", "height", "seed"), _NUMBER + _UNKNOWN),
    **dict.fromkeys(("parameters", "libraries"), (dict, type(None))),
    "seconds": (int, float, type(None)),
}

PictureKey = tuple[str, str, int]
"""Generator, prompt_id and k of a picture."""


@dataclass(frozen=True, slots=True)
class PictureRecord:
    """What is known of one picture, or of the failure to get it; None where it is not known.

    Attributes:
        id: Generator, prompt and k in one word.
        prompt_id: Identifier of the prompt.
        prompt: The prompt.
        generator: Name of the generator.
        path: Of the file, from the folder of the manifest; None where nothing was kept.
        sha256: Hash of the file.
        pixels_sha256: Hash of the decoded pixels, the same however they are stored.
        bytes: Size of the file.
        width: In pixels.
        height: In pixels.
        seed: Of this picture.
        k: Which of the pictures of this prompt, from 0.
        parameters: Whatever changes the generator's pictures.
        model: Hub id, folder or address of the generator.
        revision: Commit of its weights.
        license: Its terms.
        libraries: Versions of the packages that drew.
        seconds: That it took; of a batch the mean.
        status: "ok", or why the picture must not be used.
        message: What happened, in a sentence; empty where there is nothing to say.
        created: When it was drawn, in UTC.
        attempt: How often it was tried.
        origin: "generated" or "imported".
    """

    id: str
    prompt_id: str
    prompt: str
    generator: str
    path: str | None
    sha256: str | None
    pixels_sha256: str | None
    bytes: int | None
    width: int | None
    height: int | None
    seed: int | None
    k: int
    parameters: Mapping[str, Any] | None
    model: str | None
    revision: str | None
    license: str | None
    libraries: Mapping[str, str] | None
    seconds: float | None
    status: str
    message: str
    created: str | None
    attempt: int = 1
    origin: str = "generated"

    @property
    def key(self) -> PictureKey:
        """Which picture this is."""
        return self.generator, self.prompt_id, self.k

    def row(self) -> dict[str, Any]:
        """The record as a row of the manifest."""
        return asdict(self)


MANIFEST_COLUMNS = tuple(column.name for column in fields(PictureRecord))


class Journal:
    """A file of records that only grows; a writer that is killed spoils at most its last line.

    Args:
        path: The file; it is made once there is something to write.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stream: BinaryIO | None = None

    def add(self, record: PictureRecord) -> None:
        """Add a record.

        Args:
            record: The record.

        Raises:
            OSError: If it cannot be written; half of it may be.
        """
        if self._stream is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = self.path.open("ab", buffering=0)
            if self.path.read_bytes()[-1:] not in (b"", b"\n"):
                self._stream.write(b"\n")  # ends the half line of a killed writer
        rest = memoryview(json.dumps(record.row(), ensure_ascii=False).encode(errors=_HALVES) + b"\n")
        while len(rest):  # an unbuffered file may take a part at a time
            rest = rest[self._stream.write(rest) :]

    def close(self) -> None:
        """Close the file; adding opens it again."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def read_records(path: Path) -> Iterator[PictureRecord]:
    """Read a manifest or a journal; a line that a killed process left half written is no record.

    Args:
        path: The file.

    Raises:
        ValueError: If a whole line is no record of a picture.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                values = json.loads(line)
            except (ValueError, RecursionError):
                continue
            yield _make_record(values, f"line {number} of {path}")


def _make_record(values: Any, place: str) -> PictureRecord:
    """Make a record of a line, none of whose values is of another kind than the columns are."""
    if not isinstance(values, dict):
        raise ValueError(f"{place} is no record of a picture; delete the line, and the picture is made again.")
    given = {name: values[name] for name in MANIFEST_COLUMNS if name in values}
    for name, value in given.items():
        if not isinstance(value, _TYPES[name]) or isinstance(value, bool):
            raise ValueError(
                f"{place} is no record of a picture: {name} is {str(value)[:60]!r}; delete the line, and the picture "
                "is made again."
            )
    try:
        return PictureRecord(**given)
    except TypeError:
        lacking = [name for name in MANIFEST_COLUMNS if name not in given]
        raise ValueError(
            f"{place} is no record of a picture: it lacks {lacking[0]}; delete the line, and the picture is made "
            "again."
        ) from None


def latest_records(paths: Iterable[Path]) -> dict[PictureKey, PictureRecord]:
    """Read several journals and keep the last attempt at each picture.

    Args:
        paths: The journals.
    """
    found: dict[PictureKey, PictureRecord] = {}
    for path in paths:
        for record in read_records(path):
            present = found.get(record.key)
            if present is None or record.attempt >= present.attempt:
                found[record.key] = record
    return found


def append_lines(rows: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Add JSON lines to a file, which is made if need be.

    Args:
        rows: The rows.
        path: The file.

    Raises:
        OSError: If they cannot be written.
    """
    text = "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows)
    if not text:
        return
    with path.open("ab") as file:
        if file.tell() and not path.read_bytes().endswith(b"\n"):
            file.write(b"\n")  # ends the half line of a killed writer
        file.write(text.encode(errors=_HALVES))


def write_lines(rows: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write JSON lines that appear only when they are whole.

    Args:
        rows: The rows.
        path: Where to; an earlier file is replaced.

    Raises:
        OSError: If they cannot be written; an earlier file then stays.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", errors=_HALVES) as file:
            file.writelines(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows)
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
