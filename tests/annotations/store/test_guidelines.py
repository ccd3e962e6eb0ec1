from contextlib import closing

import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations import guidelines as texts
from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.store.engine import Store, sqlite_engine
from evalmuse_hf.annotations.store.events import read_events
from evalmuse_hf.annotations.store.guidelines import (
    add_guidelines,
    current_guidelines,
    ensure_guidelines,
    read_guidelines,
    shown_guidelines,
)
from evalmuse_hf.annotations.store.raters import add_rater, give_consent
from evalmuse_hf.annotations.store.rounds import close_round, open_round
from evalmuse_hf.annotations.store.tables import guidelines, metadata


@pytest.fixture
def store(store_file):
    with closing(open_store(store_file, clock=lambda: 3.0)) as opened:
        yield opened


def test_the_version_that_was_added_last_is_current_also_within_one_moment(store):
    for number in range(3):
        add_guidelines(store, version=f"v{number}", instructions=f"do {number}", consent="yes")
        assert current_guidelines(store).version == f"v{number}"
    assert read_guidelines(store, "v1").instructions == "do 1"
    assert read_guidelines(store, "evalmuse-1").consent == texts.CONSENT
    assert [event.subject for event in read_events(store, "guidelines_added")][1:] == [
        "guidelines v0",
        "guidelines v1",
        "guidelines v2",
    ]


def test_the_same_texts_again_change_nothing(store):
    before = add_guidelines(store, version="v1", instructions="do", consent="yes")
    assert add_guidelines(store, version="v1", instructions="do", consent="yes") == before
    assert len(read_events(store, "guidelines_added")) == 2


def test_texts_that_raters_agreed_to_never_change(store):
    with pytest.raises(StoreError, match="another version"):
        add_guidelines(store, version="evalmuse-1", instructions="other", consent="texts")
    for statement in (sa.update(guidelines).values(consent="x"), sa.delete(guidelines)):
        with pytest.raises(sa.exc.IntegrityError, match="never changed or deleted"), store.begin() as connection:
            connection.execute(statement)


@pytest.mark.parametrize("version", ["", " v", "v\n", "-v", "v" * 65, "v/1"])
def test_a_version_needs_a_plain_name(store, version):
    with pytest.raises(StoreError, match="cannot be called"):
        add_guidelines(store, version=version, instructions="do", consent="yes")


@pytest.mark.parametrize("given", [("", "yes"), ("do", "  "), ("do\0", "yes")])
def test_empty_texts_are_refused(store, given):
    with pytest.raises(StoreError, match="are empty or no text"):
        add_guidelines(store, version="v1", instructions=given[0], consent=given[1])


def test_versions_that_do_not_exist_are_named(store, tmp_path):
    with pytest.raises(StoreError, match="'v9'"):
        read_guidelines(store, "v9")
    with closing(Store(sqlite_engine(tmp_path / "b.db"))) as bare:
        metadata.create_all(bare.engine)
        with pytest.raises(StoreError, match="no guidelines yet"):
            current_guidelines(bare)
        with bare.begin() as connection:
            assert ensure_guidelines(connection, at=1.0) == texts.VERSION
            assert ensure_guidelines(connection, at=2.0) == texts.VERSION


def test_our_texts_say_what_raters_must_know():
    assert list(texts.OVERALL_ANCHORS) == [1, 2, 3, 4, 5]
    for anchor in texts.OVERALL_ANCHORS.values():
        assert anchor in texts.INSTRUCTIONS
    for word in ("Not sure", "split may be wrong", "meaningless", "Structural problems", "skip"):
        assert word in texts.INSTRUCTIONS
    for word in ("voluntary", "What is stored", "pseudonym", "withdraw"):
        assert word in texts.CONSENT


def test_a_rater_is_shown_what_the_open_rounds_were_opened_with(store):
    add_rater(store, "Anna", login="hub")
    first = open_round(store, name="a", kind="formal", items=[])
    add_guidelines(store, version="v2", instructions="do", consent="yes")

    def shown():
        found = shown_guidelines(store, 1)
        return found.guidelines.version, found.agreed

    assert shown() == ("evalmuse-1", False)
    give_consent(store, 1, "evalmuse-1")
    assert shown() == ("evalmuse-1", True)
    second = open_round(store, name="b", kind="formal", items=[])
    assert shown() == ("v2", False)
    give_consent(store, 1, "v2")
    close_round(store, second.round_id)
    assert shown() == ("evalmuse-1", True)  # who agreed to the newer one agreed to it too
    close_round(store, first.round_id)
    assert shown() == ("v2", True)
