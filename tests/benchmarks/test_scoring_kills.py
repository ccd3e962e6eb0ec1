import math
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "scoring_kills.py"))


def row(overall, *elements, status="ok"):
    return {"overall_score": overall, "elements": [{"score": score} for score in elements], "status": status}


def test_rows_differ_by_their_largest_difference():
    difference = BENCHMARK["row_difference"]
    assert difference(row(2.0, 0.5, None), row(2.5, 0.25, None)) == 0.5
    assert difference(row(2.0, 0.5), row(2.0, None)) == math.inf
    assert difference(row(2.0), row(2.0, status="truncated")) == math.inf
    assert difference(row(2.0, 0.5), row(2.0)) == math.inf


@pytest.mark.slow
def test_a_killed_run_ends_with_the_rows_of_an_undisturbed_one():
    """One process and then two, and the other way round; two of the four kills ask for the same to the last bit."""
    benchmark = str(Path(__file__).parents[2] / "benchmarks" / "scoring_kills.py")

    command = [sys.executable, benchmark, "--kills", "4", "--pairs", "96", "--shard-rows", "16"]
    child = subprocess.run(command, capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stdout + child.stderr
    assert "4 of 4 runs ended with the rows of the undisturbed one" in child.stdout
