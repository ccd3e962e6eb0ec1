import re
import runpy
from contextlib import contextmanager
from pathlib import Path

import pytest

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "playground.py"))
MAIN = BENCHMARK["main"]


@pytest.mark.parametrize("first_score, status", [(0.5, 0), (9.0, 1)])
def test_the_first_score_of_each_round_is_what_is_held_to_the_limit(monkeypatch, capsys, first_score, status):
    @contextmanager
    def server(scorers):
        assert scorers == ["fga_blip2:mini"]
        yield "http://127.0.0.1:1/", 20.0

    names = MAIN.__globals__
    monkeypatch.setitem(names, "running_server", server)
    monkeypatch.setitem(names, "time_page", lambda address: 0.25)
    monkeypatch.setitem(names, "time_scores", lambda address, number: [first_score] + [0.125] * (number - 1))
    monkeypatch.setitem(names, "time_browser", lambda address: None)
    assert MAIN(["--rounds", "2", "--scores", "3", "--scorer", "fga_blip2:mini"]) == status
    printed = re.sub(" +", " ", capsys.readouterr().out)
    assert "page, with its scripts and styles 0.25 worst 0.25 (at most 1)" in printed
    assert f"first score, upload included {first_score:.2f} worst {first_score:.2f} (at most 3)" in printed
    assert "later scores 0.12" in printed
    assert "browser" not in printed


@pytest.mark.browser
def test_a_short_run_measures_a_real_server(capsys):
    MAIN(["--rounds", "1", "--scores", "2", "--scorer", "fga_blip2:mini"])
    printed = capsys.readouterr().out
    numbers = [float(number) for number in re.findall(r"worst +([\d.]+)", printed)]
    assert len(numbers) == 6
    assert all(number > 0 for number in numbers)
