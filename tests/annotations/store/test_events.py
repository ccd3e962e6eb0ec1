from contextlib import closing

import pytest

from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.store.events import log_event, read_events


@pytest.fixture
def store(store_file):
    with closing(open_store(store_file, clock=lambda: 3.0)) as opened:
        yield opened


def test_the_log_is_read_in_its_order_by_kind_and_from_its_end(store):
    with store.begin() as connection:
        for number in range(4):
            log_event(connection, at=float(number), actor="a", kind=f"k{number % 2}", payload={"number": number})
    numbers = [event.payload["number"] for event in read_events(store, "k1")]
    assert numbers == [1, 3]
    assert [event.payload["number"] for event in read_events(store, limit=2)] == [2, 3]
    first = read_events(store)[0]
    assert (first.kind, first.actor, first.at) == ("guidelines_added", "system", 3.0)


def test_an_event_belongs_to_the_transaction_that_it_tells_of(store):
    def fail():
        with store.begin() as connection:
            log_event(connection, at=0.0, actor="a", kind="lost")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert read_events(store, "lost") == []


def test_a_long_subject_is_cut(store):
    with store.begin() as connection:
        log_event(connection, at=0.0, actor="a", kind="k", subject="s" * 500)
    assert len(read_events(store, "k")[0].subject) == 200
