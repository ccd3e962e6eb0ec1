import sys

import pytest

from evalmuse_hf.cli.main import main
from evalmuse_hf.pages import frame, loading
from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.playground import page
from evalmuse_hf.scoring import addresses, serving

ADDRESS = "http://127.0.0.1:8000/"


@pytest.fixture
def started(monkeypatch):
    """Stand in for scorers and page, which have their own tests, and record what they are asked."""
    calls = {}

    def record(module, name, result):
        def replacement(*given, **options):
            calls[name] = (given, options)
            return result

        monkeypatch.setattr(module, name, replacement)

    record(addresses, "check_address", None)
    record(loading, "load_page_scorers", "the scorers")
    record(page, "build_playground", "the app")
    record(frame, "start_page", ADDRESS)
    record(serving, "wait_for_end", None)
    return calls


def test_the_packaged_scorers_are_loaded_and_what_they_are_is_said(started, capsys):
    assert main(["space", "playground", "--port", "8000"]) == 0
    out, err = capsys.readouterr()
    assert out == f"{ADDRESS}\n"
    assert err.splitlines() == [
        "Starting (the first time takes up to a minute) ...",
        "Loading fga_blip2:mini and pn_vqa:mini ...",
        f"The playground answers at {ADDRESS}; end it with Ctrl-C.",
        "What is called mini judges drawings of a small invented world, not photographs.",
    ]
    assert started["check_address"] == (("127.0.0.1", 8000), {})
    assert started["load_page_scorers"] == ((("fga_blip2:mini", "pn_vqa:mini"),), {"device": None})
    assert started["build_playground"] == (("the scorers",), {"limits": PageLimits()})
    assert started["start_page"][0] == ("the app",)
    assert {"host": "127.0.0.1", "port": 8000}.items() <= started["start_page"][1].items()
    given, options = started["wait_for_end"]
    assert given == ("the app",)
    options["on_end"]()
    assert capsys.readouterr() == ("", "Stopping ...\n")


def test_other_scorers_and_limits_are_taken(started, capsys):
    words = ["--scorer", "fga_blip2", "--device", "cuda:1", "--max-file-size", "1mb", "--max-waiting", "9"]
    assert main(["space", "--quiet", *words]) == 0
    assert capsys.readouterr() == (f"{ADDRESS}\n", "")
    assert started["load_page_scorers"] == ((["fga_blip2"],), {"device": "cuda:1"})
    assert started["build_playground"][1] == {"limits": PageLimits(max_file_size=1024**2, max_waiting=9)}


def test_variables_of_the_environment_set_limits_and_an_option_wins(started, monkeypatch):
    monkeypatch.setenv("EVALMUSE_MAX_ELEMENTS", "3")
    monkeypatch.setenv("EVALMUSE_MAX_WAITING", "3")
    assert main(["space", "--quiet", "--max-waiting", "5"]) == 0
    assert started["build_playground"][1] == {"limits": PageLimits(max_elements=3, max_waiting=5)}


@pytest.mark.usefixtures("started")
@pytest.mark.parametrize(
    "words, sentence",
    [
        (
            ["--max-file-size", "big"],
            "--max-file-size must be a number of bytes, such as 20971520 or 20mb, got 'big'.",
        ),
        (["--max-waiting", "0"], "--max-waiting must be a whole number from 1, got 0."),
    ],
)
def test_an_impossible_limit_names_the_option(words, sentence, capsys):
    assert main(["space", *words]) == 2
    assert capsys.readouterr().err == f"evalmuse space: {sentence}\n"


def test_a_scorer_that_cannot_be_had_is_one_sentence_that_says_what_to_type(capsys, monkeypatch):
    monkeypatch.setattr(addresses, "check_address", lambda *_: None)
    assert main(["space", "--quiet", "--scorer", "fga_blip2"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "`--scorer fga_blip2:mini` for drawings" in said


def test_an_impossible_port_is_one_sentence_before_anything_is_loaded(capsys):
    assert main(["space", "--port", "0", "--scorer", "nonsense"]) == 2
    assert capsys.readouterr().err == "evalmuse space: A port is a number from 1 to 65535, got 0.\n"


def test_without_gradio_the_sentence_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    monkeypatch.setattr(frame, "prepare_gradio", frame.prepare_gradio.__wrapped__)
    monkeypatch.setattr(addresses, "check_address", lambda *_: None)
    assert main(["space"]) == 2
    assert "pip install 'evalmuse-hf[spaces]'" in capsys.readouterr().err
