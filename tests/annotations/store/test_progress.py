import math
from contextlib import closing

import pytest

from evalmuse_hf.annotations.records import GoldAnswer, RoundSettings
from evalmuse_hf.annotations.store.assignment import next_task, skip
from evalmuse_hf.annotations.store.progress import rater_progress, round_progress
from evalmuse_hf.annotations.store.ratings import revise, submit

from ..campaign import Clock, answer_to, make_store


@pytest.fixture
def campaign(tmp_path):
    campaign = make_store(
        tmp_path / "store.sqlite",
        n_items=4,
        n_raters=3,
        settings=RoundSettings(ratings_per_item=2),
        gold={3: GoldAnswer(overall=3.0)},
        clock=Clock(1000.0),
    )
    with closing(campaign.store):
        yield campaign


def test_a_new_round_has_everything_before_it(campaign):
    (progress,) = round_progress(campaign.store)
    assert progress.round.name == "main"
    assert (progress.n_items, progress.n_gold, progress.n_wanted) == (3, 1, 6)
    assert (progress.n_given, progress.n_complete, progress.n_leased, progress.n_skipped) == (0, 0, 0, 0)
    assert [entry.rater.name for entry in rater_progress(campaign.store)] == ["rater_000", "rater_001", "rater_002"]
    assert all(math.isnan(entry.median_s) and entry.last_at is None for entry in rater_progress(campaign.store))


def test_answers_leases_and_skips_are_counted(campaign):
    store, (ann, bob, _) = campaign.store, campaign.rater_ids
    durations = (10.0, 30.0)
    for duration in durations:
        task = next_task(store, ann)
        submit(store, ann, task.assignment_id, answer_to(task, duration_s=duration))
    campaign.clock.now = 2000.0
    revise(store, ann, task.assignment_id, answer_to(task, 5, duration_s=50.0), revision=1)
    task = next_task(store, bob)
    skip(store, bob, task.assignment_id, reason="unclear")
    next_task(store, bob)
    (progress,) = round_progress(store)
    assert (progress.n_given, progress.n_complete, progress.n_leased, progress.n_skipped) == (2, 0, 1, 1)
    one, two, three = rater_progress(store)
    assert (one.n_answered, one.n_skipped, one.median_s, one.last_at) == (2, 0, 30.0, 2000.0)
    assert (two.n_answered, two.n_skipped) == (0, 1)
    assert three.n_answered == 0


def test_a_full_item_is_complete(campaign):
    store = campaign.store
    for rater_id in campaign.rater_ids:
        while (task := next_task(store, rater_id)) is not None:
            submit(store, rater_id, task.assignment_id, answer_to(task))
    (progress,) = round_progress(store)
    assert (progress.n_given, progress.n_wanted, progress.n_complete, progress.n_leased) == (6, 6, 3, 0)
    assert sum(entry.n_answered for entry in rater_progress(store)) == 6
