"""Records of a TFRecord file of ``tf.train.Example`` messages, read without TensorFlow.

A record is its length in eight bytes, a checksum of these, the message, and a checksum of that. A message is fields:
a key (number and kind) and a value. Checksums are not compared; a message that is damaged rarely parses.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

MAX_RECORD_BYTES = 64 * 2**20  # one picture's labels with two maps have about 100 kB

_LENGTH = struct.Struct("<QI")
_CHECKSUM_BYTES = 4
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_SIZES = {_FIXED64: 8, _FIXED32: 4}


def read_tf_examples(path: Path) -> Iterator[dict[str, Any]]:
    """Read the features of each example.

    Args:
        path: The file.

    Yields:
        By name: a text where there is one value of UTF-8 bytes, bytes where they are something else, a number, or a
        list of these where there are several values; None without values.

    Raises:
        ValueError: If the file is cut or holds something else.
    """
    with path.open("rb") as file:
        number = 0
        while header := file.read(_LENGTH.size):
            number += 1
            what = f"Record {number} of {path.name}"
            message = _message(file, header, what)
            try:
                yield _example(message)
            except (LookupError, UnicodeDecodeError, struct.error) as error:
                raise ValueError(f"{what} is no tf.train.Example; download the file again.") from error


def _message(file: BinaryIO, header: bytes, what: str) -> bytes:
    length = _LENGTH.unpack(header)[0] if len(header) == _LENGTH.size else MAX_RECORD_BYTES + 1
    if length > MAX_RECORD_BYTES:
        raise ValueError(
            f"{what} has no sound length, so this is no TFRecord file, or only the pointer of Git LFS to one; fetch "
            "the file with `git lfs pull`."
        )
    message = file.read(length)
    if len(message) < length or len(file.read(_CHECKSUM_BYTES)) < _CHECKSUM_BYTES:
        raise ValueError(f"{what} is cut; download the file again.")
    return message


def _example(message: bytes) -> dict[str, Any]:
    features: dict[str, Any] = {}
    for number, content in _fields(message):
        if number == 1:
            for _, entry in _fields(content):
                parts = dict(_fields(entry))
                features[parts[1].decode()] = _values(parts.get(2, b""))
    return features


def _values(feature: bytes) -> Any:
    values: list[Any] = []
    for kind, content in _fields(feature):
        for _, value in _fields(content):
            if kind == 1:
                values.append(_text(value))
            elif kind == 2:  # packed, or one number alone
                values += struct.unpack(f"<{len(value) // 4}f", value)
            else:
                values += _integers(value)
    return values[0] if len(values) == 1 else values or None


def _text(value: bytes) -> str | bytes:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value


def _integers(packed: bytes) -> list[int]:
    integers, place = [], 0
    while place < len(packed):
        value, place = _varint(packed, place)
        integers.append(value - 2**64 if value >= 2**63 else value)
    return integers


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each field; a single number as its bytes."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        number, kind = key >> 3, key & 7
        if kind == _BYTES:
            size, place = _varint(message, place)
            end = place + size
        elif kind == _VARINT:
            end = _varint(message, place)[1]
        else:
            end = place + _FIXED_SIZES[kind] if kind in _FIXED_SIZES else len(message) + 1
        if end > len(message):
            raise IndexError(number)
        yield number, message[place:end]
        place = end


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """A number in groups of seven bits, low ones first, and the place after it."""
    value = shift = 0
    while True:
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
