"""Which rounds give items to a rater."""

import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations.errors import NotAllowedError
from evalmuse_hf.annotations.records import GoldAnswer, RoundSettings
from evalmuse_hf.annotations.store import tables
from evalmuse_hf.annotations.store.access import count_answered, family_of, open_rounds, round_access
from evalmuse_hf.annotations.store.assignment import next_task
from evalmuse_hf.annotations.store.guidelines import add_guidelines
from evalmuse_hf.annotations.store.raters import give_consent
from evalmuse_hf.annotations.store.rounds import close_round, open_round
from tests.annotations.campaign import make_store, rate_next


def barriers(campaign, rater_id):
    with campaign.store.read() as connection:
        return {access.name: access.barrier for access in open_rounds(connection, rater_id)}


def decide(campaign, rater_id, round_id, passed):
    row = {"rater_id": rater_id, "round_id": round_id, "passed": passed, "facts": {}, "at": 1.0}
    with campaign.store.begin() as connection:
        connection.execute(sa.insert(tables.qualifications).values(row))


def test_only_open_rounds_are_listed_but_a_closed_one_can_be_asked_for(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite")
    rater_id, round_id = campaign.rater_ids[0], campaign.round.round_id
    assert barriers(campaign, rater_id) == {"main": ""}
    close_round(campaign.store, round_id)
    assert barriers(campaign, rater_id) == {}
    with campaign.store.read() as connection:
        assert not round_access(connection, rater_id, round_id).is_open


def test_a_rater_agrees_to_the_instructions_of_the_round_or_to_newer_ones(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite")
    agreed, never, newer = campaign.rater_ids[0], 10**6, campaign.rater_ids[1]
    add_guidelines(campaign.store, version="second", instructions="Look closely.", consent="I agree.")
    open_round(campaign.store, name="later", kind="formal", items=campaign.item_ids[:1])
    give_consent(campaign.store, newer, "second")
    assert barriers(campaign, agreed) == {"main": "", "later": "no_consent"}
    assert barriers(campaign, newer) == {"main": "", "later": ""}
    assert set(barriers(campaign, never).values()) == {"no_consent"}
    with campaign.store.read() as connection:
        assert round_access(connection, newer, campaign.round.round_id).agreed_version == "second"


def test_who_has_not_agreed_is_told_so_once_nothing_else_is_left(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=1)
    add_guidelines(campaign.store, version="second", instructions="Look closely.", consent="I agree.")
    settings = RoundSettings(min_gold_items=1)
    gold = {campaign.item_ids[0]: GoldAnswer(overall=3.0)}
    open_round(campaign.store, name="later", kind="pilot", gold=gold, settings=settings)
    assert rate_next(campaign, 0) is not None
    with pytest.raises(NotAllowedError, match="version second") as caught:
        next_task(campaign.store, campaign.rater_ids[0])
    assert (caught.value.status, caught.value.http_status) == ("no_consent", 403)


def test_the_last_decision_of_a_pilot_counts(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", settings=RoundSettings(needs_qualification=True))
    rater_id, round_id = campaign.rater_ids[0], campaign.round.round_id
    assert barriers(campaign, rater_id) == {"main": "not_qualified"}
    pilot = {"kind": "pilot", "items": [], "gold": {campaign.item_ids[0]: GoldAnswer(overall=3.0)}}
    pilot["settings"] = RoundSettings(min_gold_items=1)
    decide(campaign, rater_id, open_round(campaign.store, name="p", **pilot).round_id, True)
    assert barriers(campaign, rater_id)["main"] == ""
    decide(campaign, rater_id, open_round(campaign.store, name="q", **pilot).round_id, False)
    assert barriers(campaign, rater_id) == {"main": "not_qualified", "p": "", "q": "pilot_decided"}
    assert barriers(campaign, campaign.rater_ids[1])["p"] == ""
    with campaign.store.read() as connection:
        assert not round_access(connection, rater_id, round_id).decided


def test_what_is_left_of_a_pilot_waits_once_it_has_decided(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite")
    settings, gold = RoundSettings(min_gold_items=1), {campaign.item_ids[0]: GoldAnswer(overall=3.0)}
    pilot = open_round(campaign.store, name="pilot", kind="pilot", settings=settings, gold=gold)
    with campaign.store.read() as connection:
        before = open_rounds(connection, campaign.rater_ids[0])
    decide(campaign, campaign.rater_ids[0], pilot.round_id, True)
    with campaign.store.read() as connection:
        after = open_rounds(connection, campaign.rater_ids[0])
    assert [(access.name, access.gives_gold) for access in before] == [("pilot", True), ("main", False)]
    assert [(access.name, access.gives_gold) for access in after] == [("main", False), ("pilot", False)]


def test_gold_items_do_not_count_towards_the_limit(tmp_path):
    gold = {place: GoldAnswer(overall=3.0) for place in range(3)}
    settings = RoundSettings(max_per_rater=2, gold_share=0.99)
    campaign = make_store(tmp_path / "store.sqlite", n_items=6, settings=settings, gold=gold)
    rater_id, round_id = campaign.rater_ids[0], campaign.round.round_id
    for _ in range(5):
        rate_next(campaign, 0)
    assert barriers(campaign, rater_id) == {"main": "full"}
    with campaign.store.read() as connection:
        assert round_access(connection, rater_id, round_id).allowed == 0
        assert count_answered(connection, rater_id, [round_id]) == 5
        assert round_access(connection, campaign.rater_ids[1], round_id).allowed == 2


def test_a_round_that_rates_items_again_is_to_raters_the_one_before(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite")
    store, main = campaign.store, campaign.round.round_id
    again = open_round(store, name="main: re-annotation", kind="reannotation", parent_id=main, items=[])
    study = open_round(store, name="consistency", kind="consistency", items=[])
    other = open_round(store, name="second", kind="formal", parent_id=main, items=[])
    close_round(store, again.round_id)
    with store.read() as connection:
        found = {
            number: round_access(connection, campaign.rater_ids[0], number)
            for number in (main, again.round_id, study.round_id, other.round_id)
        }
        families = [family_of(connection, access) for access in found.values()]
    assert [access.name for access in found.values()] == ["main", "main", "ratings", "second"]
    one = {main: True, again.round_id: False}
    assert families == [one, one, {study.round_id: True}, {other.round_id: True}]
