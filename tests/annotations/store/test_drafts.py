"""Saving what is not finished."""

import pytest

from evalmuse_hf.annotations.errors import AnnotationError, ConflictError
from evalmuse_hf.annotations.records import RoundSettings
from evalmuse_hf.annotations.store.assignment import next_task, task_of
from evalmuse_hf.annotations.store.drafts import lease_end, save_draft
from evalmuse_hf.annotations.store.inspection import return_batch
from evalmuse_hf.annotations.store.leases import expire_leases
from evalmuse_hf.annotations.store.ratings import submit
from evalmuse_hf.annotations.store.rounds import close_round
from tests.annotations.campaign import Clock, answer_to, at_once, check_invariants, make_store


@pytest.fixture
def campaign(tmp_path):
    settings = RoundSettings(ratings_per_item=1, lease_minutes=10)
    return make_store(tmp_path / "store.sqlite", n_items=2, clock=Clock(), settings=settings)


def saved(campaign, task, revision, rater=0, **draft):
    return save_draft(campaign.store, campaign.rater_ids[rater], task.assignment_id, revision=revision, draft=draft)


def status_of(work):
    with pytest.raises(ConflictError) as caught:
        work()
    return caught.value.status


def test_a_saved_draft_keeps_the_item_for_as_long_again(campaign):
    task = next_task(campaign.store, campaign.rater_ids[0])
    for revision in range(4):
        campaign.clock.pass_minutes(9)
        assert saved(campaign, task, revision, overall=2) == revision + 1
    assert lease_end(campaign.store, campaign.rater_ids[0], task.assignment_id) == campaign.clock() + 600
    assert next_task(campaign.store, campaign.rater_ids[1]).item.item_id != task.item.item_id


def test_another_tab_does_not_overwrite_what_was_saved(campaign):
    task = next_task(campaign.store, campaign.rater_ids[0])
    saved(campaign, task, 0, comment="first tab")
    assert status_of(lambda: saved(campaign, task, 0, comment="second tab")) == "other_tab"
    assert task_of(campaign.store, campaign.rater_ids[0], task.assignment_id).draft == {"comment": "first tab"}


def test_of_tabs_that_save_at_once_one_is_saved(campaign):
    task = next_task(campaign.store, campaign.rater_ids[0])
    done = at_once(*[lambda n=n: saved(campaign, task, 0, comment=f"tab {n}") for n in range(5)])
    assert sorted(str(getattr(result, "status", result)) for result in done) == ["1"] + ["other_tab"] * 4


def test_a_draft_that_is_no_part_of_an_answer_is_refused(campaign):
    task = next_task(campaign.store, campaign.rater_ids[0])
    with pytest.raises(AnnotationError, match="overall"):
        saved(campaign, task, 0, overall=6)
    assert task_of(campaign.store, campaign.rater_ids[0], task.assignment_id).draft is None


def test_an_answered_item_takes_no_draft(campaign):
    task = next_task(campaign.store, campaign.rater_ids[0])
    submit(campaign.store, campaign.rater_ids[0], task.assignment_id, answer_to(task))
    assert status_of(lambda: saved(campaign, task, 0, overall=2)) == "already_answered"
    assert lease_end(campaign.store, campaign.rater_ids[0], task.assignment_id) is None


def test_a_draft_after_the_lease_takes_the_item_again_while_it_is_free(campaign):
    first, second = campaign.rater_ids[:2]
    task = next_task(campaign.store, first)
    campaign.clock.pass_minutes(11)
    other = next_task(campaign.store, second)  # hands the lease on; it may go to the second rater itself
    if other.item.item_id == task.item.item_id:
        assert status_of(lambda: saved(campaign, task, 0, overall=2)) == "expired_lease"
    else:
        assert saved(campaign, task, 0, overall=2) == 1
        assert lease_end(campaign.store, first, task.assignment_id) == campaign.clock() + 600
    check_invariants(campaign.store)


def test_an_old_tab_does_not_take_a_second_item(campaign):
    rater_id = campaign.rater_ids[0]
    old = next_task(campaign.store, rater_id)
    campaign.clock.pass_minutes(11)
    while next_task(campaign.store, rater_id).assignment_id == old.assignment_id:  # chosen at random, of two
        campaign.clock.pass_minutes(11)
    assert status_of(lambda: saved(campaign, old, 0, overall=2)) == "other_tab"
    check_invariants(campaign.store)


def test_a_closed_round_keeps_what_is_saved_and_no_item_for_longer(campaign):
    task = next_task(campaign.store, campaign.rater_ids[0])
    campaign.clock.pass_minutes(5)
    close_round(campaign.store, campaign.round.round_id)
    saved(campaign, task, 0, overall=2)
    assert lease_end(campaign.store, campaign.rater_ids[0], task.assignment_id) == campaign.clock() + 300


@pytest.mark.parametrize("is_open", [True, False], ids=["open", "closed"])
def test_a_draft_of_a_returned_item_loses_it_in_no_round(campaign, is_open):
    store, rater_id = campaign.store, campaign.rater_ids[0]
    task = next_task(store, rater_id)
    done = submit(store, rater_id, task.assignment_id, answer_to(task, 1))
    campaign.clock.pass_minutes(60)
    return_batch(store, [done.rating_id], inspector="me", reason="too fast")
    if not is_open:
        close_round(store, campaign.round.round_id)
    saved(campaign, task, 0, overall=4)
    assert lease_end(store, rater_id, task.assignment_id) == (campaign.clock() + 600 if is_open else None)
    assert expire_leases(store) == 0
    campaign.clock.pass_minutes(9)
    assert task_of(store, rater_id, task.assignment_id).draft == {"overall": 4}
    assert not submit(store, rater_id, task.assignment_id, answer_to(task, 4)).repeated
    check_invariants(store)
