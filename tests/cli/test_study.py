import json
from dataclasses import replace

import numpy as np
import pytest

from evalmuse_hf.cli.main import main
from evalmuse_hf.meta_evaluation.studies import variance_study

TRAINED = {"none": "none", "uniform": "var", "high": "exp_var", "flat": "reliability"}  # the weighting of each noise


@pytest.mark.slow
def test_the_quick_study_runs_prints_and_goes_on(tmp_path, capsys, monkeypatch):
    """Four of its 32 runs are trained, one of each noise and each weighting; the others take no time."""
    execute, trained = variance_study.execute, []

    def train_few(place, *, world, training):
        if place.seed == 1 and TRAINED[place.noise] == place.weighting:
            trained.append(execute(place, world=world, training=training))
            return trained[-1]
        rng = np.random.default_rng([*place.name.encode()])
        predictions = rng.uniform(1, 5, len(trained[0].predictions))
        return replace(trained[0], predictions=[float(value) for value in predictions])

    monkeypatch.setattr(variance_study, "execute", train_few)
    words = ["study", "variance", "--out", str(tmp_path / "study"), "--quick", "--html", str(tmp_path / "study.html")]
    assert main([*words, "--json"]) == 0
    assert len(trained) == 4
    record = json.loads(capsys.readouterr().out)
    assert (record["format"], record["runs"], record["planned"]) == (1, 32, 32)
    assert {row["status"] for row in record["comparisons"]} == {"ok"}
    assert len(record["comparisons"]) == 3 * (3 * 4 + 2)
    assert (tmp_path / "study.html").read_text("utf-8").startswith("<!DOCTYPE html>")

    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "study").rglob("*.json")}
    assert main([*words, "--markdown"]) == 0
    assert capsys.readouterr().out.startswith("# Does variance weighting learn real difficulty, or noise?")
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "study").rglob("*.json")}


@pytest.mark.parametrize(
    "words, message",
    [
        (["--processes", "0"], "--processes must be at least 1, got 0."),
        (["--recipe", "none.yaml"], "The recipe none.yaml cannot be read"),
        (["--recipe", "a.yaml", "--quick"], "not allowed with argument"),
    ],
    ids=["no process", "no recipe", "recipe and quick"],
)
def test_a_mistake_is_one_sentence_and_status_2(words, message, tmp_path, capsys):
    assert main(["study", "variance", "--out", str(tmp_path), *words]) == 2
    assert message in capsys.readouterr().err
