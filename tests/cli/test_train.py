import pytest

from evalmuse_hf.cli.main import main
from evalmuse_hf.training import fine_tuning


def test_the_command_runs_the_same_training(monkeypatch, capsys, tmp_path):
    runs = []
    monkeypatch.setattr(fine_tuning, "fine_tune", lambda run: runs.append(run) or {"train_loss": 0.5})
    words = ["--model_name_or_path", "mini", "--dataset_name", "data", "--output_dir", str(tmp_path)]
    assert main(["train", *words, "--variance_weighting", "var", "--set", "learning_rate=1e-4"]) == 0
    assert capsys.readouterr().out == '{"train_loss": 0.5}\n'
    (run,) = runs
    assert (run.model.model_name_or_path, run.training.variance_weighting) == ("mini", "var")
    assert run.training.learning_rate == 1e-4


@pytest.mark.parametrize(
    "words, message",
    [
        (["--set", "learning_rate"], "--set needs NAME=VALUE, got 'learning_rate'"),
        (["recipe.json"], "RECIPE must be a .yaml file, got 'recipe.json'"),
        (
            ["--max_steps", "2", "--use_cpu", "True"],
            "--max_steps --use_cpu True; other options of training are given as --set NAME=VALUE each",
        ),
        ([], "(see `evalmuse train --help`)"),
    ],
    ids=["no value", "other recipe", "options of Trainer", "nothing"],
)
def test_a_mistake_is_one_sentence_and_status_two(capsys, words, message):
    assert main(["train", *words]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
