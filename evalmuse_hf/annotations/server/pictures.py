"""The pictures of a campaign as a browser gets them: from below their folder and from nowhere else."""

import io
import logging
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from evalmuse_hf.annotations.errors import AnnotationError
from evalmuse_hf.annotations.picture_paths import find_picture
from evalmuse_hf.images.decoding import ImageDecodingError, load_image

logger = logging.getLogger(__name__)

_GONE = 410
_TURNED = range(5, 9)  # EXIF orientations that swap width and height; a browser follows them
_ORIENTATION_TAG = 0x0112
_KINDS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))
_RIFF, _WEBP = b"RIFF", b"WEBP"


@dataclass(frozen=True, slots=True)
class ServedPicture:
    """What is sent of a picture.

    Attributes:
        content: Bytes that a browser shows.
        media_type: Their kind, by their content and not by their name.
    """

    content: bytes
    media_type: str


def locate_picture(folder: Path, image_path: str) -> Path:
    """Where a picture is.

    Args:
        folder: Of all pictures.
        image_path: Below it, with forward slashes, as the store has it.

    Raises:
        AnnotationError: If it leads out of the folder, also by a link, or if there is no such file any more. The rater
            is told no path.
    """
    try:
        return find_picture(folder, image_path).path
    except AnnotationError as error:
        logger.warning("A picture cannot be shown: %s", error)
        raise _gone() from None


def read_picture(folder: Path, image_path: str) -> ServedPicture:
    """Read a picture; PNG, JPEG and WebP as they are, anything else as PNG.

    Args:
        folder: Of all pictures.
        image_path: Below it.

    Raises:
        AnnotationError: If it is gone, or no picture.
    """
    try:
        content = locate_picture(folder, image_path).read_bytes()
    except OSError:  # vanished since, or unreadable
        raise _gone() from None
    for start, media_type in _KINDS:
        if content.startswith(start):
            return ServedPicture(content, media_type)
    if content.startswith(_RIFF) and content[8:12] == _WEBP:
        return ServedPicture(content, "image/webp")
    try:
        buffer = io.BytesIO()
        load_image(content, name=image_path).save(buffer, "png")
    except ImageDecodingError:
        raise AnnotationError(
            "The picture of this item cannot be read; skip the item, and the organiser will see it.",
            status="picture_broken",
            http_status=_GONE,
        ) from None
    return ServedPicture(buffer.getvalue(), "image/png")


@dataclass(frozen=True, slots=True)
class PictureSize:
    """Pixels of a picture, upright.

    Attributes:
        width: None where the picture cannot be opened.
        height: Likewise.
    """

    width: int | None
    height: int | None


def picture_size(folder: Path, image_path: str) -> PictureSize:
    """The size that the page leaves room for, of the head of the file; a picture that is gone has none.

    Args:
        folder: Of all pictures.
        image_path: Below it.
    """
    try:
        with Image.open(locate_picture(folder, image_path)) as picture:
            width, height = picture.size
            turned = picture.getexif().get(_ORIENTATION_TAG) in _TURNED
    except (AnnotationError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return PictureSize(None, None)
    return PictureSize(height, width) if turned else PictureSize(width, height)


def _gone() -> AnnotationError:
    return AnnotationError(
        "The picture of this item is missing on the server; skip the item, and the organiser will see it.",
        status="picture_gone",
        http_status=_GONE,
    )
