import sys

import pytest

from evalmuse_hf.cli.main import main
from evalmuse_hf.pages import frame
from evalmuse_hf.pages.leaderboard import page, record_keeper
from evalmuse_hf.scoring import addresses, serving

ADDRESS = "http://127.0.0.1:7860/"


@pytest.fixture
def started(monkeypatch):
    """Stand in for the page, which has its own tests, and record what is read."""
    calls = {}
    monkeypatch.setattr(addresses, "check_address", lambda *given: calls.update(checked=given))

    def keeper(source, *, minutes):
        calls.update(source=source, minutes=minutes)
        return "the records"

    monkeypatch.setattr(record_keeper, "RecordKeeper", keeper)
    monkeypatch.setattr(page, "build_leaderboard", lambda given: calls.update(records=given) or "the app")
    monkeypatch.setattr(frame, "start_page", lambda app, **options: calls.update(app=app, **options) or ADDRESS)
    monkeypatch.setattr(serving, "wait_for_end", lambda app, **options: calls.update(waited=app, **options))
    return calls


@pytest.mark.parametrize(
    "words, source, minutes", [([], None, 10), (["me/results", "--minutes", "0.5"], "me/results", 0.5)]
)
def test_records_are_read_and_shown_until_ctrl_c(started, capsys, words, source, minutes):
    assert main(["space", "leaderboard", *words]) == 0
    starting = "Starting (the first time takes up to a minute) ...\n"
    answers = f"The leaderboard answers at {ADDRESS}; end it with Ctrl-C.\n"
    assert capsys.readouterr() == (f"{ADDRESS}\n", f"{starting}{answers}")
    assert (started["source"], started["minutes"]) == (source, minutes)
    assert started["records"] == "the records"
    assert started["app"] == started["waited"] == "the app"
    assert started["checked"] == ("127.0.0.1", 7860)
    started["on_end"]()
    assert capsys.readouterr() == ("", "Stopping ...\n")


def test_a_folder_that_is_not_there_is_one_sentence(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(addresses, "check_address", lambda *_: None)
    assert main(["space", "leaderboard", "--quiet", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_without_gradio_the_sentence_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    monkeypatch.setattr(frame, "prepare_gradio", frame.prepare_gradio.__wrapped__)
    monkeypatch.setattr(addresses, "check_address", lambda *_: None)
    assert main(["space", "leaderboard"]) == 2
    assert "pip install 'evalmuse-hf[spaces]'" in capsys.readouterr().err
