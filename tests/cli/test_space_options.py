import argparse

import pytest

from evalmuse_hf.cli import space_options


def test_the_address_goes_to_stdout_and_the_sentence_to_stderr(capsys):
    space_options.announce("http://127.0.0.1:7860/", "The page answers", quiet=False, show=False)
    assert capsys.readouterr() == (
        "http://127.0.0.1:7860/\n",
        "The page answers at http://127.0.0.1:7860/; end it with Ctrl-C.\n",
    )


def test_quiet_leaves_only_the_address(capsys):
    space_options.announce("http://127.0.0.1:7860/", "The page answers", quiet=True, show=False)
    assert capsys.readouterr() == ("http://127.0.0.1:7860/\n", "")


@pytest.mark.parametrize("there, advice", [(True, ""), (False, "No browser could be opened here")])
def test_a_browser_is_opened_only_if_it_is_asked_for(capsys, monkeypatch, there, advice):
    opened = []
    monkeypatch.setattr(space_options.webbrowser, "open", lambda address: opened.append(address) or there)
    space_options.announce("http://a/", "The page answers", quiet=True, show=False)
    assert opened == []
    space_options.announce("http://a/", "The page answers", quiet=True, show=True)
    assert opened == ["http://a/"]
    assert advice in capsys.readouterr().err


def test_early_options_get_their_own_names_and_defaults():
    parser = argparse.ArgumentParser()
    space_options.add_option(parser, "--port", 7860, early=True, type=int)
    space_options.add_option(parser, "--scorer", [], early=True, dest="scorers", action="append")
    parser.set_defaults(page=None)
    args = space_options.take_early_options(parser.parse_args(["--scorer", "a", "--scorer", "b"]))
    assert (args.port, args.scorers) == (7860, ["a", "b"])


def test_options_of_a_page_are_left_alone():
    args = argparse.Namespace(page="api", port=8000)
    assert vars(space_options.take_early_options(args)) == {"page": "api", "port": 8000}
