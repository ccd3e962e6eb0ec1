"""What can be seen to be wrong with a generated picture without judging it: nothing on it, or another size."""

from PIL import Image

_UNIFORM = 2  # levels between the darkest and the brightest pixel of a channel that rounding may leave
_BLACK = 8  # highest level that counts as black


def find_fault(picture: Image.Image, size: tuple[int, int] | None) -> tuple[str, str] | None:
    """Look for a fault that makes a picture useless.

    Args:
        picture: An RGB picture.
        size: Width and height that it must have; None for any.

    Returns:
        A status ("wrong_size", "black", "uniform") with its sentence; None for a picture that may be used.

    >>> find_fault(Image.new("RGB", (8, 8)), None)
    ('black', 'All of the picture is black; generators give that for what their filter hides, and for overflows.')
    """
    if size is not None and picture.size != size:
        asked, given = (f"{width} x {height}" for width, height in (size, picture.size))
        return "wrong_size", f"The picture has {given} pixels, {asked} were asked for."
    extrema = [(int(low), int(high)) for low, high in picture.getextrema()]  # type: ignore[misc]
    if all(high <= _BLACK for _, high in extrema):
        return "black", (
            "All of the picture is black; generators give that for what their filter hides, and for overflows."
        )
    if all(high - low <= _UNIFORM for low, high in extrema):
        return "uniform", "All of the picture has one color."
    return None
