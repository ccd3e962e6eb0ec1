import runpy
from pathlib import Path

import pytest

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "module_memory.py"))


@pytest.mark.slow
def test_two_processes_are_measured_and_compared(capsys):
    BENCHMARK["print_memory"](few=1, many=3)
    few, many, more = capsys.readouterr().out.splitlines()
    assert few.startswith("     1 pictures")
    assert int(many.split()[2]) > 100
    assert int(more.split()[1]) == pytest.approx(int(many.split()[2]) - int(few.split()[2]), abs=1)
    assert "bar 1024: met" in more
