import runpy
import subprocess
from pathlib import Path

import pytest

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "module_memory.py"))


@pytest.mark.slow
def test_two_processes_are_measured_and_compared(capsys, monkeypatch):
    """The second is made up, 10 MiB larger than the first: starting one takes many seconds."""
    run, sizes = subprocess.run, []

    def run_once(line, **options):
        if not sizes:
            sizes.append(int(run(line, **options).stdout.split()[-1]))
            return subprocess.CompletedProcess(line, 0, f"{sizes[0]}\n", "")
        return subprocess.CompletedProcess(line, 0, f"{sizes[0] + 10 * 1024}\n", "")

    monkeypatch.setattr(subprocess, "run", run_once)
    BENCHMARK["print_memory"](few=1, many=3)
    few, many, more = capsys.readouterr().out.splitlines()
    assert few.startswith("     1 pictures")
    assert int(few.split()[2]) == pytest.approx(sizes[0] / 1024, abs=0.5)
    assert sizes[0] / 1024 > 100
    assert many.startswith("     3 pictures")
    assert more.split()[1:3] == ["10", "MiB"]
    assert "bar 1024: met" in more
