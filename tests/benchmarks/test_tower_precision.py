import runpy
from pathlib import Path

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "tower_precision.py"))


def test_half_precision_moves_scores_a_little_and_keeps_their_order(capsys):
    assert BENCHMARK["main"](["--pictures", "4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("16 pairs")
    for line in lines[2:]:
        assert 0 < float(line.split()[1]) < 0.05
        assert float(line.split()[6]) > 0.95
