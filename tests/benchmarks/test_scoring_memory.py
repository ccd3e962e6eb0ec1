import runpy
import subprocess
from pathlib import Path

import pytest

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "scoring_memory.py"))


@pytest.mark.slow
def test_two_processes_are_measured_and_compared(capsys, monkeypatch):
    """The second is made up, half as large again as the first: starting one takes eight seconds."""
    run, sizes = subprocess.run, []

    def run_once(line, **options):
        if not sizes:
            sizes.append(int(run(line, **options).stdout.split()[-1]))
            return subprocess.CompletedProcess(line, 0, f"{sizes[0]}\n", "")
        return subprocess.CompletedProcess(line, 0, f"{sizes[0] * 3 // 2}\n", "")

    monkeypatch.setattr(subprocess, "run", run_once)
    BENCHMARK["print_memory"](few=10, many=40, rounds=1, options=["--workers", "0", "--shard-rows", "16"])
    few, many, ratio = capsys.readouterr().out.splitlines()
    assert few.startswith("     10 pairs")
    assert int(few.split()[2]) == pytest.approx(sizes[0] / 1024, abs=0.5)
    assert sizes[0] / 1024 > 100
    assert many.startswith("     40 pairs")
    assert float(ratio.split()[1]) == pytest.approx(1.5, abs=0.01)
