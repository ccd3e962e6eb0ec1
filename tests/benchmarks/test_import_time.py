"""The measurement works; how long an import takes is no matter for a test."""

import runpy
from pathlib import Path

import pytest

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "import_time.py"))


def test_the_ratio_is_that_of_the_two_medians():
    figures = BENCHMARK["measure"](1)
    assert figures["empty_seconds"] > 0
    assert figures["ratio"] == pytest.approx(figures["import_seconds"] / figures["empty_seconds"])


def test_figures_read_as_seconds_and_times():
    figures = {"empty_seconds": 0.02, "import_seconds": 0.05, "ratio": 2.5}
    assert BENCHMARK["describe"](figures).splitlines()[1] == "import evalmuse_hf  0.050 s, 2.50 times as long"
