"""What can be done to a picture without the model: read, identified, decoded and brought to the model's size."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from evalmuse_hf.images.decoding import MAX_PIXELS, ImageDecodingError, file_of, load_image
from evalmuse_hf.images.hashing import content_hash

BICUBIC = int(Image.Resampling.BICUBIC)


@dataclass(frozen=True, slots=True)
class Preparation:
    """How a picture gets the size that a model reads; applied twice it does nothing the second time.

    What an image processor of transformers does with the result is what it does with the original where Pillow 13 is
    installed, to the last bit; with older versions it is the same here, and differs there for some tall pictures.

    Attributes:
        size: Side in pixels.
        crop: False squeezes the picture into the square; True brings its shortest side to ``size`` and cuts the middle
            out.
        resample: Number of Pillow's filter.
    """

    size: int
    crop: bool = False
    resample: int = BICUBIC

    def __call__(self, image: Image.Image) -> Image.Image:
        """Resize a picture.

        Args:
            image: An RGB picture.

        Returns:
            Of ``size`` by ``size`` pixels.

        Raises:
            ImageDecodingError: If the picture is so long that bringing its short side to ``size`` fills the memory.
        """
        target = (self.size, self.size)
        if image.size == target:
            return image
        if not self.crop:
            return self._resize(image, target)
        width, height = image.size
        shortest = min(width, height)
        # The longest side is rounded down, as transformers does.
        fitted = [self.size if side == shortest else int(self.size * side / shortest) for side in (width, height)]
        if fitted[0] * fitted[1] > MAX_PIXELS:
            raise ImageDecodingError(
                f"Cannot read the picture: its {width} x {height} pixels would become {fitted[0]} x {fitted[1]} "
                "before the middle is cut out; cut it first."
            )
        image = self._resize(image, (fitted[0], fitted[1]))
        left, top = ((side - self.size) // 2 for side in fitted)
        return image.crop((left, top, left + self.size, top + self.size))

    def _resize(self, image: Image.Image, target: tuple[int, int]) -> Image.Image:
        """Resize one axis after the other, in the order that Pillow 13 takes and Pillow 12 does not always take.

        Between the two steps pixels are rounded to bytes, so that the order is seen in the result; so no version of
        Pillow is left to choose it.
        """
        resample = Image.Resampling(self.resample)
        vertical_first = takes_vertical_first(image.size, target)
        between = (image.width, target[1]) if vertical_first else (target[0], image.height)
        return image.resize(between, resample).resize(target, resample)


@dataclass(frozen=True, slots=True)
class PreparedPicture:
    """A picture that was read.

    Attributes:
        content: Hash of its content, see `picture_hash`; None if it cannot be read.
        pixels: uint8, shape ``(H, W, 3)``; None if it cannot be read or nobody wanted them.
        problem: One sentence that says why it cannot be read; None if it can.
    """

    content: str | None = None
    pixels: NDArray[np.uint8] | None = None
    problem: str | None = None

    def to_image(self) -> Image.Image:
        """Make a Pillow picture of the pixels.

        Raises:
            ImageDecodingError: If the picture could not be read.
        """
        if self.problem is not None or self.pixels is None:
            raise ImageDecodingError(self.problem or "Cannot read the picture: its pixels were not kept.")
        return Image.fromarray(self.pixels)


def takes_vertical_first(size: tuple[int, int], target: tuple[int, int]) -> bool:
    """Whether Pillow 13 resizes the columns of a picture before its rows (found by trying thousands of sizes).

    Args:
        size: Width and height.
        target: Those that it is to have.
    """
    (width, height), (new_width, new_height) = size, target
    return height > new_height and height - new_height > 2 * (width - new_width)


def read_picture(
    source: Any,
    preparation: Preparation | None = None,
    *,
    wanted: Callable[[str], bool] = lambda content: True,
) -> PreparedPicture:
    """Read, identify, decode and resize one picture; a bad one becomes a sentence.

    Args:
        source: Anything that `load_image` opens.
        preparation: How it is resized; None leaves it as it is.
        wanted: Whether the pixels of a content are needed at all; a file whose are not is not decoded.

    Returns:
        The picture, or what is wrong with it.
    """
    try:
        file = file_of(source)
        if file is None:
            image = load_image(source)
            content = _pixel_hash(image)
        else:
            content = content_hash(file.content)
            if not wanted(content):
                return PreparedPicture(content)
            image = load_image(file.content, name=file.name)
        prepared = image if preparation is None else preparation(image)
        return PreparedPicture(content, np.asarray(prepared))
    except ImageDecodingError as error:
        return PreparedPicture(problem=str(error))
    except TypeError as error:
        return PreparedPicture(problem=f"Cannot read the picture: {error}")
    except MemoryError:
        return PreparedPicture(problem="Cannot read the picture: there is not enough memory to decode it.")
    except Exception as error:  # a foreign file may be wrong in ways that nobody has thought of
        return PreparedPicture(problem=f"Cannot read the picture: {type(error).__name__}: {error}")


def picture_hash(picture: Any) -> str:
    """Hash the content of a picture: of a file its bytes, of anything else its pixels.

    Args:
        picture: Anything that `load_image` opens.

    Returns:
        64 hexadecimal digits; of a file those of `content_hash`, which are in the column ``content_hash`` of a data
        set.

    Raises:
        ImageDecodingError: If the file or its pixels cannot be read.
        TypeError: If the picture is of another kind.
    """
    file = file_of(picture)
    return _pixel_hash(load_image(picture)) if file is None else content_hash(file.content)


def _pixel_hash(pixels: Image.Image) -> str:
    return content_hash(b"pixels %d %d " % pixels.size + pixels.tobytes())
