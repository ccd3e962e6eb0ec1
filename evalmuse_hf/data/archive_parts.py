"""The parts of an archive that was cut for downloading, as one file, without joining them on the disk."""

import io
import os
import re
from bisect import bisect_right
from collections import defaultdict
from itertools import accumulate
from pathlib import Path
from typing import Any

from evalmuse_hf.data.errors import ReleaseError

ARCHIVE_NAME = "images.zip"
LARGEST_READ = 32 * 1024 * 1024
"""Bytes; of what is read at once only a table of contents can be larger, of 300,000 files."""

_N_LISTED = 3
# "images.zip.part-aa", "images.zip.part1", "images.zip.001", "images.zip.aa"
_SUFFIX = re.compile(r"(?P<style>\.part[-_.]?)(?P<place>[a-z]{2,3}|\d{1,4})|(?P<dot>\.)(?P<bare>a[a-z]|\d{2,4})")


class JoinedFile(io.RawIOBase):
    """Several files read as one.

    Args:
        parts: The files, in order.
        largest_read: Bytes that may be asked for at once.

    Attributes:
        largest_read: The same; may be changed.

    Raises:
        ReleaseError: If one of them cannot be opened; later, if it cannot be read or is not as long as it was.
    """

    def __init__(self, parts: tuple[Path, ...], *, largest_read: int = LARGEST_READ) -> None:
        super().__init__()
        self.largest_read = largest_read
        self._parts = parts
        self._position = 0
        self._opened: tuple[int, io.FileIO] | None = None
        sizes = []
        for part in parts:
            try:
                sizes.append(part.stat().st_size)
            except OSError as error:
                raise _unreadable(part, error) from error
        self._starts = [0, *accumulate(sizes)]

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Place in the whole."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place in the whole."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._starts[-1]}[whence]
        if base + offset < 0:
            raise OSError(f"There is no byte {base + offset} in a file.")
        self._position = base + offset
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        """Read bytes, across parts; fewer than asked for only at the end.

        Raises:
            ReleaseError: If a part cannot be read, or if this is more than an archive has reason to ask for.
        """
        left = max(self._starts[-1] - self._position, 0)
        wanted = left if size is None or size < 0 else min(size, left)
        if wanted > self.largest_read:
            raise ReleaseError(
                f"{self._parts[0]} claims a table of contents of {wanted:,} bytes, more than any release has; "
                "download it again."
            )
        pieces = []
        while wanted:
            piece = self._read_within_part(wanted)
            pieces.append(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    def readinto(self, buffer: Any, /) -> int:
        """Read into a buffer."""
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        """Close the part that is open."""
        if self._opened is not None:
            self._opened[1].close()
            self._opened = None
        super().close()

    def _read_within_part(self, wanted: int) -> bytes:
        index = bisect_right(self._starts, self._position) - 1
        part = self._parts[index]
        try:
            stream = self._open(index)
            stream.seek(self._position - self._starts[index])
            piece = stream.read(min(wanted, self._starts[index + 1] - self._position))
        except OSError as error:
            raise _unreadable(part, error) from error
        if not piece:
            raise ReleaseError(f"{part} became shorter while it was read; download it again, then start again.")
        self._position += len(piece)
        return piece

    def _open(self, index: int) -> io.FileIO:
        if self._opened is None or self._opened[0] != index:
            if self._opened is not None:
                self._opened[1].close()
            self._opened = (index, io.FileIO(self._parts[index]))
        return self._opened[1]


def find_parts(folder: Path, name: str = ARCHIVE_NAME) -> tuple[Path, ...]:
    """Find an archive in a folder, whole or cut into parts.

    Args:
        folder: Where to look.
        name: Its name when it is whole.

    Returns:
        Its files in order: the whole archive if it is there, else the parts ``images.zip.part-aa``, ``-ab`` ... or
        ``images.zip.001``, ``.002`` ...; none if there is neither.

    Raises:
        ReleaseError: If a part between others, or the first one, is missing, or if parts of two kinds are there.
    """
    whole = folder / name
    first_volume = whole.with_suffix(".z01")
    if first_volume.exists():
        raise ReleaseError(
            f"{first_volume} is a volume of a split zip archive, which cannot be read in place; join it with "
            f"`zip -s 0 {name} --out whole.zip`, and give {str(folder / 'whole.zip')!r}."
        )
    if whole.is_file():
        return (whole,)
    kinds: defaultdict[tuple[str, int], dict[int, Path]] = defaultdict(dict)
    for path in sorted(folder.iterdir()):
        match = _SUFFIX.fullmatch(path.name.removeprefix(name)) if path.name.startswith(name) else None
        if match is not None and path.is_file():
            style, place = match["style"] or match["dot"], match["place"] or match["bare"]
            kinds[style, 0 if place.isdigit() else len(place)][_number(place)] = path
    if not kinds:
        return ()
    if len(kinds) > 1:
        some = " and ".join(repr(next(iter(paths.values())).name) for paths in kinds.values())
        raise ReleaseError(f"{str(folder)!r} holds parts of {name} of two kinds, {some}; leave only one kind there.")
    ((_, n_letters), paths), *_ = kinds.items()
    _refuse_gaps(paths, n_letters=n_letters)
    return tuple(paths[number] for number in sorted(paths))


def archive_name(part: Path) -> str:
    """Name of the whole archive that a file is, or is a part of.

    >>> archive_name(Path("images.zip.part-ab")), archive_name(Path("release.zip"))
    ('images.zip', 'release.zip')
    """
    stem, dot, rest = part.name.partition(".zip")
    return f"{stem}.zip" if dot and (not rest or _SUFFIX.fullmatch(rest)) else part.name


def describe_parts(parts: tuple[Path, ...]) -> str:
    """Sentence that says what was found, and which part has another size than the rest.

    Args:
        parts: Files of an archive, in order; they are there.
    """
    if len(parts) == 1:
        return f"It has {parts[0].stat().st_size:,} bytes."
    sizes = [part.stat().st_size for part in parts]
    odd = [part.name for part, size in zip(parts[:-1], sizes[:-1], strict=True) if size != max(sizes)]
    found = f"Found {len(parts)} parts, {parts[0].name} to {parts[-1].name}."
    return f"{found} Shorter than the longest part: {', '.join(odd[:_N_LISTED])}." if odd else found


def _refuse_gaps(paths: dict[int, Path], *, n_letters: int) -> None:
    first = min(paths) if not n_letters and min(paths) in (0, 1) else 0 if n_letters else 1
    missing = [number for number in range(first, max(paths)) if number not in paths]
    if not missing:
        return
    known = paths[max(paths)].name
    width = n_letters or len(known) - len(known.rstrip("0123456789"))
    stem = known[: len(known) - width]
    names = [f"{stem}{_place(number, width, is_letters=bool(n_letters))}" for number in missing[:_N_LISTED]]
    more = f" and {len(missing) - _N_LISTED} more" if len(missing) > _N_LISTED else ""
    raise ReleaseError(
        f"The archive in {str(paths[max(paths)].parent)!r} lacks {', '.join(names)}{more}; download what is missing "
        "into the same folder."
    )


def _number(place: str) -> int:
    """Number of a part: ``"003"`` is 3, ``"ab"`` is 1."""
    if place.isdigit():
        return int(place)
    number = 0
    for letter in place:
        number = 26 * number + ord(letter) - ord("a")
    return number


def _place(number: int, width: int, *, is_letters: bool) -> str:
    if not is_letters:
        return f"{number:0{width}}"
    letters = ""
    for _ in range(width):
        number, digit = divmod(number, 26)
        letters = chr(ord("a") + digit) + letters
    return letters


def _unreadable(part: Path, error: OSError) -> ReleaseError:
    return ReleaseError(f"{part} cannot be read ({error.strerror}); check the file and its permissions.")
