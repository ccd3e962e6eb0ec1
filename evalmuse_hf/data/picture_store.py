"""Where the pictures of a release are: in a folder, or still in their archive.

A store is a description that travels to worker processes for nothing; each process opens the archive for itself.
"""

import functools
import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from evalmuse_hf.data.archive import MAX_MEMBER_BYTES, Archive, MemberError, stamp_parts

MAX_PICTURE_BYTES = MAX_MEMBER_BYTES
"""Size from which a file is not read as a picture."""


class PictureError(ValueError):
    """A picture that cannot be read; the message names it by its path in the release only, and may be published.

    Attributes:
        reason: One word for counting: ``"missing_picture"``, ``"undecodable_picture"``, ``"picture_too_large"``,
            ``"unsafe_path"`` or ``"link"``.
    """

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[object, ...]:
        return functools.partial(PictureError, reason=self.reason), (str(self),)


class PictureStore(Protocol):
    """Pictures by name, which is the ``img_path`` of their record."""

    def size(self, name: str) -> int | None:
        """Bytes of a picture; None if there is none of that name."""

    def read(self, name: str) -> bytes:
        """Content of a picture file.

        Raises:
            PictureError: If there is none of that name, or if it cannot or must not be read.
        """


@dataclass(frozen=True, slots=True)
class FolderPictures:
    """Pictures in a folder.

    Attributes:
        root: The folder; it may itself be a link, but a picture must not lead out of it.
    """

    root: Path

    def size(self, name: str) -> int | None:
        """Bytes of a picture; None if there is no such file below the folder.

        Args:
            name: Path below the folder.
        """
        try:
            return self._find(name)[1]
        except PictureError:
            return None

    def read(self, name: str) -> bytes:
        """Content of a picture file.

        Args:
            name: Path below the folder.

        Raises:
            PictureError: If there is no such file, it is too large, it cannot be opened, or its path leads out of the
                folder.
        """
        path, size = self._find(name)
        if size <= MAX_PICTURE_BYTES:
            try:
                with open(path, "rb") as stream:
                    content = stream.read(MAX_PICTURE_BYTES + 1)
            except OSError as error:
                message = f"cannot open {name!r}: {error.strerror}"
                raise PictureError(message, reason="undecodable_picture") from error
            if len(content) <= MAX_PICTURE_BYTES:
                return content
        raise _too_large(name)

    def _find(self, name: str) -> tuple[str, int]:
        """Real path and size of a regular file below the folder."""
        steps = PurePosixPath(name)
        if steps.is_absolute() or ".." in steps.parts:
            message = f"expected a path below the images folder, got {name[:80]!r}, which leads elsewhere"
            raise PictureError(message, reason="unsafe_path")
        root = os.path.realpath(self.root)
        try:
            path = os.path.realpath(os.path.join(root, name))
            status = os.stat(path)
        except (OSError, ValueError):  # ValueError: a name that no file can have, such as one with NUL
            raise _missing(name, "the images folder") from None
        if not Path(path).is_relative_to(root):
            raise PictureError(f"{name!r} is a link that leads out of the images folder", reason="link")
        if not stat.S_ISREG(status.st_mode):
            raise _missing(name, "the images folder")
        return path, status.st_size


@dataclass(frozen=True, slots=True)
class ArchivePictures:
    """Pictures in a zip archive, read in place.

    Attributes:
        parts: Files of the archive, in order.
        prefix: The images folder in the archive, with a slash at its end; empty if the pictures are not in one.
    """

    parts: tuple[Path, ...]
    prefix: str = ""

    def size(self, name: str) -> int | None:
        """Bytes of a picture; None if the archive has no member of that name that may be read.

        Args:
            name: Path below the images folder of the archive.

        Raises:
            ReleaseError: If the archive cannot be read.
        """
        return self._archive().size(self.prefix + name)

    def read(self, name: str) -> bytes:
        """Content of a picture file.

        Args:
            name: Path below the images folder of the archive.

        Raises:
            PictureError: If the archive has no such member that may be read, or if the member is damaged.
            ReleaseError: If the archive cannot be read any more.
        """
        archive = self._archive()
        size = archive.size(self.prefix + name)
        if size is None:
            raise _missing(name, "the archive")
        if size > MAX_PICTURE_BYTES:
            raise _too_large(name)
        try:
            return archive.read(self.prefix + name)
        except MemberError as error:
            raise PictureError(f"cannot unpack {name!r}: {error}", reason="undecodable_picture") from error

    def _archive(self) -> Archive:
        return _open_archive(self.parts, stamp_parts(self.parts), os.getpid())


@functools.lru_cache(maxsize=4)
def _open_archive(parts: tuple[Path, ...], _stamp: object, _process: int) -> Archive:
    """Open an archive once in each process, since a fork would share the position in the file; again if it changes."""
    return Archive(parts)


def _missing(name: str, where: str) -> PictureError:
    return PictureError(f"found no file {name!r} in {where}", reason="missing_picture")


def _too_large(name: str) -> PictureError:
    message = f"{name!r} has more than {MAX_PICTURE_BYTES:,} bytes; no picture should"
    return PictureError(message, reason="picture_too_large")
