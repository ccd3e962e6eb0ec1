"""The example: reward and drawn truth rise together, and then they part."""

import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from evalmuse_hf.mini.drawing import draw

EXAMPLE = Path(__file__).parents[2] / "examples" / "reward_gradient.py"


@pytest.fixture(scope="module")
def example():
    return runpy.run_path(str(EXAMPLE))


def test_a_painted_picture_is_the_drawing_of_its_scene(example):
    painter = example["Painter"](4, np.random.default_rng(0), reach=0.05)
    with torch.no_grad():
        pictures = painter.paint(painter.likeliest(), changed=True)
    for picture, scene in zip(pictures, painter.scenes(), strict=True):
        drawn = torch.from_numpy(np.array(draw(scene).image)).permute(2, 0, 1) / 255
        assert (picture - drawn).abs().max() <= 28 / 255 + 1e-6  # shades of a colour vary by 14 levels to both sides


def test_pixels_change_by_no_more_than_their_reach(example):
    painter = example["Painter"](1, np.random.default_rng(0), reach=0.05)
    painter.change.data.fill_(1.0)
    with torch.no_grad():
        before, after = (painter.paint(painter.likeliest(), changed=changed) for changed in (False, True))
    assert (after - before).max() == pytest.approx(0.05)


def test_reward_and_truth_rise_together_and_then_part(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        sys, "argv", [str(EXAMPLE), "--quick", "--seed", "2", "--json", "--strip", str(tmp_path / "strip.png")]
    )
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(str(EXAMPLE), run_name="__main__")
    assert stopped.value.code == 0
    rows = json.loads(capsys.readouterr().out)
    choices, pixels = ([row for row in rows if row["phase"] == phase] for phase in ("choices", "pixels"))
    (right,) = [row for row in rows if row["phase"] == "right"]
    assert choices[-1]["reward"] > choices[0]["reward"] + 0.1
    assert choices[-1]["truth"] > choices[0]["truth"] + 0.2
    assert choices[-1]["holds"] > choices[0]["holds"]
    assert pixels[-1]["reward"] > pixels[0]["reward"] + 0.1
    assert pixels[-1]["truth"] == pixels[0]["truth"] < right["truth"] == pytest.approx(4.1)
    assert pixels[-1]["drawing"] == pytest.approx(pixels[0]["drawing"])
    assert Image.open(tmp_path / "strip.png").size == (5 * 128, 3 * 128)
