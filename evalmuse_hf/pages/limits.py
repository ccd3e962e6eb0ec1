"""What one visitor of a page may ask for; the operator of a server changes it with variables of the environment."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Self

from evalmuse_hf.scoring.serving import MAX_ELEMENTS, MAX_PROMPT_LENGTH

PREFIX = "EVALMUSE_"
"""Before the name of a limit in capitals: ``EVALMUSE_MAX_FILE_SIZE=50mb``."""

_BYTES = {"": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3}
_AMOUNT = re.compile(r"([\d_]{1,20}|\d{1,20}\.\d{1,9})\s*([kmg]b)?")
_SIZES = ("max_file_size", "max_archive_bytes", "max_batch_row_bytes", "max_upload_bytes")


class LimitsError(ValueError):
    """A limit that makes no sense; the message names it and says what is expected."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PageLimits:
    """What one request may hold, and how many may wait. The defaults suit a public server with two cores.

    Attributes:
        max_file_size: Bytes of one file that is uploaded, whatever it is: a picture, a list, an archive.
        max_pixels: Width times height of a picture that is still decoded; 50 million need 150 MB of memory.
        max_batch_rows: Rows that one batch may have.
        max_batch_columns: Columns that its list may have; each of them stands in every row of the result.
        max_batch_row_bytes: Bytes of one row of it, spelled as JSON.
        max_archive_files: Files in an archive, folders and what is left out included.
        max_archive_bytes: Bytes of all files of an archive together, unpacked.
        max_upload_bytes: Bytes that what all visitors sent, and what was written for them, may take on the disk
            together; until older files are deleted, nothing more is taken.
        max_prompt_length: Characters of a prompt.
        max_elements: Elements of one prompt.
        max_element_length: Characters of an element.
        max_waiting: Requests that wait for their turn; the next one is refused at once.
        max_waiting_per_client: How many of them may come from one address.
        time_limit_s: Seconds that a batch may take from the reading of its list; what is left then is given back
            unscored, with a status.
        keep_uploads_s: Seconds after which what a visitor sent, and what was written for them, is deleted at the
            latest.

    Raises:
        LimitsError: If a value is no number of its kind, or below 1.

    Examples:
        >>> PageLimits().max_file_size, PageLimits(max_elements=8).max_elements
        (20971520, 8)
    """

    max_file_size: int = 20 * 1024**2
    max_pixels: int = 50_000_000
    max_batch_rows: int = 500
    max_batch_columns: int = 100
    max_batch_row_bytes: int = 32 * 1024
    max_archive_files: int = 2_000
    max_archive_bytes: int = 200 * 1024**2
    max_upload_bytes: int = 5 * 1024**3
    max_prompt_length: int = MAX_PROMPT_LENGTH
    max_elements: int = MAX_ELEMENTS
    max_element_length: int = 500
    max_waiting: int = 64
    max_waiting_per_client: int = 16
    time_limit_s: float = 120.0
    keep_uploads_s: int = 3_600

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            kinds = (int, float) if field.name == "time_limit_s" else (int,)
            if isinstance(value, bool) or not isinstance(value, kinds) or not 1 <= value < float("inf"):
                kind = "a number" if field.name == "time_limit_s" else "a whole number"
                raise LimitsError(f"`{field.name}` must be {kind} from 1, got {value!r}.")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read what the operator set; what is not set, or empty, keeps its default.

        Args:
            environ: Such as `os.environ`. ``EVALMUSE_`` and the name of a limit in capitals is its variable. A value
                is a number; for bytes also one with a unit, such as ``50mb`` (1 MB is 1,048,576 bytes).

        Raises:
            LimitsError: If a value cannot be read or makes no sense; the sentence names the variable.

        Examples:
            >>> PageLimits.from_environment({"EVALMUSE_MAX_FILE_SIZE": "50mb"}).max_file_size
            52428800
        """
        given = {}
        for field in dataclasses.fields(cls):
            variable = f"{PREFIX}{field.name.upper()}"
            text = environ.get(variable, "").strip()
            if text:
                given[field.name] = _read_amount(text, variable, field.name)
        try:
            return cls(**given)  # type: ignore[arg-type]  # each is checked as what its field is
        except LimitsError as error:
            names = "|".join(given)
            sentence = re.sub(f"^`({names})`", lambda match: f"{PREFIX}{match[1].upper()}", str(error))
            raise LimitsError(sentence) from None


def spell_bytes(count: int) -> str:
    """Spell a number of bytes for people.

    >>> spell_bytes(20 * 1024**2), spell_bytes(1_500_000), spell_bytes(900)
    ('20 MB', '1.4 MB', '900 bytes')
    """
    if count < _BYTES["kb"]:
        return f"{count} bytes"
    for unit in ("gb", "mb", "kb"):
        if count >= _BYTES[unit]:
            return f"{count / _BYTES[unit]:.1f}".removesuffix(".0") + f" {unit.upper()}"
    raise AssertionError("unreachable")


def _read_amount(text: str, variable: str, name: str) -> int | float:
    """A number as an operator wrote it.

    Raises:
        LimitsError: If it is none.
    """
    match = _AMOUNT.fullmatch(text.lower())
    if match is None or (match[2] and name not in _SIZES):
        expected = "a number of bytes, such as 20971520 or 20mb" if name in _SIZES else "a number"
        raise LimitsError(f"{variable} must be {expected}, got {text[:80]!r}.")
    try:
        if name == "time_limit_s":
            return float(match[1])
        amount = float(match[1]) if "." in match[1] else int(match[1])
    except ValueError:  # underscores that separate nothing
        raise LimitsError(f"{variable} must be a number, got {text[:80]!r}.") from None
    amount *= _BYTES[match[2] or ""]
    return int(amount) if amount == int(amount) else amount
