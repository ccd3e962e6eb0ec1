"""Spots and leases."""

import sqlalchemy as sa

from evalmuse_hf.annotations.records import GoldAnswer, RoundSettings
from evalmuse_hf.annotations.store import tables
from evalmuse_hf.annotations.store.assignment import next_task, save_draft
from evalmuse_hf.annotations.store.inspection import return_batch
from evalmuse_hf.annotations.store.leases import expire_leases, give_spot, overdue, take_spot
from evalmuse_hf.annotations.store.transactions import lock_round_items
from tests.annotations.campaign import Clock, at_once, check_invariants, make_store, rate_next


def states(campaign):
    with campaign.store.read() as connection:
        return list(
            connection.scalars(sa.select(tables.assignments.c.state).order_by(tables.assignments.c.assignment_id))
        )


def test_leases_that_have_run_out_are_handed_on_and_others_are_not(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=3, clock=Clock())
    early, late = campaign.rater_ids[:2]
    next_task(campaign.store, early)
    campaign.clock.pass_minutes(20)
    task = next_task(campaign.store, late)
    campaign.clock.pass_minutes(11)
    assert expire_leases(campaign.store) == 1
    assert expire_leases(campaign.store) == 0
    assert states(campaign) == ["expired", "leased"]
    save_draft(campaign.store, late, task.assignment_id, revision=0, draft={})
    campaign.clock.pass_minutes(29)
    assert expire_leases(campaign.store) == 0
    check_invariants(campaign.store)


def test_handing_on_at_once_counts_each_lease_once(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=2, n_raters=6, clock=Clock())
    for rater_id in campaign.rater_ids:
        next_task(campaign.store, rater_id)
    campaign.clock.pass_minutes(31)
    counts = at_once(*[lambda: expire_leases(campaign.store)] * 6)
    assert sum(counts) == 6
    check_invariants(campaign.store)


def test_an_item_to_be_done_again_is_handed_on_for_good(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=1, clock=Clock())
    done = rate_next(campaign, 0)
    return_batch(campaign.store, [done.rating_id], inspector="me", reason="too fast")
    assert next_task(campaign.store, campaign.rater_ids[0]) is not None
    campaign.clock.pass_minutes(31)
    expire_leases(campaign.store)
    assert states(campaign) == ["refused"]
    assert next_task(campaign.store, campaign.rater_ids[0]) is None
    check_invariants(campaign.store)


def test_a_spot_is_taken_while_there_is_one(tmp_path):
    settings = RoundSettings(ratings_per_item=1)
    campaign = make_store(tmp_path / "store.sqlite", n_items=2, settings=settings, gold={1: GoldAnswer(overall=2.0)})
    with campaign.store.begin() as connection:
        plain, gold = lock_round_items(connection, [1, 2]).values()
        assert (plain.is_gold, gold.is_gold) == (False, True)
        # The row of before is old after the first: what counts is the table.
        assert [take_spot(connection, plain) for _ in range(2)] == [True, False]
        give_spot(connection, plain)
        assert take_spot(connection, plain)
        give_spot(connection, gold)
        assert [take_spot(connection, gold) for _ in range(3)] == [True] * 3
        spots = sa.select(tables.round_items.c.open_spots).order_by(tables.round_items.c.round_item_id)
        assert list(connection.scalars(spots)) == [0, 0]


def test_what_is_overdue_is_found_by_time(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", clock=Clock())
    next_task(campaign.store, campaign.rater_ids[0])
    with campaign.store.read() as connection:
        assert overdue(connection, campaign.clock()) == []
        assert len(overdue(connection, campaign.clock() + 1801)) == 1
