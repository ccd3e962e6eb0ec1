import pytest

from evalmuse_hf.annotations import serving
from evalmuse_hf.cli import annotate_serve
from evalmuse_hf.cli.main import main


@pytest.fixture
def served(monkeypatch):
    """Stand in for the server, which has its own tests, and record what it is asked."""
    calls = []

    def serve(place, options, *, on_ready):
        calls.append((place, options))
        on_ready("http://127.0.0.1:8000/")

    monkeypatch.setattr(serving, "serve", serve)
    return calls


def test_the_address_goes_to_stdout_and_the_options_to_the_server(served, capsys):
    words = ["--host", "0.0.0.0", "--port", "8000", "--title", "Cats", "--requests-per-second", "3"]
    words += ["--hub-backup", "me/ratings", "--every", "2", "--public-backup", "--login", "hub", "--open-registration"]
    assert main(["annotate", "serve", "store.sqlite", *words]) == 0
    captured = capsys.readouterr()
    assert captured.out == "http://127.0.0.1:8000/\n"
    said = captured.err.splitlines()
    assert said[0] == "Raters sign in there, with name and token; end it with Ctrl-C."
    assert "put a proxy with HTTPS before it" in said[1]
    ((place, options),) = served
    assert place == "store.sqlite"
    assert options == serving.ServerOptions(
        host="0.0.0.0",
        port=8000,
        login="hub",
        open_registration=True,
        hub_backup="me/ratings",
        every_minutes=2.0,
        public_backup=True,
        title="Cats",
        requests_per_s=3.0,
    )


def test_without_options_raters_of_the_store_sign_in_on_this_machine(served, capsys):
    assert main(["annotate", "serve", "store.sqlite", "--quiet"]) == 0
    assert capsys.readouterr() == ("http://127.0.0.1:8000/\n", "")
    assert served[0][1] == serving.ServerOptions()


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("words", [["--port", "99999"], ["--open-registration"], ["--every", "0"], ["--login", "x"]])
def test_impossible_options_are_one_sentence(words, capsys):
    assert main(["annotate", "serve", "store.sqlite", *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_store_that_is_not_there_is_one_sentence(tmp_path, capsys):
    assert main(["annotate", "serve", str(tmp_path / "none.sqlite"), "--port", "0"]) == 2
    assert "There is no annotation store" in capsys.readouterr().err


@pytest.mark.parametrize(
    "address, shown",
    [
        ("http://0.0.0.0:7860/", "http://here:7860/"),
        ("http://[::]:7860/", "http://here:7860/"),
        ("http://[::1]:7860/", "http://[::1]:7860/"),
        ("http://10.0.0.7:7860/", "http://10.0.0.7:7860/"),
    ],
)
def test_an_address_that_means_any_is_shown_by_the_name_of_the_machine(monkeypatch, address, shown):
    monkeypatch.setattr(annotate_serve.socket, "gethostname", lambda: "here")
    assert annotate_serve._reachable(address) == shown
