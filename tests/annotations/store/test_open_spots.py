import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations.records import RoundSettings
from evalmuse_hf.annotations.store import tables
from evalmuse_hf.annotations.store.assignment import next_task, skip
from evalmuse_hf.annotations.store.open_spots import open_spots
from evalmuse_hf.annotations.store.raters import set_active
from evalmuse_hf.annotations.store.ratings import submit
from evalmuse_hf.annotations.store.rounds import close_round
from tests.annotations.campaign import answer_to, make_store, rate_next


def made(tmp_path, *, n_items=2, n_raters=4, **settings):
    return make_store(
        tmp_path / "store.sqlite", n_items=n_items, n_raters=n_raters, settings=RoundSettings(**settings)
    )


def skip_next(campaign, rater):
    task = next_task(campaign.store, campaign.rater_ids[rater])
    skip(campaign.store, campaign.rater_ids[rater], task.assignment_id, reason="cannot tell")


def test_a_re_annotation_needs_other_raters_than_the_first(tmp_path):
    (spots,) = open_spots(made(tmp_path).store)
    assert (spots.n_raters, spots.n_needed) == (4, 6)
    assert (spots.n_stuck_items, spots.n_stuck_ratings) == (0, 0)


def test_without_the_range_rule_the_first_raters_are_enough(tmp_path):
    (spots,) = open_spots(made(tmp_path, range_threshold=None).store)
    assert spots.n_needed == 3


def test_an_item_that_too_many_have_skipped_is_found(tmp_path):
    campaign = made(tmp_path, n_items=1)
    rate_next(campaign, 0)
    skip_next(campaign, 1)
    assert open_spots(campaign.store)[0].n_stuck_items == 0  # two raters for two ratings
    skip_next(campaign, 2)
    (spots,) = open_spots(campaign.store)
    assert (spots.n_stuck_items, spots.n_stuck_ratings) == (1, 1)
    set_active(campaign.store, campaign.rater_names[3], False)
    (spots,) = open_spots(campaign.store)
    assert (spots.n_raters, spots.n_stuck_ratings) == (3, 2)


def test_a_re_annotation_without_raters_is_found(tmp_path):
    campaign = made(tmp_path, n_items=1)
    for rater, overall in enumerate((1, 5, 3)):
        rate_next(campaign, rater, overall)
    first, again = open_spots(campaign.store)
    assert first.n_stuck_items == 0
    assert (again.n_raters, again.n_needed, again.n_stuck_items, again.n_stuck_ratings) == (4, 3, 1, 2)
    close_round(campaign.store, again.round_id)
    assert [one.round_id for one in open_spots(campaign.store)] == [first.round_id]


@pytest.mark.parametrize("soft, stuck", [(False, 3), (True, 0)])
def test_a_limit_takes_raters_away_unless_it_only_shares_the_work(tmp_path, soft, stuck):
    campaign = made(tmp_path, n_items=2, n_raters=3, max_per_rater=1, soft_limit=soft, range_threshold=None)
    for rater in range(3):
        task = next_task(campaign.store, campaign.rater_ids[rater])
        submit(campaign.store, campaign.rater_ids[rater], task.assignment_id, answer_to(task))
    (spots,) = open_spots(campaign.store)
    assert spots.n_stuck_ratings == stuck
    assert spots.n_raters == 3


def test_whoever_may_yet_pass_the_pilot_counts_and_who_failed_does_not(tmp_path):
    campaign = made(tmp_path, needs_qualification=True)
    assert open_spots(campaign.store)[0].n_raters == 4
    failed = {"rater_id": campaign.rater_ids[0], "round_id": campaign.round.round_id, "passed": False}
    with campaign.store.begin() as connection:
        connection.execute(sa.insert(tables.qualifications).values(**failed, facts={}, at=0.0))
    assert open_spots(campaign.store)[0].n_raters == 3
