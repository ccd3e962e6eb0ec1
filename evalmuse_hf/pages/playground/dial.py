"""A score as a dial: an inline SVG with its number as text, readable without seeing it and without colour."""

import html
import math

from evalmuse_hf.pages.playground.scales import Scale

_WIDTH, _HEIGHT = 220, 132
_MIDDLE, _BASE, _RADIUS = 110.0, 112.0, 88.0
_STROKE = 14
_DECIMALS = 2


def draw_dial(value: float, scale: Scale, *, label: str) -> str:
    """Draw a score on a half circle from the lowest to the highest.

    Args:
        value: The score; nan is drawn as a dash, without a hand.
        scale: Its scale.
        label: Whose score it is, for people who hear it.

    Returns:
        An ``<svg>`` element.
    """
    known = not math.isnan(value)
    number = f"{value:.{_DECIMALS}f}" if known else "–"
    spoken = f"{label}: {number} on a scale from {scale.low:g} to {scale.high:g}" if known else f"{label}: no score"
    share = scale.share(value) if known else 0.0
    parts = [_arc(0.0, 1.0, "em-dial-track"), *_ticks(scale)]
    if known:
        parts += [_arc(0.0, share, "em-dial-value") if share > 0 else "", _hand(share)]
    middle = f'x="{_MIDDLE:g}" text-anchor="middle"'
    parts.append(f'<text {middle} y="{_BASE - 16:g}" class="em-dial-number">{number}</text>')
    parts.append(f'<text {middle} y="{_BASE + 8:g}" class="em-dial-of">from {scale.low:g} to {scale.high:g}</text>')
    return (
        f'<svg class="em-dial" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{html.escape(spoken)}">'
        f"{''.join(parts)}</svg>"
    )


def _point(share: float, radius: float) -> tuple[float, float]:
    """Place on a half circle: 0 is its left end, 1 its right one."""
    angle = math.pi * (1 - share)
    return _MIDDLE + radius * math.cos(angle), _BASE - radius * math.sin(angle)


def _arc(start: float, end: float, style: str) -> str:
    (x, y), (to_x, to_y) = _point(start, _RADIUS), _point(end, _RADIUS)
    path = f"M{x:.1f} {y:.1f} A{_RADIUS:g} {_RADIUS:g} 0 0 1 {to_x:.1f} {to_y:.1f}"
    return f'<path class="{style}" d="{path}" fill="none" stroke-width="{_STROKE}"/>'


def _ticks(scale: Scale) -> list[str]:
    """Numbers along the circle: every whole one of the human scale, else the ends and the middle."""
    marks = range(round(scale.low), round(scale.high) + 1) if scale.is_human else (0.0, 0.5, 1.0)
    drawn = []
    for mark in marks:
        x, y = _point(scale.share(mark), _RADIUS - _STROKE - 4)
        drawn.append(f'<text x="{x:.1f}" y="{y + 3:.1f}" text-anchor="middle" class="em-dial-tick">{mark:g}</text>')
    return drawn


def _hand(share: float) -> str:
    (x, y), (to_x, to_y) = _point(share, _RADIUS - _STROKE / 2 - 2), _point(share, _RADIUS + _STROKE / 2 + 3)
    return f'<line class="em-dial-hand" x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke-width="4"/>'
