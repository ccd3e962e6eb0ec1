"""Plots of a report as SVG text that stands in a page without any file beside it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evalmuse_hf.reports.canvas import CEILING_COLOR, GRID_COLOR, PEOPLE_COLOR, SCORER_COLOR, canvas, to_svg
from evalmuse_hf.reports.content import CategoryBar, RankingLine

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_scatter(*, predicted: Sequence[float], rated: Sequence[float]) -> str:
    """Each pair as a dot: mean rating of people against the score, both 1 to 5.

    Args:
        predicted: Overall scores.
        rated: Mean ratings of the same pairs.

    Returns:
        An ``<svg>`` element.
    """
    with canvas(width=5.2, height=4.7) as (figure, axes):
        axes.plot([1, 5], [1, 5], color=GRID_COLOR, linewidth=1.5, zorder=1)
        axes.scatter(
            rated, predicted, s=18, color=SCORER_COLOR, alpha=0.35, linewidths=0, zorder=2, clip_on=False, gid="pairs"
        )
        axes.set(xlim=(0.9, 5.1), ylim=(0.9, 5.1), xticks=range(1, 6), yticks=range(1, 6), aspect="equal")
        axes.set_xlabel("mean rating of people")
        axes.set_ylabel("predicted score")
        axes.grid(color=GRID_COLOR, linewidth=0.8)
        return to_svg(figure)


def plot_categories(bars: Sequence[CategoryBar]) -> str:
    """Accuracy by category as bars with intervals; a tick marks the ceiling, a dotted line chance.

    Args:
        bars: From top to bottom.

    Returns:
        An ``<svg>`` element.
    """
    with canvas(width=6.4, height=1.1 + 0.33 * len(bars)) as (figure, axes):
        places = list(range(len(bars)))
        axes.barh(places, [bar.accuracy for bar in bars], height=0.62, color=SCORER_COLOR, alpha=0.85, zorder=2)
        for place, bar in zip(places, bars, strict=True):
            if bar.low is not None and bar.high is not None:
                axes.plot([bar.low, bar.high], [place, place], color="#9db8e2", linewidth=2, zorder=3)
            if bar.ceiling is not None:
                ends = [place - 0.38, place + 0.38]
                axes.plot([bar.ceiling] * 2, ends, color=CEILING_COLOR, linewidth=2, zorder=4, clip_on=False)
            axes.text(1.02, place, f"{bar.accuracy:.2f}", va="center", fontsize=10.5)
            axes.text(1.11, place, f"n = {bar.n}", va="center", fontsize=9.5, color="#7a8797")
        axes.axvline(0.5, color="#7a8797", linewidth=1, linestyle=(0, (2, 3)), zorder=5)
        axes.set_yticks(places, [bar.category for bar in bars])
        axes.set(xlim=(0, 1), ylim=(len(bars) - 0.4, -0.6), xlabel="share of verdicts that agree with people")
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
        axes.grid(axis="x", color=GRID_COLOR, linewidth=0.8, zorder=0)
        axes.tick_params(axis="y", length=0)
        return to_svg(figure)


def plot_ranking(lines: Sequence[RankingLine]) -> str:
    """Mean score of each generator with its interval, by the scorer and by people.

    Args:
        lines: From top to bottom.

    Returns:
        An ``<svg>`` element.
    """
    with canvas(width=6.4, height=1.1 + 0.5 * len(lines)) as (figure, axes):
        for place, line in enumerate(lines):
            _interval(axes, place - 0.13, line.mean, line.low, line.high, color=SCORER_COLOR, marker="o")
            if line.people_mean is not None:
                _interval(
                    axes,
                    place + 0.13,
                    line.people_mean,
                    line.people_low,
                    line.people_high,
                    color=PEOPLE_COLOR,
                    marker="D",
                )
        axes.set_yticks(range(len(lines)), [line.generator for line in lines])
        axes.set(ylim=(len(lines) - 0.5, -0.5), xlabel="mean overall score (1 to 5)")
        axes.grid(axis="x", color=GRID_COLOR, linewidth=0.8)
        axes.tick_params(axis="y", length=0)
        return to_svg(figure)


def plot_bars(
    *,
    labels: Sequence[str],
    values: Sequence[float | None],
    axis: str,
    low: float = 0.0,
    high: float | None = None,
    references: Sequence[float | None] = (),
) -> str:
    """Values as horizontal bars with their numbers; a tick marks the value to compare with.

    Args:
        labels: From top to bottom.
        values: One per label; None leaves the place empty.
        axis: What the values are.
        low: Left end of the axis, where the bars begin.
        high: Right end; None leaves room for the longest bar.
        references: One per label, drawn as dark ticks; empty for none.

    Returns:
        An ``<svg>`` element.
    """
    known = [value for value in (*values, *references) if value is not None]
    end = high if high is not None else max([*known, low + 1e-9])
    with canvas(width=6.4, height=1.0 + 0.33 * len(labels)) as (figure, axes):
        for place, value in enumerate(values):
            if value is not None:
                axes.barh(place, value - low, left=low, height=0.62, color=SCORER_COLOR, alpha=0.85, zorder=2)
                number = f"{value:,}" if isinstance(value, int) else f"{value:.2f}"
                axes.text(end + 0.02 * (end - low), place, number, va="center", fontsize=10.5)
        for place, reference in enumerate(references):
            if reference is not None:
                ends = [place - 0.38, place + 0.38]
                axes.plot([reference] * 2, ends, color=PEOPLE_COLOR, linewidth=2.5, zorder=4, clip_on=False)
        axes.set_yticks(range(len(labels)), labels)
        axes.set(xlim=(low, end), ylim=(len(labels) - 0.4, -0.6), xlabel=axis)
        axes.grid(axis="x", color=GRID_COLOR, linewidth=0.8, zorder=0)
        axes.tick_params(axis="y", length=0)
        return to_svg(figure)


def _interval(
    axes: "Axes", place: float, mean: float, low: float | None, high: float | None, *, color: str, marker: str
) -> None:
    if low is not None and high is not None:
        axes.plot([low, high], [place, place], color=color, linewidth=2.2, alpha=0.55, solid_capstyle="round")
    axes.plot([mean], [place], color=color, marker=marker, markersize=7, linestyle="none")
