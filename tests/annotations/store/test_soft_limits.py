"""Limits that share the work and do not stop it."""

import random

import pytest

from evalmuse_hf.annotations.records import GoldAnswer, RoundSettings
from evalmuse_hf.annotations.store import soft_limits
from evalmuse_hf.annotations.store.access import round_access
from evalmuse_hf.annotations.store.assignment import next_task, save_draft
from evalmuse_hf.annotations.store.progress import round_progress
from evalmuse_hf.annotations.store.raters import set_active
from evalmuse_hf.annotations.store.ratings import submit
from evalmuse_hf.annotations.store.rounds import fair_share, set_limits
from evalmuse_hf.annotations.store.soft_limits import find_beyond_limit, is_beyond_limit
from tests.annotations.campaign import Clock, answer_to, check_invariants, make_store, rate_next


def work_until_nobody_gets_anything(campaign, seed):
    """Let raters work in random turns."""
    rng, store = random.Random(seed), campaign.store
    working = list(campaign.rater_ids)
    while working:
        rater_id = rng.choice(working)
        task = next_task(store, rater_id, rng=rng)
        if task is None:
            working.remove(rater_id)
            continue
        submit(store, rater_id, task.assignment_id, answer_to(task))
        working = list(campaign.rater_ids)  # what was done may have opened something for the others


def unfinished(tmp_path, *, soft):
    """Ratings that are missing at the end of four small campaigns with a fair limit."""
    missing = 0
    for seed in range(4):
        settings = RoundSettings(range_threshold=None)
        campaign = make_store(tmp_path / f"{soft}{seed}.sqlite", n_items=5, n_raters=4, settings=settings)
        share = fair_share(campaign.store, campaign.round.round_id)
        set_limits(campaign.store, campaign.round.round_id, max_per_rater=share, soft=soft)
        work_until_nobody_gets_anything(campaign, seed)
        check_invariants(campaign.store)
        (progress,) = round_progress(campaign.store)
        missing += progress.n_wanted - progress.n_given
    return missing


def test_a_campaign_with_a_fair_limit_is_always_finished(tmp_path):
    assert unfinished(tmp_path, soft=True) == 0
    assert unfinished(tmp_path, soft=False) > 0  # which is what a limit that nobody may pass leads to


def beyond(campaign, rater, round_item_id=None, *, is_gold=False):
    rater_id = campaign.rater_ids[rater]
    with campaign.store.read() as connection:
        access = round_access(connection, rater_id, campaign.round.round_id)
        if round_item_id is None:
            return find_beyond_limit(connection, access, rater_id, start=0.5)
        return is_beyond_limit(connection, access, round_item_id, is_gold=is_gold)


@pytest.mark.parametrize("window", [500, 1])
def test_only_what_no_rater_below_the_limit_can_take_is_given_beyond_it(tmp_path, monkeypatch, window):
    monkeypatch.setattr(soft_limits, "_WINDOW", window)
    settings = RoundSettings(max_per_rater=1, soft_limit=True, ratings_per_item=2, range_threshold=None)
    campaign = make_store(tmp_path / "store.sqlite", n_items=2, n_raters=2, settings=settings)
    assert not beyond(campaign, 0, 1)  # nobody is at the limit yet
    rate_next(campaign, 0)
    assert next_task(campaign.store, campaign.rater_ids[0]) is None
    assert beyond(campaign, 0, 1)
    assert beyond(campaign, 0, 2)
    assert not beyond(campaign, 0, 1, is_gold=True)
    assert beyond(campaign, 0) is None
    rate_next(campaign, 1)
    # Both are at the limit now, and each may go on with the item that the other had.
    assert rate_next(campaign, 0) is not None
    assert rate_next(campaign, 1) is not None
    assert round_progress(campaign.store)[0].n_complete == 2


def test_who_cannot_work_does_not_keep_others_from_it(tmp_path):
    settings = RoundSettings(max_per_rater=1, soft_limit=True, ratings_per_item=1, range_threshold=None)
    campaign = make_store(tmp_path / "store.sqlite", n_items=2, n_raters=2, settings=settings)
    rate_next(campaign, 0)
    assert rate_next(campaign, 0) is None
    set_active(campaign.store, campaign.rater_names[1], False)
    assert rate_next(campaign, 0) is not None


def test_a_hard_limit_stays_one_also_of_gold(tmp_path):
    settings = RoundSettings(max_per_rater=1, gold_share=0.99)
    gold = {0: GoldAnswer(overall=3.0)}
    campaign = make_store(tmp_path / "store.sqlite", n_items=3, n_raters=1, settings=settings, gold=gold)
    while rate_next(campaign, 0):
        pass
    assert beyond(campaign, 0, 2)
    assert not beyond(campaign, 0, 1, is_gold=True)


def test_a_draft_whose_lease_ran_out_goes_on_beyond_the_limit_only_where_it_is_needed(tmp_path):
    settings = RoundSettings(max_per_rater=1, soft_limit=True, ratings_per_item=1, lease_minutes=10)
    campaign = make_store(tmp_path / "store.sqlite", n_items=2, n_raters=1, settings=settings, clock=Clock())
    rater_id = campaign.rater_ids[0]
    task = next_task(campaign.store, rater_id)
    save_draft(campaign.store, rater_id, task.assignment_id, revision=0, draft={"overall": 2})
    campaign.clock.pass_minutes(11)
    assert next_task(campaign.store, rater_id).draft == {"overall": 2}
    assert rate_next(campaign, 0) is not None
    assert rate_next(campaign, 0) is not None  # nobody else is there
    check_invariants(campaign.store)
