import math
import re
from xml.etree import ElementTree

import pytest

from evalmuse_hf.pages.playground.dial import draw_dial
from evalmuse_hf.pages.playground.scales import HUMAN_SCALE, SHARE_SCALE


def texts(svg):
    return [node.text for node in ElementTree.fromstring(svg).iter() if node.text]


def test_the_score_is_a_text_and_is_read_out_with_its_scale():
    svg = draw_dial(3.456, HUMAN_SCALE, label="Overall")
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Overall: 3.46 on a scale from 1 to 5"
    assert texts(svg) == ["1", "2", "3", "4", "5", "3.46", "from 1 to 5"]


@pytest.mark.parametrize("value, scale, x", [(1.0, HUMAN_SCALE, 22), (3.0, HUMAN_SCALE, 110), (1.0, SHARE_SCALE, 198)])
def test_the_arc_ends_where_the_score_is(value, scale, x):
    svg = draw_dial(value, scale, label="x")
    arcs = [node.get("d") for node in ElementTree.fromstring(svg).iter() if node.get("class") == "em-dial-value"]
    if value == scale.low:
        assert arcs == []
    else:
        assert float(re.findall(r"[\d.]+", arcs[0])[-2]) == pytest.approx(x, abs=0.1)


def test_no_score_is_a_dash_without_a_hand():
    svg = draw_dial(math.nan, SHARE_SCALE, label="pn_vqa")
    assert "pn_vqa: no score" in svg
    assert "–" in texts(svg)
    assert "em-dial-hand" not in svg


def test_a_label_is_no_markup():
    assert "<img" not in draw_dial(2.0, HUMAN_SCALE, label="\"><img src=x onerror='x'>")
