"""The files that a path, a folder or a pattern names, and a hash that changes when they do."""

import glob
import hashlib
import itertools
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalmuse_hf.data.table_advice import PICTURES, unknown_kind
from evalmuse_hf.data.tables import READERS
from evalmuse_hf.scoring.lists import ListError

TAR_ENDS = (".tar", ".tar.gz", ".tgz")
"""Ends of the names of tar shards."""

HASHED_BYTES = 2**30
"""Files of up to so many bytes together are known by their content; larger ones by sizes and times of change."""

MAX_FILES = 1_000_000
"""Files that one pattern may name."""

_BRACES = re.compile(r"\{(\d+)\.\.(\d+)\}|\{([^{}]*,[^{}]*)\}")
_STARS = re.compile(r"[*?\[]")


def is_tar(path: Path) -> bool:
    """Whether a name is that of a tar shard.

    Args:
        path: Any path.
    """
    return path.name.lower().endswith(TAR_ENDS)


def is_list_or_tar(path: Path) -> bool:
    """Whether a name is that of a list or of a tar shard.

    Args:
        path: Any path.
    """
    return path.suffix.lower() in READERS or is_tar(path)


def find_files(path: Path) -> list[Path]:
    """Find the lists or tars that a path, a folder or a pattern names.

    Args:
        path: ``pairs.jsonl``, ``shards``, ``shards/*.parquet``, ``data-{000..010}.tar``.

    Returns:
        Files of one kind (lists or tars); those of a folder or a pattern in the order of their names.

    Raises:
        ListError: If there are none, one is missing, or there are both kinds.
    """
    if path.is_dir():
        names = [name for name in os.listdir(path) if not name.startswith(("_", "."))]
        files = sorted(path / name for name in names if is_list_or_tar(path / name) and (path / name).is_file())
        if not files:
            pictures = sum(Path(name).suffix.lower() in PICTURES for name in names)
            advice = (
                f" It has pictures ({pictures}): name them with their prompts in a list with columns image and "
                "prompt, and give that."
                if pictures
                else " Give a list of pictures with their prompts."
            )
            raise ListError(
                f"Folder {path} holds no list ({', '.join(READERS)}), no .tar and no card of a data set.{advice}"
            )
    elif not path.exists() and (_STARS.search(str(path)) or _BRACES.search(str(path))):
        files = _match(path)
    else:
        files = [path]
    for file in files:
        if not is_list_or_tar(file):
            raise ListError(unknown_kind(file, f"{', '.join(READERS)}, and a shard .tar"))
        if not file.is_file():
            what = "shard" if is_tar(file) else "list"
            raise ListError(f"There is no {what} at {file}; give a file with columns image and prompt.")
    if len({is_tar(file) for file in files}) > 1:
        raise ListError(f"{path} names both lists and tars; name one kind, such as *.tar in that folder.")
    return files


def fingerprint_files(files: Sequence[Path], settings: Mapping[str, Any], *, hashed_bytes: int = HASHED_BYTES) -> str:
    """Hash what files hold, or, where that would take long, their sizes and times of change.

    Args:
        files: Absolute paths. Their names below the folder that they share count, and where it is does not.
        settings: What else decides what is scored.
        hashed_bytes: Bytes of all files together up to which their content is read.

    Returns:
        SHA-256 in hexadecimal digits.

    Raises:
        ListError: If a file cannot be read.
    """
    digest = hashlib.sha256(repr(sorted(settings.items())).encode("utf-8", "surrogateescape"))
    top = os.path.commonpath([path.parent for path in files]) if files else ""
    try:
        facts = [path.stat() for path in files]
        by_content = sum(fact.st_size for fact in facts) <= hashed_bytes
        for path, fact in zip(files, facts, strict=True):
            digest.update(f"\0{os.path.relpath(path, top)}\0{fact.st_size}\0".encode("utf-8", "surrogateescape"))
            if by_content:
                with path.open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
            else:
                digest.update(str(fact.st_mtime_ns).encode())
    except OSError as error:
        raise ListError(f"{error.filename} cannot be opened or read ({error.strerror or error}).") from error
    return digest.hexdigest()


def _match(path: Path) -> list[Path]:
    """Files that a pattern names.

    Raises:
        ListError: If there are none, or too many.
    """
    spelled = list(itertools.islice(_without_braces(str(path)), MAX_FILES + 1))
    if len(spelled) > MAX_FILES:
        raise ListError(f"{path} names more than {MAX_FILES:,} files; name fewer at once.")
    files: set[Path] = set()
    for pattern in spelled:
        if not _STARS.search(pattern):
            files.add(Path(pattern))
            continue
        matches = [file for file in map(Path, glob.glob(pattern, recursive=True)) if file.is_file()]
        if not matches:
            raise ListError(f"No file matches {pattern}; correct the pattern.")
        files.update(matches)
    if not files:
        raise ListError(f"No file matches {path}; correct the pattern.")
    return sorted(files)


def _without_braces(pattern: str) -> Iterator[str]:
    """What a pattern with ``{000..010}`` or ``{a,b}`` stands for, as a shell spells it."""
    braces = _BRACES.search(pattern)
    if braces is None:
        yield pattern
        return
    first, last, words = braces.groups()
    values: Iterable[str] = words.split(",") if words else ()
    if not words:
        width = max(len(first), len(last)) if "0" in (first[0], last[0]) else 0
        values = (f"{number:0{width}d}" for number in range(int(first), int(last) + 1))
    for value in values:
        yield from _without_braces(pattern[: braces.start()] + value + pattern[braces.end() :])
