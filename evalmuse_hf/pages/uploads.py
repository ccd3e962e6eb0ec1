"""Opens what a visitor sent: only files that lie in the folder of uploads, and only what is a picture of modest size.

Every refusal is one sentence, with nothing in it about the folders of the server.
"""

import os
import re
import secrets
import shutil
import stat
import tempfile
import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from evalmuse_hf.images import ImageDecodingError, load_image
from evalmuse_hf.pages.limits import PageLimits, spell_bytes
from evalmuse_hf.pages.scorers import PageError

NOT_UPLOADED = "{what} is no uploaded file; upload it, as the page or `gradio_client.handle_file(PATH)` does."
"""What is said of a path of the server, of an address, and of everything else that is no upload."""

RESULT_PREFIX = "batch-"
"""Begin of the names of `new_result_folder`."""

_UNFINISHED = re.compile(r"tmp[a-z0-9_]{8}")  # as `tempfile` calls what Gradio writes to while a file comes in
_LONGEST_NAME = 80
_LONGEST_GIVEN_NAME = 255  # what file systems allow
_TEXT_STARTS = ((b"<svg", "an SVG drawing"), (b"<!doctype html", "a web page"), (b"<html", "a web page"))
_PEEKED_BYTES = 1_024
_MAX_NESTING = 20
_SWEEPS = 16


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that somebody uploaded.

    Attributes:
        path: Where it is.
        name: What the visitor calls it; for messages.
        size: Its bytes.
    """

    path: Path
    name: str
    size: int


def upload_folder() -> Path:
    """The folder in which Gradio keeps what visitors send, and what it serves of what was made for them."""
    return Path(os.environ.get("GRADIO_TEMP_DIR") or Path(tempfile.gettempdir()) / "gradio").resolve()


def find_upload(
    value: Any, *, limits: PageLimits, examples: Sequence[Path] = (), what: str = "The picture"
) -> UploadedFile:
    """Find the file that a value of a request stands for; nothing of it is read.

    Args:
        value: A path, or a mapping as Gradio spells files, with ``path`` and perhaps ``orig_name``.
        limits: What a file may have.
        examples: Files of the server that anybody may use, beside what was uploaded.
        what: The subject of the sentence.

    Raises:
        PageError: If it is no plain file below `upload_folder` and no example, or too large. Links and ``..`` are
            followed before the place is judged.
    """
    given = value.get("path") if isinstance(value, Mapping) else value
    refusal = PageError(NOT_UPLOADED.format(what=what))
    if not isinstance(given, str | Path) or not str(given) or "://" in str(given):
        raise refusal
    try:
        path = Path(given).resolve(strict=True)
        facts = path.stat()
    except (OSError, ValueError, RuntimeError):  # not there, no path at all, or a ring of links
        raise refusal from None
    allowed = upload_folder() in path.parents or any(path == example.resolve() for example in examples)
    if not allowed or not stat.S_ISREG(facts.st_mode):
        raise refusal
    called = value.get("orig_name") if isinstance(value, Mapping) else None
    name = shown_name(called if isinstance(called, str) and called else Path(given).name)
    if facts.st_size > limits.max_file_size:
        raise PageError(
            f"{name!r} has {spell_bytes(facts.st_size)}; {spell_bytes(limits.max_file_size)} are allowed, so make it "
            "smaller."
        )
    return UploadedFile(path, name, facts.st_size)


def open_upload(value: Any, *, limits: PageLimits, examples: Sequence[Path] = ()) -> Image.Image:
    """Open a picture that a visitor sent.

    Args:
        value: As in `find_upload`; also a picture or an array that Gradio decoded already, which is then held to the
            same number of pixels.
        limits: What it may have.
        examples: As in `find_upload`.

    Returns:
        RGB; of an animation the first frame. The name of the file says nothing about its kind.

    Raises:
        PageError: If there is none, it was not uploaded, or cannot be read as a picture within the limits.
    """
    if value is None or (isinstance(value, str) and not value):
        raise PageError("There is no picture; upload one.")
    if not isinstance(value, str | Path | Mapping):
        return _decode(value, "your picture", limits)
    file = find_upload(value, limits=limits, examples=examples)
    return decode_picture(read_upload(file, limits=limits), name=file.name, limits=limits)


def read_upload(file: UploadedFile, *, limits: PageLimits) -> bytes:
    """Read an uploaded file.

    Args:
        file: Of `find_upload`.
        limits: What it may have.

    Raises:
        PageError: If it is gone, as after `PageLimits.keep_uploads_s`.
    """
    try:
        with file.path.open("rb") as stream:
            return stream.read(limits.max_file_size)
    except OSError:
        raise PageError(f"{file.name!r} is not there any more; upload it again.") from None


def decode_picture(content: bytes, *, name: str, limits: PageLimits) -> Image.Image:
    """Decode a picture file.

    Args:
        content: Its bytes.
        name: What messages call it.
        limits: What it may have.

    Raises:
        PageError: If it is none, damaged, or has too many pixels.
    """
    start = content[:_PEEKED_BYTES].lower()
    for mark, kind in _TEXT_STARTS:
        if mark in start and not start.startswith((b"\x89png", b"\xff\xd8", b"gif8", b"riff")):
            raise PageError(f"{name!r} is {kind}, not pixels; save it as PNG or JPEG and upload that.")
    return _decode(content, name, limits)


def shown_name(text: str) -> str:
    """What messages call a file: the last part of its name, on one line and not too long.

    Args:
        text: A name that somebody gave it.

    >>> shown_name("../../x.png"), shown_name("a" * 200) == "a" * 80, shown_name("..")
    ('x.png', True, 'the file')
    """
    last = text.replace("\\", "/").rstrip("/").rpartition("/")[2]
    kept = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C")[:_LONGEST_NAME].strip()
    return kept if kept.strip(".") else "the file"


def find_foreign_files(data: Any) -> Iterator[str]:
    """Find what a request passes as a file and is none that was uploaded, wherever it stands in its values.

    Gradio would fetch an address for a visitor, and tell apart a path that exists from one that does not.

    Args:
        data: The values of a request, as JSON gave them.

    Yields:
        One sentence for each.
    """
    pending = [(data, 0)]
    while pending:
        value, depth = pending.pop()
        if depth > _MAX_NESTING:
            yield "The request is nested too deeply; make it flat."
            return
        if isinstance(value, Mapping):
            meta = value.get("meta")
            if isinstance(meta, Mapping) and meta.get("_type") == "gradio.FileData":
                if not _is_upload(value.get("path")):
                    yield NOT_UPLOADED.format(what="A file of the request")
                elif not _is_short(value.get("orig_name")):
                    yield f"The name of a file is longer than {_LONGEST_GIVEN_NAME} characters; shorten it."
            else:
                pending += [(item, depth + 1) for item in value.values()]
        elif isinstance(value, list | tuple):
            pending += [(item, depth + 1) for item in value]


def new_result_folder() -> Path:
    """Make a folder for files that are made for one visitor. Gradio serves them to whoever knows the name."""
    folder = upload_folder() / f"{RESULT_PREFIX}{secrets.token_hex(16)}"
    folder.mkdir(parents=True, mode=0o700)
    return folder


def sweep_period_s(keep_s: float) -> float:
    """Seconds from one look for old files to the next.

    Args:
        keep_s: Seconds for which files are kept at the longest.

    >>> sweep_period_s(3_600), sweep_age_s(3_600)
    (225.0, 3150.0)
    """
    return keep_s / _SWEEPS


def sweep_age_s(keep_s: float) -> float:
    """Seconds from which a file is old: one that is a little younger must not outlive its time until the next look.

    Args:
        keep_s: Seconds for which files are kept at the longest.
    """
    return keep_s - 2 * sweep_period_s(keep_s)


def sweep_leftovers(age_s: float) -> None:
    """Delete old files that Gradio does not know of: parts of uploads that broke off, and results nobody waited for.

    Args:
        age_s: Seconds since their last change from which files are old.
    """
    folder = upload_folder()
    if not folder.is_dir() or folder == Path(tempfile.gettempdir()).resolve():  # there, files of others lie beside
        return
    now = time.time()
    for entry in os.scandir(folder):
        with suppress(OSError):  # another sweep may be faster
            # Gradio puts each finished upload into a folder of its own; a file beside them was never finished.
            is_folder = entry.is_dir(follow_symlinks=False)
            ours = entry.name.startswith(RESULT_PREFIX) if is_folder else _UNFINISHED.fullmatch(entry.name)
            if not ours or now - entry.stat(follow_symlinks=False).st_mtime <= age_s:
                continue
            if is_folder:
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)


def _is_upload(path: Any) -> bool:
    if not isinstance(path, str) or "://" in path:
        return False
    try:
        return upload_folder() in Path(path).resolve(strict=True).parents
    except (OSError, ValueError, RuntimeError):
        return False


def _is_short(name: Any) -> bool:
    return name is None or (isinstance(name, str) and len(name) <= _LONGEST_GIVEN_NAME)


def _decode(source: Any, name: str, limits: PageLimits) -> Image.Image:
    try:
        return load_image(source, name=name, max_pixels=limits.max_pixels)
    except (ImageDecodingError, TypeError) as error:
        raise PageError(str(error)) from None
