import threading
from contextlib import closing

import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.store import engine
from evalmuse_hf.annotations.store.engine import server_engine, sqlite_engine
from evalmuse_hf.annotations.store.tables import settings


@pytest.fixture
def store(store_file):
    with closing(open_store(store_file)) as opened:
        yield opened


def add(connection, name):
    connection.execute(sa.insert(settings).values(name=name, value=1))


def names(store):
    with store.read() as connection:
        return list(connection.scalars(sa.select(settings.c.name).order_by(settings.c.name)))


def test_a_commit_waits_for_the_disk_and_readers_do_not_wait(store):
    with store.read() as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas]
    assert found == ["wal", 2, 1, 1]  # 2 is FULL


def test_an_exception_takes_everything_back(store):
    def fail():
        with store.begin() as connection:
            add(connection, "a")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert names(store) == []


def test_what_is_read_in_one_transaction_stays_as_it_was(store):
    with store.read() as connection:
        before = connection.scalar(sa.select(sa.func.count()).select_from(settings))
        with store.begin() as writing:
            add(writing, "a")
        assert connection.scalar(sa.select(sa.func.count()).select_from(settings)) == before
    assert names(store) == ["a"]


def test_writers_of_one_process_queue(store):
    seen = []

    def write(number):
        for _ in range(5):
            with store.begin() as connection:
                last = connection.scalar(sa.select(sa.func.count()).select_from(settings))
                add(connection, f"{number}-{last}")
                seen.append(last)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(20))


def test_a_store_that_others_keep_busy_says_so(store, monkeypatch):
    monkeypatch.setattr(engine, "BUSY_S", 0.05)
    impatient = engine.Store(sqlite_engine(store.path))
    with store.begin(), pytest.raises(StoreError, match="busy for too long"), impatient.begin():
        pass
    impatient.close()


def test_a_full_disk_says_so(store):
    def fill():
        with store.begin() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
            for number in range(2000):
                add(connection, f"{number:05}" * 10)

    with pytest.raises(StoreError, match="disk is full"):
        fill()


def test_a_wrong_statement_stays_a_wrong_statement(store):
    with pytest.raises(sa.exc.OperationalError), store.begin() as connection:
        connection.exec_driver_sql("SELECT nothing FROM nowhere")


def test_a_store_is_called_by_its_path_and_a_server_without_password(store):
    assert store.name == str(store.path)
    server = engine.Store(server_engine("postgresql://anna:hunter2@db.org:77/ratings?sslmode=require"))
    assert (server.name, server.path, server.is_sqlite) == ("postgresql://db.org:77/ratings", None, False)
    assert server.engine.url.drivername == "postgresql+psycopg"
