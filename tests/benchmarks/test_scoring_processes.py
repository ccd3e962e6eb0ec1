"""The arithmetic of the benchmark; that two processes give the scores of one is in tests/scoring/test_run.py."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "scoring_processes.py"))


@pytest.fixture
def inside_this_process(monkeypatch):
    """What the processes do is done here, which has imported torch already; the seconds of two are half as many."""
    n_threads = torch.get_num_threads()

    def launch(size, out, options):
        layers, width = (int(options[options.index(name) + 1]) for name in ("--layers", "--width"))
        with monkeypatch.context() as patched:
            patched.setattr(os, "sched_setaffinity", lambda *_: None)
            BENCHMARK["work"](out, layers=layers, width=width)
        assert float(out.with_suffix(".seconds").read_text("utf-8")) > 0
        return 4.0 / size

    monkeypatch.setitem(BENCHMARK["compare"].__globals__, "launch", launch)
    yield
    torch.set_num_threads(n_threads)


@pytest.mark.usefixtures("inside_this_process")
def test_times_ratio_and_difference_are_printed(capsys):
    assert BENCHMARK["main"](["--rounds", "1", "--pairs", "40", "--layers", "1", "--width", "64"]) == 0
    printed = capsys.readouterr().out
    if "not run" in printed:
        pytest.skip("needs two processors")
    assert "faster           2.00 times" in printed
    *_, same, between = printed.splitlines()
    assert same.startswith("rows in the same order: yes;")
    assert float(same.split()[-1]) == 0.0
    low, high = (float(word) for word in between.split() if word[0].isdigit())
    assert 1 < low < high < 5


def test_two_processes_are_those_of_torchrun_and_their_failure_is_told(monkeypatch, tmp_path):
    commands = []

    def run(command, **_):
        commands.append(command)
        return SimpleNamespace(returncode=len(commands) - 1, stderr="no such thing")

    monkeypatch.setattr(subprocess, "run", run)
    (tmp_path / "s.seconds").write_text("1.5", "utf-8")
    assert BENCHMARK["launch"](2, tmp_path / "s.parquet", ["--layers", "1"]) == 1.5
    starter = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    assert commands[0][: len(starter)] == starter
    with pytest.raises(RuntimeError, match="no such thing"):
        BENCHMARK["launch"](1, tmp_path / "s.parquet", [])
