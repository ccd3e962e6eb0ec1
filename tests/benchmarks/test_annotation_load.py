import runpy
from pathlib import Path

import pytest

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "annotation_load.py"))


@pytest.mark.slow
def test_a_short_run_prints_the_times_and_that_nothing_was_lost(capsys):
    BENCHMARK["main"](
        ["--raters", "4", "--saves-per-second", "8", "--drafts", "1", "--seconds", "3", "--warm-up", "0.5"]
    )
    printed = dict(
        line.strip().split("  ", 1) for line in capsys.readouterr().out.splitlines() if "  " in line.strip()
    )
    assert printed["errors"].strip() == "none"
    assert "are in the store once" in printed["kept"]
    assert "ms median" in printed["an answer"]
    assert "ms median" in printed["a draft"]
    assert float(printed["saves per second"].split()[0]) > 0
