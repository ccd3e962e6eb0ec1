import runpy
from pathlib import Path

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "encoder_pairs.py"))


def test_both_ways_give_the_same_scores_and_the_bar_is_judged(capsys):
    BENCHMARK["print_speed"](2, 3, rounds=1, layers=1, width=32)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("2 prompts x 3 pictures")
    assert lines[3].startswith("faster ")
    assert float(lines[-1].split()[-1]) < 1e-5
