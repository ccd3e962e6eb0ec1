"""The files of a folder, or of a data set of the Hub, that may be records; what is too much is named and left out."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from evalmuse_hf.pages.leaderboard.untrusted_record import MAX_BYTES, clean

MAX_FILES = 500
MAX_ALL_BYTES = 64_000_000
_REPOSITORY = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)


class SourceError(ValueError):
    """Records that cannot be had at all; one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that is not shown.

    Attributes:
        key: Its path below the folder of records.
        reason: One sentence.
    """

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class RecordFiles:
    """Files that may be records.

    Attributes:
        contents: By the path below the folder, in its order.
        left_out: Files that were not read.
    """

    contents: dict[str, bytes]
    left_out: tuple[LeftOut, ...] = ()


def read_folder(folder: Path) -> RecordFiles:
    """Read the ``*.json`` files of a folder and of the folders in it.

    Args:
        folder: Of this machine.

    Raises:
        SourceError: If it is no folder.
    """
    if not folder.is_dir():
        raise SourceError(
            f"There is no folder {str(folder)!r}; name a folder of records, or a data set OWNER/NAME of the Hub."
        )
    found = sorted(
        Path(place, name)
        for place, _, names in os.walk(folder)  # follows no link to a folder, so that it comes to an end
        for name in names
        if name.lower().endswith(".json")
    )
    keys = {clean(path.relative_to(folder).as_posix()): path for path in found}
    sizes = {key: size for key, path in keys.items() if (size := _size(path)) is not None}
    chosen, left_out = choose_files(sizes)
    contents: dict[str, bytes] = {}
    unread = [LeftOut(key, "It is no file that can be read.") for key in keys if key not in sizes]
    for key in chosen:
        try:
            with keys[key].open("rb") as file:
                contents[key] = file.read(MAX_BYTES + 1)  # it may have grown since
        except OSError as error:
            unread.append(LeftOut(key, f"It cannot be read ({error.strerror})."))
    return RecordFiles(contents, (*left_out, *unread))


def download_records(repository: str) -> RecordFiles:
    """Read the ``*.json`` files of a data set of the Hub; what was fetched before is not fetched again.

    Args:
        repository: ``OWNER/NAME``.

    Raises:
        SourceError: If this is no such name, or the Hub does not have it or cannot be reached.
    """
    if not _REPOSITORY.fullmatch(repository):
        raise SourceError(
            f"{repository!r} is neither a folder nor a data set OWNER/NAME of the Hub; give one of them."
        )
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    left_out: tuple[LeftOut, ...] = ()
    try:
        try:
            facts = HfApi().dataset_info(repository, files_metadata=True)
        except (OfflineModeIsEnabled, OSError) as error:
            if isinstance(error, HfHubHTTPError):
                raise
            folder = snapshot_download(repository, repo_type="dataset", allow_patterns="*.json", local_files_only=True)
            return read_folder(Path(folder))
        files = {file.rfilename: file.size or 0 for file in facts.siblings or () if _is_record(file.rfilename)}
        chosen, left_out = choose_files(files)
        folder = snapshot_download(
            repository, repo_type="dataset", revision=facts.sha, allow_patterns=[_literal(name) for name in chosen]
        )
    except LocalEntryNotFoundError:
        raise SourceError(
            f"The data set {repository!r} is not in the cache and the Hub cannot be reached; connect once, or name a "
            "local folder."
        ) from None
    except HfHubHTTPError as error:
        code = error.response.status_code if error.response is not None else "no answer"
        raise SourceError(
            f"The Hub does not give the data set {repository!r} ({code}); check its name, or log in if it is private."
        ) from None
    except OSError as error:
        raise SourceError(f"The data set {repository!r} cannot be fetched ({type(error).__name__}).") from None
    read = read_folder(Path(folder))
    known = {key: content for key, content in read.contents.items() if key in chosen}
    return RecordFiles(known, (*left_out, *read.left_out))


def choose_files(sizes: dict[str, int]) -> tuple[tuple[str, ...], tuple[LeftOut, ...]]:
    """Choose what is read, in the order of the names, until there is too much.

    Args:
        sizes: Bytes by name.

    >>> choose_files({"a.json": 10, "b.json": 5_000_000})[0]
    ('a.json',)
    """
    chosen: list[str] = []
    left_out: list[LeftOut] = []
    total = 0
    for name, size in sorted(sizes.items()):
        if size > MAX_BYTES:
            left_out.append(LeftOut(name, f"It has {size:,} bytes; {MAX_BYTES:,} is the most here."))
        elif len(chosen) >= MAX_FILES or total + size > MAX_ALL_BYTES:
            left_out.append(
                LeftOut(name, f"There are too many records; {MAX_FILES:,} files of {MAX_ALL_BYTES:,} bytes are read.")
            )
        else:
            chosen.append(name)
            total += size
    return tuple(chosen), _summed(left_out)


def _summed(left_out: Iterable[LeftOut], most: int = 50) -> tuple[LeftOut, ...]:
    listed = list(left_out)
    if len(listed) <= most:
        return tuple(listed)
    return (*listed[:most], LeftOut("further files", f"Another {len(listed) - most:,} are left out for such reasons."))


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None


def _is_record(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() == ".json"


def _literal(name: str) -> str:
    """A pattern that matches this name only."""
    return re.sub(r"([*?\[])", r"[\1]", name)
