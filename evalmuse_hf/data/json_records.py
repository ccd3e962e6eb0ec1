"""Records of a large JSON file, one after the other, and each of them again by its place in the file."""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from evalmuse_hf.data.errors import ReleaseError

MAX_RECORD_BYTES = 16 * 1024 * 1024
"""Size at which a record is no record any more; released ones have about a thousand bytes."""

_CHUNK_BYTES = 256 * 1024
_SPACES = re.compile(r"[ \t\n\r]*")
_BYTE_ORDER_MARK = "\ufeff"
_LONGEST_WORD = (
    16  # characters; nothing but a text goes on for longer before a cut end shows: "-Infinity", "\\ud83d\\ude00"
)
_LONGEST_INTEGER = 400  # digits; Python refuses to read some thousand, and a number that long is inf to every reader


@dataclass(frozen=True, slots=True)
class PlacedRecord:
    """A record and where it stands.

    Attributes:
        row: Number of the record in the file, from 0.
        offset: Its first byte.
        length: Its bytes.
        record: The record as the JSON parser returned it.
        key: Its name, if the file holds a JSON object of records; None in a list.
    """

    row: int
    offset: int
    length: int
    record: object
    key: str | None = None


def iterate_records(path: Path) -> Iterator[PlacedRecord]:
    """Read a JSON list of records, or a JSON object whose values are records, such as ``prompt_t2i.json``.

    Memory depends on the largest record, not on the file. As in Python's own reader, ``NaN`` is a number, and of two
    equal keys within a record the last counts; equal names of records are all returned.

    Args:
        path: The file, in UTF-8.

    Yields:
        The records, in the order of the file.

    Raises:
        ReleaseError: If the file cannot be read, is cut, is no JSON, holds something else than a list or an object,
            or if a record is larger than `MAX_RECORD_BYTES` or nested too deeply.
    """
    try:
        with path.open("rb") as stream:
            yield from _read_container(_Text(stream, path))
    except OSError as error:
        raise ReleaseError(f"{path} cannot be read ({error.strerror}); check the path and its permissions.") from error


def read_record_at(path: Path, offset: int, length: int) -> object:
    """Read one record again.

    Args:
        path: The file.
        offset: First byte of the record, from `iterate_records`.
        length: Its bytes, likewise.

    Raises:
        ReleaseError: If the file cannot be read or has no record there any more.
    """
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            content = stream.read(length)
    except OSError as error:
        raise ReleaseError(f"{path} cannot be read ({error.strerror}); check the path and its permissions.") from error
    try:
        if len(content) != length:
            raise ValueError("the file ends within it")
        text = content.decode()
        record, end = _DECODER.raw_decode(text)
        if end != len(text):
            raise ValueError("another one stands there")
    except (ValueError, RecursionError) as error:
        raise ReleaseError(
            f"{path} has changed while it was read: the record at byte {offset} is gone ({error}); start again, and "
            "leave the file alone until the end."
        ) from error
    return record


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


_DECODER = json.JSONDecoder(parse_int=_integer)


class _Text:
    """The part of a file that has been read and not yet used.

    Attributes:
        offset: Byte of the file at which the unused text begins.
    """

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        self._stream = stream
        self._path = path
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._position = 0
        self._n_read = 0
        self._at_end = False
        self.offset = 0
        self._read(_CHUNK_BYTES)

    def peek(self) -> str:
        """Next character that is not a space; empty at the end of the file."""
        while True:
            spaces = _SPACES.match(self._text, self._position)
            self._use(len(spaces[0]) if spaces else 0)
            if self._position < len(self._text):
                return self._text[self._position]
            if self._at_end:
                return ""
            self._read(_CHUNK_BYTES)

    def skip(self) -> None:
        """Use the character that `peek` showed."""
        self._use(1)

    def value(self, what: str) -> tuple[object, int, int]:
        """Use the next value.

        Args:
            what: What messages call it.

        Returns:
            The value, its first byte and its bytes.
        """
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._position)
            except json.JSONDecodeError as error:
                is_cut = error.pos + _LONGEST_WORD > len(self._text) or error.msg.startswith("Unterminated string")
                if self._at_end or not is_cut:
                    what = f"{what} is cut or no JSON" if is_cut else f"{what} is no JSON"
                    raise self.problem(f"{what} ({error.msg})", at=error.pos) from None
            except RecursionError:
                raise self.problem(f"{what} is nested too deeply") from None
            else:
                if self._at_end or end + _LONGEST_WORD <= len(self._text):  # else a number might go on
                    offset, length = self.offset, self._n_bytes(end)
                    if length > MAX_RECORD_BYTES:
                        raise self._too_large(what)
                    self._use(end - self._position)
                    return value, offset, length
            if len(self._text) - self._position > MAX_RECORD_BYTES + _LONGEST_WORD:
                raise self._too_large(what)
            self._read(max(_CHUNK_BYTES, len(self._text) - self._position))

    def problem(self, what: str, *, at: int | None = None) -> ReleaseError:
        """Make the error that names the file and the byte.

        Args:
            what: What is wrong.
            at: Where in the text; by default where the unused text begins.
        """
        offset = self.offset if at is None else self.offset + self._n_bytes(at)
        return ReleaseError(f"{self._path} is not sound at byte {offset}: {what}; download or write it again.")

    def _too_large(self, what: str) -> ReleaseError:
        return self.problem(f"{what} has more than {MAX_RECORD_BYTES:,} bytes")

    def _n_bytes(self, end: int) -> int:
        """Bytes of the unused text up to a place in it."""
        text = self._text[self._position : end]
        return len(text) if text.isascii() else len(text.encode())

    def _use(self, n_characters: int) -> None:
        end = self._position + n_characters
        self.offset += self._n_bytes(end)
        self._position = end

    def _read(self, n_bytes: int) -> None:
        """Forget what was used, and read on."""
        chunk = self._stream.read(n_bytes)
        n_pending = len(self._decoder.getstate()[0])
        try:
            text = self._decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            byte = self._n_read - n_pending + error.start
            raise ReleaseError(
                f"{self._path} is not UTF-8 at byte {byte}; download it again, or save it as UTF-8."
            ) from error
        self._n_read += len(chunk)
        self._at_end = not chunk
        self._text = self._text[self._position :] + text
        self._position = 0


def _read_container(text: _Text) -> Iterator[PlacedRecord]:
    opening = text.peek()
    if opening == _BYTE_ORDER_MARK and text.offset == 0:
        text.skip()
        opening = text.peek()
    if opening not in ("[", "{"):
        found = f"it begins with {opening!r}" if opening else "it is empty"
        raise text.problem(f"expected a JSON list or object of records, but {found}")
    text.skip()
    closing = "]" if opening == "[" else "}"
    row = 0
    if text.peek() != closing:
        while True:
            key = _read_key(text, row) if opening == "{" else None
            record, offset, length = text.value(f"record {row}")
            yield PlacedRecord(row, offset, length, record, key)
            row += 1
            separator = text.peek()
            if separator == closing:
                break
            _expect(text, ",", f"expected a comma or {closing!r} after record {row - 1}")
    text.skip()
    if text.peek():
        raise text.problem(f"expected nothing after the last record, but it goes on with {text.peek()!r}")


def _read_key(text: _Text, row: int) -> str:
    if text.peek() != '"':
        _expect(text, '"', f"expected the name of record {row} in double quotes")
    key, _, _ = text.value(f"the name of record {row}")
    _expect(text, ":", f"expected a colon after the name of record {row}")
    return str(key)


def _expect(text: _Text, character: str, expected: str) -> None:
    found = text.peek()
    if found != character:
        raise text.problem(f"{expected}, but {f'found {found!r}' if found else 'the file ends'}")
    text.skip()
