import json
from contextlib import closing

import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.records import GoldAnswer, RoundSettings
from evalmuse_hf.annotations.store import raters, tables
from evalmuse_hf.annotations.store.events import read_events
from evalmuse_hf.annotations.store.raters import authenticate, read_raters
from evalmuse_hf.annotations.store.rounds import open_round
from evalmuse_hf.cli import annotate
from evalmuse_hf.cli.main import CommandParser, main
from tests.annotations.campaign import make_store, rate_next


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Run `evalmuse annotate raters` on an empty store; gives what was printed."""
    monkeypatch.setattr(raters, "_COST", 4)  # scrypt that takes no time
    open_store(tmp_path / "a.db", create=True).close()

    def run(*words, store="a.db"):
        parser = CommandParser(prog="evalmuse")
        annotate.register(parser.add_subparsers(dest="command"))
        assert annotate.run(parser.parse_args(["annotate", "raters", str(tmp_path / store), *words])) == 0
        return capsys.readouterr().out

    run.place = tmp_path / "a.db"
    return run


def log_in(command, name, token):
    with closing(open_store(command.place)) as store:
        return authenticate(store, name, token)


def test_a_new_rater_gets_a_token_that_is_printed_once(command):
    names, tokens = zip(*(line.split("\t") for line in command("--add", "Anna", "Bob B.").splitlines()), strict=True)
    assert names == ("Anna", "Bob B.")
    assert log_in(command, "Bob B.", tokens[1]).name == "Bob B."
    listed = command()
    assert all(token not in listed for token in tokens)


def test_raters_are_listed(command):
    command("--add", "Anna")
    command("--hub", "chief", "--organiser")
    command("--disable", "Anna")
    assert command().splitlines() == [
        "name   login  organiser  active  consented to  qualified",
        "Anna   token  no         no      -             -",
        "chief  hub    yes        yes     -             -",
    ]
    rows = json.loads(command("--json"))
    assert rows["raters"][1] == {
        "name": "chief",
        "login": "hub",
        "is_organiser": True,
        "is_active": True,
        "consented_to": None,
        "qualified": None,
    }
    assert "tokens" not in rows


def test_tokens_can_be_had_as_json_and_renewed(command):
    first = json.loads(command("--add", "Anna", "--hub", "hubert", "--json"))["tokens"]
    assert first["hubert"] is None
    second = command("--renew", "anna", "--enable", "Anna").split("\t")
    assert second[0] == "anna"
    assert log_in(command, "Anna", second[1].strip()).name == "Anna"


@pytest.mark.parametrize(
    "words",
    [("--add", "ann", "bob", "ann"), ("--add", "cid", "--renew", "nobody"), ("--add", "cid", "--renew", "hub")],
)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_name_that_is_refused_changes_nothing(command, capsys, words, form):
    command("--hub", "hub")
    with pytest.raises(StoreError, match=r"already|no rater|no token"):
        command(*words, *form)
    assert capsys.readouterr().out == ""
    with closing(open_store(command.place)) as store:
        assert [rater.name for rater in read_raters(store)] == ["hub"]


def test_raters_are_qualified_by_hand(command):
    command("--hub", "ann", "bob")
    with closing(open_store(command.place)) as store:
        with store.begin() as connection:
            connection.execute(sa.insert(tables.prompts).values(prompt_id="p", text="a red cat"))
            item = {"prompt_id": "p", "generator": "g", "sha256": "0" * 64, "width": 1, "height": 1}
            connection.execute(sa.insert(tables.items).values(image_path="0.png", **item))
        settings, gold = RoundSettings(min_gold_items=1), {1: GoldAnswer(overall=3.0)}
        open_round(store, name="pilot", kind="pilot", settings=settings, gold=gold)
        open_round(store, name="main", kind="formal")
    command("--qualify", "ann", "--disqualify", "bob", "--round", "pilot")
    assert [line.split()[-1] for line in command().splitlines()[1:]] == ["yes", "no"]
    with closing(open_store(command.place)) as store:
        assert [event.kind for event in read_events(store)][-2:] == ["qualified_by_hand", "disqualified_by_hand"]
    for words, said in (
        (("--qualify", "ann"), "with --round PILOT"),
        (("--round", "pilot"), "with --round PILOT"),
        (("--qualify", "ann", "--round", "main"), "is one of formal"),
        (("--qualify", "nobody", "--round", "pilot"), "no rater 'nobody'"),
    ):
        with pytest.raises(ValueError, match=said):
            command(*words)


def test_what_makes_no_sense_is_said(command):
    with pytest.raises(ValueError, match="no new rater"):
        command("--organiser")
    with pytest.raises(StoreError, match="no annotation store"):
        command(store="b.db")


def test_a_rater_who_withdraws_is_taken_out_and_what_nobody_is_left_for_is_said(tmp_path, capsys):
    settings = RoundSettings(ratings_per_item=1, range_threshold=None)
    campaign = make_store(tmp_path / "store.sqlite", n_items=1, settings=settings)
    rate_next(campaign, 0)
    words = ["annotate", "raters", str(campaign.place)]
    others = [rater.name for rater in read_raters(campaign.store)][1:]
    assert main([*words, "--disable", *others]) == 0
    capsys.readouterr()
    assert main([*words, "--withdraw", "rater_000"]) == 0
    said = capsys.readouterr()
    assert said.out == "rater_000: disabled, 1 ratings returned (main)\n"
    assert "1 item of round 'main' lacks 1 rating for which no rater is left" in said.err
    assert main([*words, "--withdraw", "rater_000", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["withdrawn"][0]["n_returned"] == 0
    assert main([*words, "--withdraw", others[0], "nobody"]) == 2
    assert "There is no rater 'nobody'" in capsys.readouterr().err
