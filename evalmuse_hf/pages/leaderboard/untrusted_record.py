"""A JSON file that anybody may have written: read under limits, one checked value at a time."""

import json
import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

MAX_BYTES = 4_000_000
MAX_TEXT = 200
MAX_SENTENCE = 1_000
_LARGEST_COUNT = 10**12
_SHOWN = 40


class RecordError(ValueError):
    """Why a record is not shown; one sentence that names nothing of the server."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a record and where it stands; every reading checks.

    Attributes:
        content: What JSON gave.
        place: Such as ``generators[3].mean``; empty for the whole record.
    """

    content: Any
    place: str = ""

    @property
    def is_given(self) -> bool:
        """Whether there is anything but null."""
        return self.content is not None

    def get(self, key: str) -> "Value":
        """The value of a key, which holds None if the key is missing.

        Args:
            key: Of the mapping that this value is.

        Raises:
            RecordError: If this is no mapping.
        """
        if not isinstance(self.content, Mapping):
            self._refuse("an object")
        return Value(self.content.get(key), f"{self.place}.{key}" if self.place else key)

    def entries(self, most: int) -> dict[str, "Value"]:
        """The values of a mapping by their cleaned keys.

        Args:
            most: As many as it may have.

        Raises:
            RecordError: If this is no mapping, or a larger one.
        """
        if not isinstance(self.content, Mapping):
            self._refuse("an object")
        self._require_size(most)
        return {clean(str(key)): self.get(key) for key in self.content}

    def items(self, most: int) -> list["Value"]:
        """The values of a list.

        Args:
            most: As many as it may have.

        Raises:
            RecordError: If this is no list, or a longer one.
        """
        if not isinstance(self.content, list):
            self._refuse("a list")
        self._require_size(most)
        return [Value(item, f"{self.place}[{place}]") for place, item in enumerate(self.content)]

    def text(self, most: int = MAX_TEXT) -> str:
        """A text without characters that are not shown.

        Args:
            most: Characters that it may have.

        Raises:
            RecordError: If this is no text, empty, or longer.
        """
        if not isinstance(self.content, str) or not self.content.strip():
            self._refuse("a text")
        self._require_size(most)
        return clean(self.content)

    def sentences(self, most: int = 100) -> tuple[str, ...]:
        """A list of texts, each cut to what a page can show; empty where it is missing.

        Args:
            most: As many as there may be.

        Raises:
            RecordError: If this is no list of texts.
        """
        if not self.is_given:
            return ()
        listed = self.items(most)
        for item in listed:
            if not isinstance(item.content, str):
                item._refuse("a text")
        return tuple(clean(item.content[:MAX_SENTENCE]) for item in listed)

    def number(self) -> float:
        """A number.

        Raises:
            RecordError: If this is none, or no finite one.
        """
        if isinstance(self.content, bool) or not isinstance(self.content, int | float):
            self._refuse("a number")
        try:
            number = float(self.content)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self._refuse("a finite number")
        return number

    def number_or_none(self) -> float | None:
        """A number, or None for null.

        Raises:
            RecordError: As in `number`.
        """
        return self.number() if self.is_given else None

    def count(self) -> int:
        """A whole number from 0.

        Raises:
            RecordError: If this is none.
        """
        number = self.number()
        if number != int(number) or not 0 <= number <= _LARGEST_COUNT:
            self._refuse("a whole number from 0")
        return int(number)

    def flag(self) -> bool:
        """Whether this is true; false where it is missing.

        Raises:
            RecordError: If this is anything else.
        """
        if self.content not in (None, False, True):
            self._refuse("true or false")
        return self.content is True

    def _require_size(self, most: int) -> None:
        if len(self.content) > most:
            raise RecordError(f"Its `{self.place}` has a size of {len(self.content):,}; {most:,} is the most here.")

    def _refuse(self, expected: str) -> NoReturn:
        if self.content is None:
            raise RecordError(f"Its `{self.place or 'record'}` is missing, expected {expected}.")
        shown = clean(repr(self.content)[:_SHOWN])
        raise RecordError(f"Its `{self.place or 'record'}` is {shown}, expected {expected}.")


def parse_record(content: bytes) -> Value:
    """Parse the content of a file.

    Args:
        content: All of it.

    Raises:
        RecordError: If it is too large or no JSON object, or holds NaN or Infinity, which JSON does not know.

    Examples:
        >>> parse_record(b'{"format": 1}').get("format").count()
        1
    """
    if len(content) > MAX_BYTES:
        raise RecordError(f"It has {len(content):,} bytes; {MAX_BYTES:,} is the most here.")
    try:
        record = json.loads(content.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except RecursionError:
        raise RecordError("It is nested too deeply to be a record.") from None
    except RecordError:
        raise
    except ValueError:  # no UTF-8, no JSON, or a number of thousands of digits
        raise RecordError("It is no JSON; records are what `--json` prints.") from None
    if not isinstance(record, dict):
        raise RecordError("It is no JSON object; records are what `--json` prints.")
    return Value(record)


def clean(text: str) -> str:
    r"""Replace what is not shown or changes how the rest is shown: control, direction, unpaired surrogates.

    Args:
        text: Of anybody.

    >>> clean("a\x00b\u202ec <b>")
    'a�b�c <b>'
    """
    return "".join("�" if unicodedata.category(character)[0] == "C" else character for character in text).strip()


def _refuse_constant(name: str) -> NoReturn:
    raise RecordError(f"It holds {name}, which is no JSON; what is not known is null.")
