"""A value with its interval, drawn in a cell of a table: one line of a forest plot that is sorted with its row.

The plots of `evalmuse_hf.reports` hold a whole forest in one picture; here each line stands beside its numbers, so
that sorting, searching and the narrow window of a phone keep the two together.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_MOST_TICKS = 4
_MARGIN = 0.04


@dataclass(frozen=True, slots=True)
class Axis:
    """The axis that all lines of a table share.

    Attributes:
        low: Left end.
        high: Right end.
        ticks: Values with a line behind.
    """

    low: float
    high: float
    ticks: tuple[float, ...]

    def place(self, value: float) -> str:
        """How far to the right a value stands.

        Args:
            value: Within the axis.

        >>> make_axis([0.0, 1.0]).place(0.5)
        '50.0%'
        """
        return f"{100 * (value - self.low) / (self.high - self.low):.1f}%"


@dataclass(frozen=True, slots=True)
class Mark:
    """A value with its interval.

    Attributes:
        value: None leaves the line empty.
        low: None without interval.
        high: Likewise.
    """

    value: float | None
    low: float | None = None
    high: float | None = None


def make_axis(values: Iterable[float | None]) -> Axis:
    """Make an axis that has room for values.

    Args:
        values: Values and ends of intervals; what is not known counts nowhere.

    >>> make_axis([2.5, None, 3.4]).ticks
    (2.5, 2.75, 3.0, 3.25)
    """
    known = [value for value in values if value is not None and math.isfinite(value)]
    low, high = min(known, default=0.0), max(known, default=1.0)
    width = high - low
    if not width > abs(high) * 1e-9:  # one value, or nothing but rounding
        width = max(abs(high), 1.0) * 0.1
        low, high = low - width / 2, high + width / 2
        width = high - low
    low, high = low - _MARGIN * width, high + _MARGIN * width
    step = _step((high - low) / _MOST_TICKS)
    first = math.ceil(low / step)
    ticks = tuple(round(place * step, 12) for place in range(first, math.floor(high / step) + 1))
    return Axis(low, high, ticks)


def draw_marks(axis: Axis, marks: Sequence[Mark]) -> Markup:
    """Draw values of one row; the numbers stand beside it, so a reader who does not see it misses nothing.

    Args:
        axis: Of the table.
        marks: One or two; the second is a diamond below the first.
    """
    height = 10 + 12 * len(marks)
    lines = Markup("").join(
        Markup('<line class="lb-grid" x1="{0}" x2="{0}" y1="0" y2="{1}"/>').format(axis.place(tick), height)
        for tick in axis.ticks
    )
    drawn = Markup("").join(
        _draw(axis, mark, mark.value, number) for number, mark in enumerate(marks) if mark.value is not None
    )
    return Markup('<svg class="lb-marks" width="100%" height="{0}" aria-hidden="true">{1}{2}</svg>').format(
        height, lines, drawn
    )


def draw_axis(axis: Axis) -> Markup:
    """Draw the numbers of an axis, for the head of a table.

    Args:
        axis: Of the table.
    """
    step = axis.ticks[1] - axis.ticks[0] if len(axis.ticks) > 1 else 1.0
    digits = next((digits for digits in range(7) if abs(round(step, digits) - step) < step * 1e-6), 7)
    texts = Markup("").join(
        Markup('<text x="{}" y="12" text-anchor="middle">{}</text>').format(
            axis.place(tick), f"{tick:z.{digits}f}".replace("-", "−")
        )
        for tick in axis.ticks
    )
    return Markup('<svg class="lb-axis" width="100%" height="16" aria-hidden="true">{}</svg>').format(texts)


def _draw(axis: Axis, mark: Mark, value: float, number: int) -> Markup:
    height, kind = 11 + 12 * number, ("lb-first", "lb-second")[number]
    line = Markup("")
    if mark.low is not None and mark.high is not None:
        line = Markup('<line class="lb-interval {3}" x1="{0}" x2="{1}" y1="{2}" y2="{2}"/>').format(
            axis.place(mark.low), axis.place(mark.high), height, kind
        )
    shape = Markup('<circle r="4.5"/>') if number == 0 else Markup('<path d="M-5.5 0L0 -5.5L5.5 0L0 5.5z"/>')
    point = Markup('<svg x="{}" y="{}" overflow="visible" class="lb-point {}">{}</svg>').format(
        axis.place(value), height, kind, shape
    )
    return line + point


def _step(width: float) -> float:
    """A round step that is no smaller than a width."""
    size = 10.0 ** math.floor(math.log10(width))
    return next(step * size for step in _STEPS if step * size >= width * (1 - 1e-9))
