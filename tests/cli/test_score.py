import json

import pytest

from evalmuse_hf.cli.main import main
from evalmuse_hf.scoring import command
from evalmuse_hf.scoring.command import CommandOutput


@pytest.fixture
def scored(monkeypatch):
    """Stand in for scoring, which has its own tests, and record what it is asked."""
    calls = []

    def run_command(args, *, progress, on_loading):
        on_loading()
        calls.append((args, progress))
        return CommandOutput('{"status": "ok"}', "Scored 1 of 1 rows with tiny.")

    monkeypatch.setattr(command, "run_command", run_command)
    return calls


def test_scores_go_to_stdout_and_the_summary_to_stderr(scored, capsys):
    assert main(["score", "pairs.jsonl", "--model", "mini", "--compat", "official"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"status": "ok"}
    assert captured.err == "Starting (the first time takes up to a minute) ...\nScored 1 of 1 rows with tiny.\n"
    args, progress = scored[0]
    assert (args.scorer, args.model, args.compat, progress) == ("fga_blip2", "mini", "official", True)


def test_quiet_means_no_bar_and_no_summary(scored, capsys):
    assert main(["score", "pairs.jsonl", "--quiet"]) == 0
    assert capsys.readouterr().err == ""
    assert scored[0][1] is False


def test_quiet_does_not_hide_rows_that_failed(monkeypatch, capsys):
    for status, prefix in ((0, ""), (1, "evalmuse score: ")):
        output = CommandOutput("scores.parquet", "Scored some of 3 rows with tiny.", status=status, n_failed=2)
        monkeypatch.setattr(command, "run_command", lambda *_, output=output, **__: output)
        assert main(["score", "pairs.jsonl", "--quiet"]) == status
        assert capsys.readouterr().err == f"{prefix}Scored some of 3 rows with tiny.\n"


def test_a_picture_that_cannot_be_scored_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(command, "run_command", lambda *_, **__: CommandOutput("", "It has zero bytes.", status=2))
    assert main(["score", "--image", "0.png", "--prompt", "a cat", "--quiet"]) == 2
    assert capsys.readouterr().err == "evalmuse score: It has zero bytes.\n"


@pytest.mark.parametrize(
    "content, sentence",
    [
        (None, "There is no list at"),
        ("", "There are no rows in"),
        ('{"image": "0.png", "text": "a cat"}', "Column 'prompt' is missing from"),
    ],
    ids=["missing file", "empty file", "missing column"],
)
def test_a_list_that_cannot_be_read_is_one_sentence_and_status_2(tmp_path, content, sentence, capsys):
    path = tmp_path / "pairs.jsonl"
    if content is not None:
        path.write_text(content)
    assert main(["score", str(path), "--model", "mini"]) == 2
    captured = capsys.readouterr().err
    assert captured.startswith("evalmuse score: ")
    assert sentence in captured
    assert captured.count("\n") == 1


def test_a_model_that_is_not_here_is_one_sentence_and_status_2(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pairs.jsonl").write_text('{"image": "0.png", "prompt": "a cat"}')
    assert main(["score", "pairs.jsonl", "--model", "./nowhere"]) == 2
    assert "There is no model folder at ./nowhere" in capsys.readouterr().err
