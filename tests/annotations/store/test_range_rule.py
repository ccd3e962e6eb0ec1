"""Items whose first raters disagree are rated again by others, once."""

import itertools

import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.records import GoldAnswer, RoundSettings
from evalmuse_hf.annotations.store import tables
from evalmuse_hf.annotations.store.assignment import next_task
from evalmuse_hf.annotations.store.events import read_events
from evalmuse_hf.annotations.store.inspection import return_batch
from evalmuse_hf.annotations.store.range_rule import apply_range_rule, items_over_range, reannotate
from evalmuse_hf.annotations.store.ratings import revise, submit
from evalmuse_hf.annotations.store.rounds import close_round, open_round, read_rounds
from tests.annotations.campaign import answer_to, at_once, check_invariants, make_store, rate_next


def make(tmp_path, n_items=1, n_raters=8, **settings):
    return make_store(tmp_path / "s.sqlite", n_items=n_items, n_raters=n_raters, settings=RoundSettings(**settings))


@pytest.mark.parametrize(
    "overall, sent",
    [((3, 3, 3), False), ((3, 4, 3), False), ((2, 3, 4), True), ((5, 1, 3), True), ((1, 1, 3), True)],
)
def test_an_item_is_sent_from_a_range_of_two_points(tmp_path, overall, sent):
    campaign = make(tmp_path)
    done = [rate_next(campaign, rater, value).reannotation for rater, value in enumerate(overall)]
    assert done == [False, False, sent]
    assert [found.kind for found in read_rounds(campaign.store)] == ["formal"] + ["reannotation"] * sent
    check_invariants(campaign.store)


def test_three_others_rate_the_item_and_none_of_the_first(tmp_path):
    campaign = make(tmp_path)
    for rater, value in enumerate((1, 3, 5)):
        rate_next(campaign, rater, value)
    tasks = [next_task(campaign.store, rater_id) for rater_id in campaign.rater_ids]
    assert [task is not None for task in tasks] == [False] * 3 + [True] * 3 + [False] * 2
    child = read_rounds(campaign.store)[1]
    assert {(task.round_name, task.round_id) for task in tasks if task} == {("main", child.round_id)}
    for rater_id, task in list(zip(campaign.rater_ids, tasks, strict=True))[3:6]:
        again = submit(campaign.store, rater_id, task.assignment_id, answer_to(task, 1 + 4 * (rater_id % 2)))
        assert not again.reannotation  # what is rated again is not rated a third time
    assert len(read_rounds(campaign.store)) == 2
    check_invariants(campaign.store)


def test_what_is_sent_is_in_the_log_with_its_reason(tmp_path):
    campaign = make(tmp_path)
    for rater, value in enumerate((4, 1, 4)):
        rate_next(campaign, rater, value)
    (event,) = read_events(campaign.store, "reannotation")
    assert (event.actor, event.subject) == ("system", f"item {campaign.item_ids[0]}")
    assert (event.payload["overall"], event.payload["threshold"]) == ([4, 1, 4], 2)
    with campaign.store.read() as connection:
        assert (
            "first ratings 4, 1, 4: range 3, threshold 2"
            in connection.scalars(sa.select(tables.round_items.c.reason)).all()
        )
    child = read_rounds(campaign.store)[1]
    assert (child.parent_id, child.settings.ratings_per_item) == (campaign.round.round_id, 3)
    assert child.settings.range_threshold is None


def test_threshold_and_numbers_of_raters_come_from_the_round(tmp_path):
    campaign = make(tmp_path, ratings_per_item=4, range_ratings=2, range_threshold=3, reannotation_raters=1)
    done = [rate_next(campaign, rater, value).reannotation for rater, value in enumerate((3, 1, 5, 5))]
    assert done == [False] * 4  # of the first two, 3 and 1
    campaign = make_store(tmp_path / "t.sqlite", n_items=1, n_raters=6, settings=campaign.round.settings)
    assert [rate_next(campaign, rater, value).reannotation for rater, value in enumerate((4, 1))] == [False, True]
    tasks = [next_task(campaign.store, rater_id) for rater_id in campaign.rater_ids[2:]]
    assert [task.round_id for task in tasks if task] == [2, 1, 1]
    check_invariants(campaign.store)


@pytest.mark.parametrize("order", list(itertools.permutations((1, 3, 5)))[:4])
def test_ratings_that_arrive_at_once_send_the_item_once(tmp_path, order):
    campaign = make(tmp_path)
    tasks = [(rater_id, next_task(campaign.store, rater_id)) for rater_id in campaign.rater_ids[:3]]
    works = [
        lambda rater_id=rater_id, task=task, value=value: submit(
            campaign.store, rater_id, task.assignment_id, answer_to(task, value)
        )
        for (rater_id, task), value in zip(tasks, order, strict=True)
    ]
    assert sorted(done.reannotation for done in at_once(*works)) == [False, False, True]
    assert len(read_rounds(campaign.store)) == 2
    check_invariants(campaign.store)


def test_many_items_at_once_open_one_round(tmp_path):
    campaign = make(tmp_path, n_items=5, n_raters=15, reannotation_raters=1)
    tasks = [(rater_id, next_task(campaign.store, rater_id)) for rater_id in campaign.rater_ids]
    seen: dict[int, int] = {}
    works = []
    for rater_id, task in tasks:
        seen[task.item.item_id] = seen.get(task.item.item_id, 0) + 1
        said = answer_to(task, 2 * seen[task.item.item_id] - 1)
        works.append(
            lambda rater_id=rater_id, task=task, said=said: submit(campaign.store, rater_id, task.assignment_id, said)
        )
    assert set(seen.values()) == {3}
    assert sum(done.reannotation for done in at_once(*works)) == 5
    assert [found.name for found in read_rounds(campaign.store)] == ["main", "main: re-annotation"]
    check_invariants(campaign.store)


def test_a_correction_can_send_an_item_and_never_twice(tmp_path):
    campaign = make(tmp_path)
    tasks = []
    for rater_id in campaign.rater_ids[:3]:
        task = next_task(campaign.store, rater_id)
        submit(campaign.store, rater_id, task.assignment_id, answer_to(task, 3))
        tasks.append((rater_id, task.assignment_id, task))
    for revision, value in ((1, 5), (2, 3), (3, 5)):
        rater_id, assignment_id, task = tasks[0]
        done = revise(campaign.store, rater_id, assignment_id, answer_to(task, value), revision=revision)
        assert done.reannotation == (revision == 1)
    check_invariants(campaign.store)


def test_a_returned_rating_is_replaced_before_the_range_is_taken(tmp_path):
    campaign = make(tmp_path)
    first = rate_next(campaign, 0, 1)
    rate_next(campaign, 1, 3)
    return_batch(campaign.store, [first.rating_id], inspector="me", reason="bot", redo_by="others")
    assert not rate_next(campaign, 2, 3).reannotation
    assert not rate_next(campaign, 3, 3).reannotation
    assert len(read_rounds(campaign.store)) == 1
    check_invariants(campaign.store)


def test_gold_items_and_other_kinds_of_rounds_are_left_alone(tmp_path):
    settings = RoundSettings(min_gold_items=1, min_gold_elements=0.0, max_gold_overall_error=4.0)
    gold = {0: GoldAnswer(overall=3.0)}
    campaign = make_store(tmp_path / "pilot.sqlite", n_items=2, kind="pilot", gold=gold, settings=settings)
    for rater, value in itertools.product(range(3), (1, 5)):
        assert not rate_next(campaign, rater, value if rater else 6 - value).reannotation
    campaign = make_store(tmp_path / "off.sqlite", n_items=1, settings=RoundSettings(range_threshold=None))
    assert not any(rate_next(campaign, rater, 1 + 2 * rater).reannotation for rater in range(3))


def test_the_command_sends_what_the_round_did_not(tmp_path):
    campaign = make(tmp_path, n_items=3, n_raters=3, range_threshold=None)
    for rater in range(3):
        while (task := next_task(campaign.store, campaign.rater_ids[rater])) is not None:
            place = campaign.item_ids.index(task.item.item_id)  # ranges 0, 2 and 4
            said = answer_to(task, 1 + place * rater)
            submit(campaign.store, campaign.rater_ids[rater], task.assignment_id, said)
    with pytest.raises(StoreError, match="threshold"):
        reannotate(campaign.store, campaign.round.round_id)
    over = items_over_range(campaign.store, campaign.round.round_id, threshold=2)
    assert [(wide.item_id, wide.range) for wide in over] == [(campaign.item_ids[1], 2), (campaign.item_ids[2], 4)]
    dry = reannotate(campaign.store, campaign.round.round_id, threshold=3, dry_run=True)
    assert ([wide.item_id for wide in dry.sent], dry.child, dry.n_rated) == ([campaign.item_ids[2]], None, 3)
    assert len(read_rounds(campaign.store)) == 1
    first = reannotate(campaign.store, campaign.round.round_id, threshold=3)
    second = reannotate(campaign.store, campaign.round.round_id, threshold=2)
    assert [wide.item_id for wide in first.sent] == [campaign.item_ids[2]]
    assert [wide.item_id for wide in second.sent] == [campaign.item_ids[1]]
    assert (second.n_sent_before, second.child.name) == (1, "main: re-annotation")
    assert reannotate(campaign.store, campaign.round.round_id, threshold=2).sent == ()
    assert {event.actor for event in read_events(campaign.store, "reannotation")} == {"organiser"}
    check_invariants(campaign.store)


def test_only_rounds_of_first_ratings_are_rated_again(tmp_path):
    campaign = make(tmp_path)
    for rater, value in enumerate((1, 3, 5)):
        rate_next(campaign, rater, value)
    child = read_rounds(campaign.store)[1]
    with pytest.raises(StoreError, match="only items of formal rounds are rated again"):
        reannotate(campaign.store, child.round_id, threshold=1)


def test_a_name_that_is_taken_does_not_stop_a_rating(tmp_path):
    campaign = make(tmp_path)
    other = open_round(campaign.store, name="main: re-annotation", kind="formal", items=[])
    close_round(campaign.store, other.round_id)
    done = [rate_next(campaign, rater, value).reannotation for rater, value in enumerate((1, 3, 5))]
    assert done == [False, False, True]
    assert read_rounds(campaign.store)[2].name == "main: re-annotation 2"


def test_the_rule_looks_at_what_is_stored(tmp_path):
    campaign = make(tmp_path)
    for rater in range(3):
        rate_next(campaign, rater, 3)
    with campaign.store.begin() as connection:
        assert not apply_range_rule(connection, campaign.store, 1)


def test_a_pilot_is_not_rated_again(tmp_path):
    settings = RoundSettings(min_gold_items=1, range_threshold=1)
    gold = {0: GoldAnswer(overall=3.0)}
    campaign = make_store(tmp_path / "pilot.sqlite", n_items=2, kind="pilot", gold=gold, settings=settings)
    with pytest.raises(StoreError, match="is one of pilot, and only items of formal rounds"):
        reannotate(campaign.store, campaign.round.round_id)


def test_a_closed_reannotation_round_swallows_no_items(tmp_path):
    campaign = make(tmp_path, n_items=2)
    finish_first(campaign)
    child = read_rounds(campaign.store)[1]
    close_round(campaign.store, child.round_id)
    assert rate_next(campaign, 2, 5).reannotation
    assert read_rounds(campaign.store)[1].is_open
    (event,) = read_events(campaign.store, "round_reopened")
    assert (event.actor, event.subject) == ("system", f"round {child.round_id}")
    assert next_task(campaign.store, campaign.rater_ids[3]).round_id == child.round_id
    check_invariants(campaign.store)


def test_an_answer_after_the_end_of_both_rounds_opens_none(tmp_path):
    campaign = make(tmp_path, n_items=2)
    finish_first(campaign)
    late = next_task(campaign.store, campaign.rater_ids[2])
    for found in read_rounds(campaign.store):
        close_round(campaign.store, found.round_id)
    assert submit(campaign.store, campaign.rater_ids[2], late.assignment_id, answer_to(late, 5)).reannotation
    assert [found.is_open for found in read_rounds(campaign.store)] == [False, False]
    assert [event.payload["waits"] for event in read_events(campaign.store, "reannotation")] == [False, True]
    assert reannotate(campaign.store, campaign.round.round_id).n_sent_before == 2
    check_invariants(campaign.store)


def finish_first(campaign):
    """Let three raters give both items ratings that lie far apart, except for the last one of the second item."""
    for rater, value in ((0, 1), (0, 1), (1, 3), (1, 3)):
        assert not rate_next(campaign, rater, value).reannotation
    assert rate_next(campaign, 2, 5).reannotation
