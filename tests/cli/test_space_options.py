import argparse
import socket

import pytest

from evalmuse_hf.cli import space_options
from evalmuse_hf.cli.main import main
from evalmuse_hf.scoring import addresses


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


@pytest.mark.parametrize("page", [[], ["playground"], ["leaderboard"], ["api", "--model", "mini"]])
def test_a_port_in_use_is_said_before_anything_is_loaded_with_the_command_to_type(page, capsys, monkeypatch):
    monkeypatch.setattr("evalmuse_hf.pages.frame.prepare_gradio", lambda: pytest.fail("this takes long"))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert main(["space", *page, "--port", str(port)]) == 2
    said = capsys.readouterr().err
    command = " ".join(["evalmuse space", *page[:1]])
    before, _, free = said.removesuffix("`.\n").rpartition(" ")
    assert before == f"evalmuse space: Port {port} is in use (by another such page?); type `{command} --port"
    assert port < int(free) <= port + 100


def test_the_port_that_is_named_is_a_free_one(monkeypatch):
    def check(host, port):
        if port < 9003:
            raise addresses.PortInUseError(f"{port} of {host}")

    monkeypatch.setattr(addresses, "check_address", check)
    with pytest.raises(addresses.PortInUseError, match=r"type `evalmuse space --port 9003`\.$"):
        space_options.require_address(argparse.Namespace(page=None, host="127.0.0.1", port=9000))


def test_where_no_port_near_is_free_the_next_is_named(monkeypatch):
    def check(host, port):
        raise addresses.PortInUseError(f"{port} of {host}")

    monkeypatch.setattr(addresses, "check_address", check)
    with pytest.raises(addresses.PortInUseError, match=r"type `evalmuse space --port 9001`\.$"):
        space_options.require_address(argparse.Namespace(page=None, host="127.0.0.1", port=9000))
