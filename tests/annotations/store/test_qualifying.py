"""Pilots decide about raters."""

import itertools
import math

import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.records import GoldAnswer, RoundSettings
from evalmuse_hf.annotations.store import tables
from evalmuse_hf.annotations.store.access import open_rounds, round_access
from evalmuse_hf.annotations.store.assignment import next_task, skip
from evalmuse_hf.annotations.store.events import read_events
from evalmuse_hf.annotations.store.inspection import return_batch
from evalmuse_hf.annotations.store.qualifying import GoldResult, decide_by_hand, decide_pilot, gold_result
from evalmuse_hf.annotations.store.raters import find_rater
from evalmuse_hf.annotations.store.ratings import revise, submit
from evalmuse_hf.annotations.store.rounds import open_round
from tests.annotations.campaign import answer_to, check_invariants, make_store, rate_next

GOLD = GoldAnswer(overall=4.0, elements=(1, 0))


def make_pilot(tmp_path, n_gold=3, n_items=6, gold=GOLD, **settings):
    settings = RoundSettings(**{"min_gold_items": n_gold, **settings})
    golden = {place: gold for place in range(n_gold)}
    return make_store(
        tmp_path / "s.sqlite", name="pilot", n_items=n_items, kind="pilot", gold=golden, settings=settings
    )


def decisions(campaign):
    with campaign.store.read() as connection:
        return connection.execute(sa.select(tables.qualifications)).all()


def finish(campaign, overall, value):
    while rate_next(campaign, 0, overall, value=value):
        pass


def test_nothing_is_decided_before_enough_gold_items_are_answered_and_then_once(tmp_path):
    campaign = make_pilot(tmp_path, n_gold=4, n_items=4, min_gold_items=2)
    for number in range(4):
        assert len(decisions(campaign)) == (number >= 2)
        rate_next(campaign, 0, 4)
    assert len(decisions(campaign)) == 1


# One of two elements is right with either value: 0.5. The error is that of the overall rating.
@pytest.mark.parametrize(
    "settings, overall, passed",
    [
        ({"min_gold_elements": 0.5, "max_gold_overall_error": 1.0}, 5, True),
        ({"min_gold_elements": 0.5, "max_gold_overall_error": 0.9}, 5, False),
        ({"min_gold_elements": 0.51, "max_gold_overall_error": 1.0}, 4, False),
        ({"min_gold_elements": 0.0, "max_gold_overall_error": 0.0}, 4, True),
    ],
)
def test_both_limits_have_to_be_met(tmp_path, settings, overall, passed):
    campaign = make_pilot(tmp_path, **settings)
    finish(campaign, overall, 1)
    (row,) = decisions(campaign)
    assert row.passed == passed
    assert row.facts["element_share"] == 0.5
    assert row.facts["overall_error"] == abs(overall - 4)
    assert (row.facts["n_items"], row.facts["n_elements"], row.facts["n_overall"]) == (3, 6, 3)
    assert row.facts["limits"] == {**settings, "min_gold_items": 3}
    assert find_rater(campaign.store, "rater_000").qualified == passed
    assert [event.kind for event in read_events(campaign.store) if event.kind.startswith("pilot")] == [
        "pilot_passed" if passed else "pilot_failed"
    ]
    check_invariants(campaign.store)


def test_what_is_not_known_decides_nothing(tmp_path):
    campaign = make_pilot(tmp_path, gold=GoldAnswer(overall=2.0), min_gold_elements=1.0)
    finish(campaign, 2, 0)
    (row,) = decisions(campaign)
    assert row.passed
    assert (row.facts["element_share"], row.facts["n_elements"]) == (None, 0)
    campaign = make_store(
        tmp_path / "elements.sqlite",
        n_items=2,
        kind="pilot",
        gold={0: GoldAnswer(elements=(1, None)), 1: GoldAnswer(elements=(None, 0))},
        settings=RoundSettings(min_gold_items=2, max_gold_overall_error=0.0, min_gold_elements=0.5),
    )
    finish(campaign, 1, 1)
    (row,) = decisions(campaign)
    assert (row.passed, row.facts["overall_error"], row.facts["element_share"]) == (True, None, 0.5)


def test_a_failed_rater_gets_no_more_of_the_pilot_and_nothing_of_rounds_for_the_qualified(tmp_path):
    campaign = make_pilot(tmp_path, n_gold=1, n_items=1, max_gold_overall_error=1.0, min_gold_elements=0.0)
    settings = RoundSettings(needs_qualification=True)
    open_round(campaign.store, name="formal", kind="formal", settings=settings)
    rate_next(campaign, 0, 1)
    assert next_task(campaign.store, campaign.rater_ids[0]) is None
    rate_next(campaign, 1, 4)
    assert next_task(campaign.store, campaign.rater_ids[1]) is None  # the item was in the pilot
    assert [find_rater(campaign.store, name).qualified for name in campaign.rater_names[:3]] == [False, True, None]


def test_a_corrected_or_returned_answer_counts_as_it_stands(tmp_path):
    campaign = make_pilot(tmp_path, n_gold=3, n_items=3)
    rater_id = campaign.rater_ids[0]
    tasks = []
    for overall in (1, 1):
        task = next_task(campaign.store, rater_id)
        done = submit(campaign.store, rater_id, task.assignment_id, answer_to(task, overall))
        tasks.append(task)
    revise(campaign.store, rater_id, tasks[0].assignment_id, answer_to(tasks[0], 4), revision=1)
    return_batch(campaign.store, [done.rating_id], inspector="me", reason="too fast", redo_by="others")
    with campaign.store.read() as connection:
        result = gold_result(connection, campaign.round.round_id, rater_id)
    assert (result.n_items, result.overall_error) == (1, 0.0)
    check_invariants(campaign.store)


def test_gold_answers_outside_a_pilot_decide_nothing(tmp_path):
    campaign = make_store(
        tmp_path / "s.sqlite",
        gold={0: GOLD, 1: GOLD},
        settings=RoundSettings(gold_share=0.9, min_gold_items=1),
    )
    finish(campaign, 4, 1)
    assert decisions(campaign) == []
    with campaign.store.begin() as connection:
        access = round_access(connection, campaign.rater_ids[0], campaign.round.round_id)
        assert decide_pilot(connection, access, campaign.rater_ids[0], "rater_000", now=1.0) is None


def test_a_result_passes_by_its_numbers():
    settings = RoundSettings(min_gold_elements=0.8, max_gold_overall_error=1.0)
    for share, error in itertools.product((0.79, 0.8, math.nan), (1.0, 1.01, math.nan)):
        result = GoldResult(n_items=5, n_elements=10, element_share=share, n_overall=5, overall_error=error)
        assert result.passes(settings) == (share != 0.79 and error != 1.01)


def test_who_skips_so_many_that_too_few_are_left_has_not_passed(tmp_path):
    campaign = make_pilot(tmp_path, n_gold=3, n_items=3, min_gold_items=2)
    rater_id = campaign.rater_ids[0]
    rate_next(campaign, 0, 4)
    for n_decided in (0, 1):  # one more could be answered after the first skip
        task = next_task(campaign.store, rater_id)
        skip(campaign.store, rater_id, task.assignment_id, reason="cannot see it")
        assert len(decisions(campaign)) == n_decided
    (row,) = decisions(campaign)
    assert (row.passed, row.facts["n_items"], row.facts["limits"]["min_gold_items"]) == (False, 1, 2)
    check_invariants(campaign.store)


def test_a_skip_that_leaves_enough_decides_nothing(tmp_path):
    campaign = make_pilot(tmp_path, n_gold=3, n_items=3, min_gold_items=2, min_gold_elements=0.5)
    task = next_task(campaign.store, campaign.rater_ids[0])
    skip(campaign.store, campaign.rater_ids[0], task.assignment_id, reason="cannot see it")
    finish(campaign, 4, 1)
    assert [row.passed for row in decisions(campaign)] == [True]


def test_an_organiser_can_decide_otherwise(tmp_path):
    campaign = make_pilot(tmp_path, n_gold=2, n_items=2)
    store, pilot = campaign.store, campaign.round.round_id
    open_round(store, name="main", kind="formal", settings=RoundSettings(needs_qualification=True))
    finish(campaign, 1, 1)
    assert find_rater(store, "rater_000").qualified is False
    decide_by_hand(store, "RATER_000", round_id=pilot, passed=True)
    assert find_rater(store, "rater_000").qualified is True
    with store.read() as connection:
        barriers = {access.name: access.barrier for access in open_rounds(connection, campaign.rater_ids[0])}
    assert barriers == {"pilot": "", "main": ""}
    decide_by_hand(store, "rater_000", round_id=pilot, passed=False, actor="otto")
    assert find_rater(store, "rater_000").qualified is False
    (event,) = read_events(store, "disqualified_by_hand")
    assert (event.actor, event.subject, event.payload["n_items"]) == ("otto", "rater rater_000", 2)
    with pytest.raises(StoreError, match="no rater 'nobody'"):
        decide_by_hand(store, "nobody", round_id=pilot, passed=True)
    with pytest.raises(StoreError, match="is one of formal"):
        decide_by_hand(store, "rater_000", round_id=pilot + 1, passed=True)
