import sqlite3
import threading
from contextlib import closing

import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.store import snapshot
from evalmuse_hf.annotations.store.engine import Store, server_engine
from evalmuse_hf.annotations.store.events import log_event, read_events
from evalmuse_hf.annotations.store.snapshot import back_up, write_snapshot


@pytest.fixture
def store(store_file):
    with closing(open_store(store_file)) as opened:
        yield opened


def log(store, number):
    with store.begin() as connection:
        log_event(connection, at=0.0, actor="a", kind="first", payload={"number": number})
        log_event(connection, at=0.0, actor="a", kind="second", payload={"number": number})


def test_a_copy_is_one_file_with_all_that_was_acknowledged(store, tmp_path):
    log(store, 0)
    folder = tmp_path / "copies"
    folder.mkdir()
    write_snapshot(store, folder / "b.db")
    log(store, 1)
    assert [path.name for path in folder.iterdir()] == ["b.db"]
    with closing(open_store(folder / "b.db")) as copy:
        assert [event.payload["number"] for event in read_events(copy, "second")] == [0]
        with pytest.raises(sa.exc.IntegrityError, match="never changed"), copy.begin() as connection:
            connection.exec_driver_sql("DELETE FROM events")
    write_snapshot(store, folder / "b.db")
    with closing(open_store(folder / "b.db")) as copy:
        assert len(read_events(copy, "second")) == 2


def test_a_copy_made_while_others_write_holds_whole_transactions(store, tmp_path):
    stop = threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            log(store, number)
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            write_snapshot(store, tmp_path / f"copy-{number}.db")
    finally:
        stop.set()
        writer.join()
    for number in range(5):
        with closing(sqlite3.connect(tmp_path / f"copy-{number}.db")) as copy:
            counts = dict(copy.execute("SELECT kind, count(*) FROM events GROUP BY kind"))
            assert counts.get("first", 0) == counts.get("second", 0)


def test_a_copy_that_fails_leaves_the_earlier_one(store, tmp_path, monkeypatch):
    write_snapshot(store, tmp_path / "b.db")
    before = (tmp_path / "b.db").read_bytes()

    def fail(_path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshot, "_sync", fail)
    log(store, 0)
    with pytest.raises(StoreError, match="No space left"):
        write_snapshot(store, tmp_path / "b.db")
    assert (tmp_path / "b.db").read_bytes() == before
    assert not list(tmp_path.glob("*.part"))


def test_a_copy_needs_a_folder_and_another_name(store, tmp_path):
    with pytest.raises(StoreError, match="no folder"):
        write_snapshot(store, tmp_path / "no" / "b.db")
    with pytest.raises(StoreError, match="the store itself"):
        write_snapshot(store, tmp_path / "a.db")
    with pytest.raises(StoreError, match="pg_dump"):
        write_snapshot(Store(server_engine("postgresql://a@b/c")), tmp_path / "b.db")


def test_a_backup_replaces_an_earlier_one_and_nothing_else(store, tmp_path):
    copy = tmp_path / "b.db"
    assert back_up(store, copy) == 0
    log(store, 1)
    assert back_up(store, copy) == 0
    with closing(open_store(copy)) as opened:
        assert [event.payload["number"] for event in read_events(opened, "second")] == [1]
    (tmp_path / "letter.txt").write_text("Dear Ada")
    open_store(tmp_path / "other.db", create=True).close()
    with closing(open_store(copy)) as opened:  # work went on with the copy, not with the store
        log(opened, 2)
    for name, words in (
        ("letter.txt", "is no annotation store"),
        ("other.db", "is another store"),
        ("a.db", "is the store itself"),
        ("b.db", "holds later lines of the log"),
    ):
        before = (tmp_path / name).read_bytes()
        with pytest.raises(StoreError, match=words):
            back_up(store, tmp_path / name)
        assert (tmp_path / name).read_bytes() == before


def test_a_copy_that_somebody_works_with_is_not_replaced(store, tmp_path):
    back_up(store, tmp_path / "b.db")
    with closing(open_store(tmp_path / "b.db")) as opened:
        log(opened, 2)
        with pytest.raises(StoreError, match="is a store that is in use"):
            back_up(store, tmp_path / "b.db")
