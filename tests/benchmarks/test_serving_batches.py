import runpy
from pathlib import Path

import pytest

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "serving_batches.py"))


@pytest.mark.slow
def test_a_short_run_prints_the_ratio_and_the_batches(capsys):
    assert BENCHMARK["main"](["--requests", "8", "--rounds", "1", "--clients", "4"]) == 0
    printed = dict(
        line.strip().split("  ", 1) for line in capsys.readouterr().out.splitlines() if "  " in line.strip()
    )
    assert float(printed["ratio"]) > 0
    counted = [part.split(" of ") for part in printed["batches by size"].split(", ")]
    assert sum(int(count) * int(size) for count, size in counted) == 8
    assert float(printed["largest difference from the scores without a server"]) < 1e-5
