"""Who is given what."""

import random
from collections import Counter

import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations.errors import AnnotationError, ConflictError, NotAllowedError
from evalmuse_hf.annotations.records import GoldAnswer, RoundSettings
from evalmuse_hf.annotations.store import assignment, tables
from evalmuse_hf.annotations.store.assignment import next_task, save_draft, skip, task_of
from evalmuse_hf.annotations.store.events import read_events
from evalmuse_hf.annotations.store.inspection import return_batch
from evalmuse_hf.annotations.store.raters import set_active
from evalmuse_hf.annotations.store.ratings import submit
from evalmuse_hf.annotations.store.rounds import close_round, open_round
from tests.annotations.campaign import Clock, add_raters, answer_to, at_once, check_invariants, make_store, rate_next


def items_given(campaign, rater, number):
    """Rate so many items; which they were, in order."""
    found = []
    for _ in range(number):
        task = next_task(campaign.store, campaign.rater_ids[rater])
        found.append(task.item.item_id)
        submit(campaign.store, campaign.rater_ids[rater], task.assignment_id, answer_to(task))
    return found


def test_an_item_goes_to_as_many_raters_as_the_round_says_and_no_more(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=1, n_raters=4)
    tasks = [next_task(campaign.store, rater_id) for rater_id in campaign.rater_ids]
    assert [task is None for task in tasks] == [False, False, False, True]
    check_invariants(campaign.store)


def test_a_rater_who_asks_again_gets_the_same_item_with_what_was_saved(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=5, clock=Clock())
    rater_id = campaign.rater_ids[0]
    task = next_task(campaign.store, rater_id)
    save_draft(campaign.store, rater_id, task.assignment_id, revision=0, draft={"overall": 4})
    again = next_task(campaign.store, rater_id)
    assert (again.assignment_id, again.draft, again.draft_revision) == (task.assignment_id, {"overall": 4}, 1)
    assert again.expires_at == campaign.clock() + 30 * 60


def test_two_tabs_that_ask_at_once_get_one_item(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=20)
    rater_id = campaign.rater_ids[0]
    tasks = at_once(*[lambda: next_task(campaign.store, rater_id)] * 6)
    assert len({task.assignment_id for task in tasks}) == 1
    check_invariants(campaign.store)


def test_no_rater_gets_an_item_twice(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=6, n_raters=1)
    assert sorted(items_given(campaign, 0, 6)) == sorted(campaign.item_ids)
    assert next_task(campaign.store, campaign.rater_ids[0]) is None


def test_items_that_lack_most_ratings_come_first(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=8, n_raters=3)
    for rater in range(3):
        for n_before in range(8):
            rate_next(campaign, rater)
            with campaign.store.read() as connection:
                spots = list(connection.scalars(sa.select(tables.round_items.c.open_spots)))
            assert max(spots) - min(spots) <= 1, f"rater {rater} after {n_before + 1}"


def test_the_order_is_random_and_differs_between_raters(tmp_path):
    campaign = make_store(
        tmp_path / "store.sqlite", n_items=12, n_raters=2, settings=RoundSettings(ratings_per_item=9)
    )
    first, second = items_given(campaign, 0, 12), items_given(campaign, 1, 12)
    assert first != second
    assert first != sorted(first)


def test_the_same_generator_gives_the_same_item(tmp_path):
    found = set()
    for name in ("a", "b"):
        campaign = make_store(tmp_path / name, n_items=30)
        found.add(next_task(campaign.store, campaign.rater_ids[0], rng=random.Random(3)).item.image_path)
    assert len(found) == 1


def test_a_limit_per_rater_holds_and_is_shown(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=9, settings=RoundSettings(max_per_rater=2))
    rater_id = campaign.rater_ids[0]
    task = next_task(campaign.store, rater_id)
    assert (task.done, task.left) == (0, 1)
    items_given(campaign, 0, 2)
    assert next_task(campaign.store, rater_id) is None
    check_invariants(campaign.store)


def test_a_skipped_item_goes_to_another_rater_and_never_comes_back(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=1, n_raters=2, settings=RoundSettings(ratings_per_item=1))
    first, second = campaign.rater_ids
    task = next_task(campaign.store, first)
    assert next_task(campaign.store, second) is None
    for _ in range(2):
        skip(campaign.store, first, task.assignment_id, reason=" too dark ")
    assert next_task(campaign.store, first) is None
    assert next_task(campaign.store, second).item.item_id == task.item.item_id
    (event,) = read_events(campaign.store, "item_skipped")
    assert event.payload == {"reason": "too dark", "item_id": task.item.item_id}
    check_invariants(campaign.store)


def test_an_answered_item_cannot_be_skipped_and_a_skip_needs_a_reason(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite")
    rater_id = campaign.rater_ids[0]
    task = next_task(campaign.store, rater_id)
    with pytest.raises(AnnotationError, match="reason"):
        skip(campaign.store, rater_id, task.assignment_id, reason=" ")
    submit(campaign.store, rater_id, task.assignment_id, answer_to(task))
    with pytest.raises(ConflictError, match="answered"):
        skip(campaign.store, rater_id, task.assignment_id, reason="late")


def test_another_raters_item_and_one_that_does_not_exist_look_the_same(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite")
    mine, other = campaign.rater_ids[:2]
    task = next_task(campaign.store, mine)
    messages = set()
    for assignment_id in (task.assignment_id, 10**6):
        for attempt in (
            lambda number: task_of(campaign.store, other, number),
            lambda number: skip(campaign.store, other, number, reason="no"),
            lambda number: save_draft(campaign.store, other, number, revision=0, draft={}),
            lambda number: submit(campaign.store, other, number, answer_to(task)),
        ):
            with pytest.raises(NotAllowedError) as caught:
                attempt(assignment_id)
            messages.add((str(caught.value), caught.value.status, caught.value.http_status))
    assert len(messages) == 1
    check_invariants(campaign.store)


def test_a_lease_that_ran_out_goes_to_another_rater(tmp_path):
    settings = RoundSettings(ratings_per_item=1, lease_minutes=10)
    campaign = make_store(tmp_path / "store.sqlite", n_items=1, clock=Clock(), settings=settings)
    first, second = campaign.rater_ids[:2]
    task = next_task(campaign.store, first)
    campaign.clock.pass_minutes(9)
    assert next_task(campaign.store, second) is None
    campaign.clock.pass_minutes(2)
    assert next_task(campaign.store, second).item.item_id == task.item.item_id
    assert next_task(campaign.store, first) is None
    check_invariants(campaign.store)


def test_a_rater_who_comes_back_goes_on_with_what_was_begun(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=40, clock=Clock())
    rater_id = campaign.rater_ids[0]
    task = next_task(campaign.store, rater_id)
    save_draft(campaign.store, rater_id, task.assignment_id, revision=0, draft={"comment": "long thought"})
    campaign.clock.pass_minutes(600)
    assert next_task(campaign.store, campaign.rater_ids[1]) is not None
    again = next_task(campaign.store, rater_id)
    assert (again.assignment_id, again.draft) == (task.assignment_id, {"comment": "long thought"})
    check_invariants(campaign.store)


def test_what_was_begun_does_not_lift_the_limit_of_its_rater(tmp_path):
    settings = RoundSettings(max_per_rater=1, ratings_per_item=1)
    campaign = make_store(tmp_path / "store.sqlite", n_items=2, clock=Clock(), settings=settings)
    first, second = campaign.rater_ids[:2]
    begun = next_task(campaign.store, first)
    save_draft(campaign.store, first, begun.assignment_id, revision=0, draft={"overall": 1})
    campaign.clock.pass_minutes(31)
    taken = next_task(campaign.store, second)
    while taken.item.item_id != begun.item.item_id:  # chosen at random, of two
        campaign.clock.pass_minutes(31)
        taken = next_task(campaign.store, second)
    assert rate_next(campaign, 0)
    skip(campaign.store, second, taken.assignment_id, reason="too dark")
    assert next_task(campaign.store, first) is None
    check_invariants(campaign.store)


def test_a_closed_round_gives_nothing_out_but_takes_what_it_gave(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite")
    first, second = campaign.rater_ids[:2]
    task = next_task(campaign.store, first)
    close_round(campaign.store, campaign.round.round_id)
    assert next_task(campaign.store, second) is None
    assert next_task(campaign.store, first).assignment_id == task.assignment_id
    submit(campaign.store, first, task.assignment_id, answer_to(task))
    assert next_task(campaign.store, first) is None


def test_rounds_are_worked_off_in_the_order_of_their_kinds(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=4)
    one, two, three, four = campaign.item_ids
    open_round(campaign.store, name="study", kind="consistency", items=[two])
    open_round(campaign.store, name="again", kind="reannotation", items=[three], parent_id=campaign.round.round_id)
    gold, settings = {one: GoldAnswer(overall=3.0)}, RoundSettings(min_gold_items=1)
    open_round(campaign.store, name="trial", kind="pilot", items=[], gold=gold, settings=settings)
    names, items = [], []
    while (task := next_task(campaign.store, campaign.rater_ids[0])) is not None:
        names.append(task.round_name)
        items.append(task.item.item_id)
        submit(campaign.store, campaign.rater_ids[0], task.assignment_id, answer_to(task))
    # Three items were met in the other rounds, so one is left in the formal one.
    assert items == [one, three, two, four]
    assert names == ["trial", "main", "ratings", "main"]  # what is rated again does not show by its name
    check_invariants(campaign.store)


def test_a_barred_rater_never_gets_the_item(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=2)
    close_round(campaign.store, campaign.round.round_id)
    item, barred = campaign.item_ids[0], campaign.rater_ids[0]
    open_round(campaign.store, name="study", kind="consistency", items=[item], barred={item: [barred]})
    assert next_task(campaign.store, barred) is None
    assert next_task(campaign.store, campaign.rater_ids[1]).item.item_id == item


def test_only_qualified_raters_get_items_of_a_round_that_asks_for_it(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", settings=RoundSettings(needs_qualification=True))
    passed, failed, unknown = campaign.rater_ids[:3]
    with campaign.store.begin() as connection:
        for rater_id, verdict in ((passed, True), (failed, True), (failed, False)):
            row = {
                "rater_id": rater_id,
                "round_id": campaign.round.round_id,
                "passed": verdict,
                "facts": {},
                "at": 1.0,
            }
            connection.execute(sa.insert(tables.qualifications).values(row))
    tasks = [next_task(campaign.store, rater_id) for rater_id in (passed, failed, unknown)]
    assert [task is None for task in tasks] == [False, True, True]


def test_what_was_found_is_looked_at_again_before_it_is_given(tmp_path, monkeypatch):
    """Between the search and the lease everything may change; here the search finds what must not be given."""
    campaign = make_store(tmp_path / "store.sqlite", n_items=4, n_raters=4)
    had, full, other, free = 1, 2, 3, 4
    study = open_round(campaign.store, name="study", kind="consistency", items=campaign.item_ids[3:])
    close_round(campaign.store, study.round_id)
    rater_id = campaign.rater_ids[3]
    with campaign.store.begin() as connection:
        lease = {"leased_at": 1.0, "expires_at": 2.0, "round_id": campaign.round.round_id, "state": "skipped"}
        connection.execute(sa.insert(tables.assignments).values(**lease, round_item_id=had, rater_id=rater_id))
        connection.execute(sa.insert(tables.barred).values(round_item_id=other, rater_id=rater_id))
        none_left = sa.update(tables.round_items).where(tables.round_items.c.round_item_id == full)
        connection.execute(none_left.values(quota=0, open_spots=0))
    found = iter([had, full, other, 5, free])  # 5 is the item of the closed round
    monkeypatch.setattr(assignment, "_find", lambda *_: next(found))
    assert next_task(campaign.store, rater_id).item.item_id == campaign.item_ids[free - 1]
    assert next(found, None) is None
    check_invariants(campaign.store)


def test_a_disabled_rater_gets_nothing_and_an_unknown_one_neither(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite")
    next_task(campaign.store, campaign.rater_ids[0])
    set_active(campaign.store, campaign.rater_names[0], False)
    with pytest.raises(NotAllowedError, match="disabled") as caught:
        next_task(campaign.store, campaign.rater_ids[0])
    assert caught.value.status == "inactive"
    with pytest.raises(NotAllowedError, match="no such rater"):
        next_task(campaign.store, 10**6)


def test_gold_items_are_mixed_in_at_the_rate_of_the_round_and_do_not_count(tmp_path):
    gold = {place: GoldAnswer(overall=5.0) for place in range(30)}
    settings = RoundSettings(gold_share=0.4, max_per_rater=20, ratings_per_item=1)
    campaign = make_store(tmp_path / "store.sqlite", n_items=60, n_raters=3, gold=gold, settings=settings)
    golden = set(campaign.item_ids[:30])
    seen = Counter()
    for rater in range(2):
        rng = random.Random(rater)
        while (task := next_task(campaign.store, campaign.rater_ids[rater], rng=rng)) is not None:
            seen[rater, task.item.item_id in golden] += 1
            assert task.done + task.left >= seen.total() if rater == 0 else True
            submit(campaign.store, campaign.rater_ids[rater], task.assignment_id, answer_to(task))
    # 30 ordinary items with one rating each; the first rater's limit of 20 leaves ten for the second.
    assert [seen[0, False], seen[1, False]] == [20, 10]
    assert 5 <= seen[0, True] <= 25  # 40 %: 13 expected for 20 others
    check_invariants(campaign.store)


def test_a_task_never_says_whether_it_is_gold(tmp_path):
    settings = RoundSettings(min_gold_items=1, min_gold_elements=0.0, max_gold_overall_error=4.0)
    gold = {0: GoldAnswer(overall=1.0)}
    campaign = make_store(tmp_path / "store.sqlite", n_items=2, kind="pilot", gold=gold, settings=settings)
    for _ in range(2):
        task = next_task(campaign.store, campaign.rater_ids[0])
        assert not [name for name in type(task).__slots__ if "gold" in name or "kind" in name]
        submit(campaign.store, campaign.rater_ids[0], task.assignment_id, answer_to(task))


def test_an_answered_item_can_be_looked_at_with_its_answer(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite")
    rater_id = campaign.rater_ids[0]
    task = next_task(campaign.store, rater_id)
    submit(campaign.store, rater_id, task.assignment_id, answer_to(task, 5, value=0, sure=False, comment="so"))
    shown = task_of(campaign.store, rater_id, task.assignment_id)
    assert (shown.revision, shown.expires_at, shown.draft["overall"], shown.draft["comment"]) == (1, None, 5, "so")
    first = str(task.item.element_ids[0])
    assert shown.draft["elements"][first] == {"value": 0, "sure": False}
    assert (shown.done, shown.left) == (1, 3)


def test_new_raters_may_come_at_any_time(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=1, n_raters=1)
    rate_next(campaign, 0)
    add_raters(campaign, 1)
    assert next_task(campaign.store, campaign.rater_ids[1]) is not None


def test_an_item_that_is_rated_again_looks_like_the_next_one(tmp_path):
    settings = RoundSettings(ratings_per_item=2, range_ratings=2)
    campaign = make_store(tmp_path / "store.sqlite", n_items=3, n_raters=5, settings=settings)
    for _ in range(3):
        rate_next(campaign, 0, 1)
    assert rate_next(campaign, 3, 5).reannotation
    task = next_task(campaign.store, campaign.rater_ids[4])
    assert task.round_id != campaign.round.round_id
    assert (task.round_name, task.done, task.left) == ("main", 0, 2)
    submit(campaign.store, campaign.rater_ids[4], task.assignment_id, answer_to(task))
    task = next_task(campaign.store, campaign.rater_ids[4])
    assert task.round_id == campaign.round.round_id
    assert (task.round_name, task.done, task.left) == ("main", 1, 1)


def test_a_returned_answer_says_why(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=1)
    rater_id = campaign.rater_ids[0]
    first = next_task(campaign.store, rater_id)
    assert first.returned_reason == ""
    done = submit(campaign.store, rater_id, first.assignment_id, answer_to(first))
    assert task_of(campaign.store, rater_id, first.assignment_id).returned_reason == ""
    return_batch(campaign.store, [done.rating_id], inspector="me", reason="look at the hands")
    assert next_task(campaign.store, rater_id).returned_reason == "look at the hands"
    submit(campaign.store, rater_id, first.assignment_id, answer_to(first))
    assert task_of(campaign.store, rater_id, first.assignment_id).returned_reason == ""
