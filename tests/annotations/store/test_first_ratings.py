"""The first ratings of an item."""

from evalmuse_hf.annotations.records import RoundSettings
from evalmuse_hf.annotations.store.assignment import next_task
from evalmuse_hf.annotations.store.first_ratings import first_ratings
from evalmuse_hf.annotations.store.inspection import return_batch
from evalmuse_hf.annotations.store.ratings import revise, submit
from tests.annotations.campaign import answer_to, make_store, rate_next


def test_they_are_in_the_order_of_the_raters_as_corrected_last(tmp_path):
    settings = RoundSettings(ratings_per_item=4, range_threshold=None)
    campaign = make_store(tmp_path / "store.sqlite", n_items=1, settings=settings)
    rater_id = campaign.rater_ids[0]
    task = next_task(campaign.store, rater_id)
    submit(campaign.store, rater_id, task.assignment_id, answer_to(task, 1))
    returned = rate_next(campaign, 1, 2)
    rate_next(campaign, 2, 3)
    revise(campaign.store, rater_id, task.assignment_id, answer_to(task, 5), revision=1)
    return_batch(campaign.store, [returned.rating_id], inspector="me", reason="bot", redo_by="others")
    with campaign.store.read() as connection:
        found = first_ratings(connection, 1)
    assert [(rating.rater_id, rating.overall) for rating in found] == [(rater_id, 5), (campaign.rater_ids[2], 3)]
    assert found[0].rating_id == 4
