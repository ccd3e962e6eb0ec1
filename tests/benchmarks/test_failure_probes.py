"""The probes of failures: what they count, and that each compares what it says."""

import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from evalmuse_hf.elements import clean_prompt

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "failure_probes.py"))
PROBES = BENCHMARK["PROBES"]
ONE_PICTURE = [name for name in PROBES if name not in ("zero cars", "no car", "without a car", "structural fault")]


class Preferring:
    """A scorer that likes every first, or every second, row; or none."""

    def __init__(self, *, first, second):
        self.values = (first, second)

    def score(self, *, images, prompts):
        assert len(images) == len(prompts)
        return [SimpleNamespace(overall=self.values[place % 2]) for place in range(len(prompts))]


@pytest.mark.parametrize("first, second, rate, gap", [(3, 2, 1, 1), (2, 3, 0, -1), (2, 2, 0.5, 0)])
def test_the_rate_is_the_share_of_right_decisions_and_a_tie_counts_half(first, second, rate, gap):
    figures = BENCHMARK["measure"](Preferring(first=first, second=second), n=3, seed=0)
    assert [row["probe"] for row in figures] == [*PROBES]
    assert {(row["rate"], row["gap"], row["low"], row["high"], row["n"]) for row in figures} == {
        (rate, gap, rate, rate, 3)
    }


@pytest.mark.parametrize("name", PROBES)
def test_a_probe_changes_either_the_prompt_or_the_picture(name):
    trial = PROBES[name](np.random.default_rng(1))
    pixels = [np.asarray(side[0]) for side in (trial.right, trial.wrong)]
    same_picture, same_prompt = np.array_equal(*pixels), trial.right[1] == trial.wrong[1]
    assert same_picture is (name in ONE_PICTURE)
    assert same_prompt is (name not in ONE_PICTURE)


def test_beyond_fifty_words_both_prompts_read_alike():
    trial = PROBES["another noun, after more than 50 words"](np.random.default_rng(0))
    assert clean_prompt(trial.right[1]).text == clean_prompt(trial.wrong[1]).text


def test_each_unknown_word_is_right_as_often_as_the_other():
    rng = np.random.default_rng(0)
    right = [PROBES["another colour, both words unknown"](rng).right[1].split()[1] for _ in range(200)]
    assert 70 < right.count("azure") < 130
    assert {*right} == {"azure", "crimson"}


def test_the_command_prints_a_table_or_json(capsys, monkeypatch):
    monkeypatch.setattr("evalmuse_hf.scoring.load_scorer", lambda *_, **__: Preferring(first=2, second=1))
    assert BENCHMARK["main"](["--pictures", "2"]) == 0
    assert "| left for right | 1.00 | 1.00 to 1.00 | +1.00 | 2 |" in capsys.readouterr().out
    assert BENCHMARK["main"](["--pictures", "2", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == len(PROBES)
