"""Draws the plots of a document as SVG text."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, assert_never

from evalmuse_hf.reports.canvas import (
    COLORS,
    DASHES,
    GRID_COLOR,
    MARKERS,
    SCORER_COLOR,
    SOFT_COLOR,
    TEXT_COLOR,
    canvas,
    to_svg,
)
from evalmuse_hf.reports.plot_data import Bars, Forest, Radar, Reliability, Scatter, Series
from evalmuse_hf.reports.plots import plot_bars
from evalmuse_hf.reports.scatter import draw_scatter

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LONGEST_LABEL = 26
_DIAGONAL = "perfect calibration"
_DIGIT_WIDTH = 5.7  # points, at the size of the numbers beside a forest


def draw_plot(plot: Bars | Forest | Radar | Reliability | Scatter) -> str:
    """Draw any plot but a `Heat`, which is laid out as a table.

    Args:
        plot: What it shows.

    Returns:
        An ``<svg>`` element.
    """
    match plot:
        case Bars():
            return plot_bars(
                labels=plot.labels,
                values=plot.values,
                axis=plot.axis,
                low=plot.low,
                high=plot.high,
                references=plot.references,
            )
        case Forest():
            return draw_forest(plot)
        case Radar():
            return draw_radar(plot)
        case Reliability():
            return draw_reliability(plot)
        case Scatter():
            return draw_scatter(plot)
        case _:
            assert_never(plot)


def draw_forest(plot: Forest) -> str:
    """Draw values with their intervals, one line per label.

    Args:
        plot: What it shows.

    Returns:
        An ``<svg>`` element.
    """
    step = 0.30 + 0.12 * (len(plot.series) - 1)
    columns = _legend_columns(plot.series)
    lines = -(-len(plot.series) // columns) if len(plot.series) > 1 else 0
    crowded = any(
        sum(value is not None for value in own) > 1 for own in zip(*(one.values for one in plot.series), strict=True)
    )
    width, height = 9.6 if plot.wide else 4.4, 0.75 + step * len(plot.labels) + 0.26 * lines
    with canvas(width=width, height=height) as (figure, axes):
        for number, series in enumerate(plot.series):
            shift = (number - (len(plot.series) - 1) / 2) * 0.3 if crowded else 0.0
            _intervals(axes, series, number=number, shift=shift)
        if plot.reference is not None:
            ends = [-0.6, len(plot.labels) - 0.5]
            axes.plot([plot.reference] * 2, ends, color=SOFT_COLOR, linewidth=1.2, linestyle=(0, (2, 2)), zorder=1)
            if plot.reference_name:
                axes.text(plot.reference, -0.8, plot.reference_name, ha="center", fontsize=9.5, color=SOFT_COLOR)
        _right_end(axes, plot)
        axes.set_yticks(range(len(plot.labels)), [_short(label) for label in plot.labels])
        axes.set(ylim=(len(plot.labels) - 0.5, -1.1 if plot.reference_name else -0.6), xlabel=plot.axis)
        axes.grid(axis="x", color=GRID_COLOR, linewidth=0.8)
        axes.tick_params(axis="both", length=0)
        if lines:
            figure.legend(
                loc="outside upper center",
                ncols=columns,
                frameon=False,
                fontsize=10.5,
                handlelength=1.2,
                columnspacing=1.3,
            )
        return to_svg(figure, title=plot.title, description=_describe(plot.labels, plot.series))


def draw_radar(plot: Radar) -> str:
    """Draw profiles on axes that start in one point.

    Args:
        plot: What it shows.

    Returns:
        An ``<svg>`` element.

    Raises:
        ValueError: If there are fewer than three axes, or more series than can be told apart.
    """
    if len(plot.axes) < 3 or not 1 <= len(plot.series) <= len(COLORS):
        raise ValueError(
            f"A radar needs 3 axes or more and 1 to {len(COLORS)} series, got {len(plot.axes)} and "
            f"{len(plot.series)}; show a table or a forest instead."
        )
    import numpy as np
    from matplotlib.ticker import MaxNLocator

    angles = np.linspace(0, 2 * np.pi, len(plot.axes), endpoint=False)
    closed = np.append(angles, angles[0])
    columns = _columns_of_lines([series.name for series in plot.series])
    rows = -(-len(plot.series) // columns)
    with canvas(width=4.4, height=4.0 + 0.26 * rows, polar=True) as (figure, axes):
        axes.set_theta_offset(np.pi / 2)  # type: ignore[attr-defined]
        axes.set_theta_direction(-1)  # type: ignore[attr-defined]
        for number, series in enumerate(plot.series):
            values = np.array([np.nan if value is None else value for value in series.values])
            axes.plot(
                closed,
                np.append(values, values[0]),
                color=COLORS[number],
                linestyle=DASHES[number],
                marker=MARKERS[number],
                markersize=5,
                linewidth=1.8,
                label=_short(series.name),
                clip_on=False,
                zorder=3,
            )
        axes.set_ylim(plot.low, plot.high)
        axes.set_xticks(angles, plot.axes, fontsize=10)
        ticks = [
            tick
            for tick in MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(plot.low, plot.high)
            if tick > plot.low
        ]
        axes.set_yticks(ticks, [f"{tick:.2g}" for tick in ticks], fontsize=8.5, color=SOFT_COLOR)
        axes.tick_params(axis="x", pad=7)
        axes.set_rlabel_position(180 / len(plot.axes))  # type: ignore[attr-defined]
        for label, angle in zip(axes.get_xticklabels(), angles, strict=True):
            side = float(np.sin(angle))
            label.set_horizontalalignment("center" if abs(side) < 0.1 else "left" if side > 0 else "right")
        axes.grid(color="#d5dbe3", linewidth=0.8)
        figure.legend(loc="outside lower center", ncols=columns, frameon=False, fontsize=10, handlelength=3.2)
        return to_svg(figure, title=plot.title, description=_describe(plot.axes, plot.series))


def draw_reliability(plot: Reliability) -> str:
    """Draw what was observed against what was predicted, with the diagonal of perfect calibration.

    Args:
        plot: What it shows.

    Returns:
        An ``<svg>`` element.
    """
    with canvas(width=4.4, height=4.4) as (figure, axes):
        axes.plot([0, 1], [0, 1], color=SOFT_COLOR, linewidth=1.2, linestyle=(0, (2, 2)), label=_DIAGONAL)
        for number, curve in enumerate(plot.curves):
            points = [
                (x, y, index)
                for index, (x, y) in enumerate(zip(curve.predicted, curve.observed, strict=True))
                if x is not None and y is not None
            ]
            for x, _, index in points:
                low, high = _ends(curve.lows, curve.highs, index)
                if low is not None and high is not None:
                    axes.plot([x, x], [low, high], color=COLORS[number], linewidth=1.8, alpha=0.5)
            axes.plot(
                [x for x, _, _ in points],
                [y for _, y, _ in points],
                color=COLORS[number],
                linestyle=DASHES[number],
                marker=MARKERS[number],
                markersize=6,
                label=_short(curve.name),
                clip_on=False,
                zorder=3,
            )
        ticks = [0, 0.25, 0.5, 0.75, 1]
        axes.set(xlim=(0, 1), ylim=(0, 1), xticks=ticks, yticks=ticks, aspect="equal")
        axes.set(xlabel=plot.x_axis, ylabel=plot.y_axis)
        axes.grid(color=GRID_COLOR, linewidth=0.8)
        axes.tick_params(axis="both", length=0)
        columns = _columns_of_lines([_DIAGONAL, *(curve.name for curve in plot.curves)])
        figure.legend(loc="outside upper center", ncols=columns, frameon=False, fontsize=10.5)
        said = [
            f"{curve.name}: "
            + ", ".join(f"{_spell(x)} gives {_spell(y)}" for x, y in zip(curve.predicted, curve.observed, strict=True))
            for curve in plot.curves
        ]
        return to_svg(figure, title=plot.title, description="; ".join(said))


def _intervals(axes: "Axes", series: Series, *, number: int, shift: float) -> None:
    """One series of a forest; the legend gets its name once."""
    color, name = COLORS[number], _short(series.name)
    for place, value in enumerate(series.values):
        low, high = _ends(series.lows, series.highs, place)
        if low is not None and high is not None:
            ends = [place + shift, place + shift]
            axes.plot([low, high], ends, color=color, linewidth=2.4, alpha=0.55, solid_capstyle="round")
        if value is not None:
            axes.plot(
                [value],
                [place + shift],
                color=color,
                marker=MARKERS[number],
                markersize=6.5,
                linestyle="none",
                label=name,
            )
            name = "_"  # matplotlib leaves out of a legend what begins so


def _legend_columns(series: Sequence[Series]) -> int:
    """Names beside one another, as many as fit the width of a forest."""
    width = sum(33 + _DIGIT_WIDTH * len(_short(one.name)) for one in series)
    return len(series) if width <= 310 else 1 if len(series) == 2 else 2


def _columns_of_lines(names: Sequence[str]) -> int:
    """Two lines of a legend with their names beside one another, if they fit the width of a plot."""
    longest = max((len(_short(name)) for name in names), default=0)
    return 2 if 2 * (50 + _DIGIT_WIDTH * longest) <= 317 else 1


def _right_end(axes: "Axes", plot: Forest) -> None:
    """Numbers and notes beside the lines, outside of the axes."""
    across = axes.get_yaxis_transform()
    for place in range(len(plot.labels)):
        value = plot.series[0].values[place]
        number = "" if plot.digits is None or value is None else f"{value:z.{plot.digits}f}".replace("-", "−")
        note = plot.notes[place] if plot.notes else ""
        after = 0.0 if plot.digits is None else 8 + _DIGIT_WIDTH * len(number)
        for text, start, color in ((number, 0.0, SCORER_COLOR), (note, after, TEXT_COLOR)):
            if text:
                axes.annotate(
                    text, (1.02, place), (start, 0), xycoords=across, textcoords="offset points", va="center",
                    fontsize=10, color=color, annotation_clip=False,
                )  # fmt: skip


def _ends(
    lows: Sequence[float | None], highs: Sequence[float | None], place: int
) -> tuple[float | None, float | None]:
    return (lows[place], highs[place]) if lows and highs else (None, None)


def _describe(labels: Sequence[str], series: Sequence[Series]) -> str:
    """The numbers in words, for a reader who does not see the plot."""
    parts = []
    for one in series:
        lines = []
        for place, (label, value) in enumerate(zip(labels, one.values, strict=True)):
            low, high = _ends(one.lows, one.highs, place)
            interval = f" ({_spell(low)} to {_spell(high)})" if low is not None and high is not None else ""
            lines.append(f"{label} {_spell(value)}{interval}")
        parts.append((f"{one.name}: " if one.name else "") + ", ".join(lines))
    return "; ".join(parts)


def _spell(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3g}"


def _short(label: str) -> str:
    """A label that leaves room for the plot, without its middle: names may differ at their ends alone."""
    end = _LONGEST_LABEL // 3
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1 - end]}…{label[-end:]}"
