from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.records import GoldAnswer, RoundSettings
from evalmuse_hf.annotations.store import tables
from evalmuse_hf.annotations.store.events import read_events
from evalmuse_hf.annotations.store.guidelines import add_guidelines
from evalmuse_hf.annotations.store.raters import add_rater, set_active
from evalmuse_hf.annotations.store.rounds import (
    add_to_round,
    close_round,
    eligible_raters,
    fair_share,
    find_round,
    open_round,
    read_rounds,
    reopen_round,
    round_by_id,
    set_limits,
)

N = 8


def fill(store):
    with store.begin() as connection:
        connection.execute(sa.insert(tables.prompts).values(prompt_id="p", text="a red cat"))
        parts = [{"prompt_id": "p", "position": place, "text": text} for place, text in enumerate(("red", "cat"))]
        connection.execute(sa.insert(tables.elements), parts)
        item = {"prompt_id": "p", "generator": "g", "sha256": "0" * 64, "width": 1, "height": 1}
        connection.execute(sa.insert(tables.items), [{**item, "image_path": f"{i}.png"} for i in range(N)])
    for name in ("Anna", "Bob", "Cy"):
        add_rater(store, name, login="hub")


@pytest.fixture
def store(store_file):
    """Eight items of a prompt with two elements, and three raters."""
    with closing(open_store(store_file, clock=lambda: 9.0)) as opened:
        fill(opened)
        yield opened


def rows(store, round_id):
    table = tables.round_items
    with store.read() as connection:
        found = connection.execute(sa.select(table).where(table.c.round_id == round_id).order_by(table.c.item_id))
        return {row.item_id: row for row in found}


def test_a_round_holds_all_items_unless_some_are_named(store):
    opened = open_round(store, name="all", kind="formal", settings=RoundSettings(ratings_per_item=2))
    assert (opened.is_open, opened.guideline_version, opened.created_at) == (True, "evalmuse-1", 9.0)
    assert opened.settings.ratings_per_item == 2
    found = rows(store, opened.round_id)
    assert len(found) == N
    assert {(row.quota, row.open_spots, row.is_gold) for row in found.values()} == {(2, 2, False)}
    some = open_round(store, name="some", kind="formal", items=[3, 5, 3], quota={5: 1}, reasons={3: "drawn"})
    found = rows(store, some.round_id)
    assert [(row.item_id, row.quota, row.reason) for row in found.values()] == [(3, 3, "drawn"), (5, 1, "")]
    assert read_rounds(store) == [opened, some]
    assert find_round(store, "some") == some
    event = read_events(store, "round_opened")[1]
    assert (event.subject, event.payload["items"], event.payload["settings"]["ratings_per_item"]) == ("round 2", 2, 3)


def test_the_order_is_random_and_that_of_the_seed(store):
    first = rows(store, open_round(store, name="a", kind="formal", seed=1).round_id)
    keys = [row.order_key for row in first.values()]
    assert all(0 <= key < 1 for key in keys)
    assert len(set(keys)) == N
    assert keys != sorted(keys)
    other = rows(store, open_round(store, name="b", kind="formal", seed=1).round_id)
    assert [row.order_key for row in other.values()] != keys  # no two rounds in the same order


def test_gold_items_need_not_be_rated_otherwise(store):
    gold = {2: GoldAnswer(overall=4.5), 7: GoldAnswer(elements=(1, None))}
    found = rows(store, open_round(store, name="a", kind="formal", items=[1, 2], gold=gold).round_id)
    assert [(row.item_id, row.is_gold, row.quota) for row in found.values()] == [
        (1, False, 3),
        (2, True, 0),
        (7, True, 0),
    ]
    assert GoldAnswer.from_json(found[7].gold) == gold[7]
    assert found[1].gold is None


def test_raters_can_be_barred_from_items(store):
    opened = open_round(store, name="a", kind="reannotation", items=[1, 2], barred={1: [1, 2, 2], 2: []})
    with store.read() as connection:
        found = connection.execute(
            sa.select(tables.round_items.c.item_id, tables.barred.c.rater_id).join_from(
                tables.barred, tables.round_items
            )
        )
        assert sorted(map(tuple, found)) == [(1, 1), (1, 2)]
    assert opened.kind == "reannotation"


def test_a_round_can_be_widened_and_what_is_in_it_stays(store):
    opened = open_round(store, name="a", kind="formal", items=[1])
    with store.begin() as connection:
        added = add_to_round(
            connection,
            store,
            opened.round_id,
            [1, 2],
            quota={1: 9, 2: 5},
            barred={1: [1], 2: [3]},
            reasons={2: "range"},
        )
    found = rows(store, opened.round_id)
    assert added == 1
    assert [(row.quota, row.reason) for row in found.values()] == [(3, ""), (5, "range")]
    with store.read() as connection:
        assert [tuple(row) for row in connection.execute(sa.select(tables.barred))] == [(2, 3)]


@pytest.mark.parametrize(
    "options, said",
    [
        ({"name": "first"}, "'first' already"),
        ({"name": " x"}, "cannot be called"),
        ({"name": "x\u202e"}, "cannot be called"),
        ({"kind": "final"}, "not 'final'"),
        ({"items": [1, 99]}, "no item 99"),
        ({"gold": {99: GoldAnswer(overall=3)}}, "no item 99"),
        ({"gold": {1: GoldAnswer(overall=7)}}, "overall 7"),
        ({"gold": {1: GoldAnswer(elements=(1,))}}, "1 elements, its prompt 2"),
        ({"gold": {1: GoldAnswer(elements=(1, 2))}}, "other than 1, 0"),
        ({"gold": {1: GoldAnswer(elements=(None, None))}}, "says nothing"),
        ({"quota": {1: 0}}, "at least 1"),
        ({"quota": {99: 1}}, "no item 99"),
        ({"barred": {1: [9]}}, "no rater with the number 9"),
        ({"items": [2], "barred": {1: [1]}}, "Item 1 is not in the round"),
        ({"parent_id": 77}, "number 77"),
        ({"guideline_version": "v9"}, "'v9'"),
    ],
)
def test_a_round_that_cannot_be_is_refused_as_a_whole(store, options, said):
    first = open_round(store, name="first", kind="formal", items=[1])
    before = read_events(store)
    with pytest.raises(StoreError, match=said):
        open_round(store, **{"name": "second", "kind": "formal", **options})
    assert read_rounds(store) == [first]
    assert read_events(store) == before


def test_a_round_keeps_the_guidelines_that_it_was_opened_with(store):
    first = open_round(store, name="a", kind="formal", items=[1])
    add_guidelines(store, version="v2", instructions="do", consent="yes")
    assert open_round(store, name="b", kind="formal", items=[1]).guideline_version == "v2"
    assert open_round(store, name="c", kind="formal", guideline_version="evalmuse-1").guideline_version == "evalmuse-1"
    assert find_round(store, "a") == first


def test_a_round_is_closed_and_opened_again(store):
    round_id = open_round(store, name="a", kind="formal", parent_id=None).round_id
    for change, is_open in ((close_round, False), (close_round, False), (reopen_round, True)):
        change(store, round_id, actor="Anna")
        assert find_round(store, "a").is_open is is_open
    assert [event.kind for event in read_events(store) if event.actor == "Anna"] == ["round_closed", "round_reopened"]
    with pytest.raises(StoreError, match="number 5"):
        close_round(store, 5)


def test_the_limit_of_a_rater_can_be_changed(store):
    round_id = open_round(store, name="a", kind="formal").round_id
    set_limits(store, round_id, max_per_rater=5)
    set_limits(store, round_id, max_per_rater=5)
    assert find_round(store, "a").settings == RoundSettings(max_per_rater=5)
    assert [event.payload for event in read_events(store, "limits_set")] == [
        {"max_per_rater": 5, "before": None, "soft": False}
    ]
    with pytest.raises(ValueError, match="at least 1"):
        set_limits(store, round_id, max_per_rater=0)
    set_limits(store, round_id, max_per_rater=None)
    assert find_round(store, "a").settings.max_per_rater is None


def test_a_fair_share_is_that_of_those_who_may_rate(store):
    gold = {1: GoldAnswer(overall=3)}
    round_id = open_round(store, name="a", kind="formal", gold=gold).round_id  # 7 items, 21 ratings
    assert fair_share(store, round_id) == 7
    add_rater(store, "Chief", login="hub", is_organiser=True)
    add_rater(store, "Dan", login="hub")
    assert fair_share(store, round_id) == 6  # 21 / 4, rounded up
    for name in ("Anna", "Bob", "Cy", "Dan"):
        set_active(store, name, False)
    with pytest.raises(StoreError, match="Nobody may rate"):
        fair_share(store, round_id)


def test_a_fair_share_counts_only_the_qualified_where_that_is_asked_for(store):
    settings = RoundSettings(needs_qualification=True)
    round_id = open_round(store, name="a", kind="formal", settings=settings).round_id
    with pytest.raises(StoreError, match="Nobody may rate"):
        fair_share(store, round_id)
    with store.begin() as connection:
        for rater_id, passed in ((1, True), (2, False)):
            values = {"rater_id": rater_id, "round_id": round_id, "passed": passed, "facts": {}, "at": 0.0}
            connection.execute(sa.insert(tables.qualifications).values(values))
    assert fair_share(store, round_id) == 3 * N
    assert [rater.name for rater in eligible_raters(store, settings)] == ["Anna"]
    assert len(eligible_raters(store, RoundSettings())) == 3


def test_a_round_that_is_not_there_is_named_with_those_that_are(store):
    with pytest.raises(StoreError, match="none yet"):
        find_round(store, "a")
    open_round(store, name="first", kind="formal")
    for name in ("a", "a\0"):
        with pytest.raises(StoreError, match="it has first"):
            find_round(store, name)
    with store.read() as connection, pytest.raises(StoreError, match="number 3"):
        round_by_id(connection, 3)


@pytest.mark.postgres
def test_organisers_of_a_store_on_a_server_do_not_meet(postgres_url):
    def work(number):
        with closing(open_store(postgres_url, create=True)) as own:
            said = []
            for act in (
                lambda: add_guidelines(own, version="v2", instructions="do", consent="yes"),
                lambda: add_rater(own, "Dan" if number % 2 else "DAN", login="hub"),
                lambda: open_round(
                    own, name="all", kind="formal", barred={1: iter([1])}, gold={2: GoldAnswer(overall=3)}
                ),
            ):
                try:
                    act()
                except StoreError as error:
                    said.append(str(error))
            return said

    with closing(open_store(postgres_url, create=True, clock=lambda: 9.0)) as server:
        fill(server)
        with ThreadPoolExecutor(4) as pool:
            refusals = [sentence for said in pool.map(work, range(4)) for sentence in said]
        assert len(refusals) == 6  # one of four is the first to add the rater, and one to open the round
        assert all("already" in sentence for sentence in refusals)
        opened = find_round(server, "all")
        assert fair_share(server, opened.round_id) == 6  # 21 / 4, rounded up
        found = rows(server, opened.round_id)
        assert GoldAnswer.from_json(found[2].gold) == GoldAnswer(overall=3)
        assert [event.kind for event in read_events(server)].count("guidelines_added") == 2
        set_limits(server, opened.round_id, max_per_rater=4)
        close_round(server, opened.round_id)
        assert (find_round(server, "all").is_open, find_round(server, "all").settings.max_per_rater) == (False, 4)
