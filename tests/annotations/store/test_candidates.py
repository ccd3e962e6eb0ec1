"""The choice of the next item."""

import random

import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations.records import GoldAnswer, RoundSettings
from evalmuse_hf.annotations.store import candidates, tables
from evalmuse_hf.annotations.store.access import round_access
from evalmuse_hf.annotations.store.assignment import next_task
from evalmuse_hf.annotations.store.candidates import count_left, find_candidate, may_have
from evalmuse_hf.annotations.store.ratings import submit
from evalmuse_hf.annotations.store.rounds import open_round
from tests.annotations.campaign import answer_to, make_store, rate_next


def chosen(campaign, rater, *, tries=40, round_id=None):
    """Round items that would be chosen, by the seed of the choice."""
    rater_id = campaign.rater_ids[rater]
    with campaign.store.read() as connection:
        access = round_access(connection, rater_id, round_id or campaign.round.round_id)
        return {find_candidate(connection, access, rater_id, rng=random.Random(seed)) for seed in range(tries)}


def left(campaign, rater):
    with campaign.store.read() as connection:
        access = round_access(connection, campaign.rater_ids[rater], campaign.round.round_id)
        return count_left(connection, access, campaign.rater_ids[rater])


def test_any_item_can_be_the_first(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=4)
    assert chosen(campaign, 0, tries=200) == {1, 2, 3, 4}


def test_an_item_that_lacks_more_ratings_goes_first_and_the_others_when_it_was_had(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=3)
    with campaign.store.begin() as connection:
        change = sa.update(tables.round_items).values(quota=5, open_spots=5)
        connection.execute(change.where(tables.round_items.c.round_item_id == 2))
    assert chosen(campaign, 0) == {2}
    assert rate_next(campaign, 0)
    assert chosen(campaign, 0) == {1, 3}
    assert chosen(campaign, 1) == {2}


def test_an_item_that_was_had_in_another_round_is_not_new(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=2)
    other = open_round(campaign.store, name="study", kind="consistency", items=campaign.item_ids[:1])
    rate_next(campaign, 0)  # of the study, which goes first
    assert chosen(campaign, 0) == {2}
    assert chosen(campaign, 0, round_id=other.round_id) == {None}
    with campaign.store.read() as connection:
        assert [may_have(connection, number, campaign.rater_ids[0]) for number in (1, 2, 3)] == [False, True, False]
        assert [may_have(connection, number, campaign.rater_ids[1]) for number in (1, 2, 3)] == [True, True, True]


def test_a_pilot_gives_its_gold_items_even_when_nothing_else_is_left(tmp_path):
    gold = {0: GoldAnswer(overall=3.0), 1: GoldAnswer(overall=4.0)}
    settings = RoundSettings(min_gold_items=2)
    campaign = make_store(tmp_path / "store.sqlite", n_items=2, kind="pilot", gold=gold, settings=settings)
    assert chosen(campaign, 0) == {1, 2}
    campaign = make_store(tmp_path / "formal.sqlite", n_items=2, gold=gold)
    assert chosen(campaign, 0) == {None}


def test_a_pilot_mixes_gold_in_as_often_as_it_has_it(tmp_path):
    gold = {place: GoldAnswer(overall=3.0) for place in range(10)}
    campaign = make_store(tmp_path / "store.sqlite", n_items=40, kind="pilot", gold=gold)
    rater_id, n_gold = campaign.rater_ids[0], 0
    with campaign.store.read() as connection:
        access = round_access(connection, rater_id, campaign.round.round_id)
        for seed in range(400):
            n_gold += find_candidate(connection, access, rater_id, rng=random.Random(seed)) <= 10
    assert 65 <= n_gold <= 135  # a quarter of 400, four standard errors around


def test_what_is_left_is_what_the_rater_may_still_meet(tmp_path, monkeypatch):
    settings = RoundSettings(ratings_per_item=2)
    campaign = make_store(tmp_path / "store.sqlite", n_items=3, settings=settings)
    assert [left(campaign, rater) for rater in range(3)] == [3, 3, 3]
    for _ in range(3):
        rate_next(campaign, 0)
    rate_next(campaign, 1)
    assert [left(campaign, rater) for rater in range(3)] == [0, 2, 2]
    # Where there are many, the own ones are not taken out if no gold is to be hidden.
    monkeypatch.setattr(candidates, "_FEW", 1)
    assert [left(campaign, rater) for rater in range(3)] == [2, 2, 2]


def test_the_limit_of_a_rater_and_unseen_gold_are_in_what_is_left(tmp_path):
    settings = RoundSettings(max_per_rater=2, gold_share=0.01)
    campaign = make_store(tmp_path / "store.sqlite", n_items=9, settings=settings, gold={0: GoldAnswer(overall=1.0)})
    assert left(campaign, 0) == 3


def test_no_search_sorts_or_scans_a_table(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=3)
    with campaign.store.read() as connection:
        for name in ("_LEVEL", "_FROM_START", "_BEFORE_START", "_IS_NEW_ITEM", "_N_OPEN", "_N_OPEN_AND_NEW"):
            compiled = getattr(candidates, name).compile(connection)
            values = tuple(1 for _ in compiled.positiontup)
            lines = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values)]
            assert [line for line in lines if line.startswith("SEARCH round_items USING")], lines
            assert not [line for line in lines if "TEMP B-TREE" in line], lines
            scanned = [line for line in lines if line.startswith("SCAN") and "(subquery" not in line]
            assert not [line for line in scanned if "anon_1" not in line], lines
            # Of the rater's assignments only the one of the item is looked at.
            assert not [line for line in lines if "SEARCH mine" in line and "round_item_id=?" not in line], lines


@pytest.mark.parametrize("limit", [None, 30], ids=["no limit", "limit"])
@pytest.mark.parametrize("few", [300, 2], ids=["few", "many"])
def test_what_is_left_falls_alike_with_gold_and_other_items(tmp_path, monkeypatch, few, limit):
    monkeypatch.setattr(candidates, "_FEW", few)
    settings = RoundSettings(gold_share=0.5, max_per_rater=limit)
    gold = {place: GoldAnswer(overall=3.0) for place in range(8)}
    campaign = make_store(tmp_path / "store.sqlite", n_items=40, settings=settings, gold=gold)
    for rater in (1, 2):  # some items now have one spot left, so that taking it makes them full
        for _ in range(10):
            rate_next(campaign, rater)
    falls = set()
    for _ in range(20):
        before = left(campaign, 0)
        task = next_task(campaign.store, campaign.rater_ids[0])
        falls.add((task.item.item_id in campaign.item_ids[:8], before - task.left))
        submit(campaign.store, campaign.rater_ids[0], task.assignment_id, answer_to(task))
        assert left(campaign, 0) == task.left
    assert falls == {(True, 1), (False, 1)}


def test_more_than_can_be_counted_does_not_fall_at_all(tmp_path, monkeypatch):
    monkeypatch.setattr(candidates, "_FEW", 1)
    monkeypatch.setattr(candidates, "_MOST_COUNTED", 3)
    gold = {place: GoldAnswer(overall=3.0) for place in range(3)}
    campaign = make_store(tmp_path / "store.sqlite", n_items=12, settings=RoundSettings(gold_share=0.5), gold=gold)
    seen = [left(campaign, 0)]
    for _ in range(5):
        rate_next(campaign, 0)
        seen.append(left(campaign, 0))
    assert set(seen) == {3}
