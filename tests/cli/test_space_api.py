import sys

import pytest

from evalmuse_hf.cli.main import main
from evalmuse_hf.pages.guard import PageGuard
from evalmuse_hf.scoring import addresses, serving


@pytest.fixture
def started(monkeypatch):
    """Stand in for scorer and app, which have their own tests, and record what they are asked."""
    calls = {}

    class Scorer:
        name = "tiny"

    def load_scorer(name, **options):
        calls["scorer"] = (name, options)
        return Scorer()

    def record(name, result, module=serving):
        def replacement(*_, **options):
            calls[name] = options
            return result

        monkeypatch.setattr(module, name, replacement)

    monkeypatch.setattr("evalmuse_hf.scoring.load_scorer", load_scorer)
    monkeypatch.setattr("evalmuse_hf.pages.frame.prepare_gradio", lambda: None)
    monkeypatch.setattr("evalmuse_hf.pages.frame.launch_options", lambda: {"show_error": False})
    record("check_address", None, addresses)
    record("build_app", "the app")
    record("start_app", "http://127.0.0.1:8000/")
    record("wait_for_end", None)
    return calls


def test_the_address_goes_to_stdout_and_ctrl_c_is_the_ordinary_end(started, capsys):
    limits = ["--max-batch-size", "4", "--max-waiting", "9", "--max-file-size", "1mb"]
    assert main(["space", "api", "--model", "mini", "--device", "cpu", "--port", "8000", *limits]) == 0
    captured = capsys.readouterr()
    assert captured.out == "http://127.0.0.1:8000/\n"
    assert captured.err.splitlines() == [
        "Starting (the first time takes up to a minute) ...",
        "tiny answers at http://127.0.0.1:8000/; end it with Ctrl-C.",
    ]
    assert started["scorer"] == ("fga_blip2", {"model": "mini", "device": "cpu"})
    assert started["build_app"] == {"max_batch_size": 4, "max_waiting": 9}
    options = started["start_app"].pop("options")
    assert started["start_app"] == {"host": "127.0.0.1", "port": 8000, "max_file_size": "1mb"}
    assert [each.cls for each in options["app_kwargs"]["middleware"]] == [PageGuard]
    assert options["show_error"] is False
    started["wait_for_end"]["on_end"]()
    assert capsys.readouterr() == ("", "Stopping ...\n")


@pytest.mark.usefixtures("started")
def test_quiet_leaves_only_the_address(capsys):
    assert main(["space", "api", "--quiet"]) == 0
    assert capsys.readouterr() == ("http://127.0.0.1:8000/\n", "")


def test_an_impossible_port_is_one_sentence_before_anything_is_loaded(capsys):
    assert main(["space", "api", "--port", "0", "--model", "/no/such/model"]) == 2
    assert capsys.readouterr().err == "evalmuse space: A port is a number from 1 to 65535, got 0.\n"


def test_without_gradio_the_sentence_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    monkeypatch.setattr(addresses, "check_address", lambda *_: None)
    assert main(["space", "api", "--model", "mini", "--device", "cpu"]) == 2
    assert "needs `gradio`: pip install 'evalmuse-hf[spaces]'" in capsys.readouterr().err
