"""The page on kept features: its program runs, and its sizes are right."""

import re
from pathlib import Path

import pytest
from PIL import Image

from evalmuse_hf.models.fga_blip2 import FGABlip2Config

PAGE = (Path(__file__).parents[2] / "docs" / "cached_features.md").read_text("utf-8")


def test_the_encoder_of_the_page_works(tmp_path, monkeypatch):
    (program,) = re.findall(r"<!-- example: encoder -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    for number in range(2):
        Image.new("RGB", (16, 16), (60 * number, 0, 0)).save(tmp_path / f"{number}.png")
    monkeypatch.chdir(tmp_path)
    exec(program, {})


@pytest.mark.parametrize("row", ["official", "mini"])
def test_the_sizes_of_the_page_are_those_of_the_models(row):
    from evalmuse_hf.mini import find_checkpoint

    config = FGABlip2Config() if row == "official" else FGABlip2Config.from_pretrained(find_checkpoint("mini"))
    vision = config.vision_config
    positions = (vision.image_size // vision.patch_size) ** 2 + 1
    (cells,) = re.findall(rf"\| {row} \((\d+) × (\d+)\) \| ([\d.]+) (\wB) \| [^|]* \| ([\d.]+) GB", PAGE)
    n_bytes = 4 * positions * vision.hidden_size
    assert (int(cells[0]), int(cells[1])) == (positions, vision.hidden_size)
    unit = {"MB": 1e6, "kB": 1e3}[cells[3]]
    assert float(cells[2]) == pytest.approx(n_bytes / unit, rel=0.02)
    assert float(cells[4]) == pytest.approx(40_000 * n_bytes / 1e9, rel=0.03)
