"""Foreign pictures become plain RGB, or one sentence that says which picture is wrong and how.

Pillow's global switches are left alone: a truncated file is an error here, not a picture with a grey end.
"""

import io
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

MAX_PIXELS = 178_956_970
"""Pixels at which Pillow itself suspects a decompression bomb."""

# Formats that hold pictures and nothing else; EPS, for one, would start an interpreter.
_FORMATS = ("PNG", "JPEG", "MPO", "WEBP", "GIF", "BMP", "DIB", "TIFF", "PPM", "JPEG2000", "AVIF")
_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_CHANNEL_COUNTS = (1, 3, 4)
_GREY_DIMENSIONS = 2
_COLOR_DIMENSIONS = 3
_HIGHEST_8_BIT = 255
_HIGHEST_16_BIT = 65_535

ImageSource = str | Path | bytes | bytearray | Image.Image | npt.NDArray[Any] | Mapping[str, Any]
"""What `load_image` takes."""


class ImageDecodingError(ValueError):
    """A picture that cannot be read; the message names it and says what is wrong with it."""


class PictureFile(NamedTuple):
    """A picture as a file.

    Attributes:
        content: Its bytes.
        name: How messages call it.
    """

    content: bytes
    name: str


def load_image(source: ImageSource, *, name: str | None = None, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Read one picture as RGB.

    An 8-bit file without EXIF rotation gives exactly the pixels of Pillow's ``convert("RGB")``, as the official loader
    does; so transparency is dropped, and transparent regions show the colour stored under them. It differs where that
    conversion would show something else than the picture: 16-bit grey keeps its high byte (Pillow clips it to white),
    and a picture with an EXIF orientation is turned upright.

    Args:
        source: A file (path), its content (bytes), a Pillow image (its current frame; it is not changed), an array,
            or a mapping with ``bytes`` and ``path`` as `datasets.Image(decode=False)` gives it. An array has shape
            (height, width) or (height, width, 1, 3 or 4) and holds uint8, the full range of uint16, or floats in
            [0, 1].
        name: How messages call the picture; by default its path.
        max_pixels: Width times height that is still decoded.

    Returns:
        An image of mode ``RGB``, independent of ``source``; of an animated file, its first frame.

    Raises:
        ImageDecodingError: If the picture is missing, empty, truncated, too large, or not a picture.
        TypeError: If ``source`` is of another kind.
    """
    if isinstance(source, np.ndarray):
        return _array_to_rgb(source, name=name or "given as an array", max_pixels=max_pixels)
    if isinstance(source, Image.Image):
        label = name or getattr(source, "filename", "") or "given as a Pillow image"
        return _to_rgb(source, name=str(label), max_pixels=max_pixels)
    file = file_of(source, name=name)
    if file is None:
        raise TypeError(
            "`source` must be a path, bytes, a Pillow image, a NumPy array, or a mapping with 'bytes' and 'path', "
            f"got {type(source).__name__}."
        )
    return _decode(file.content, name=file.name, max_pixels=max_pixels)


def file_of(source: Any, *, name: str | None = None) -> PictureFile | None:
    """Read a picture as a file, undecoded.

    Args:
        source: Anything that `load_image` opens.
        name: How messages call the picture; by default its path.

    Returns:
        Its bytes; None for what is no file: a Pillow image, an array, or another kind of object.

    Raises:
        ImageDecodingError: If the file cannot be read.
    """
    if isinstance(source, Mapping):
        return _file_of_mapping(source, name=name)
    if isinstance(source, bytes | bytearray):
        return PictureFile(bytes(source), name or "given as bytes")
    if isinstance(source, str | Path):
        return PictureFile(_read(Path(source), name=name), name or str(source))
    return None


def check_image(content: bytes, *, name: str, max_pixels: int = MAX_PIXELS) -> None:
    """Decode a picture file completely and keep nothing, to learn whether `load_image` can read it.

    Args:
        content: Content of the file.
        name: How messages call the picture.
        max_pixels: Width times height that is still decoded.

    Raises:
        ImageDecodingError: If `load_image` would raise it.
    """
    with _open(content, name=name) as image:
        if image.mode == "RGB":  # nothing can go wrong after decoding, so that the conversion's copy is spared
            _load_pixels(image, name=name, max_pixels=max_pixels)
        else:
            _to_rgb(image, name=name, max_pixels=max_pixels)


def _file_of_mapping(source: Mapping[str, Any], *, name: str | None) -> PictureFile | None:
    """Read the content if it is there, else from the path."""
    path, content = source.get("path"), source.get("bytes")
    if content is not None:
        label = name or (str(path) if path else None)
        if not isinstance(content, bytes | bytearray):  # `bytes` of a number would make that many zeros
            problem = f"its 'bytes' are of type {type(content).__name__}; give the content of the file as bytes."
            raise _error(label or "given as a mapping", problem)
        return file_of(content, name=label)
    if path:
        if not isinstance(path, str | Path):
            raise _error(name or "given as a mapping", f"its 'path' is of type {type(path).__name__}; give a text.")
        return file_of(path, name=name)
    raise _error(name or "given as a mapping", "it has neither 'bytes' nor 'path'; give one of them.")


def _read(path: Path, *, name: str | None) -> bytes:
    """Content of a file."""
    label = name or str(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise _error(label, f"{path} is a folder; give the path of one picture.")
        if not stat.S_ISREG(mode):  # reading a pipe or a device may never end
            raise _error(label, f"{path} is a pipe or a device; give the path of a file.")
        return path.read_bytes()
    except ImageDecodingError:
        raise
    except FileNotFoundError:
        if str(path).startswith(("http:", "https:")):
            raise _error(label, "pictures are not fetched from the web; download it and give its path.") from None
        raise _error(label, f"there is no file at {path}; check the path and the folder it is relative to.") from None
    except (OSError, ValueError) as error:
        raise _error(label, f"the file cannot be opened ({error}).") from error


def _decode(content: bytes, *, name: str, max_pixels: int) -> Image.Image:
    """Decode the first frame of a file."""
    with _open(content, name=name) as image:
        return _to_rgb(image, name=name, max_pixels=max_pixels)


def _open(content: bytes, *, name: str) -> Image.Image:
    """Read the header of a file."""
    if not content:
        raise _error(name, "the file has zero bytes; make or download it again.")
    Image.init()
    try:
        return Image.open(io.BytesIO(content), formats=[form for form in _FORMATS if form in Image.OPEN])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _error(name, "it has so many pixels that Pillow takes it for a bomb; scale it down first.") from None
    except Exception as error:  # decoders raise anything on foreign bytes
        raise _error(
            name, "it is not a PNG, JPEG, WebP, GIF, BMP, TIFF, ... file, or its header is damaged; save it again."
        ) from error


def _load_pixels(image: Image.Image, *, name: str, max_pixels: int) -> None:
    _check_size(*image.size, name=name, max_pixels=max_pixels)
    try:
        image.load()
    except Exception as error:  # decoders raise anything on foreign bytes
        raise _error(name, f"the file is truncated or damaged ({error}); make or download it again.") from error


def _to_rgb(image: Image.Image, *, name: str, max_pixels: int) -> Image.Image:
    """Decode, turn upright, convert."""
    _load_pixels(image, name=name, max_pixels=max_pixels)
    orientation = _orientation(image)
    if image.mode == "I" or image.mode.startswith("I;16"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > _HIGHEST_16_BIT:
            raise _error(name, "its grey values do not fit 16 bits; scale them to 0-65535 first.")
        image = Image.fromarray((values >> 8).astype(np.uint8))
    if image.mode == "P" and "transparency" in image.info:
        image = image.copy()
        del image.info["transparency"]  # Pillow would warn that it is dropped
    if image.mode == "F":
        raise _error(name, "it holds floating-point pixels of unknown range; store it with 8 or 16 bits.")
    try:
        rgb = image.convert("RGB")
    except ValueError as error:
        raise _error(name, f"its colours (mode {image.mode}) cannot become RGB; store it as RGB.") from error
    rgb.info.clear()  # an orientation left there would turn the picture a second time
    return rgb.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else rgb


def _orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 (upright) where there is none or its block is damaged."""
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # a damaged EXIF block does not spoil the pixels
        return 1


def _array_to_rgb(array: npt.NDArray[Any], *, name: str, max_pixels: int) -> Image.Image:
    """Convert an array of pixels."""
    grey = array.ndim == _GREY_DIMENSIONS
    if not grey and (array.ndim != _COLOR_DIMENSIONS or array.shape[2] not in _CHANNEL_COUNTS):
        raise _error(name, f"its shape is {array.shape}; give (height, width) or (height, width, 1, 3 or 4).")
    _check_size(array.shape[1], array.shape[0], name=name, max_pixels=max_pixels)
    if array.dtype == np.uint16:
        array = array >> 8
    elif np.issubdtype(array.dtype, np.floating):
        if not (array.min() >= 0 and array.max() <= 1):
            raise _error(name, "its floats are nan or leave [0, 1]; scale them, or give uint8.")
        array = np.rint(array * _HIGHEST_8_BIT)
    elif array.dtype != np.uint8:
        raise _error(name, f"its values are {array.dtype}; give uint8, uint16, or floats in [0, 1].")
    pixels = np.ascontiguousarray(array.astype(np.uint8))
    if not grey and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    return Image.fromarray(pixels).convert("RGB")


def _check_size(width: int, height: int, *, name: str, max_pixels: int) -> None:
    """Refuse a picture without pixels, or with too many."""
    if not width or not height:
        raise _error(name, f"it has no pixels ({width} x {height}).")
    if width * height > max_pixels:
        raise _error(
            name, f"its {width:,} x {height:,} pixels exceed the limit of {max_pixels:,}; scale it down first."
        )


def _error(name: str, problem: str) -> ImageDecodingError:
    """One sentence: which picture, and what is wrong."""
    return ImageDecodingError(f"Cannot read picture {name!r}: {problem}")
