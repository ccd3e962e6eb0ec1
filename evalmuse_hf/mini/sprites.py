"""The drawings of the nouns, as data: each is a list of parts in the unit square, painted in order.

A part is `(primitive, role, coordinates)`. Role `body` takes the thing's colour and material; the others have a fixed
tone. `outline` stands for the thing's shape (`SHAPE_OUTLINES`), for nouns that can have several.
"""

from math import cos, pi, sin
from types import MappingProxyType

Part = tuple[str, str, tuple[float, ...]]

DARK, LIGHT, SKIN, LEAF, WOOD, ACCENT = "dark", "light", "skin", "leaf", "wood", "accent"


def _star() -> tuple[float, ...]:
    points: list[float] = []
    for corner in range(10):
        radius = 0.5 if corner % 2 == 0 else 0.21
        angle = pi * corner / 5 - pi / 2
        points += [0.5 + radius * cos(angle), 0.5 + radius * sin(angle)]
    return tuple(points)


def _heart() -> tuple[float, ...]:
    points: list[float] = []
    for step in range(24):
        t = 2 * pi * step / 24
        points += [
            0.5 + 0.03 * 16 * sin(t) ** 3,
            0.47 - 0.03 * (13 * cos(t) - 5 * cos(2 * t) - 2 * cos(3 * t) - cos(4 * t)),
        ]
    return tuple(points)


SHAPE_OUTLINES = MappingProxyType({
    "round": ("ellipse", (0.02, 0.02, 0.98, 0.98)),
    "square": ("poly", (0.08, 0.08, 0.92, 0.08, 0.92, 0.92, 0.08, 0.92)),
    "triangular": ("poly", (0.5, 0.0, 1.0, 0.95, 0.0, 0.95)),
    "star-shaped": ("poly", _star()),
    "heart-shaped": ("poly", _heart()),
})  # fmt: skip

_MAN_HEAD: tuple[Part, ...] = (("ellipse", SKIN, (0.36, 0.0, 0.64, 0.28)),)
_LEGS: tuple[Part, ...] = (("line", DARK, (0.42, 0.65, 0.38, 1.0)), ("line", DARK, (0.58, 0.65, 0.62, 1.0)))
_ARMS: tuple[Part, ...] = (("line", SKIN, (0.35, 0.4, 0.12, 0.58)), ("line", SKIN, (0.65, 0.4, 0.88, 0.58)))

SPRITES: MappingProxyType[str, tuple[Part, ...]] = MappingProxyType({
    "car": (
        ("poly", "body", (0.2, 0.5, 0.32, 0.24, 0.68, 0.24, 0.8, 0.5)),
        ("poly", "body", (0.0, 0.48, 1.0, 0.48, 1.0, 0.78, 0.0, 0.78)),
        ("poly", LIGHT, (0.3, 0.47, 0.37, 0.31, 0.63, 0.31, 0.7, 0.47)),
        ("ellipse", DARK, (0.1, 0.64, 0.36, 0.9)), ("ellipse", DARK, (0.64, 0.64, 0.9, 0.9)),
    ),
    "house": (
        ("poly", "body", (0.12, 0.45, 0.88, 0.45, 0.88, 1.0, 0.12, 1.0)),
        ("poly", DARK, (0.0, 0.47, 0.5, 0.02, 1.0, 0.47)),
        ("poly", LIGHT, (0.42, 0.66, 0.6, 0.66, 0.6, 1.0, 0.42, 1.0)),
    ),
    "tree": (
        ("poly", WOOD, (0.42, 0.6, 0.58, 0.6, 0.58, 1.0, 0.42, 1.0)),
        ("ellipse", "body", (0.08, 0.18, 0.56, 0.66)), ("ellipse", "body", (0.44, 0.18, 0.92, 0.66)),
        ("ellipse", "body", (0.24, 0.0, 0.76, 0.5)),
    ),
    "boat": (
        ("poly", "body", (0.0, 0.62, 1.0, 0.62, 0.8, 0.95, 0.2, 0.95)),
        ("line", DARK, (0.5, 0.05, 0.5, 0.62)), ("poly", LIGHT, (0.54, 0.06, 0.92, 0.54, 0.54, 0.54)),
    ),
    "chair": (
        ("poly", "body", (0.18, 0.0, 0.34, 0.0, 0.34, 0.55, 0.18, 0.55)),
        ("poly", "body", (0.18, 0.48, 0.86, 0.48, 0.86, 0.64, 0.18, 0.64)),
        ("poly", "body", (0.18, 0.64, 0.3, 0.64, 0.3, 1.0, 0.18, 1.0)),
        ("poly", "body", (0.74, 0.64, 0.86, 0.64, 0.86, 1.0, 0.74, 1.0)),
    ),
    "cup": (
        ("ellipse", "body", (0.6, 0.25, 1.0, 0.75)), ("ellipse", LIGHT, (0.7, 0.35, 0.9, 0.65)),
        ("poly", "body", (0.08, 0.1, 0.76, 0.1, 0.68, 0.95, 0.16, 0.95)), ("ellipse", DARK, (0.08, 0.04, 0.76, 0.2)),
    ),
    "umbrella": (
        ("pie", "body", (0.0, 0.05, 1.0, 1.05)), ("line", DARK, (0.5, 0.5, 0.5, 0.92)),
        ("line", DARK, (0.5, 0.92, 0.36, 0.98)),
    ),
    "key": (
        ("ellipse", "body", (0.0, 0.28, 0.46, 0.74)), ("ellipse", DARK, (0.13, 0.41, 0.33, 0.61)),
        ("poly", "body", (0.4, 0.44, 1.0, 0.44, 1.0, 0.58, 0.4, 0.58)),
        ("poly", "body", (0.7, 0.55, 0.8, 0.55, 0.8, 0.78, 0.7, 0.78)),
        ("poly", "body", (0.88, 0.55, 1.0, 0.55, 1.0, 0.78, 0.88, 0.78)),
    ),
    "hat": (
        ("poly", "body", (0.26, 0.12, 0.74, 0.12, 0.78, 0.7, 0.22, 0.7)),
        ("ellipse", "body", (0.0, 0.6, 1.0, 0.9)), ("poly", DARK, (0.22, 0.54, 0.78, 0.54, 0.79, 0.66, 0.21, 0.66)),
    ),
    "lamp": (
        ("poly", "body", (0.3, 0.0, 0.7, 0.0, 0.92, 0.42, 0.08, 0.42)), ("line", DARK, (0.5, 0.42, 0.5, 0.9)),
        ("ellipse", DARK, (0.26, 0.86, 0.74, 1.0)),
    ),
    "sign": (("line", DARK, (0.5, 0.6, 0.5, 1.0)), ("outline", "body", (0.08, 0.0, 0.92, 0.72))),
    "kite": (
        ("line", DARK, (0.4, 0.6, 0.6, 0.74)), ("line", DARK, (0.6, 0.74, 0.4, 0.86)),
        ("line", DARK, (0.4, 0.86, 0.6, 1.0)), ("outline", "body", (0.16, 0.0, 0.84, 0.62)),
        ("line", LIGHT, (0.5, 0.02, 0.5, 0.58)), ("line", LIGHT, (0.2, 0.32, 0.8, 0.32)),
    ),
    "balloon": (
        ("line", LIGHT, (0.5, 0.66, 0.5, 1.0)), ("outline", "body", (0.12, 0.0, 0.88, 0.7)),
        ("ellipse", LIGHT, (0.34, 0.2, 0.46, 0.36)),
    ),
    "clock": (
        ("outline", "body", (0.04, 0.04, 0.96, 0.96)), ("ellipse", LIGHT, (0.26, 0.3, 0.74, 0.78)),
        ("line", DARK, (0.5, 0.54, 0.5, 0.36)), ("line", DARK, (0.5, 0.54, 0.64, 0.54)),
    ),
    "cat": (
        ("ellipse", "body", (0.2, 0.46, 0.85, 1.0)), ("line", "body", (0.8, 0.85, 0.98, 0.5)),
        ("poly", "body", (0.1, 0.0, 0.26, 0.26, 0.08, 0.34)), ("poly", "body", (0.6, 0.0, 0.62, 0.34, 0.44, 0.26)),
        ("ellipse", "body", (0.06, 0.14, 0.64, 0.62)), ("ellipse", LIGHT, (0.16, 0.28, 0.3, 0.42)),
        ("ellipse", LIGHT, (0.4, 0.28, 0.54, 0.42)), ("ellipse", DARK, (0.3, 0.42, 0.4, 0.52)),
    ),
    "bird": (
        ("ellipse", "body", (0.2, 0.34, 0.8, 0.82)), ("ellipse", "body", (0.06, 0.14, 0.42, 0.5)),
        ("poly", ACCENT, (0.0, 0.28, 0.1, 0.24, 0.1, 0.42)), ("ellipse", LIGHT, (0.16, 0.22, 0.28, 0.34)),
        ("poly", "body", (0.74, 0.5, 1.0, 0.2, 1.0, 0.6)), ("line", DARK, (0.42, 0.8, 0.42, 1.0)),
        ("line", DARK, (0.56, 0.8, 0.56, 1.0)), ("poly", LIGHT, (0.4, 0.5, 0.7, 0.44, 0.6, 0.68)),
    ),
    "fish": (
        ("ellipse", "body", (0.0, 0.24, 0.74, 0.78)), ("poly", "body", (0.66, 0.5, 1.0, 0.2, 1.0, 0.82)),
        ("ellipse", LIGHT, (0.12, 0.36, 0.26, 0.5)), ("line", DARK, (0.36, 0.36, 0.36, 0.66)),
    ),
    "snail": (
        ("poly", SKIN, (0.02, 0.78, 0.9, 0.78, 1.0, 0.95, 0.02, 0.95)), ("line", SKIN, (0.08, 0.8, 0.06, 0.42)),
        ("line", SKIN, (0.2, 0.8, 0.2, 0.46)), ("ellipse", "body", (0.26, 0.14, 0.94, 0.82)),
        ("ellipse", DARK, (0.44, 0.32, 0.76, 0.64)), ("ellipse", "body", (0.52, 0.4, 0.68, 0.56)),
    ),
    "rabbit": (
        ("ellipse", "body", (0.26, 0.0, 0.44, 0.48)), ("ellipse", "body", (0.56, 0.0, 0.74, 0.48)),
        ("ellipse", "body", (0.22, 0.3, 0.78, 0.74)), ("ellipse", "body", (0.26, 0.62, 0.74, 1.0)),
        ("ellipse", LIGHT, (0.32, 0.42, 0.44, 0.54)), ("ellipse", LIGHT, (0.56, 0.42, 0.68, 0.54)),
        ("ellipse", LIGHT, (0.66, 0.82, 0.84, 1.0)),
    ),
    "turtle": (
        ("ellipse", LEAF, (0.0, 0.42, 0.28, 0.7)), ("pie", "body", (0.14, 0.16, 0.96, 1.2)),
        ("poly", LEAF, (0.22, 0.68, 0.36, 0.68, 0.36, 0.92, 0.22, 0.92)),
        ("poly", LEAF, (0.72, 0.68, 0.86, 0.68, 0.86, 0.92, 0.72, 0.92)),
        ("line", DARK, (0.4, 0.3, 0.48, 0.66)), ("line", DARK, (0.7, 0.3, 0.62, 0.66)),
    ),
    "man": (*_LEGS, *_ARMS, ("poly", "body", (0.32, 0.28, 0.68, 0.28, 0.68, 0.7, 0.32, 0.7)), *_MAN_HEAD),
    "woman": (
        *_LEGS, *_ARMS, ("ellipse", DARK, (0.28, 0.0, 0.72, 0.4)),
        ("poly", "body", (0.42, 0.3, 0.58, 0.3, 0.86, 0.84, 0.14, 0.84)), ("ellipse", SKIN, (0.37, 0.05, 0.63, 0.3)),
    ),
    "wizard": (
        *_ARMS, ("line", WOOD, (0.92, 0.2, 0.92, 1.0)), ("poly", "body", (0.36, 0.36, 0.64, 0.36, 0.8, 1.0, 0.2, 1.0)),
        ("ellipse", SKIN, (0.36, 0.18, 0.64, 0.46)), ("poly", LIGHT, (0.38, 0.38, 0.62, 0.38, 0.5, 0.66)),
        ("poly", "body", (0.24, 0.27, 0.5, -0.1, 0.76, 0.27)),
    ),
    "apple": (
        ("ellipse", "body", (0.04, 0.2, 0.62, 1.0)), ("ellipse", "body", (0.38, 0.2, 0.96, 1.0)),
        ("line", WOOD, (0.5, 0.3, 0.54, 0.02)), ("ellipse", LEAF, (0.54, 0.0, 0.86, 0.18)),
    ),
    "banana": (
        ("poly", "body", (
            0.0, 0.3, 0.14, 0.22, 0.3, 0.52, 0.6, 0.62, 0.92, 0.4, 1.0, 0.5, 0.82, 0.8, 0.5, 0.9, 0.18, 0.72,
        )),
        ("poly", DARK, (0.0, 0.3, 0.14, 0.22, 0.1, 0.12, 0.0, 0.16)),
    ),
    "pizza": (
        ("poly", "body", (0.0, 0.12, 1.0, 0.12, 0.5, 1.0)),
        ("poly", WOOD, (0.0, 0.02, 1.0, 0.02, 1.0, 0.18, 0.0, 0.18)),
        ("ellipse", LIGHT, (0.28, 0.26, 0.46, 0.44)), ("ellipse", LIGHT, (0.56, 0.28, 0.74, 0.46)),
        ("ellipse", LIGHT, (0.42, 0.52, 0.58, 0.68)),
    ),
    "carrot": (
        ("poly", "body", (0.24, 0.3, 0.76, 0.3, 0.5, 1.0)), ("line", LEAF, (0.5, 0.3, 0.26, 0.0)),
        ("line", LEAF, (0.5, 0.3, 0.5, 0.0)), ("line", LEAF, (0.5, 0.3, 0.74, 0.0)),
    ),
    "cake": (
        ("poly", "body", (0.06, 0.44, 0.94, 0.44, 0.94, 1.0, 0.06, 1.0)),
        ("poly", LIGHT, (0.06, 0.4, 0.94, 0.4, 0.94, 0.56, 0.06, 0.56)),
        ("line", LIGHT, (0.06, 0.78, 0.94, 0.78)), ("line", LIGHT, (0.5, 0.4, 0.5, 0.16)),
        ("ellipse", ACCENT, (0.43, 0.0, 0.57, 0.18)),
    ),
})  # fmt: skip

# An extra limb or head that the thing should not have; which one depends on the noun's kind.
FAULTS: MappingProxyType[str, tuple[Part, ...]] = MappingProxyType({
    "animal/human": (("line", SKIN, (0.5, 0.6, 0.02, 1.0)), ("line", SKIN, (0.5, 0.6, 0.98, 0.98)),
                     ("ellipse", SKIN, (0.7, 0.0, 0.98, 0.28))),
    "object": (("poly", "body", (0.6, 0.5, 1.1, 0.0, 1.1, 0.2)), ("line", DARK, (0.0, 0.1, 0.4, 0.5))),
    "food": (("poly", "body", (0.6, 0.5, 1.1, 0.0, 1.1, 0.2)), ("line", DARK, (0.0, 0.1, 0.4, 0.5))),
})  # fmt: skip
