"""The pictures of a batch by the names that its list uses; they are read where they lie, and nothing is unpacked."""

import io
import posixpath
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from evalmuse_hf.data.archive import Archive, MemberError
from evalmuse_hf.data.errors import ReleaseError
from evalmuse_hf.pages.limits import PageLimits, spell_bytes
from evalmuse_hf.pages.scorers import PageError
from evalmuse_hf.pages.uploads import UploadedFile, read_upload, shown_name

LIST_SUFFIXES = (".csv", ".jsonl", ".ndjson")
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".jp2", ".ppm")

_FIXED_TABLE_BYTES = 70_000  # what is read at the end of an archive to find its table of contents
_TABLE_BYTES_PER_FILE = 300  # a long path included
_JUNK_FOLDER = "__MACOSX"
_JUNK_NAMES = ("thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class PicturePlace:
    """Where a picture is.

    Attributes:
        name: What the list calls it.
        source: The uploaded file, or the archive.
        member: Its path in the archive; empty for an uploaded file.
    """

    name: str
    source: UploadedFile | Archive
    member: str = ""


class BatchPictures:
    """Uploaded pictures and archives of pictures; a context, which closes them.

    Args:
        pictures: Uploaded picture files.
        archives: Uploaded zip archives.
        limits: What they may hold.

    Attributes:
        lists: Lists that the archives hold, by path; of the other files that are no pictures nothing is known.
        notes: Sentences about members of archives that were left out.

    Raises:
        PageError: If an archive is none, or holds too much.
    """

    def __init__(
        self, pictures: Iterable[UploadedFile], archives: Iterable[UploadedFile], *, limits: PageLimits
    ) -> None:
        self._limits = limits
        self._archives: list[Archive] = []
        self._by_path: dict[str, PicturePlace] = {}
        self._by_name: dict[str, list[PicturePlace]] = {}
        self.lists: dict[str, PicturePlace] = {}
        self.notes: list[str] = []
        try:
            for archive in archives:
                self._add_archive(archive)
            for picture in pictures:
                self._add(PicturePlace(picture.name, picture), picture.name)
            self._refuse_sizes()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "BatchPictures":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the archives."""
        for archive in self._archives:
            archive.close()

    @property
    def count(self) -> int:
        """Pictures that a list can name."""
        return sum(map(len, self._by_name.values()))

    def find(self, name: str, *, folder: str = "") -> PicturePlace:
        """Find a picture as a list names it; the name is looked up and never opened.

        Args:
            name: Path from the folder of the list or from the top of an archive; where no file has it, the last part
                alone, so that a list with paths of somebody's own disk works too.
            folder: Folder of the list in its archive.

        Raises:
            PageError: If there is none, or several files have that last part as their name.
        """
        spelled = _spell(name)
        for path in (posixpath.normpath(f"{folder}/{spelled}") if folder else spelled, spelled):
            if path in self._by_path:
                return self._by_path[path]
        found = self._by_name.get(PurePosixPath(spelled).name, [])
        if len(found) == 1:
            return found[0]
        if found:
            raise PageError(f"{len(found)} of the pictures are called {shown_name(name)!r}; name their folders too.")
        raise PageError(f"There is no picture {shown_name(name)!r} among those that were uploaded.")

    def read(self, place: PicturePlace) -> bytes:
        """Read a file into memory, of a size that one may have.

        Args:
            place: Of `find`, or of `lists`.

        Raises:
            PageError: If it is damaged, too large, or not there any more.
        """
        if isinstance(place.source, UploadedFile):
            return read_upload(place.source, limits=self._limits)
        target = io.BytesIO()
        try:
            place.source.extract(place.member, target, max_bytes=self._limits.max_file_size)
        except MemberError as error:
            raise PageError(f"{shown_name(place.name)!r} cannot be unpacked: {error}.") from None
        except (ReleaseError, OSError):
            raise PageError("The archive is not there any more; upload it again.") from None
        return target.getvalue()

    def _add(self, place: PicturePlace, path: str) -> None:
        suffix = PurePosixPath(path).suffix.lower()
        if suffix in LIST_SUFFIXES:
            self.lists.setdefault(path, place)
        elif suffix in PICTURE_SUFFIXES:
            self._by_path.setdefault(path, place)
            self._by_name.setdefault(PurePosixPath(path).name, []).append(place)

    def _add_archive(self, file: UploadedFile) -> None:
        table_bytes = _FIXED_TABLE_BYTES + _TABLE_BYTES_PER_FILE * self._limits.max_archive_files
        try:
            archive = Archive((file.path,), max_table_bytes=table_bytes)
        except ReleaseError as error:
            if "table of contents of" in str(error):
                raise self._too_many(file.name) from None
            raise PageError(f"{file.name!r} is no complete zip archive; make it again and upload it.") from None
        self._archives.append(archive)
        n_files = len(archive.paths) + len(archive.problems)
        if n_files > self._limits.max_archive_files:
            raise self._too_many(file.name)
        for path in archive.paths:
            if not _is_junk(path):
                self._add(PicturePlace(path, archive, path), _spell(_true_name(path)))
        problems = [problem for problem in archive.problems if _JUNK_FOLDER not in problem.message]
        if problems:
            first = problems[0]
            more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
            self.notes.append(f"Left out of {file.name!r}: a file ({first.message}){more}.")

    def _refuse_sizes(self) -> None:
        total = sum(archive.size(path) or 0 for archive in self._archives for path in archive.paths)
        largest = self._limits.max_archive_bytes
        if total > largest:
            raise PageError(
                f"The archives hold {spell_bytes(total)} when unpacked; {spell_bytes(largest)} are allowed, so send "
                "fewer or smaller pictures at once."
            )

    def _too_many(self, name: str) -> PageError:
        return PageError(f"{name!r} holds more than {self._limits.max_archive_files:,} files; send fewer at once.")


def _spell(name: str) -> str:
    """One spelling for a path, whichever system and program wrote it."""
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").strip()
    return posixpath.normpath(plain).lstrip("/") if plain else ""


def _true_name(path: str) -> str:
    """Undo what `zipfile` makes of UTF-8 names that bear no mark of it, as macOS writes them."""
    try:
        return path.encode("cp437").decode("utf-8")
    except UnicodeError:
        return path


def _is_junk(path: str) -> bool:
    """Whether a member is what file managers leave behind."""
    parts = PurePosixPath(path).parts
    return _JUNK_FOLDER in parts or parts[-1].startswith(".") or parts[-1].lower() in _JUNK_NAMES
