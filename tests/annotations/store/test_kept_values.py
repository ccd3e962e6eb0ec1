import pytest

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.store.kept_values import kept_value
from tests.annotations.campaign import at_once


def test_the_first_value_stays_also_for_others_who_open_the_store(tmp_path):
    place = tmp_path / "store.sqlite"
    store = open_store(place, create=True)
    assert kept_value(store, "secret", "one") == "one"
    assert kept_value(open_store(place), "secret", "two") == "one"
    assert kept_value(store, "other", "three") == "three"


def test_many_at_once_get_the_same_value(tmp_path):
    place = tmp_path / "store.sqlite"
    open_store(place, create=True).close()
    stores = [open_store(place) for _ in range(6)]
    values = at_once(
        *[lambda store=store, n=n: kept_value(store, "secret", f"v{n}") for n, store in enumerate(stores)]
    )
    assert len(set(values)) == 1
    assert values[0].startswith("v")


def test_a_store_that_cannot_be_written_gives_what_it_has_and_makes_nothing(tmp_path):
    store = open_store(tmp_path / "store.sqlite", create=True)
    kept_value(store, "secret", "one")
    store.read_only = True
    assert kept_value(store, "secret", "two") == "one"
    with pytest.raises(StoreError, match="can only be read"):
        kept_value(store, "other", "three")
