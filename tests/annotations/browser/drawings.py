"""Drawings for the page's tests and pictures in the docs: flat shapes, drawn large and made small for smooth edges."""

from PIL import Image, ImageDraw

SIDE = 768
_SCALE = 2  # drawn so much larger
_SKIN, _HAIR, _DRESS = (236, 188, 150), (92, 58, 44), (58, 104, 168)
_FUR, _STRIPE = (222, 150, 76), (150, 88, 36)
_APPLE, _LEAF = (202, 44, 48), (74, 138, 62)


class _Canvas:
    """Shapes in shares of the side."""

    def __init__(self, sky: tuple[int, int, int], ground: tuple[int, int, int]) -> None:
        self.image = Image.new("RGB", (SIDE * _SCALE, SIDE * _SCALE), sky)
        self.painter = ImageDraw.Draw(self.image)
        for row in range(SIDE * _SCALE):
            light = round(28 * row / (SIDE * _SCALE))
            self.painter.line([(0, row), (SIDE * _SCALE, row)], fill=tuple(min(255, value + light) for value in sky))
        self.oval(-0.3, 0.62, 0.9, 1.3, ground)
        self.oval(0.3, 0.68, 1.4, 1.4, tuple(max(0, value - 14) for value in ground))

    def _at(self, *shares: float) -> list[int]:
        return [round(share * SIDE * _SCALE) for share in shares]

    def oval(self, left: float, top: float, right: float, bottom: float, color: tuple[int, ...]) -> None:
        self.painter.ellipse(self._at(left, top, right, bottom), fill=color)

    def shape(self, corners: list[float], color: tuple[int, ...]) -> None:
        self.painter.polygon(self._at(*corners), fill=color)

    def line(self, corners: list[float], width: float, color: tuple[int, ...]) -> None:
        self.painter.line(self._at(*corners), fill=color, width=round(width * SIDE * _SCALE), joint="curve")
        half = width / 2
        for x, y in zip(corners[::2], corners[1::2], strict=True):
            self.oval(x - half, y - half, x + half, y + half, color)

    def arc(self, box: list[float], start: int, end: int, width: float, color: tuple[int, ...]) -> None:
        self.painter.arc(self._at(*box), start, end, fill=color, width=round(width * SIDE * _SCALE))

    def finish(self) -> Image.Image:
        return self.image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def draw_woman_and_cat() -> Image.Image:
    """A woman with two apples beside a cat; one of her hands has six fingers."""
    canvas = _Canvas((170, 205, 232), (146, 178, 112))
    canvas.oval(0.78, 0.06, 0.92, 0.2, (252, 226, 146))
    canvas.oval(0.24, 0.12, 0.54, 0.56, _HAIR)
    canvas.shape([0.3, 0.46, 0.48, 0.46, 0.6, 0.98, 0.18, 0.98], _DRESS)
    canvas.shape([0.35, 0.38, 0.43, 0.38, 0.44, 0.5, 0.34, 0.5], _SKIN)
    canvas.oval(0.28, 0.16, 0.5, 0.43, _SKIN)
    canvas.shape([0.27, 0.29, 0.31, 0.15, 0.47, 0.15, 0.51, 0.28, 0.4, 0.2], _HAIR)
    for x in (0.34, 0.44):
        canvas.oval(x - 0.012, 0.285, x + 0.012, 0.31, (46, 40, 46))
    canvas.arc([0.34, 0.3, 0.44, 0.38], 20, 160, 0.008, (170, 74, 70))
    canvas.line([0.33, 0.52, 0.2, 0.64, 0.25, 0.7], 0.045, _SKIN)
    canvas.line([0.46, 0.52, 0.57, 0.63, 0.54, 0.7], 0.045, _SKIN)
    for place in range(6):
        canvas.line([0.54, 0.71, 0.487 + 0.02 * place, 0.765], 0.014, _SKIN)
    for x, y in ((0.27, 0.69), (0.53, 0.68)):
        canvas.oval(x - 0.042, y - 0.04, x + 0.042, y + 0.042, _APPLE)
        canvas.oval(x + 0.004, y - 0.06, x + 0.034, y - 0.038, _LEAF)
    _draw_cat(canvas)
    return canvas.finish()


def _draw_cat(canvas: _Canvas) -> None:
    canvas.line([0.88, 0.88, 0.95, 0.8, 0.92, 0.7], 0.03, _FUR)
    canvas.oval(0.66, 0.66, 0.9, 0.95, _FUR)
    for place in range(4):
        canvas.arc([0.69, 0.7 + 0.05 * place, 0.87, 0.8 + 0.05 * place], 200, 340, 0.012, _STRIPE)
    for x in (0.7, 0.8):
        canvas.oval(x, 0.9, x + 0.07, 0.96, _FUR)
    canvas.shape([0.655, 0.58, 0.67, 0.46, 0.74, 0.53], _FUR)
    canvas.shape([0.82, 0.53, 0.87, 0.46, 0.885, 0.58], _FUR)
    canvas.oval(0.65, 0.5, 0.89, 0.7, _FUR)
    for x in (0.73, 0.77, 0.81):
        canvas.line([x, 0.512, x, 0.55], 0.011, _STRIPE)
    for x in (0.72, 0.82):
        canvas.oval(x - 0.017, 0.578, x + 0.017, 0.616, (86, 130, 64))
        canvas.oval(x - 0.006, 0.58, x + 0.006, 0.614, (30, 30, 30))
    canvas.shape([0.757, 0.63, 0.783, 0.63, 0.77, 0.645], (196, 108, 104))


def draw_cups() -> Image.Image:
    """Three cups on a table."""
    canvas = _Canvas((224, 214, 200), (206, 190, 168))
    canvas.shape([0.04, 0.62, 0.96, 0.62, 1.02, 0.82, -0.02, 0.82], (158, 110, 70))
    for x in (0.14, 0.42, 0.7):
        canvas.arc([x + 0.1, 0.48, x + 0.22, 0.62], 270, 90, 0.02, (46, 92, 160))
        canvas.shape([x, 0.44, x + 0.17, 0.44, x + 0.145, 0.68, x + 0.025, 0.68], (62, 116, 190))
        canvas.oval(x, 0.42, x + 0.17, 0.46, (36, 74, 132))
    return canvas.finish()


def draw_plain(color: tuple[int, int, int], size: tuple[int, int] = (96, 64)) -> Image.Image:
    """A plain picture, for tests that look at anything but the picture."""
    return Image.new("RGB", size, color)
