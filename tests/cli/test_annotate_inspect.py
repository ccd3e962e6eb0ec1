import json

import pytest

from evalmuse_hf.annotations.store.items import read_items
from evalmuse_hf.annotations.store.raters import read_raters, set_active
from evalmuse_hf.annotations.store.ratings import read_ratings
from evalmuse_hf.annotations.store.rounds import close_round
from evalmuse_hf.cli.main import main
from tests.annotations.campaign import ALL_STANDINGS, make_store, rate_next


@pytest.fixture
def campaign(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=2)
    for rater, overall in ((0, 1), (0, 2), (1, 5)):
        rate_next(campaign, rater, overall, sure=False)
    return campaign


def command(campaign, *options):
    return ["annotate", "inspect", str(campaign.place), "--round", "main", *options]


def standings(campaign):
    return [row.standing for row in read_ratings(campaign.store, standings=ALL_STANDINGS)]


def test_without_a_verdict_the_batch_is_listed(campaign, capsys):
    assert main(command(campaign, "--rater", "rater_000")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:4] == ["rating", "rater", "item", "overall"]
    assert [line.split()[:2] for line in lines[1:]] == [["1", "rater_000"], ["2", "rater_000"]]
    assert lines[1].split()[3:5] == ["1", "12"]
    item = read_items(campaign.store)[int(lines[1].split()[2])]
    assert lines[1].endswith(", ".join(f"{element.text} 1?" for element in item.prompt.elements))
    assert item.image_path in lines[1]
    assert item.prompt.text[:20] in lines[1]
    assert main(command(campaign, "--json")) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["ratings"][0]["image"] == item.image_path
    assert [one["text"] for one in record["ratings"][0]["elements"]] == [one.text for one in item.prompt.elements]
    assert [(row["rating_id"], row["overall"], row["rater"]) for row in record["ratings"]] == [
        (1, 1, "rater_000"),
        (2, 2, "rater_000"),
        (3, 5, "rater_001"),
    ]


def test_a_batch_is_returned_with_its_reason_or_accepted(campaign, capsys):
    options = ["--rater", "rater_000", "--return", "--reason", "too fast", "--inspector", "Ada", "--json"]
    assert main(command(campaign, *options)) == 0
    record = json.loads(capsys.readouterr().out)
    assert record == {"format": 1, "inspection_id": 1, "verdict": "returned", "rating_ids": [1, 2]}
    assert standings(campaign) == ["returned", "returned", "counted"]
    assert main(command(campaign, "--accept")) == 0
    assert capsys.readouterr().out == "inspection 2: 1 ratings accepted\n"
    assert main(command(campaign, "--waiting", "--ratings", "2", "--accept", "--reason", "fine after all")) == 0
    assert standings(campaign) == ["returned", "counted", "counted"]


def test_it_says_that_a_closed_round_gives_nothing_out(campaign, capsys):
    close_round(campaign.store, campaign.round.round_id)
    assert main(command(campaign, "--ratings", "3", "--return", "--reason", "bot", "--redo-by", "others")) == 0
    assert "is closed: nobody gets them" in capsys.readouterr().out


def test_mistakes_are_explained(campaign, capsys):
    for options, words in (
        (["--return"], "--return needs a reason"),
        (["--ratings", "9"], "Rating 9 is not among the 3"),
        (["--since", "yesterday"], "--since takes a time"),
        (["--rater", "nobody"], "no rater 'nobody'"),
        (["--since", "2100-01-01", "--accept"], "no ratings to inspect"),
    ):
        assert main(command(campaign, *options)) == 2
        assert words in capsys.readouterr().err
    assert standings(campaign) == ["counted"] * 3


def test_verdicts_are_shown_and_what_has_one_can_be_left_out(campaign, capsys):
    assert main(command(campaign, "--ratings", "1", "2", "--accept")) == 0
    capsys.readouterr()
    assert main(command(campaign)) == 0
    heading, *lines = capsys.readouterr().out.splitlines()
    place = heading.index("verdict")
    assert [line[place:].split()[0] for line in lines] == ["accepted", "accepted", "-"]
    assert main(command(campaign, "--not-inspected", "--json")) == 0
    rows = json.loads(capsys.readouterr().out)["ratings"]
    assert [(row["rating_id"], row["verdict"]) for row in rows] == [(3, None)]


def test_an_empty_selection_is_said_to_be_empty(campaign, capsys):
    assert main(command(campaign, "--since", "2100-01-01")) == 0
    assert capsys.readouterr().out.startswith("No answer of the round is like that")


def test_what_is_returned_to_others_says_if_nobody_is_left_for_it(campaign, capsys):
    for rater in read_raters(campaign.store)[1:]:
        set_active(campaign.store, rater.name, False)
    options = ["--rater", "rater_000", "--return", "--reason", "bot", "--redo-by"]
    assert main(command(campaign, *options, "others")) == 0
    assert "2 items of round 'main' lack" in capsys.readouterr().err
