"""The measurement works on a few pairs; how long anything takes is no matter for a test."""

import json
import runpy
from pathlib import Path

import pytest

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "resampling.py"))
TINY = BENCHMARK["Size"](n_prompts=8, share=0.01)


@pytest.mark.parametrize("name", BENCHMARK["LINES"])
def test_every_line_is_measured_and_reads_as_a_row(name):
    figures = BENCHMARK["run"](name, TINY)
    assert figures["seconds"] > 0
    assert 0 < figures["gib"] < 64
    line = BENCHMARK["LINES"][name]
    *_, row = BENCHMARK["describe"]({name: figures}, TINY).splitlines()
    assert row.startswith(f"| {line.what} | {line.shown.format(**figures)} |")
    assert row.endswith("|  |")  # a small run says nothing about a bar


@pytest.mark.parametrize("name", ["srcc_scipy", "krcc_scipy"])
def test_the_same_resamples_agree_with_scipy(name):
    assert BENCHMARK["run"](name, TINY)["difference"] <= 1e-12


def test_a_whole_run_says_whether_a_bar_is_met():
    slow = {"seconds": 11.0, "gib": 0.2}
    table = BENCHMARK["describe"]({"srcc": slow, "krcc": slow}, BENCHMARK["FULL"])
    assert table.startswith("Prompt-clustered intervals over 40,000 pairs of 4,000 prompts")
    *_, srcc, krcc = table.splitlines()
    assert srcc.endswith("| 11.0 s, 0.20 GiB | 10 s, 1 GiB on two cores | **no** |")
    assert krcc.endswith("| 20 s | yes |")


def test_pairs_are_ratings_in_thirds_and_continuous_scores_of_ten_pictures_a_prompt():
    pairs = BENCHMARK["make_pairs"](TINY)
    assert {round(3 * rating, 9) % 1 for rating in pairs.references} == {0}
    assert len(set(pairs.first)) == 80
    assert [pairs.prompts.count(prompt) for prompt in range(8)] == [10] * 8


def test_one_line_prints_json(capsys, monkeypatch):
    monkeypatch.setitem(BENCHMARK["main"].__globals__, "QUICK", TINY)
    assert BENCHMARK["main"](["--quick", "--only", "plcc"]) == 0
    assert json.loads(capsys.readouterr().out)["width"] > 0


def test_all_lines_are_measured_one_after_the_other(capsys, monkeypatch):
    values = BENCHMARK["main"].__globals__
    monkeypatch.setitem(values, "run_alone", lambda name, quick: BENCHMARK["run"](name, TINY))
    assert BENCHMARK["main"](["--quick"]) == 0
    assert capsys.readouterr().out.count("\n| ") == len(BENCHMARK["LINES"]) + 1  # the header, too


def test_a_line_runs_in_a_process_of_its_own_with_one_thread(monkeypatch):
    called = {}

    def pretend(command, *, env, **options):
        called.update(command=command, threads=env["OMP_NUM_THREADS"])
        return type("Done", (), {"stdout": '{"seconds": 1.0}'})

    monkeypatch.setattr(BENCHMARK["run_alone"].__globals__["subprocess"], "run", pretend)
    assert BENCHMARK["run_alone"]("krcc", quick=True) == {"seconds": 1.0}
    assert called["command"][-3:] == ["--only", "krcc", "--quick"]
    assert called["threads"] == "1"
