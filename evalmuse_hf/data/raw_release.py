"""The raw official release, wherever its JSON files and its pictures are: a folder, an archive, or parts of one."""

import hashlib
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from evalmuse_hf.data.archive import (
    JSON_FILES,
    MAX_JSON_BYTES,
    Archive,
    ArchiveContents,
    MemberError,
    scan_archive,
    stamp_parts,
)
from evalmuse_hf.data.archive_parts import ARCHIVE_NAME, archive_name, find_parts
from evalmuse_hf.data.errors import ReleaseError
from evalmuse_hf.data.picture_store import ArchivePictures, FolderPictures, PictureStore
from evalmuse_hf.data.report import RecordProblem

logger = logging.getLogger(__name__)

IMAGES_FOLDER = "images"

_PAIR_FILES = ("train_list.json", "train.json", "test.json", "eval.json")
_DATA_FOLDERS = ("", "dataset", "data")  # of a release, in which its files may be
_CHUNK_BYTES = 1024 * 1024
_Place = TypeVar("_Place")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRelease:
    """An opened release.

    Attributes:
        name: Name of the folder or archive that was given.
        files: Path of each JSON file that is there, by its released name; ``train.json``, which the official
            preprocessing makes, only where ``train_list.json`` is not there.
        pictures: Its pictures, by ``img_path``.
        n_members: Files in the archive; 0 if the pictures are in a folder.
        member_problems: One entry for each of them that was left out.
    """

    name: str
    files: Mapping[str, Path]
    pictures: PictureStore
    n_members: int = 0
    member_problems: tuple[RecordProblem, ...] = ()

    def fingerprint(self) -> str:
        """Hash that changes when a JSON file does, or when the size or time of change of a picture or part does.

        Raises:
            ReleaseError: If a file cannot be read any more.
        """
        digest = hashlib.sha256()
        for name in sorted(self.files):
            digest.update(f"{name}\0".encode())
            for chunk in _chunks(self.files[name]):
                digest.update(chunk)
        if isinstance(self.pictures, ArchivePictures):
            stamps = zip(self.pictures.parts, stamp_parts(self.pictures.parts), strict=True)
            for part, (n_bytes, changed) in stamps:
                digest.update(f"{part.name}\0{n_bytes} {changed}\n".encode(errors="surrogateescape"))
        if isinstance(self.pictures, FolderPictures):
            for line in sorted(_listing(self.pictures.root)):
                digest.update(line.encode(errors="surrogateescape"))
        return digest.hexdigest()[:16]


def open_release(raw: Path, *, scratch: Path) -> RawRelease:
    """Find the JSON files and the pictures of a release; records and pictures are not read yet.

    Args:
        raw: A folder with the JSON files beside ``images/``, ``images.zip`` or the parts of the latter (all of them
            may be in a folder ``dataset`` or ``data``, or in the only folder there); or an archive, or any part of
            one, that holds the pictures, and the JSON files or has them beside it.
        scratch: Folder that receives the JSON files of an archive; it is made when it is needed.

    Raises:
        ReleaseError: If there is no such folder or archive, if it lacks pictures or records, or if the archive is
            cut, lacks a part, or holds a JSON file that cannot be used.
    """
    raw = raw.expanduser()
    try:
        if raw.is_dir():
            return _open_folder(raw, scratch=scratch)
        if not raw.exists():
            raise ReleaseError(f"There is no folder or archive {str(raw)!r}; give the raw release.")
        return _open_file(raw, scratch=scratch)
    except OSError as error:
        where = error.filename or raw
        raise ReleaseError(
            f"{where} cannot be read ({error.strerror}); check the path and its permissions."
        ) from error


def _open_file(raw: Path, *, scratch: Path) -> RawRelease:
    archive = archive_name(raw)
    if not raw.is_file() or not archive.lower().endswith(".zip"):
        raise ReleaseError(
            f"{str(raw)!r} is no raw release; give its folder, its zip archive, or the first part of the archive."
        )
    parts = (raw,) if archive == raw.name else find_parts(raw.parent, archive)
    folder = raw.resolve().parent
    name = folder.name if archive == ARCHIVE_NAME else Path(archive).stem
    return _open_archive(parts, name=name, beside=_json_files(raw.parent), scratch=scratch)


def _open_folder(raw: Path, *, scratch: Path) -> RawRelease:
    name = raw.resolve().name
    base = raw
    if not _holds_release(base):
        folders = [path for path in base.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))]
        base = folders[0] if len(folders) == 1 else base
    files = _json_files(base)
    images = _images_folder(base)
    parts = () if images else _picture_parts(base)
    if images and _picture_parts(base):
        logger.warning("%s has both %s and its archive; the folder is read.", name, IMAGES_FOLDER)
    if parts:
        return _open_archive(parts, name=name, beside=files, scratch=scratch)
    _check_files(files, where=str(raw))
    if images is None:
        raise ReleaseError(
            f"{str(raw)!r} holds no pictures: neither a folder {IMAGES_FOLDER!r} nor {ARCHIVE_NAME} nor its parts; "
            "put them beside the JSON files."
        )
    return RawRelease(name=name, files=files, pictures=FolderPictures(images))


def _open_archive(parts: tuple[Path, ...], *, name: str, beside: Mapping[str, Path], scratch: Path) -> RawRelease:
    """Open an archive of pictures; the JSON files in it count if there are any, else those beside it."""
    contents = scan_archive(parts)
    where = str(parts[0].parent / archive_name(parts[0]))
    files = beside
    if any(file in contents.json_members for file in _PAIR_FILES) or not any(file in beside for file in _PAIR_FILES):
        for file, why in contents.refused_json.items():
            raise ReleaseError(f"{file} in {where} cannot be used: {why}; download it again, or put it beside.")
        _check_files(contents.json_members, where=where)
        files = _unpack_json(parts, contents, scratch=scratch)
    if not contents.members:
        raise ReleaseError(f"{where} holds no pictures; give the archive that has them, or the folder of the release.")
    return RawRelease(
        name=name,
        files=_without_processed(files),
        pictures=ArchivePictures(parts, contents.prefix),
        n_members=contents.n_members,
        member_problems=contents.problems,
    )


def _unpack_json(parts: tuple[Path, ...], contents: ArchiveContents, *, scratch: Path) -> dict[str, Path]:
    """Write the JSON files of an archive to the scratch folder, under the names that we know them by."""
    files = {}
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        with closing(Archive(parts)) as archive:
            for file in _without_processed(contents.json_members):
                files[file] = scratch / file
                unfinished = scratch / f"{file}.unfinished"
                with unfinished.open("wb") as target:
                    archive.extract(contents.json_members[file], target, max_bytes=MAX_JSON_BYTES)
                unfinished.replace(files[file])
    except MemberError as error:
        where = parts[0].parent / archive_name(parts[0])
        raise ReleaseError(f"{file} in {where} cannot be unpacked: {error}; download it again.") from error
    except OSError as error:
        raise ReleaseError(f"Cannot write to {str(scratch)!r} ({error.strerror}); make room there.") from error
    return files


def _holds_release(folder: Path) -> bool:
    return bool(_json_files(folder) or _images_folder(folder) or _picture_parts(folder))


def _json_files(base: Path) -> dict[str, Path]:
    """The JSON files of a release, from the first of its folders that has each."""
    found = {
        file: next((base / folder / file for folder in _DATA_FOLDERS if (base / folder / file).is_file()), None)
        for file in JSON_FILES
    }
    return _without_processed({file: path for file, path in found.items() if path is not None})


def _images_folder(base: Path) -> Path | None:
    """The folder of the pictures, if anything is in it; unpacking may have made one in the other."""
    for folder in _DATA_FOLDERS:
        images = base / folder / IMAGES_FOLDER
        if images.is_dir() and (entries := list(images.iterdir())):
            only_one = len(entries) == 1 and entries[0].name == IMAGES_FOLDER and entries[0].is_dir()
            return entries[0] if only_one else images
    return None


def _picture_parts(base: Path) -> tuple[Path, ...]:
    folders = (base / folder for folder in _DATA_FOLDERS)
    return next((parts for folder in folders if folder.is_dir() and (parts := find_parts(folder))), ())


def _without_processed(files: Mapping[str, _Place]) -> dict[str, _Place]:
    return {file: path for file, path in files.items() if file != "train.json" or "train_list.json" not in files}


def _check_files(files: Mapping[str, object], *, where: str) -> None:
    if not any(file in files for file in _PAIR_FILES):
        raise ReleaseError(
            f"{where!r} holds none of {', '.join(_PAIR_FILES)}; give the raw release, which has at least one of them "
            "with its pictures."
        )


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise ReleaseError(f"{path} cannot be read ({error.strerror}); put it back and start again.") from error


def _listing(root: Path) -> Iterator[str]:
    """One line for each file below a folder."""
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            try:
                status = os.stat(path)
            except OSError:  # a link to nothing, which is no picture
                continue
            relative = os.path.relpath(path, root)
            yield f"{Path(relative).as_posix()}\0{status.st_size} {status.st_mtime_ns}\n"
