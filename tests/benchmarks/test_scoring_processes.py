import os
import runpy
from pathlib import Path

import pytest
import torch

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "scoring_processes.py"))


@pytest.fixture
def alone_in_this_process(monkeypatch):
    """What one process does is done here, which has imported torch already; two are started as always."""
    launch, n_threads = BENCHMARK["launch"], torch.get_num_threads()

    def launch_teams(size, out, options):
        if size > 1:
            return launch(size, out, options)
        layers, width = (int(options[options.index(name) + 1]) for name in ("--layers", "--width"))
        with monkeypatch.context() as patched:
            patched.setattr(os, "sched_setaffinity", lambda *_: None)
            BENCHMARK["work"](out, layers=layers, width=width)
        return float(out.with_suffix(".seconds").read_text("utf-8"))

    monkeypatch.setitem(BENCHMARK["compare"].__globals__, "launch", launch_teams)
    yield
    torch.set_num_threads(n_threads)


@pytest.mark.slow
@pytest.mark.usefixtures("alone_in_this_process")
def test_one_process_and_two_give_the_same_scores(capsys):
    assert BENCHMARK["main"](["--rounds", "1", "--pairs", "40", "--layers", "1", "--width", "64"]) == 0
    printed = capsys.readouterr().out
    if "not run" in printed:
        pytest.skip("needs two processors")
    *_, same, _ = printed.splitlines()
    assert same.startswith("rows in the same order: yes;")
    assert float(same.split()[-1]) < 1e-5
