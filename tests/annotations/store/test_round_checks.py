from contextlib import closing

import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.records import GoldAnswer, RoundSettings
from evalmuse_hf.annotations.store import round_checks, tables
from evalmuse_hf.annotations.store.round_checks import (
    all_items,
    check_gold,
    check_items,
    check_pilot,
    check_quota,
    checked_round_name,
)


@pytest.fixture
def store(store_file):
    with closing(open_store(store_file)) as opened:
        with opened.begin() as connection:
            connection.execute(sa.insert(tables.prompts).values(prompt_id="p", text="x"))
            item = {"prompt_id": "p", "generator": "g", "sha256": "0" * 64, "width": 1, "height": 1}
            connection.execute(sa.insert(tables.items), [{**item, "image_path": f"{i}.png"} for i in range(5)])
        yield opened


@pytest.mark.parametrize("chunk", [2, 100], ids=["by all items", "by those named"])
def test_many_items_are_checked_as_few_are(store, chunk, monkeypatch):
    monkeypatch.setattr(round_checks, "_CHUNK", chunk)
    with store.read() as connection:
        assert all_items(connection) == [1, 2, 3, 4, 5]
        check_items(connection, store, [1, 2, 3, 4, 5, 5])
        check_gold(connection, {item_id: GoldAnswer(overall=3) for item_id in (1, 2, 3)})
        with pytest.raises(StoreError, match=r"no item 7 \(2 of 5"):
            check_items(connection, store, [1, 7, 2, 8, 3])
        with pytest.raises(StoreError, match="1 elements, its prompt 0"):
            check_gold(connection, {5: GoldAnswer(elements=(1,))})


def test_a_name_and_numbers_that_cannot_be_are_refused():
    assert checked_round_name("formal 2") == "formal 2"
    for name in ("", "a\nb", "x" * 201):
        with pytest.raises(StoreError, match="cannot be called"):
            checked_round_name(name)
    with pytest.raises(StoreError, match="Item 4 cannot get -1 ratings"):
        check_quota({3: 2, 4: -1})


def test_a_pilot_needs_as_many_gold_items_as_decide():
    settings, gold = RoundSettings(min_gold_items=2), {1: GoldAnswer(overall=3)}
    check_pilot("formal", settings, {})
    check_pilot("pilot", settings, {**gold, 2: GoldAnswer(overall=3)})
    for too_few in (gold, {}):
        with pytest.raises(StoreError, match=f"after 2 gold items and this one has {len(too_few)}"):
            check_pilot("pilot", settings, too_few)
