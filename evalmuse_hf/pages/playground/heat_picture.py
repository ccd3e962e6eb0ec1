"""A map of an element drawn over its picture, and in words where it is strongest."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

LONGEST_SIDE = 640
_SHORTEST_SIDE = 320  # of a small drawing, so that the map on it can be seen
_FADED = 0.55  # how much of the picture's own colours gives way to grey
_STRONGEST = 0.85  # opacity where the map is strongest
# Dark violet to light yellow, ever lighter, so that it is also right without colours.
_COLORS = np.array([(20, 11, 53), (101, 21, 110), (187, 55, 84), (249, 142, 9), (252, 255, 164)], dtype=np.float64)
_ROWS = ("upper", "middle", "lower")
_COLUMNS = ("left", "centre", "right")


def draw_heat(picture: Image.Image, values: NDArray[np.float32]) -> Image.Image:
    """Draw a map over a picture; a ring marks the patch where it is strongest.

    Args:
        picture: RGB.
        values: Shape ``(G, G)``, at least 0, not all 0; row by row from the top left.

    Returns:
        A new picture of the same shape, its longer side at most `LONGEST_SIDE` pixels.
    """
    base = _resize(picture.convert("RGB"))
    strength = Image.fromarray((values / values.max()).astype(np.float32)).resize(base.size, Image.Resampling.BICUBIC)
    level = np.clip(np.asarray(strength, dtype=np.float64), 0.0, 1.0)
    grey = np.asarray(base.convert("L").convert("RGB"), dtype=np.float64)
    pixels = (1 - _FADED) * np.asarray(base, dtype=np.float64) + _FADED * grey
    opacity = (_STRONGEST * level)[..., None]
    mixed = Image.fromarray(np.rint((1 - opacity) * pixels + opacity * _color(level)).astype(np.uint8))
    _draw_ring(mixed, values)
    return mixed


def describe_place(values: NDArray[np.float32]) -> str:
    """Say where a map is strongest.

    Args:
        values: As in `draw_heat`.

    >>> describe_place(np.eye(3, dtype=np.float32)[::-1] * np.array([3.0, 1.0, 1.0], dtype=np.float32))
    'lower left'
    """
    row, column = np.unravel_index(int(values.argmax()), values.shape)
    side = len(values)
    words = f"{_ROWS[3 * int(row) // side]} {_COLUMNS[3 * int(column) // side]}"
    return "centre" if words == "middle centre" else words


def _resize(picture: Image.Image) -> Image.Image:
    longest = max(picture.size)
    wanted = min(max(longest, _SHORTEST_SIDE), LONGEST_SIDE)
    size = tuple(max(1, round(length * wanted / longest)) for length in picture.size)
    return picture.resize((size[0], size[1]), Image.Resampling.BICUBIC)


def _color(level: NDArray[np.float64]) -> NDArray[np.float64]:
    places = np.linspace(0.0, 1.0, len(_COLORS))
    return np.stack([np.interp(level, places, _COLORS[:, channel]) for channel in range(3)], axis=-1)


def _draw_ring(picture: Image.Image, values: NDArray[np.float32]) -> None:
    row, column = np.unravel_index(int(values.argmax()), values.shape)
    side = len(values)
    x, y = (int(column) + 0.5) * picture.width / side, (int(row) + 0.5) * picture.height / side
    radius = max(6.0, 0.5 * min(picture.size) / side)
    painter = ImageDraw.Draw(picture)
    for color, width in (("black", 6), ("white", 2)):
        painter.ellipse((x - radius, y - radius, x + radius, y + radius), outline=color, width=width)
