import runpy
from pathlib import Path

import torch

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "shared_prefix.py"))


def test_both_ways_answer_the_same_and_the_bars_are_judged(capsys):
    BENCHMARK["print_speed"](3, layers=1, width=64, rounds=1)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "3 questions of 8 to 24 tokens, picture of 289 tokens,"
    assert any(line.startswith("faster ") and "met)" in line for line in lines)
    assert float(lines[-1].split()[-1]) < 1e-4


def test_the_comparison_keeps_questions_apart():
    model, prefix = BENCHMARK["build"](layers=1, width=64)
    questions = BENCHMARK["draw_questions"](10)  # more than one batch
    together = BENCHMARK["ask_plainly"](model, prefix, questions)
    alone = torch.cat([BENCHMARK["ask_plainly"](model, prefix, [question]) for question in questions])
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=0)


def test_the_largest_size_is_that_of_a_process(capsys):
    BENCHMARK["ask_once"](1, layers=1, width=64)
    assert int(capsys.readouterr().out) > 50_000
