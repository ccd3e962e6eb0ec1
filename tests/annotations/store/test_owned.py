"""Own assignments, and what is said about those that are over."""

import pytest

from evalmuse_hf.annotations.errors import ConflictError, NotAllowedError
from evalmuse_hf.annotations.store.assignment import next_task
from evalmuse_hf.annotations.store.owned import (
    count_ratings,
    element_ids_of,
    lease_is_over,
    own_assignment,
    refuse_ended,
)
from evalmuse_hf.annotations.store.ratings import submit
from tests.annotations.campaign import answer_to, make_store


def test_an_assignment_is_found_by_its_rater_only(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite")
    task = next_task(campaign.store, campaign.rater_ids[0])
    with campaign.store.read() as connection:
        row = own_assignment(connection, campaign.rater_ids[0], task.assignment_id)
        assert (row.state, row.item_id) == ("leased", task.item.item_id)
        with pytest.raises(NotAllowedError, match="not given to you"):
            own_assignment(connection, campaign.rater_ids[1], task.assignment_id)


def test_ratings_of_an_assignment_are_counted_and_elements_are_in_order(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_elements=4)
    rater_id = campaign.rater_ids[0]
    task = next_task(campaign.store, rater_id)
    submit(campaign.store, rater_id, task.assignment_id, answer_to(task))
    with campaign.store.read() as connection:
        assert count_ratings(connection, task.assignment_id) == 1
        assert tuple(element_ids_of(connection, task.item.item_id)) == task.item.element_ids
        assert len(task.item.element_ids) == 4


@pytest.mark.parametrize(
    "state, status", [("submitted", "already_answered"), ("skipped", "skipped"), ("refused", "returned")]
)
def test_what_is_over_is_refused_with_a_word_for_it(state, status):
    with pytest.raises(ConflictError) as caught:
        refuse_ended(state)
    assert caught.value.status == status


def test_what_is_not_over_is_not_refused():
    for state in ("leased", "expired", "returned"):
        refuse_ended(state)
    assert lease_is_over().status == "expired_lease"
