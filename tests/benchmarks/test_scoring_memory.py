import runpy
from pathlib import Path

import pytest

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "scoring_memory.py"))


@pytest.mark.slow
def test_two_processes_are_measured_and_compared(capsys):
    BENCHMARK["print_memory"](few=10, many=40, rounds=1, options=["--workers", "0", "--shard-rows", "16"])
    few, many, ratio = capsys.readouterr().out.splitlines()
    assert few.startswith("     10 pairs")
    assert int(many.split()[2]) > 100
    assert float(ratio.split()[1]) == pytest.approx(int(many.split()[2]) / int(few.split()[2]), abs=0.01)
