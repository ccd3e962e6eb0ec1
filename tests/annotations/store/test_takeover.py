"""Coming back after a lease ran out."""

import pytest

from evalmuse_hf.annotations.errors import ConflictError
from evalmuse_hf.annotations.records import RoundSettings
from evalmuse_hf.annotations.store.access import round_access
from evalmuse_hf.annotations.store.assignment import expire_leases, next_task
from evalmuse_hf.annotations.store.ratings import submit
from evalmuse_hf.annotations.store.rounds import close_round, open_round
from evalmuse_hf.annotations.store.takeover import take_again
from evalmuse_hf.annotations.store.transactions import lock_round_items
from tests.annotations.campaign import Clock, answer_to, check_invariants, make_store, rate_next


def late_task(tmp_path, **settings):
    campaign = make_store(tmp_path / "s.sqlite", n_items=2, clock=Clock(), settings=RoundSettings(**settings))
    task = next_task(campaign.store, campaign.rater_ids[0])
    campaign.clock.pass_minutes(31)
    expire_leases(campaign.store)
    return campaign, task


def test_a_closed_round_takes_no_late_answer(tmp_path):
    campaign, task = late_task(tmp_path)
    close_round(campaign.store, campaign.round.round_id)
    with pytest.raises(ConflictError) as caught:
        submit(campaign.store, campaign.rater_ids[0], task.assignment_id, answer_to(task))
    assert caught.value.status == "closed_round"


def test_a_late_answer_does_not_lift_the_limit_of_its_rater(tmp_path):
    campaign, task = late_task(tmp_path, max_per_rater=1)
    assert rate_next(campaign, 0) is not None
    with campaign.store.read() as connection:
        assert round_access(connection, campaign.rater_ids[0], 1).allowed == 0
    # The next item was the same one, which is answered now, or the other one, and then the limit holds.
    with pytest.raises(ConflictError) as caught:
        submit(campaign.store, campaign.rater_ids[0], task.assignment_id, answer_to(task))
    assert caught.value.status in ("already_answered", "expired_lease")
    check_invariants(campaign.store)


def test_a_late_answer_is_refused_once_its_rater_has_had_the_item_in_another_round(tmp_path):
    campaign, task = late_task(tmp_path)
    study = open_round(campaign.store, name="study", kind="consistency", items=[task.item.item_id])
    again = next_task(campaign.store, campaign.rater_ids[0])
    assert (again.round_id, again.item.item_id) == (study.round_id, task.item.item_id)
    submit(campaign.store, campaign.rater_ids[0], again.assignment_id, answer_to(again))
    with pytest.raises(ConflictError) as caught:
        submit(campaign.store, campaign.rater_ids[0], task.assignment_id, answer_to(task))
    assert caught.value.status == "expired_lease"
    check_invariants(campaign.store)


def test_a_spot_is_taken_again_once(tmp_path):
    campaign, _ = late_task(tmp_path, ratings_per_item=1)
    with campaign.store.begin() as connection:
        access = round_access(connection, campaign.rater_ids[0], campaign.round.round_id)
        items = lock_round_items(connection, [1])
        take_again(connection, access, items[1], campaign.rater_ids[0])
        with pytest.raises(ConflictError, match="another rater"):
            take_again(connection, access, items[1], campaign.rater_ids[0])
        connection.rollback()
