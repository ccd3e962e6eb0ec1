"""The paper that every plot of a page is drawn on: colours, type, and the way to SVG text."""

import html
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

SCORER_COLOR = "#2456a6"
PEOPLE_COLOR = "#d9822b"
CEILING_COLOR = "#1d2733"
GRID_COLOR = "#e3e7ec"
TEXT_COLOR = "#3d4a5c"
SOFT_COLOR = "#66748a"

COLORS = (SCORER_COLOR, PEOPLE_COLOR, "#0b8a6f", "#b0518f", "#3d4a5c", "#7f9fd6")
"""Of several series: told apart by readers of every kind of colour vision, and each also has a marker and a dash."""
MARKERS = ("o", "D", "s", "^", "v", "P")
DASHES: tuple[Any, ...] = (
    "-",
    (0, (5, 2)),
    (0, (1.5, 1.5)),
    (0, (6, 2, 1.5, 2)),
    (0, (9, 3)),
    (0, (3, 1, 1, 1, 1, 1)),
)

_OPTIONS: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: small, selectable, readable by a screen reader
    "svg.hashsalt": "evalmuse",  # the same numbers give the same bytes
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica Neue", "Helvetica", "Arial", "DejaVu Sans"],
    "font.size": 11,
    "axes.edgecolor": GRID_COLOR,
    "axes.labelcolor": TEXT_COLOR,
    "text.color": TEXT_COLOR,
    "xtick.color": TEXT_COLOR,
    "ytick.color": TEXT_COLOR,
}
_LARGEST_SCALE = 1.15  # a plot may be shown that much larger than it is drawn, no more


@contextmanager
def canvas(*, width: float, height: float, polar: bool = False) -> Iterator[tuple["Canvas", "Axes"]]:
    """A figure with one pair of axes without frame.

    Args:
        width: In inches.
        height: Likewise.
        polar: Whether the axes are an angle and a radius.

    Yields:
        The figure and its axes.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_OPTIONS):
        # Not pyplot, which keeps every figure and wants a display.
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.add_subplot(projection="polar" if polar else None)
        axes.spines[:].set_visible(False)
        axes.set_axisbelow(True)
        yield figure, axes


def to_svg(figure: "Canvas", *, title: str = "", description: str = "") -> str:
    """Write a figure as an ``<svg>`` element alone, transparent, and without a date.

    Args:
        figure: What was drawn.
        title: Its name for a reader who does not see it; empty leaves the element as it is.
        description: What it shows, in words.
    """
    text = io.StringIO()
    figure.savefig(text, format="svg", transparent=True, dpi=144, metadata={"Date": None, "Creator": None})
    whole = text.getvalue()
    svg = whole[whole.index("<svg") :]
    if not title:
        return svg
    width = figure.get_size_inches()[0] * 96 * _LARGEST_SCALE
    start, end = svg.split(">", 1)
    words = "".join(f"<{tag}>{html.escape(said)}</{tag}>" for tag, said in (("title", title), ("desc", description)))
    return f'{start} role="img" style="max-width: {width:.0f}px">{words}{end}'
