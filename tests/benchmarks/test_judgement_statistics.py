"""The seconds of the statistics that judge a scorer."""

import runpy
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
BENCHMARK = runpy.run_path(str(ROOT / "benchmarks" / "judgement_statistics.py"))


def test_ratings_are_tied_in_thirds_and_every_prompt_has_half_of_the_generators():
    drawn = BENCHMARK["pictures"](30, np.random.default_rng(0))
    assert len(np.unique(np.round(np.asarray(drawn["references"]) * 3))) <= 13
    by_prompt = np.asarray(drawn["generators"]).reshape(30, -1)
    assert all(len(set(row)) == BENCHMARK["N_GENERATORS"] // 2 for row in by_prompt.tolist())


def test_every_statistic_is_timed_on_what_it_can_judge(monkeypatch, capsys):
    values = BENCHMARK["main"].__globals__
    whole = BENCHMARK["tasks"]
    monkeypatch.setitem(values, "tasks", lambda n_prompts, n_resamples: whole(20, 10))
    assert BENCHMARK["main"](["--quick"]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = [name for name, _ in whole(20, 10)]
    assert len(names) > 15
    for name in names:
        assert sum(line.startswith(f"| {name} |") for line in lines) == 1
