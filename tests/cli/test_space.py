import pytest

from evalmuse_hf.cli import annotate_serve, space, space_api, space_leaderboard, space_playground
from evalmuse_hf.cli.main import main

PAGES = {
    "playground": space_playground,
    "leaderboard": space_leaderboard,
    "api": space_api,
    "annotate": annotate_serve,
}


@pytest.fixture
def asked(monkeypatch):
    """Stand in for the pages, and record which was asked for, and with what."""
    calls = []
    for name, module in PAGES.items():
        monkeypatch.setattr(module, "run", lambda args, name=name: calls.append((name, args)) or 0)
    return calls


@pytest.mark.parametrize(
    "words, page",
    [
        ([], "playground"),
        (["annotate", "store.sqlite"], "annotate"),
        *((([name], name)) for name in ("playground", "leaderboard", "api")),
    ],
)
def test_a_page_is_chosen_by_its_name_and_is_the_playground_without_one(asked, words, page):
    assert main(["space", *words]) == 0
    assert [name for name, _ in asked] == [page]


def test_without_a_page_the_options_are_those_of_the_playground(asked):
    words = ["--scorer", "fga_blip2", "--scorer", "clip_score:a/b", "--device", "cpu", "--port", "8000", "--open"]
    assert main(["space", "--quiet", *words]) == 0
    assert main(["space", "--quiet", "playground", *words]) == 0
    (_, without), (_, named) = asked
    options = {name: value for name, value in vars(named).items() if name != "page"}
    assert options == {name: vars(without)[name] for name in options}
    assert (without.scorers, without.port, without.host, without.open) == (
        ["fga_blip2", "clip_score:a/b"],
        8000,
        "127.0.0.1",
        True,
    )


def test_defaults_are_the_same_with_and_without_the_name_of_the_page(asked):
    assert main(["space"]) == main(["space", "playground"]) == 0
    (_, without), (_, named) = asked
    names = ("scorers", "device", "host", "port", "max_file_size", "max_waiting", "open")
    assert [vars(without)[name] for name in names] == [vars(named)[name] for name in names]


@pytest.mark.usefixtures("asked")
def test_an_option_before_a_page_is_refused_and_not_ignored(capsys):
    assert main(["space", "--max-file-size", "5mb", "api"]) == 2
    said = capsys.readouterr().err
    assert said == (
        "evalmuse space: --max-file-size stands before the page; write `evalmuse space api --max-file-size ...`.\n"
    )


@pytest.mark.usefixtures("asked")
def test_an_unknown_page_is_one_sentence_that_lists_the_pages(capsys):
    assert main(["space", "playgrond"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert all(name in said for name in PAGES)


def test_help_shows_the_pages_and_the_options_of_the_playground(capsys):
    assert main(["space", "--help"]) == 0
    said = capsys.readouterr().out
    assert all(word in said for word in (*PAGES, "--scorer", "--open"))
    assert space.__doc__
