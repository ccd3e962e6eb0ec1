import sqlite3
from contextlib import closing

import pytest

from evalmuse_hf.annotations.errors import NotAllowedError
from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.store.events import read_events
from evalmuse_hf.annotations.store.raters import add_rater, find_rater, renew_tokens, set_active
from evalmuse_hf.annotations.store.sessions import (
    account_of,
    end_sessions,
    forget_secret,
    session_facts,
    session_secret,
    store_id,
)
from evalmuse_hf.annotations.store.snapshot import write_snapshot


@pytest.fixture
def store(tmp_path):
    with closing(open_store(tmp_path / "store.sqlite", create=True)) as store:
        for name in ("ann", "bob"):
            add_rater(store, name)
        yield store


def mark(store, name):
    with store.read() as connection:
        return session_facts(connection, find_rater(store, name).rater_id).generation


def test_secret_and_number_are_made_once_and_differ_between_stores(store, tmp_path):
    assert session_secret(store) == session_secret(store)
    assert len(session_secret(store)) == 32
    assert store_id(store) == store_id(store)
    with closing(open_store(tmp_path / "store.sqlite")) as again:
        assert (session_secret(again), store_id(again)) == (session_secret(store), store_id(store))
    with closing(open_store(tmp_path / "other.sqlite", create=True)) as other:
        assert session_secret(other) != session_secret(store)
        assert store_id(other) != store_id(store)


def test_a_new_token_and_a_disabling_change_the_mark_of_that_rater_alone(store):
    marks, bob = [mark(store, "ann")], mark(store, "bob")
    renew_tokens(store, ["ann"])["ann"]
    marks.append(mark(store, "ann"))
    set_active(store, "ann", False)
    marks.append(mark(store, "ann"))
    set_active(store, "ann", True)
    assert mark(store, "ann") == marks[-1]  # what the disabling ended stays ended
    assert len(set(marks)) == 3
    with store.read() as connection:
        assert session_facts(connection, 999) is None
    assert (mark(store, "bob"), mark(store, "bob")) == (bob, bob)


def test_signing_out_changes_the_mark_of_that_rater_alone_every_time(store):
    ann, bob = find_rater(store, "ann").rater_id, mark(store, "bob")
    marks = [mark(store, "ann")]
    for _ in range(2):
        end_sessions(store, ann)
        marks.append(mark(store, "ann"))
    assert len(set(marks)) == 3
    assert mark(store, "bob") == bob
    assert [(event.actor, event.subject) for event in read_events(store, "signed_out")] == [
        ("ann", f"rater {ann}")
    ] * 2
    with pytest.raises(NotAllowedError):
        end_sessions(store, 999)


def test_the_first_account_of_a_rater_stays_the_one(store):
    assert [account_of(store, 1, account) for account in ("a", "b", "a")] == ["a", "a", "a"]
    assert account_of(store, 2, "b") == "b"


def test_a_copy_can_be_freed_of_the_secret_to_the_last_byte(store, tmp_path):
    secret, number = session_secret(store).hex(), store_id(store)
    copy = tmp_path / "copy.sqlite"
    write_snapshot(store, copy)
    assert secret.encode() in copy.read_bytes()
    forget_secret(copy)
    assert secret.encode() not in copy.read_bytes()
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with closing(open_store(copy)) as restored:
        assert session_secret(restored).hex() != secret
        assert store_id(restored) == number
