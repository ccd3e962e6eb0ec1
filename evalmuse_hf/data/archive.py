"""A zip archive from a stranger, whole or in parts: it is read in place, and nothing is unpacked under its own name.

Members that no sound release has are left out and named; what is wrong with the archive as a whole is an error.
"""

import io
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from evalmuse_hf.data.archive_parts import LARGEST_READ, JoinedFile, archive_name, describe_parts
from evalmuse_hf.data.errors import ReleaseError
from evalmuse_hf.data.report import RecordProblem

JSON_FILES = ("train_list.json", "test.json", "eval.json", "prompt_t2i.json", "train.json")
"""Names of the JSON files that a release may have."""

MAX_MEMBER_BYTES = 256 * 1024 * 1024
"""Unpacked size from which a member is no picture."""

MAX_JSON_BYTES = 1024 * 1024 * 1024
"""Unpacked size from which a member is no JSON file of a release; the official ones have less than a twentieth."""

_IMAGES = "images"
_LARGEST_RATIO = 200  # unpacked to packed; pictures stay near 1, the JSON of a release near 20
_SMALL_BYTES = 1_000_000  # a member that unpacks to less may have any ratio
_CHUNK_BYTES = 1024 * 1024
_PICTURE_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".jp2"}
_LONGEST_QUOTE = 80  # characters of a name that a message shows
_LEAST_STEPS = 3  # of a path with a top folder: that, the generator, the file
_ENCRYPTED = 0x1  # flag bit of a member
_DRIVE = re.compile(r"[A-Za-z]:")
_LOCAL_HEADER = b"PK\x03\x04"
# What `zipfile` raises for damage. RuntimeError includes NotImplementedError, for features of zip that it lacks.
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, UnicodeDecodeError)


class MemberError(ValueError):
    """A member of an archive that cannot be unpacked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveContents:
    """What can be used of an archive.

    Attributes:
        members: Unpacked bytes of each file below the images folder, by its path there.
        prefix: The images folder in the archive, with a slash at its end; empty if the pictures are not in one.
        json_members: For each of `JSON_FILES` that can be used, its path in the archive.
        refused_json: For each of the others of which a member was left out, though its path is sound, why.
        n_members: Files in it, those that were left out included.
        problems: One entry for each that was left out.
    """

    members: dict[str, int]
    prefix: str
    json_members: dict[str, str]
    refused_json: dict[str, str]
    n_members: int
    problems: tuple[RecordProblem, ...]


def scan_archive(parts: tuple[Path, ...]) -> ArchiveContents:
    """Look through the table of contents of an archive; nothing is unpacked.

    A member is left out, with a problem in the field ``member`` whose row is its number in the table, if its path
    leads out of the archive (``unsafe_path``), it is a link or another special file (``link``), it is encrypted
    (``encrypted``), it is packed otherwise than by deflate, whose unpacking cannot be kept small
    (``unsupported_compression``), it would unpack to too much (``archive_bomb``), or one of its name came before
    (``duplicate_member``).

    Args:
        parts: Files of the archive, in order; see `evalmuse_hf.data.archive_parts.find_parts`.

    Raises:
        ReleaseError: If the archive is cut, a part is missing, or one JSON file is there twice.
    """
    with closing(Archive(parts)) as archive:
        return archive.contents()


class Archive:
    """An open archive, safe to read from several threads but not across a fork.

    Args:
        parts: Its files, in order.
        max_table_bytes: Size of a table of contents that is still read; a file in it takes about 100 bytes.

    Attributes:
        name: What messages call it.
        problems: One entry for each member that was left out; see `scan_archive`.

    Raises:
        ReleaseError: If it cannot be read, is cut, or a part is missing.
    """

    def __init__(self, parts: tuple[Path, ...], *, max_table_bytes: int = LARGEST_READ) -> None:
        self.name = archive_name(parts[0])
        self._file = JoinedFile(parts, largest_read=max_table_bytes)
        try:
            self._zip = zipfile.ZipFile(self._file)
        except _DAMAGE as error:
            raise self._cut(parts, str(error)) from error
        self._file.largest_read = LARGEST_READ
        self._check_start(parts)
        self._members: dict[str, zipfile.ZipInfo] = {}
        self._refused_json: dict[str, str] = {}
        self.problems = tuple(self._sort_members())

    def close(self) -> None:
        """Close the files."""
        self._zip.close()
        self._file.close()

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths of the members that can be used, with forward slashes."""
        return tuple(self._members)

    def size(self, path: str) -> int | None:
        """Unpacked bytes of a member; None if there is none that can be used.

        Args:
            path: Its path in the archive.
        """
        info = self._members.get(path)
        return None if info is None else info.file_size

    def read(self, path: str) -> bytes:
        """Unpack a member into memory.

        Args:
            path: Its path in the archive.

        Raises:
            MemberError: If it is damaged, or larger than `MAX_MEMBER_BYTES`.
        """
        target = io.BytesIO()
        self.extract(path, target, max_bytes=MAX_MEMBER_BYTES)
        return target.getvalue()

    def extract(self, path: str, target: BinaryIO, *, max_bytes: int) -> None:
        """Unpack a member into an open file.

        Args:
            path: Its path in the archive.
            target: Where to write.
            max_bytes: Size at which to stop.

        Raises:
            MemberError: If it is damaged, or larger than that.
        """
        n_bytes = 0
        for chunk in self._chunks(self._members[path]):
            n_bytes += len(chunk)
            if n_bytes > max_bytes:
                raise MemberError(f"it has more than {max_bytes:,} bytes")
            target.write(chunk)

    def contents(self) -> ArchiveContents:
        """Sort the usable members into pictures and JSON files.

        Raises:
            ReleaseError: If one JSON file is there twice.
        """
        prefix = _picture_prefix(self._members)
        json_members = self._find_json(prefix)
        return ArchiveContents(
            members={
                path.removeprefix(prefix): info.file_size
                for path, info in self._members.items()
                if path.startswith(prefix) and path not in json_members.values()
            },
            prefix=prefix,
            json_members=json_members,
            refused_json={name: why for name, why in self._refused_json.items() if name not in json_members},
            n_members=len(self._members) + len(self.problems),
            problems=self.problems,
        )

    def _chunks(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        try:
            with self._zip.open(info) as stream:
                while chunk := stream.read(_CHUNK_BYTES):
                    yield chunk
        except _DAMAGE as error:
            raise MemberError(f"it is damaged in the archive ({error})") from error

    def _find_json(self, prefix: str) -> dict[str, str]:
        """The JSON file of each name that is nearest to the top."""
        found: dict[str, list[str]] = {}
        for path in self._members:
            name = PurePosixPath(path).name
            if name in JSON_FILES and not (prefix and path.startswith(prefix)):
                found.setdefault(name, []).append(path)
        for name, paths in found.items():
            paths.sort(key=lambda path: (path.count("/"), path))
            if len(paths) > 1 and paths[0].count("/") == paths[1].count("/"):
                raise ReleaseError(
                    f"{self.name} holds {name} twice, as {paths[0]!r} and {paths[1]!r}; unpack it, and give the "
                    "folder of one release."
                )
        return {name: found[name][0] for name in JSON_FILES if name in found}

    def _sort_members(self) -> Iterator[RecordProblem]:
        """Keep the members that can be used, and name the others."""
        for row, info in enumerate(self._zip.infolist()):
            path = _safe_path(info.orig_filename)
            reason, message = "unsafe_path", "expected a path within the archive"
            if path is not None:
                is_folder = info.is_dir() or info.orig_filename.endswith("\\")
                refusal = _refuse(info, path)
                if refusal is None and is_folder:
                    continue
                if refusal is None and path not in self._members:
                    self._members[path] = info
                    continue
                reason, message = refusal or ("duplicate_member", "expected each member once")
            message = f"{message}, got {info.orig_filename[:_LONGEST_QUOTE]!r}"
            name = PurePosixPath(path or "").name
            if name in JSON_FILES:
                self._refused_json.setdefault(name, message)
            yield RecordProblem(self.name, row, "member", reason, message)

    def _check_start(self, parts: tuple[Path, ...]) -> None:
        """Refuse an archive whose first member is not where the table of contents has it."""
        start = min((info.header_offset for info in self._zip.infolist()), default=None)
        if start is None:
            return
        if start < 0:
            raise self._cut(parts, f"{-start:,} bytes are missing")
        self._file.seek(start)
        if self._file.read(len(_LOCAL_HEADER)) != _LOCAL_HEADER:
            raise self._cut(parts, "its first member is not where its table of contents says")

    def _cut(self, parts: tuple[Path, ...], what: str) -> ReleaseError:
        self._file.close()
        return ReleaseError(
            f"{parts[0].parent / self.name} is no complete zip archive ({what}): a part is missing, or one is cut. "
            f"{describe_parts(parts)} Compare the sizes with those at the source, and download again what differs."
        )


def _safe_path(name: str) -> str | None:
    """Path of a member with forward slashes; None if it leads out of the archive or is no path.

    Some programs for Windows write backslashes, so that both kinds of slash separate folders here.
    """
    path = name.replace("\\", "/")
    steps = [step for step in path.split("/") if step not in ("", ".")]
    leads_elsewhere = path.startswith("/") or ".." in steps or _DRIVE.match(path)
    return None if leads_elsewhere or "\0" in path or not steps else "/".join(steps)


def _refuse(info: zipfile.ZipInfo, path: str) -> tuple[str, str] | None:
    """Reason and expectation, if a member with a safe path must not be used."""
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "link", "expected a plain file, not a link or another special file"
    if info.flag_bits & _ENCRYPTED:
        return "encrypted", "expected a file that can be read without a password"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return (
            "unsupported_compression",
            f"expected a file stored or deflated, not packed by method {info.compress_type}",
        )
    is_json = PurePosixPath(path).name in JSON_FILES
    max_bytes = MAX_JSON_BYTES if is_json else MAX_MEMBER_BYTES
    if info.file_size > max_bytes:
        return "archive_bomb", f"expected at most {max_bytes:,} bytes, not {info.file_size:,}"
    if info.file_size > max(_SMALL_BYTES, _LARGEST_RATIO * info.compress_size):
        packed = f"{info.compress_size:,} bytes that unpack to {info.file_size:,}"
        return "archive_bomb", f"expected a file that unpacks to at most {_LARGEST_RATIO} times its size, not {packed}"
    return None


def _picture_prefix(paths: dict[str, zipfile.ZipInfo]) -> str:
    """The folder in which most pictures are: the innermost one called ``images``, else a lone top folder."""
    pictures = [
        path
        for path in paths
        if PurePosixPath(path).suffix.lower() in _PICTURE_SUFFIXES and not path.startswith("__MACOSX/")
    ]
    folders = Counter(
        f"{head}/{_IMAGES}/".removeprefix("/")
        for head, found, _ in (f"/{path}".rpartition(f"/{_IMAGES}/") for path in pictures)
        if found
    )
    if folders:
        return max(sorted(folders), key=lambda folder: folders[folder])
    tops = {path.partition("/")[0] for path in pictures}
    if len(tops) == 1 and all(path.count("/") + 1 >= _LEAST_STEPS for path in pictures):
        return f"{tops.pop()}/"
    return ""


def stamp_parts(parts: tuple[Path, ...]) -> tuple[tuple[int, int], ...]:
    """Size and time of change of each part, to notice that one was replaced.

    Args:
        parts: Files of an archive.

    Raises:
        ReleaseError: If one is not there.
    """
    try:
        return tuple((status.st_size, status.st_mtime_ns) for status in (part.stat() for part in parts))
    except OSError as error:
        raise ReleaseError(
            f"{error.filename} cannot be read ({error.strerror}); put it back and start again."
        ) from error
