import json
from dataclasses import replace

import pytest

from evalmuse_hf.annotations.store.assignment import next_task, skip
from evalmuse_hf.annotations.store.campaign_reading import read_campaign
from evalmuse_hf.annotations.store.raters import add_rater, find_rater, give_consent, set_active
from evalmuse_hf.annotations.store.ratings import submit
from evalmuse_hf.annotations.store.rounds import close_round
from evalmuse_hf.meta_evaluation.studies.consistency_design import draw_design, read_promise
from evalmuse_hf.meta_evaluation.studies.consistency_store import (
    available_raters,
    barred_raters,
    finished_items,
    is_promise_of,
    open_study_round,
    organisers,
    round_settings,
    second_round,
    seen_by,
    short_items,
)
from tests.annotations.campaign import add_raters, answer_to
from tests.annotations.rated import rated_campaign


@pytest.fixture
def built(tmp_path):
    return rated_campaign(tmp_path)


def draw(built, per_item=2):
    finished = finished_items(read_campaign(built.store))
    return draw_design(finished.items, finished.ratings, share=1, seed=1, per_item=per_item)


def open_round_of(built, design, name="again"):
    campaign = read_campaign(built.store)
    design = replace(design, barred=barred_raters(built.store, design), round_name=name)
    return open_study_round(built.store, campaign, design, name=name)


def test_finished_items_have_their_first_ratings_and_those_of_the_range_rule_apart(built):
    finished = finished_items(read_campaign(built.store))
    assert [int(item.key) for item in finished.items] == built.item_ids[:-1]
    assert finished.n_unfinished == 1
    first = str(built.item_ids[0])
    assert [one.overall for one in finished.ratings if one.item == first] == [1, 5, 3]
    assert [one.overall for one in finished.further] == [4, 4, 5]
    assert len(finished.ratings) == 15
    assert finished.ratings[0].rater in built.rater_names
    assert len(finished.ratings[0].elements) == len(finished.items[0].categories) == 2


def test_whoever_was_shown_an_item_has_seen_it_also_without_an_answer(built):
    seen = seen_by(built.store)
    assert len(seen[built.item_ids[0]]) == 6
    assert len(seen[built.item_ids[1]]) == 3
    last = built.item_ids[-1]
    answered = {row.rater for row in read_campaign(built.store).rows if row.item_id == last}
    (holder,) = (number for number in seen[last] if built.rater_names[built.rater_ids.index(number)] not in answered)
    skip(built.store, holder, next_task(built.store, holder).assignment_id, reason="no idea")
    assert holder in seen_by(built.store)[last]


def test_nobody_gets_an_item_again_and_answers_come_back(built):
    add_raters(built, 3)
    before = seen_by(built.store)
    opened = open_round_of(built, draw(built))
    assert (opened.kind, opened.parent_id, opened.guideline_version) == (
        "consistency",
        built.round.round_id,
        built.round.guideline_version,
    )
    assert opened.settings.range_threshold is None
    given = {}
    for rater_id in built.rater_ids:
        while (task := next_task(built.store, rater_id)) is not None:
            if task.round_id == opened.round_id:
                item_id = task.item.item_id
                given.setdefault(item_id, set()).add(rater_id)
                assert rater_id not in before[item_id]
                overall = 1 if len(given[item_id]) == 1 else 5  # no range rule here
                submit(built.store, rater_id, task.assignment_id, answer_to(task, overall))
            else:
                skip(built.store, rater_id, task.assignment_id, reason="not now")
    assert {item_id: len(raters) for item_id, raters in given.items()} == dict.fromkeys(built.item_ids[:-1], 2)
    campaign = read_campaign(built.store)
    second = second_round(campaign, None)
    assert (len(second.items), second.n_unfinished, len(second.ratings)) == (5, 0, 10)
    assert {one.guideline_version for one in second.ratings} == {built.round.guideline_version}
    # The first round is what it was.
    assert len(finished_items(campaign).ratings) == 15
    assert len(finished_items(campaign).further) == 3


def test_items_that_miss_ratings_are_unfinished(built):
    add_raters(built, 3)
    opened = open_round_of(built, draw(built))
    task = next_task(built.store, built.rater_ids[-1])
    assert task.round_id == opened.round_id  # before the formal one
    submit(built.store, built.rater_ids[-1], task.assignment_id, answer_to(task, 3))
    second = second_round(read_campaign(built.store), "again")
    assert (second.ratings, len(second.items), second.n_unfinished) == ((), 5, 5)


def test_items_without_enough_new_raters_are_found(built):
    design = draw(built)
    settings = round_settings(read_campaign(built.store), 2)
    seen = seen_by(built.store)
    available = available_raters(built.store, settings)
    assert available == set(built.rater_ids)
    assert [int(item.key) for item in short_items(design, seen=seen, available=available)] == [built.item_ids[0]]
    add_raters(built, 1)
    assert short_items(design, seen=seen, available=available_raters(built.store, settings)) == ()
    set_active(built.store, built.rater_names[-1], False)
    assert available_raters(built.store, settings) == available


def test_organisers_get_no_item_of_the_study(built):
    add_raters(built, 3)
    add_rater(built.store, "boss", is_organiser=True)
    boss = find_rater(built.store, "boss").rater_id
    assert organisers(built.store) == {boss}
    assert boss not in available_raters(built.store, round_settings(read_campaign(built.store), 2))
    give_consent(built.store, boss, built.round.guideline_version)
    opened = open_round_of(built, draw(built))
    close_round(built.store, built.round.round_id)
    assert next_task(built.store, boss) is None
    assert next_task(built.store, built.rater_ids[-1]).round_id == opened.round_id


def test_a_promise_is_that_of_its_own_draw(built, tmp_path):
    add_raters(built, 3)
    design = draw(built)
    open_round_of(built, design)
    second = second_round(read_campaign(built.store), "again")

    def is_promise(**changes):
        path = tmp_path / "design.json"
        path.write_text(json.dumps({**replace(design, round_name="again").record(), **changes}), "utf-8")
        return is_promise_of(built.store, read_promise(path), second)

    assert is_promise()
    assert not is_promise(round_name="other")
    assert not is_promise(items=[item.key for item in design.items[1:]])
    assert not is_promise(population="0" * 64)
    assert not is_promise(seed=2)


def test_a_round_has_to_be_there_and_to_be_named(built):
    with pytest.raises(ValueError, match="has no consistency round; draw one"):
        second_round(read_campaign(built.store), None)
    add_raters(built, 3)
    open_round_of(built, draw(built), "one")
    open_round_of(built, draw(built), "two")
    campaign = read_campaign(built.store)
    assert second_round(campaign, "two").round.name == "two"
    with pytest.raises(ValueError, match="choose with --round one of 'one', 'two'"):
        second_round(campaign, None)
    with pytest.raises(ValueError, match="has no consistency round 'three'; it has 'one', 'two'"):
        second_round(campaign, "three")
