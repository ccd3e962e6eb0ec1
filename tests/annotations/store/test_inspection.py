"""Accepting and returning answers."""

import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations.errors import ConflictError, StoreError
from evalmuse_hf.annotations.records import GoldAnswer, RoundSettings
from evalmuse_hf.annotations.store import tables
from evalmuse_hf.annotations.store.assignment import next_task, skip, task_of
from evalmuse_hf.annotations.store.events import read_events
from evalmuse_hf.annotations.store.inspection import accept, batch_of, return_batch
from evalmuse_hf.annotations.store.ratings import read_ratings, revise, submit
from tests.annotations.campaign import (
    ALL_STANDINGS,
    Clock,
    answer_to,
    at_once,
    check_invariants,
    make_store,
    rate_next,
)


@pytest.fixture
def campaign(tmp_path):
    settings = RoundSettings(ratings_per_item=2, range_ratings=2)
    return make_store(tmp_path / "store.sqlite", n_items=2, clock=Clock(), settings=settings)


def spots(campaign):
    with campaign.store.read() as connection:
        return sorted(connection.scalars(sa.select(tables.round_items.c.open_spots)))


def send_back(campaign, *rating_ids, redo_by="same"):
    return return_batch(campaign.store, rating_ids, inspector="inspector", reason="too fast", redo_by=redo_by)


def test_a_returned_answer_stays_in_the_log_and_its_rater_does_it_again_first(campaign):
    done = rate_next(campaign, 0, 1)
    before = spots(campaign)
    verdict = send_back(campaign, done.rating_id)
    assert (verdict.verdict, verdict.rating_ids) == ("returned", (done.rating_id,))
    assert read_ratings(campaign.store) == []
    assert spots(campaign) == before
    task = next_task(campaign.store, campaign.rater_ids[0])
    assert (task.revision, task.draft) == (1, None)
    again = submit(campaign.store, campaign.rater_ids[0], task.assignment_id, answer_to(task, 4))
    log = read_ratings(campaign.store, standings=ALL_STANDINGS)
    assert [(row.rating_id, row.overall, row.standing) for row in log] == [
        (done.rating_id, 1, "returned"),
        (again.rating_id, 4, "counted"),
    ]
    check_invariants(campaign.store)


def test_the_page_may_send_an_answer_done_again_as_a_correction(campaign):
    done = rate_next(campaign, 0, 1)
    send_back(campaign, done.rating_id)
    task = next_task(campaign.store, campaign.rater_ids[0])
    revise(campaign.store, campaign.rater_ids[0], task.assignment_id, answer_to(task, 5), revision=task.revision)
    assert [row.overall for row in read_ratings(campaign.store)] == [5]
    check_invariants(campaign.store)


def test_an_answer_that_others_do_again_frees_its_spot(campaign):
    rater_id = campaign.rater_ids[0]
    task = next_task(campaign.store, rater_id)
    done = submit(campaign.store, rater_id, task.assignment_id, answer_to(task))
    send_back(campaign, done.rating_id, redo_by="others")
    assert spots(campaign) == [2, 2]
    rate_next(campaign, 0)
    assert next_task(campaign.store, rater_id) is None
    with pytest.raises(ConflictError) as caught:
        submit(campaign.store, rater_id, task.assignment_id, answer_to(task))
    assert caught.value.status == "returned"
    with pytest.raises(ConflictError):
        revise(campaign.store, rater_id, task.assignment_id, answer_to(task), revision=1)
    assert task_of(campaign.store, rater_id, task.assignment_id).draft["overall"] == 3
    check_invariants(campaign.store)


def test_an_answer_done_again_can_be_skipped(campaign):
    send_back(campaign, rate_next(campaign, 0).rating_id)
    task = next_task(campaign.store, campaign.rater_ids[0])
    skip(campaign.store, campaign.rater_ids[0], task.assignment_id, reason="still cannot tell")
    assert spots(campaign) == [2, 2]
    check_invariants(campaign.store)


def test_a_reason_is_needed_and_kept(campaign):
    done = rate_next(campaign, 0)
    for reason in ("", "  "):
        with pytest.raises(StoreError, match="reason"):
            return_batch(campaign.store, [done.rating_id], inspector="me", reason=reason)
    with pytest.raises(StoreError, match="'nobody'"):
        send_back(campaign, done.rating_id, redo_by="nobody")
    send_back(campaign, done.rating_id, redo_by="others")
    with campaign.store.read() as connection:
        (row,) = connection.execute(sa.select(tables.inspections)).all()
    assert (row.verdict, row.reason, row.inspector, row.at) == ("returned", "too fast", "inspector", campaign.clock())
    (event,) = read_events(campaign.store, "ratings_returned")
    assert event.payload == {"reason": "too fast", "redo_by": "others", "rating_ids": [done.rating_id]}


def test_an_accepted_answer_goes_on_counting(campaign):
    done = rate_next(campaign, 0)
    assert accept(campaign.store, [done.rating_id], inspector="me").verdict == "accepted"
    assert [row.standing for row in read_ratings(campaign.store)] == ["counted"]
    check_invariants(campaign.store)


def test_one_answer_that_cannot_be_returned_keeps_the_whole_batch(campaign):
    first, second = rate_next(campaign, 0), rate_next(campaign, 1)
    send_back(campaign, first.rating_id)
    for other, words in ((first.rating_id, "returned before"), (99, "no rating 99")):
        with pytest.raises(StoreError, match=words):
            send_back(campaign, second.rating_id, other)
    with pytest.raises(StoreError, match="no ratings"):
        send_back(campaign)
    assert [row.rating_id for row in read_ratings(campaign.store)] == [second.rating_id]
    check_invariants(campaign.store)


def test_what_was_corrected_since_is_not_what_was_looked_at(campaign):
    rater_id = campaign.rater_ids[0]
    task = next_task(campaign.store, rater_id)
    done = submit(campaign.store, rater_id, task.assignment_id, answer_to(task))
    revise(campaign.store, rater_id, task.assignment_id, answer_to(task), revision=1)
    with pytest.raises(StoreError, match="replaced by rating 2"):
        send_back(campaign, done.rating_id)


def test_a_returned_answer_can_be_taken_from_its_rater(campaign):
    done = rate_next(campaign, 0)
    send_back(campaign, done.rating_id)
    assert batch_of(campaign.store, round_id=1, waiting=True) == [done.rating_id]
    send_back(campaign, done.rating_id, redo_by="others")
    assert batch_of(campaign.store, round_id=1, waiting=True) == []
    assert spots(campaign) == [2, 2]
    check_invariants(campaign.store)


def test_a_returned_answer_that_is_accepted_counts_again_if_it_is_still_needed(campaign):
    done = [rate_next(campaign, rater) for rater in (0, 0, 1, 1)]
    send_back(campaign, done[0].rating_id)
    accept(campaign.store, [done[0].rating_id], inspector="me")
    send_back(campaign, done[0].rating_id, done[2].rating_id, redo_by="others")
    accept(campaign.store, [done[0].rating_id], inspector="me")
    assert done[0].rating_id in [row.rating_id for row in read_ratings(campaign.store)]
    check_invariants(campaign.store)
    send_back(campaign, done[0].rating_id, redo_by="others")
    for rater in (2, 3):
        while rate_next(campaign, rater):
            pass
    with pytest.raises(StoreError, match="others have rated"):
        accept(campaign.store, [done[0].rating_id], inspector="me")
    check_invariants(campaign.store)


def test_an_answer_that_is_being_done_again_is_not_accepted(campaign):
    done = rate_next(campaign, 0)
    send_back(campaign, done.rating_id)
    next_task(campaign.store, campaign.rater_ids[0])
    with pytest.raises(StoreError, match="right now"):
        accept(campaign.store, [done.rating_id], inspector="me")
    check_invariants(campaign.store)


def test_gold_answers_can_be_returned_and_free_nothing(tmp_path):
    campaign = make_store(
        tmp_path / "store.sqlite",
        n_items=1,
        kind="pilot",
        settings=RoundSettings(min_gold_items=1),
        gold={0: GoldAnswer(overall=3.0)},
    )
    done = rate_next(campaign, 0)
    send_back(campaign, done.rating_id, redo_by="others")
    assert spots(campaign) == [0]
    check_invariants(campaign.store)


def test_a_batch_is_found_by_round_rater_and_time(campaign):
    first = rate_next(campaign, 0)
    campaign.clock.pass_minutes(10)
    second, third = rate_next(campaign, 0), rate_next(campaign, 1)
    ids = [done.rating_id for done in (first, second, third)]
    assert batch_of(campaign.store, round_id=1) == ids
    assert batch_of(campaign.store, round_id=1, rater="rater_000") == ids[:2]
    assert batch_of(campaign.store, round_id=1, rater="rater_000", since=campaign.clock()) == ids[1:2]
    for options in ({"rater": "nobody"}, {"round_id": 9}):
        with pytest.raises(StoreError):
            batch_of(campaign.store, **{"round_id": 1, **options})


def test_a_return_and_a_correction_at_once_leave_one_of_the_two(tmp_path):
    for attempt in range(4):
        campaign = make_store(tmp_path / f"{attempt}.sqlite", n_items=1)
        rater_id = campaign.rater_ids[0]
        task = next_task(campaign.store, rater_id)
        done = submit(campaign.store, rater_id, task.assignment_id, answer_to(task))
        results = at_once(
            lambda campaign=campaign, done=done: send_back(campaign, done.rating_id, redo_by="others"),
            lambda campaign=campaign, task=task, rater_id=rater_id: revise(
                campaign.store, rater_id, task.assignment_id, answer_to(task, 5), revision=1
            ),
        )
        assert len([result for result in results if isinstance(result, StoreError | ConflictError)]) == 1
        check_invariants(campaign.store)


def test_what_was_inspected_is_left_out_of_the_next_look(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=3)
    done = [rate_next(campaign, 0).rating_id for _ in range(3)]
    find = {"round_id": campaign.round.round_id, "not_inspected": True}
    assert batch_of(campaign.store, **find) == done
    accept(campaign.store, done[:2], inspector="me")
    assert batch_of(campaign.store, **find) == done[2:]
    assert batch_of(campaign.store, round_id=campaign.round.round_id) == done
    return_batch(campaign.store, done[2:], inspector="me", reason="too fast")
    assert batch_of(campaign.store, **find) == []
    again = rate_next(campaign, 0)
    assert batch_of(campaign.store, **find) == [again.rating_id]
