import math

from evalmuse_hf.annotations.rater_facts import Measuring
from evalmuse_hf.annotations.records import RoundSettings
from evalmuse_hf.annotations.screening import ScreeningRules
from evalmuse_hf.annotations.status_report import Inspected
from evalmuse_hf.annotations.store.assignment import next_task
from evalmuse_hf.annotations.store.inspection import accept, return_batch
from evalmuse_hf.annotations.store.ratings import submit
from evalmuse_hf.annotations.store.status import read_status
from tests.annotations.campaign import answer_to, make_store, rate_next
from tests.annotations.rated import rated_campaign


def test_the_status_holds_progress_facts_and_flags(tmp_path):
    built = rated_campaign(tmp_path)
    status = read_status(
        built.store,
        rules=ScreeningRules(max_run=None, min_entropy=None, max_leniency=0.1),
        measuring=Measuring(min_answers=1, n_resamples=0),
    )
    formal, again = status.rounds
    assert (formal.n_items, formal.n_complete, formal.n_given, formal.n_wanted) == (6, 5, 17, 18)
    assert (again.round.kind, again.n_complete, again.n_given) == ("reannotation", 1, 3)
    assert sum(rater.n_answered for rater in status.raters) == 20
    assert {facts.rater for facts in status.facts} <= set(built.rater_names)
    assert {flag.fact for flag in status.flags} >= {"leniency"}
    assert status.n_over_range == {"main": 0}  # it was sent when its third rating came in
    assert status.seconds_per_item == 12.5


def test_an_empty_round_without_a_range_rule_has_a_status(tmp_path):
    built = make_store(tmp_path / "store.sqlite", settings=RoundSettings(range_threshold=None))
    status = read_status(built.store)
    assert (status.facts, status.flags, status.n_over_range) == ((), (), {})
    assert math.isnan(status.seconds_per_item)


def test_the_slowest_items_come_first_by_their_median(tmp_path):
    built = make_store(tmp_path / "store.sqlite", n_items=3, n_raters=3)
    seconds = {item_id: iter((10.0 * place, 20.0 * place, 300.0)) for place, item_id in enumerate(built.item_ids, 1)}
    for rater_id in built.rater_ids:
        while (task := next_task(built.store, rater_id)) is not None:
            said = answer_to(task, duration_s=next(seconds[task.item.item_id]))
            submit(built.store, rater_id, task.assignment_id, said)
    status = read_status(built.store)
    assert [(one.item_id, one.median_s, one.n_answers) for one in status.slowest] == [
        (item_id, 20.0 * place, 3) for place, item_id in list(enumerate(built.item_ids, 1))[::-1]
    ]
    assert status.slowest[0].image_path == "picture_0002.png"


def test_inspected_answers_are_counted_by_round(tmp_path):
    built = make_store(tmp_path / "store.sqlite", n_items=4)
    done = [rate_next(built, 0).rating_id for _ in range(4)]
    accept(built.store, done[:2], inspector="me")
    return_batch(built.store, done[2:3], inspector="me", reason="too fast", redo_by="others")
    status = read_status(built.store)
    assert status.inspected == {built.round.round_id: Inspected(n_accepted=2, n_returned=1, n_not_inspected=1)}
    assert status.open_spots[built.round.round_id].n_raters == 4
