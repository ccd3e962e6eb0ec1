import runpy
from pathlib import Path

import pytest

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "scoring_processes.py"))


@pytest.mark.slow
def test_one_process_and_two_give_the_same_scores(capsys):
    assert BENCHMARK["main"](["--rounds", "1", "--pairs", "40", "--layers", "1", "--width", "64"]) == 0
    printed = capsys.readouterr().out
    if "not run" in printed:
        pytest.skip("needs two processors")
    *_, same, _ = printed.splitlines()
    assert same.startswith("rows in the same order: yes;")
    assert float(same.split()[-1]) < 1e-5
