"""The pictures of a release: each is decoded once before it may enter the data set."""

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

from evalmuse_hf.images import ImageDecodingError, content_hash, load_image


@dataclass(frozen=True, slots=True)
class CheckedPicture:
    """A picture that was decoded, or the sentence that says why it could not be.

    Attributes:
        content_hash: SHA-256 of the file; None if it cannot be read.
        reason: ``"missing_picture"`` or ``"undecodable_picture"``; None if all is well.
        message: What is wrong; None if all is well.
    """

    content_hash: str | None
    reason: str | None = None
    message: str | None = None


def check_picture(folder: Path, name: str) -> CheckedPicture:
    """Decode one picture.

    Args:
        folder: The images folder; messages do not name it, since they end in the published card.
        name: Path of the picture below it.
    """
    path = folder / name
    if not path.is_file():
        return CheckedPicture(None, "missing_picture", f"found no file {name!r} in the images folder")
    try:
        content = path.read_bytes()
        load_image(content, name=name)
    except OSError as error:
        return CheckedPicture(None, "undecodable_picture", f"cannot open {name!r}: {error.strerror}")
    except ImageDecodingError as error:
        return CheckedPicture(None, "undecodable_picture", str(error))
    return CheckedPicture(content_hash(content))


def check_pictures(folder: Path, names: Sequence[str], *, progress: Any = iter) -> list[CheckedPicture]:
    """Decode pictures, several at a time.

    Args:
        folder: The images folder.
        names: Their paths below it.
        progress: Wraps the iterable of results, such as a progress bar.

    Returns:
        One result per name, in order.
    """
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as executor:
        results: Iterable[CheckedPicture] = executor.map(check_picture, repeat(folder), names)
        return list(progress(results))
