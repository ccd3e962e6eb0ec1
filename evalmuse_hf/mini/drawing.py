"""Draws a `Scene` as a picture, together with the map of which thing covers which pixel.

The numbers below are tastes, not settings: changing one changes the pictures, and the checkpoints know these.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from evalmuse_hf.mini.scene import Scene, Thing
from evalmuse_hf.mini.sprites import FAULTS, SHAPE_OUTLINES, SPRITES, Part
from evalmuse_hf.mini.vocabulary import COLORS, noun_category

SIDE = 128  # pixels
_COVERED = 127  # a pixel belongs to a thing from half opacity on
_SHADE = 14  # a thing's colour varies by so many levels per channel
_SHORT_WORD = 2  # letters that fit a sign in large type
_TONES = {
    "dark": (40, 36, 40),
    "light": (250, 250, 246),
    "skin": (238, 190, 150),
    "leaf": (70, 160, 60),
    "wood": (120, 80, 44),
    "accent": (250, 170, 30),
}
_PLAIN = (226, 224, 218)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture and what covers each of its pixels.

    Attributes:
        image: RGB, `SIDE` x `SIDE` pixels.
        things: uint8, shape (SIDE, SIDE): 1 + the index in `Scene.things` of the topmost thing there, 0 for none.
    """

    image: Image.Image
    things: np.ndarray


def draw(scene: Scene) -> Drawing:
    """Paint background, things in order, then weather.

    Args:
        scene: What the picture shall show; the same scene, its seed included, always gives the same pixels.
    """
    rng = np.random.default_rng(scene.seed)
    canvas = _background(scene.place, rng)
    covered = np.zeros((SIDE, SIDE), dtype=np.uint8)
    for index, thing in enumerate(scene.things):
        _paint_thing(canvas, covered, index + 1, thing, rng)
    _paint_weather(canvas, scene.weather, rng)
    return Drawing(canvas, covered)


def _paint_thing(canvas: Image.Image, covered: np.ndarray, label: int, thing: Thing, rng: np.random.Generator) -> None:
    side = max(8, round(2 * thing.radius * SIDE))
    left, top = round((thing.x - thing.radius) * SIDE), round((thing.y - thing.radius) * SIDE)
    _paint_behind(canvas, thing, left, top, side)
    tile, mask = _tile(thing, side, rng)
    if thing.activity == "sleeping":
        tile, mask = tile.transpose(Image.Transpose.ROTATE_90), mask.transpose(Image.Transpose.ROTATE_90)
    elif thing.activity == "running":
        shear = (1, 0.35, -0.175 * side, 0, 1, 0)
        tile = tile.transform(tile.size, Image.Transform.AFFINE, shear)
        mask = mask.transform(mask.size, Image.Transform.AFFINE, shear)
    opacity = mask.point(lambda value: value * 0.5) if thing.material == "glass" else mask
    canvas.paste(tile, (left, top), opacity)
    _paint_before(canvas, thing, left, top, side)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + side, SIDE), min(top + side, SIDE)
    shown = np.asarray(mask)[y0 - top : y1 - top, x0 - left : x1 - left] > _COVERED
    covered[y0:y1, x0:x1][shown] = label


def _tile(thing: Thing, side: int, rng: np.random.Generator) -> tuple[Image.Image, Image.Image]:
    """Paint one thing alone: its colours and its coverage, both `side` x `side`."""
    parts = SPRITES[thing.noun]
    if thing.fault:
        parts = (*FAULTS[noun_category(thing.noun)], *parts)
    shades = tuple(int(rng.integers(-_SHADE, _SHADE + 1)) for _ in range(3))
    color = tuple(max(0, min(255, base + shade)) for base, shade in zip(COLORS[thing.color], shades, strict=True))
    tile, mask, body = (
        Image.new("RGB", (side, side), color),
        Image.new("L", (side, side)),
        Image.new("L", (side, side)),
    )
    painters = ImageDraw.Draw(tile), ImageDraw.Draw(mask), ImageDraw.Draw(body)
    for part in parts:
        own = part[1] == "body"
        fills = (color if own else _TONES[part[1]], 255, 255 if own else 0)
        for painter, fill in zip(painters, fills, strict=True):
            _paint_part(painter, part, thing.shape, side, fill)
    if thing.material is not None:
        tile = _textured(tile, np.asarray(body) > _COVERED, thing.material, rng)
    painter = ImageDraw.Draw(tile)
    if thing.material == "glass":
        for part in parts:
            if part[1] == "body":
                _paint_part(painter, part, thing.shape, side, None, outline=(255, 255, 255))
    if thing.state == "broken":
        zigzag = [(0.5, 0.0), (0.34, 0.22), (0.62, 0.4), (0.36, 0.6), (0.64, 0.78), (0.48, 1.0)]
        painter.line([(x * side, y * side) for x, y in zigzag], fill=(255, 255, 255), width=max(3, side // 9))
        painter.line([(x * side, y * side) for x, y in zigzag], fill=(0, 0, 0), width=max(2, side // 16))
    if thing.word is not None:
        _paint_word(painter, thing.word, side)
    return tile, mask


def _paint_part(
    painter: ImageDraw.ImageDraw, part: Part, shape: str | None, side: int, fill: object, outline: object = None
) -> None:
    primitive, _, numbers = part
    if primitive == "outline":
        left, top, right, bottom = numbers
        primitive, unit = SHAPE_OUTLINES[shape or "round"]
        spans = (right - left, bottom - top)
        numbers = tuple((left, top)[i % 2] + spans[i % 2] * value for i, value in enumerate(unit))
    points = [value * (side - 1) for value in numbers]
    if primitive == "ellipse":
        painter.ellipse(points, fill=fill, outline=outline)  # type: ignore[arg-type]
    elif primitive == "pie":
        painter.pieslice(points, 180, 360, fill=fill, outline=outline)  # type: ignore[arg-type]
    elif primitive == "poly":
        painter.polygon(points, fill=fill, outline=outline)  # type: ignore[arg-type]
    else:
        painter.line(points, fill=fill if fill is not None else outline, width=max(2, side // 11))  # type: ignore[arg-type]


def _textured(tile: Image.Image, body: np.ndarray, material: str, rng: np.random.Generator) -> Image.Image:
    pixels = np.asarray(tile).astype(np.float32)
    rows, columns = np.indices(body.shape, dtype=np.float32)
    if material == "wooden":
        factor = np.where((rows + 1.5 * np.sin(columns / 5)) % 8 < 3.5, 0.45, 1.0)
        textured = pixels * factor[..., None]
    elif material == "metal":
        gleam = np.clip(1 - np.abs((rows + columns) / body.shape[0] - 0.75) / 0.4, 0, 1)
        textured = pixels * 0.75 + gleam[..., None] * (255 - pixels * 0.6)
    elif material == "knitted":
        cross = np.logical_or((rows + columns) % 8 < 2.5, (rows - columns) % 8 < 2.5)
        textured = np.where(cross[..., None], pixels * 0.35 + 160, pixels)
    elif material == "stone":
        blocks = rng.random((body.shape[0] // 4 + 1, body.shape[1] // 4 + 1))
        noise = blocks.repeat(4, 0).repeat(4, 1)[: body.shape[0], : body.shape[1]]
        textured = np.where((noise < 0.35)[..., None], pixels * 0.35 + 70, pixels * 0.6 + 60)
    else:
        textured = pixels
    pixels[body] = np.clip(textured, 0, 255)[body]
    return Image.fromarray(pixels.astype(np.uint8))


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size)


def _paint_word(painter: ImageDraw.ImageDraw, word: str, side: int) -> None:
    font = _font(round(side * (0.52 if len(word) <= _SHORT_WORD else 0.36)))
    painter.text(
        (side * 0.5, side * 0.36),
        word,
        font=font,
        anchor="mm",
        fill=(255, 255, 255),
        stroke_width=2,
        stroke_fill=(0, 0, 0),
    )


def _paint_behind(canvas: Image.Image, thing: Thing, left: int, top: int, side: int) -> None:
    painter = ImageDraw.Draw(canvas)
    middle = left + side / 2, top + side / 2
    if thing.state == "glowing":
        reach = side * 0.72
        painter.ellipse(_around(middle, side * 0.6), fill=(255, 250, 150))
        for corner in range(12):
            angle = np.pi * corner / 6
            tip = middle[0] + reach * np.cos(angle), middle[1] + reach * np.sin(angle)
            painter.line([middle, tip], fill=(255, 240, 60), width=3)
    if thing.activity == "jumping":
        floor = top + side * 1.16
        painter.ellipse((left + side * 0.1, floor, left + side * 0.9, floor + side * 0.16), fill=(60, 60, 66))


def _paint_before(canvas: Image.Image, thing: Thing, left: int, top: int, side: int) -> None:
    painter = ImageDraw.Draw(canvas)
    if thing.activity == "sleeping":
        for step, size in enumerate((0.18, 0.26)):
            x, y = left + side * (0.72 + 0.2 * step), top - side * (0.02 + 0.2 * step)
            span = size * side
            painter.line([(x, y), (x + span, y), (x, y + span), (x + span, y + span)], fill=(255, 255, 255), width=4)
            painter.line([(x, y), (x + span, y), (x, y + span), (x + span, y + span)], fill=(20, 20, 90), width=2)
    elif thing.activity == "running":
        for height in (0.25, 0.5, 0.75):
            y = top + side * height
            painter.line([(left - side * 0.3, y), (left - side * 0.02, y)], fill=(255, 255, 255), width=4)
            painter.line([(left - side * 0.3, y), (left - side * 0.02, y)], fill=(30, 30, 30), width=2)
    elif thing.activity == "singing":
        x, y = left + side * 0.98, top + side * 0.1
        painter.ellipse((x - side * 0.1, y + side * 0.16, x + side * 0.08, y + side * 0.3), fill=(150, 0, 110))
        painter.line(
            [(x + side * 0.06, y + side * 0.22), (x + side * 0.06, y - side * 0.16)], fill=(150, 0, 110), width=3
        )
        painter.line(
            [(x + side * 0.06, y - side * 0.16), (x + side * 0.2, y - side * 0.06)], fill=(150, 0, 110), width=3
        )


def _around(middle: tuple[float, float], reach: float) -> tuple[float, float, float, float]:
    return middle[0] - reach, middle[1] - reach, middle[0] + reach, middle[1] + reach


def _background(place: str | None, rng: np.random.Generator) -> Image.Image:
    canvas = Image.new("RGB", (SIDE, SIDE), tuple(int(tone + rng.integers(-16, 17)) for tone in _PLAIN))
    painter = ImageDraw.Draw(canvas)
    horizon = int(SIDE * (0.5 + 0.1 * rng.random()))
    full = (0, 0, SIDE, SIDE)
    if place == "beach":
        painter.rectangle(full, fill=(196, 226, 244))
        painter.rectangle((0, horizon - 26, SIDE, horizon), fill=(110, 176, 212))
        painter.rectangle((0, horizon, SIDE, SIDE), fill=(240, 222, 168))
    elif place == "forest":
        painter.rectangle(full, fill=(170, 206, 160))
        for left in range(int(rng.integers(0, 12)), SIDE, 22):
            painter.rectangle((left, 0, left + 7, SIDE), fill=(126, 128, 96))
    elif place == "desert":
        painter.rectangle(full, fill=(250, 232, 200))
        for step in range(3):
            middle = int(rng.integers(0, SIDE)), SIDE + 20
            painter.ellipse(
                (middle[0] - 70, horizon + 12 * step, middle[0] + 70, SIDE + 60), fill=(226 - 14 * step, 184, 130)
            )
    elif place == "city":
        painter.rectangle(full, fill=(206, 212, 224))
        for left in range(0, SIDE, 22):
            top = int(rng.integers(8, 70))
            painter.rectangle((left, top, left + 18, SIDE), fill=(160, 164, 178))
            for row in range(top + 5, SIDE, 12):
                painter.rectangle((left + 4, row, left + 7, row + 4), fill=(226, 222, 180))
                painter.rectangle((left + 11, row, left + 14, row + 4), fill=(226, 222, 180))
    elif place == "room":
        painter.rectangle(full, fill=(228, 206, 196))
        painter.rectangle((0, horizon + 16, SIDE, SIDE), fill=(184, 150, 128))
        left = int(rng.integers(10, 80))
        painter.rectangle((left, 10, left + 34, 44), fill=(210, 230, 240), outline=(150, 120, 100), width=3)
        painter.line((left + 17, 10, left + 17, 44), fill=(150, 120, 100), width=3)
    elif place == "space":
        painter.rectangle(full, fill=(52, 46, 84))
        for x, y in rng.integers(0, SIDE, (40, 2)):
            painter.ellipse((int(x), int(y), int(x) + 2, int(y) + 2), fill=(250, 250, 220))
    return canvas


def _paint_weather(canvas: Image.Image, weather: str | None, rng: np.random.Generator) -> None:
    if weather == "night":
        canvas.paste(canvas.point(lambda value: value * 0.62))
    painter = ImageDraw.Draw(canvas)
    if weather == "night":
        painter.ellipse((100, 4, 124, 28), fill=(250, 244, 200))
        painter.ellipse((94, 2, 116, 24), fill=(70, 70, 90))
    elif weather == "rain":
        for x, y in rng.integers(-8, SIDE, (46, 2)):
            painter.line((int(x) + 4, int(y), int(x), int(y) + 12), fill=(50, 90, 180), width=2)
    elif weather == "snow":
        for x, y in rng.integers(-2, SIDE, (55, 2)):
            painter.ellipse((int(x), int(y), int(x) + 5, int(y) + 5), fill=(255, 255, 255), outline=(190, 200, 215))
    elif weather == "sunshine":
        for corner in range(10):
            angle = np.pi * corner / 5
            painter.line((14, 14, 14 + 26 * np.cos(angle), 14 + 26 * np.sin(angle)), fill=(255, 200, 0), width=3)
        painter.ellipse((2, 2, 26, 26), fill=(255, 214, 20))
