import xml.etree.ElementTree as ET

import numpy as np
import pytest

from evalmuse_hf.reports.plot_data import Scatter
from evalmuse_hf.reports.scatter import MOST_DOTS, draw_scatter


def scatter(x, y, **settings):
    return Scatter(title="Pairs", x=tuple(x), y=tuple(y), x_axis="people", y_axis="score", **settings)


def dots(svg):
    group = [element for element in ET.fromstring(svg).iter() if element.get("id") == "points"]
    return [element for element in group[0].iter() if element.tag.endswith("}use")] if group else []


def test_few_pairs_are_a_dot_each_with_their_names():
    svg = draw_scatter(scatter([1, 2, 3], [2, 2, 4], labels=("a", "b", "c")))
    assert len(dots(svg)) == 3
    assert "a 1 and 2" in svg


def test_what_is_unknown_is_left_out():
    svg = draw_scatter(scatter([1, np.nan, 3], [2, 2, np.inf]))
    assert len(dots(svg)) == 1
    assert "1 points" in svg


@pytest.mark.parametrize("levels", [13, 5000], ids=["third steps", "continuous"])
def test_many_pairs_are_a_small_histogram_however_many_there_are(levels):
    rng = np.random.default_rng(0)
    x = 1 + 4 * rng.integers(0, levels, 40_000) / (levels - 1)
    svg = draw_scatter(scatter(x, x + rng.normal(0, 0.5, x.size), diagonal=True))
    assert not dots(svg)
    assert "data:image/png" in svg
    assert "pairs in a cell" in svg
    assert len(svg) < 100_000


def test_dots_stay_dots_up_to_the_limit():
    values = np.linspace(1, 5, MOST_DOTS)
    assert len(dots(draw_scatter(scatter(values, values)))) == MOST_DOTS


def test_no_pair_at_all_is_an_empty_plot():
    assert draw_scatter(scatter([], [])).startswith("<svg")


def test_names_of_neighbours_do_not_hide_one_another():
    """Three models whose means differ in the third digit, and one far away."""
    import matplotlib.axes

    kept = []
    annotate = matplotlib.axes.Axes.annotate

    def remember(axes, *words, **options):
        kept.append(annotate(axes, *words, **options))
        return kept[-1]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(matplotlib.axes.Axes, "annotate", remember)
        names = ("Painter_Pro", "Sketcher-Turbo", "Drawer_v1", "Drawer_v2")
        draw_scatter(scatter([3.20, 3.201, 3.202, 2.5], [3.23, 3.231, 3.23, 2.4], labels=names))
    shown = [text for text in kept if text.axes is not None and text.figure is not None]
    assert sorted(text.get_text() for text in shown) == sorted(names)
    boxes = [text.get_window_extent() for text in shown]
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[number + 1 :])
