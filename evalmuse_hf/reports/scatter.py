"""Draws two values of each row: as dots if they are few, as a histogram if they are many."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evalmuse_hf.reports.canvas import GRID_COLOR, SCORER_COLOR, SOFT_COLOR, canvas, to_svg
from evalmuse_hf.reports.plot_data import Scatter

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

MOST_DOTS = 3000
"""Above it, dots hide one another and the page grows: a histogram says more."""
_BINS = 40
_DOT = 3.5  # half the side of a dot, in pixels of the canvas
# Where a name may stand, in points from its dot, and which of its ends is there; the first is the usual one.
_PLACES = (
    *(((6, 7), "left"), ((-6, 7), "right"), ((6, -7), "left"), ((-6, -7), "right")),
    *(((8, 0), "left"), ((-8, 0), "right"), ((0, 12), "center"), ((0, -12), "center")),
    *(((8, 18), "left"), ((-8, 18), "right"), ((8, -18), "left"), ((-8, -18), "right")),
)


def draw_scatter(plot: Scatter) -> str:
    """Draw the rows of a scatter.

    Args:
        plot: What it shows.

    Returns:
        An ``<svg>`` element; its size does not grow with the rows.
    """
    x, y = np.asarray(plot.x, dtype=np.float64), np.asarray(plot.y, dtype=np.float64)
    known = np.isfinite(x) & np.isfinite(y)
    with canvas(width=4.4, height=4.1) as (figure, axes):
        x_range, y_range = plot.x_range or _room(x[known]), plot.y_range or _room(y[known])
        axes.set(xlim=x_range, ylim=y_range, xlabel=plot.x_axis, ylabel=plot.y_axis)
        axes.grid(color=GRID_COLOR, linewidth=0.8)
        axes.tick_params(axis="both", length=0)
        if plot.diagonal:
            ends = [min(x_range[0], y_range[0]), max(x_range[1], y_range[1])]
            axes.plot(ends, ends, color=SOFT_COLOR, linewidth=1.2, linestyle=(0, (2, 2)), zorder=1)
        if known.sum() > MOST_DOTS:
            _histogram(figure, axes, x[known], y[known], (x_range, y_range))
        else:
            alpha = 0.9 if known.sum() <= 60 else 0.35
            axes.scatter(x[known], y[known], s=22, color=SCORER_COLOR, alpha=alpha, linewidths=0, gid="points")
            _name_points(axes, plot)
        description = f"{int(known.sum()):,} points; {plot.x_axis} to the right, {plot.y_axis} upwards."
        if plot.labels:
            pairs = zip(plot.labels, plot.x, plot.y, strict=True)
            description += " " + ", ".join(f"{label} {right:.3g} and {up:.3g}" for label, right, up in pairs)
        return to_svg(figure, title=plot.title, description=description)


def _name_points(axes: "Axes", plot: Scatter) -> None:
    """Write the names beside their dots, each at the first place that is free, or else where it hides least."""
    known = [
        (label, x, y)
        for label, x, y in zip(plot.labels, plot.x, plot.y, strict=False)
        if np.isfinite(x) and np.isfinite(y)
    ]
    if not known:
        return
    dots = axes.transData.transform([(x, y) for _, x, y in known])
    taken = [_Box(x - _DOT, y - _DOT, x + _DOT, y + _DOT) for x, y in dots]
    inside = _Box(*axes.get_window_extent().extents)
    for label, x, y in known:
        texts = [
            axes.annotate(label, (x, y), xytext=place, textcoords="offset points", fontsize=9, ha=side, va="center")
            for place, side in _PLACES
        ]
        boxes = [_Box(*text.get_window_extent().extents) for text in texts]
        hidden = [sum(_shared_area(box, other) for other in taken) + _outside(box, inside) for box in boxes]
        best = int(np.argmin(hidden))
        taken.append(boxes[best])
        for number, text in enumerate(texts):
            if number != best:
                text.remove()


class _Box(NamedTuple):
    """A rectangle in pixels of the canvas."""

    left: float
    bottom: float
    right: float
    top: float


def _shared_area(box: _Box, other: _Box) -> float:
    width = min(box.right, other.right) - max(box.left, other.left)
    height = min(box.top, other.top) - max(box.bottom, other.bottom)
    return max(0.0, width) * max(0.0, height)


def _outside(box: _Box, inside: _Box) -> float:
    return _shared_area(box, box) - _shared_area(box, inside)


def _histogram(
    figure: "Canvas", axes: "Axes", x: np.ndarray, y: np.ndarray, ranges: tuple[tuple[float, float], ...]
) -> None:
    """Counts per cell, dark where many are; embedded as one small picture."""
    from matplotlib.colors import LinearSegmentedColormap, PowerNorm

    counts, x_edges, y_edges = np.histogram2d(x, y, bins=(_edges(x, ranges[0]), _edges(y, ranges[1])))
    shades = LinearSegmentedColormap.from_list("shades", ["#e8eef8", SCORER_COLOR, "#0b1e40"])
    cells = np.ma.masked_equal(counts.T, 0)
    norm = PowerNorm(0.5, vmin=1, vmax=max(2.0, float(counts.max())))
    mesh = axes.pcolormesh(x_edges, y_edges, cells, cmap=shades, norm=norm, rasterized=True, zorder=2)
    bar = figure.colorbar(mesh, ax=axes, shrink=0.6, aspect=28, pad=0.02)
    bar.solids.set_rasterized(True)  # type: ignore[union-attr]
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelsize=9)
    bar.set_label("pairs in a cell", fontsize=9.5)


def _edges(values: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    """Borders of the cells: between the levels where ratings have few, else evenly spaced."""
    levels = np.unique(values)
    if 2 <= len(levels) <= _BINS:
        between = (levels[:-1] + levels[1:]) / 2
        return np.concatenate([[2 * levels[0] - between[0]], between, [2 * levels[-1] - between[-1]]])
    return np.linspace(ends[0], ends[1], _BINS + 1)


def _room(values: np.ndarray) -> tuple[float, float]:
    if not values.size:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    margin = 0.05 * (high - low) or 0.5
    return low - margin, high + margin
