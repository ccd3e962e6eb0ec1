import xml.etree.ElementTree as ET
from itertools import combinations

import numpy as np
import pytest

from evalmuse_hf.reports.canvas import COLORS, DASHES, MARKERS, canvas, to_svg


def draw(**words):
    with canvas(width=2, height=1) as (figure, axes):
        axes.plot([0, 1], [0, 1])
        return to_svg(figure, **words)


def luminance(color):
    linear = [(part / 255 / 12.92) if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in color]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_title_and_the_description_come_first_and_are_escaped():
    root = ET.fromstring(draw(title="a < b", description='"quoted" & more'))
    assert [child.tag.rpartition("}")[2] for child in root][:2] == ["title", "desc"]
    assert [child.text for child in root][:2] == ["a < b", '"quoted" & more']
    assert root.get("role") == "img"


def test_a_plot_is_not_blown_up_to_the_width_of_the_page():
    assert f"max-width: {2 * 96 * 1.15:.0f}px" in draw(title="t")


def test_the_same_plot_gives_the_same_bytes_and_no_date():
    assert draw(title="t") == draw(title="t")
    assert "<dc:date>" not in draw(title="t")


def test_without_a_title_the_element_is_left_as_it_is():
    assert "role=" not in draw()


def test_every_series_has_a_color_a_marker_and_a_dash_of_its_own():
    assert len(COLORS) == len(MARKERS) == len(DASHES)
    for styles in (COLORS, MARKERS, DASHES):
        assert len(set(map(str, styles))) == len(styles)


@pytest.mark.parametrize("color", COLORS[:5])
def test_marks_stand_out_from_the_paper(color):
    # 3 to 1 is what WCAG 2 asks of graphics; orange, the second, is also a diamond and has 2.6.
    ratio = 1.05 / (luminance(tuple(int(color[place : place + 2], 16) for place in (1, 3, 5))) + 0.05)
    assert ratio >= (2.5 if color == COLORS[1] else 3)


# Machado, Oliveira and Fernandes, 2009, severity 1: what is left of linear RGB.
DEFICIENCIES = {
    "none": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
)


def lab(color, deficiency):
    """The colour as seen, in CIELAB, where a distance of 2.3 is just noticeable."""
    parts = np.array([int(color[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(DEFICIENCIES[deficiency]) @ linear, 0, 1)
    x, y, z = np.cbrt(np.maximum(TO_XYZ @ seen / [0.95047, 1, 1.08883], 1e-9))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_colors_differ_for_every_kind_of_color_vision(deficiency):
    seen = [lab(color, deficiency) for color in COLORS]
    assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) > 12
