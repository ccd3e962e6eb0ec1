"""Pairs in WebDataset tar shards, one sample in memory at a time and nothing written to disk.

A sample is what consecutive members share up to the first dot of their names: ``a/0007.jpg`` with ``a/0007.txt`` or
``a/0007.json``. A shard is untrusted: links and devices are passed over, what is too large is not read, and damage is
told, never taken for the end.
"""

import gzip
import json
import reprlib
import sys
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from evalmuse_hf.data.tables import MAX_ROW_BYTES, TableRow
from evalmuse_hf.scoring.lists import ListError, ListRow, make_row
from evalmuse_hf.scoring.source_files import fingerprint_files
from evalmuse_hf.scoring.sources import SourceError

PICTURE_ENDS = ("jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff")
"""Extensions of members that are pictures."""

PROMPT_KEYS = ("prompt", "caption")
"""Keys of a ``.json`` member that may hold the prompt, the first that is there."""

MAX_PICTURE_BYTES = 256 * 2**20
"""Size of a picture that is still read."""

MAX_TEXT_BYTES = MAX_ROW_BYTES
"""Size of a ``.txt`` or ``.json`` member that is still read."""

_MAX_HEADER_BYTES = 2**20
_READ_AS_A_WHOLE = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)
_BLOCK_BYTES = 2**20
_SHOWN_KEY = 120  # characters
_SHOWN_EXTENSIONS = 8


class _DamageError(Exception):
    """A shard cannot be read beyond some place; the message says why, in a few words."""


class TarSource:
    """Tar shards, one part per file.

    Args:
        files: Shards; those whose names end in ``gz`` are decompressed on the way.
        name: How messages call them together; by default the name of the first.
        image_column: ``image`` is any member with an extension of `PICTURE_ENDS`; anything else is the extension of
            the member to take, such as ``"target.png"``.
        prompt_column: ``prompt`` is the ``.txt`` member, else the first of `PROMPT_KEYS` in the ``.json`` member;
            anything else is a key of the ``.json`` member.

    Raises:
        ListError: If there is no sample in any of them, or none can be read.
    """

    def __init__(
        self,
        files: Sequence[Path],
        *,
        name: str | None = None,
        image_column: str = "image",
        prompt_column: str = "prompt",
    ) -> None:
        self.name = name or files[0].name
        self.n_parts = len(files)
        self._files = [path.absolute() for path in files]
        self._image, self._prompt = image_column, prompt_column
        self._check()

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of names, sizes and times of change, and of what is taken from each sample."""
        settings = {"image": self._image, "prompt": self._prompt}
        return fingerprint_files(self._files, settings, hashed_bytes=0)

    def rows(self, part: int, *, start: int = 0) -> Iterator[ListRow]:
        """Read one shard.

        Args:
            part: Its number, from 0.
            start: Samples to leave out at its beginning; their content is not read.

        Yields:
            A row per sample in order. If the shard is damaged, the last row says after which sample reading ended.

        Raises:
            SourceError: If the file cannot be opened, or the disk fails.
        """
        path = self._files[part]
        number, where = 0, "at its beginning"
        try:
            for sample in self._samples(path, start):
                number, where = sample.number + 1, f"after sample {_shown(sample.key)}"
                if sample.number >= start:
                    yield sample.row(path, self._prompt)
        except _DamageError as damage:
            if number >= start:
                problem = f"{path.name} is damaged {where} ({damage}), so nothing behind it was read; make it again."
                yield ListRow(f"sample {number} of {path.name}", problem=problem)

    def _check(self) -> None:
        """Refuse shards of which none begins with a sample, without reading any content.

        Raises:
            ListError: If so.
        """
        problem = f"There are no samples in {self.name}; a sample is a picture and a text of the same name."
        for path in reversed(self._files):
            try:
                if next(self._samples(path, sys.maxsize), None) is not None:
                    return
            except _DamageError as damage:
                problem = f"{path} is no tar, or it is damaged at its beginning ({damage}); make it again."
        raise ListError(problem)

    def _samples(self, path: Path, start: int) -> Iterator["_Sample"]:
        """Samples of one shard; those before number ``start`` without their content.

        Raises:
            _DamageError: If it is damaged. The sample that was being read then is not yielded.
            SourceError: If the file cannot be opened, or the disk fails.
        """
        sample: _Sample | None = None
        with _opened(path) as tar:
            for member in _members(tar):
                key, extension = _split(member.name)
                if not extension:
                    continue
                if sample is None or sample.key != key:
                    if sample is not None:
                        yield sample
                    sample = _Sample(0 if sample is None else sample.number + 1, key)
                if sample.number >= start:
                    sample.add(tar, member, extension, self._image)
            if sample is not None:
                yield sample
            _refuse_more(tar)


@dataclass(slots=True)
class _Sample:
    """What was kept of one sample.

    Attributes:
        number: Its number in the shard, from 0.
        key: What its members share.
        contents: Name and content of its picture (``image``), its ``txt`` and its ``json``.
        extensions: Of its first members, for messages.
        problem: Why it cannot be used; the words go on after "sample 0007 of a.tar".
    """

    number: int
    key: str
    contents: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    extensions: list[str] = field(default_factory=list)
    problem: str | None = None

    def add(self, tar: tarfile.TarFile, member: tarfile.TarInfo, extension: str, image: str) -> None:
        """Read a member, if it is one of those that count and nothing is wrong yet.

        Raises:
            _DamageError: If the shard ends in it.
        """
        if len(self.extensions) < _SHOWN_EXTENSIONS:
            self.extensions.append(extension)
        wanted = extension in PICTURE_ENDS if image == "image" else extension == image.lower()
        kind = "image" if wanted else extension
        if kind not in ("image", "txt", "json") or self.problem is not None:
            return
        limit = MAX_PICTURE_BYTES if wanted else MAX_TEXT_BYTES
        if kind in self.contents:
            several = "more than one picture" if wanted else f"more than one .{kind} member"
            self.problem = f"has {several} ({self._holds()}); give every sample one{', or name it' if wanted else ''}."
        elif member.size > limit:
            self.problem = f"has a .{extension} member of {member.size:,} bytes; the limit is {limit:,}."
        else:
            with _telling_damage():
                stream = tar.extractfile(member)
                self.contents[kind] = member.name, stream.read() if stream is not None else b""

    def row(self, path: Path, prompt_column: str) -> ListRow:
        """Make it a row to score.

        Args:
            path: The shard.
            prompt_column: As in `TarSource`.
        """
        place = f"sample {_shown(self.key)} of {path.name}"
        try:
            values = self._values(path.name, prompt_column)
        except ValueError as error:
            return ListRow(place, {"id": self.key}, problem=f"{place} {error}")
        return make_row(TableRow(self.number, place, values), path.parent)

    def _values(self, shard: str, prompt_column: str) -> dict[str, Any]:
        """Its columns.

        Raises:
            ValueError: If there is something wrong with it; the message goes on after "sample 0007 of a.tar".
        """
        if self.problem is not None:
            raise ValueError(self.problem)
        if "image" not in self.contents:
            raise ValueError(f"has no picture (it holds {self._holds()}); add one, such as a .jpg member.")
        member, content = self.contents["image"]
        columns = _parse_columns(self.contents["json"][1]) if "json" in self.contents else {}
        if prompt_column != "prompt":
            prompt = columns.get(prompt_column)
            expected = f"`{prompt_column}` in its .json member"
        else:
            keys = (key for key in PROMPT_KEYS if columns.get(key) is not None)
            prompt = _decode(self.contents["txt"][1], "txt").strip() if "txt" in self.contents else None
            prompt = columns.pop(next(keys, ""), None) if prompt is None else prompt
            expected = f"a .txt member, or {' or '.join(PROMPT_KEYS)} in a .json member"
        if prompt is None:
            raise ValueError(f"has no prompt (it holds {self._holds()}); add {expected}.")
        if columns.get("id") is None:
            columns["id"] = self.key
        return {**columns, "prompt": prompt, "image": {"bytes": content, "path": f"{shard}/{member}"}}

    def _holds(self) -> str:
        more = ", ..." if len(self.extensions) == _SHOWN_EXTENSIONS else ""
        return ", ".join(f".{extension}" for extension in self.extensions) + more


class _Header(tarfile.TarInfo):
    """A header that is either sound, or the mark of the end, or an error: `tarfile` takes a bad one for the end."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        header = super().frombuf(buf, encoding, errors)
        if header.size < 0 or (header.type in _READ_AS_A_WHOLE and header.size > _MAX_HEADER_BYTES):
            raise tarfile.ReadError(f"a header of {header.size:,} bytes")
        return header

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile)
        except _END_MARK:
            raise
        except _BAD_HEADER as error:
            raise _DamageError(str(error)) from None


_END_MARK: type[Exception] = tarfile.EOFHeaderError  # type: ignore[attr-defined]  # not in the stubs
_BAD_HEADER = tarfile.HeaderError


@contextmanager
def _telling_damage() -> Iterator[None]:
    """Turn whatever reading a damaged shard raises into one error, and leave a failing disk what it is."""
    try:
        yield
    except (gzip.BadGzipFile, tarfile.TarError, EOFError, zlib.error, ValueError, OverflowError) as error:
        raise _DamageError(str(error) or type(error).__name__) from error
    except RecursionError as error:  # headers that announce headers
        raise _DamageError("too many extended headers") from error


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    """Open a shard for one pass.

    Raises:
        _DamageError: If it does not begin with a header.
        SourceError: If the file cannot be opened, or the disk fails.
    """
    try:
        with gzip.open(path) if path.suffix.lower().endswith("gz") else path.open("rb") as file:
            with _telling_damage():
                tar = tarfile.TarFile(fileobj=file, tarinfo=_Header, encoding="utf-8", errors="backslashreplace")
            yield tar
    except OSError as error:
        raise SourceError(
            f"{path} cannot be opened or read ({error.strerror or error}); once it can, the same command goes on from "
            "what is on disk."
        ) from error


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Plain files of a shard in order.

    Raises:
        _DamageError: If it is damaged.
    """
    last = -1
    while True:
        with _telling_damage():
            member = tar.next()
        if member is None:
            return
        if tar.offset <= last:  # a forged size leads back to what was read
            raise _DamageError("a member of impossible size")
        last = tar.offset
        tar.members.clear()  # type: ignore[attr-defined]  # `tarfile` would keep every header
        if member.isreg() and not member.issparse():
            yield member


def _refuse_more(tar: tarfile.TarFile) -> None:
    """Look behind the mark of the end: one in the middle is what an erased header looks like.

    Raises:
        _DamageError: If there is anything but zeros.
    """
    with _telling_damage():
        while block := tar.fileobj.read(_BLOCK_BYTES):
            if block.strip(b"\0"):
                raise _DamageError("there is something behind the mark of its end")


def _split(name: str) -> tuple[str, str]:
    """Key and extension of a member; no extension for what belongs to no sample, such as a hidden file."""
    folder, slash, base = name.removeprefix("./").rpartition("/")
    stem, _, extension = base.partition(".")
    return folder + slash + stem, extension.lower() if stem else ""


def _shown(key: str) -> str:
    return key if key.isprintable() and len(key) <= _SHOWN_KEY else reprlib.repr(key)


def _decode(content: bytes, kind: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"has a .{kind} member that is not UTF-8 text ({error}); save it as UTF-8.") from None


def _parse_columns(content: bytes) -> dict[str, Any]:
    """What a ``.json`` member says, but for a column that would hide the picture."""
    text = _decode(content, "json")
    try:
        columns = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"has a .json member that is not JSON ({error}); correct it.") from None
    if not isinstance(columns, dict):
        raise ValueError(f"has a .json member that is no object ({reprlib.repr(columns)}); make it one.")
    return {key: value for key, value in columns.items() if key != "image"}
