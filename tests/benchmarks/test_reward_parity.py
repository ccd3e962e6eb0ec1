"""The comparison of the reward's two paths."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "reward_parity.py"))


def test_a_picture_of_the_right_size_differs_in_nothing():
    levels = np.random.default_rng(0).integers(0, 256, (56, 56, 3), dtype=np.uint8)
    figures = BENCHMARK["compare_pixels"]([Image.fromarray(levels)], (56, 56), 56)
    assert figures["max"] == pytest.approx(0, abs=1e-4)
    assert figures["rounded_share"] == 0


def test_a_shrunk_picture_differs_by_the_roundings_and_less_when_rounded():
    levels = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    figures = BENCHMARK["compare_pixels"]([Image.fromarray(levels)], (128, 128), 56)
    assert 0.3 < figures["max"] < 1.5
    assert figures["rounded_share"] < 0.01
