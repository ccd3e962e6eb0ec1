import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from evalmuse_hf.reports.drawing import draw_forest, draw_plot, draw_radar, draw_reliability
from evalmuse_hf.reports.plot_data import Bars, Curve, Forest, Radar, Reliability, Scatter, Series


def texts(svg):
    return {
        element.text.strip() for element in ET.fromstring(svg).iter() if element.tag.endswith("text") and element.text
    }


def described(svg):
    return next(element.text for element in ET.fromstring(svg) if element.tag.endswith("desc"))


@pytest.fixture
def forest():
    scorer = Series(name="scorer", values=(3.5, None), lows=(3.25, None), highs=(3.75, None))
    return Forest(
        title="Means", labels=("A & B", "$b$"), series=(scorer,), axis="mean", reference=3.0, reference_name="all"
    )


def test_a_forest_shows_labels_numbers_notes_and_the_reference(forest):
    assert {"A & B", "$b$", "3.50", "all", "mean", "ab", "c"} <= texts(draw_forest(replace(forest, notes=("ab", "c"))))


def test_a_wide_forest_is_as_high_and_twice_as_wide(forest):
    def size(svg):
        return [float(number) for number in ET.fromstring(svg).get("viewBox").split()[2:]]

    narrow, wide = size(draw_forest(forest)), size(draw_forest(replace(forest, wide=True)))
    assert wide[0] > 1.8 * narrow[0]
    assert wide[1] == pytest.approx(narrow[1], rel=0.05)


def test_a_forest_says_its_numbers_in_words(forest):
    assert described(draw_forest(forest)) == "scorer: A & B 3.5 (3.25 to 3.75), $b$ unknown"


def test_a_legend_names_the_series_only_if_there_are_several(forest):
    assert "scorer" not in texts(draw_forest(forest))
    both = replace(forest, series=(*forest.series, Series(name="people", values=(3.0, 2.0))))
    assert {"scorer", "people"} <= texts(draw_forest(both))


def test_a_forest_of_nothing_is_still_a_plot(forest):
    empty = replace(forest, labels=(), series=(Series(values=()),), reference=None)
    assert "mean" in texts(draw_forest(empty))


def test_a_long_label_is_cut_on_the_plot_and_whole_in_the_words(forest):
    long = "a model with a name that is far too long for the margin"
    svg = draw_forest(replace(forest, labels=(long, "b")))
    assert long not in texts(svg)
    assert "a model with a na…e margin" in texts(svg)
    assert long in described(svg)


@pytest.fixture
def radar():
    return Radar(title="Skills", axes=("color", "food", "shape"), series=(Series(name="A", values=(0.5, None, 1.0)),))


def test_a_radar_names_axes_and_series(radar):
    assert {"color", "food", "shape", "A"} <= texts(draw_radar(radar))


def test_a_radar_leaves_a_gap_where_a_value_is_unknown(radar):
    assert "food unknown" in described(draw_radar(radar))


@pytest.mark.parametrize("change", [{"axes": ("a", "b")}, {"series": ()}, {"series": (Series(values=(1, 1, 1)),) * 7}])
def test_a_radar_that_nobody_can_read_is_refused(radar, change):
    with pytest.raises(ValueError, match="A radar needs 3 axes or more and 1 to 6 series"):
        draw_radar(replace(radar, **change))


def test_a_calibration_curve_stands_beside_the_diagonal():
    curve = Curve(name="as scored", predicted=(0.1, None, 0.9), observed=(0.2, None, 0.7), lows=(0.1, None, 0.6))
    svg = draw_reliability(Reliability(title="Calibration", curves=(replace(curve, highs=(0.3, None, 0.8)),)))
    assert {"perfect calibration", "as scored", "predicted share of yes"} <= texts(svg)
    assert "0.1 gives 0.2" in described(svg)


def test_every_kind_is_drawn(forest, radar):
    scatter = Scatter(title="t", x=(1.0,), y=(1.0,), x_axis="x", y_axis="y")
    plots = (forest, radar, scatter, Bars(labels=("a",), values=(1,), axis="n"), Reliability(title="t", curves=()))
    assert all(draw_plot(plot).startswith("<svg") for plot in plots)


def test_a_legend_that_is_too_wide_gets_more_lines(forest, radar):
    def height(svg):
        return float(ET.fromstring(svg).get("viewBox").split()[3])

    short, long = ("a", "b", "c"), ("a name of a scorer", "another of its kind", "and the third of them")
    named = [tuple(Series(name=name, values=(1.0, 2.0)) for name in names) for names in (short, long)]
    heights = [height(draw_forest(replace(forest, series=series))) for series in named]
    assert heights[1] > heights[0]
    profiles = tuple(Series(name=name * 26, values=(0.1, 0.2, 0.3)) for name in "ab")
    wide = tuple(replace(series, name="a") for series in profiles)
    assert height(draw_radar(replace(radar, series=profiles))) > height(draw_radar(replace(radar, series=wide)))
