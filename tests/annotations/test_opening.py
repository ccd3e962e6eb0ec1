import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations import opening
from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.opening import is_store, open_store
from evalmuse_hf.annotations.store.guidelines import current_guidelines
from evalmuse_hf.annotations.store.raters import add_rater, read_raters

OPEN = """
import sys
import evalmuse_hf.annotations.store.migrating  # the slow part comes before the race
from evalmuse_hf.annotations.opening import open_store
print("ready", flush=True)
sys.stdin.readline()
open_store(sys.argv[1], create=True).close()
"""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_new_store_is_one_file_with_our_guidelines(tmp_path):
    store = open_store(tmp_path / "a.db", create=True, clock=lambda: 5.0)
    assert store.clock() == 5.0
    assert current_guidelines(store).version == "evalmuse-1"
    store.close()
    assert names(tmp_path) == ["a.db"]
    assert is_store(tmp_path / "a.db")


def test_what_is_stored_is_there_when_it_is_opened_again(tmp_path):
    with closing(open_store(str(tmp_path / "a.db"), create=True)) as store:
        add_rater(store, "Anna")
    for place in (tmp_path / "a.db", f"sqlite:///{tmp_path / 'a.db'}"):
        with closing(open_store(place)) as store:
            assert [rater.name for rater in read_raters(store)] == ["Anna"]


def test_a_store_that_is_not_there_is_not_made_by_accident(tmp_path):
    with pytest.raises(StoreError, match=r"no annotation store at .*evalmuse annotate assign"):
        open_store(tmp_path / "a.db")
    assert names(tmp_path) == []


def test_a_store_needs_its_folder(tmp_path):
    with pytest.raises(StoreError, match="make it first"):
        open_store(tmp_path / "no" / "a.db", create=True)


@pytest.mark.parametrize("content", [b"a text", b"SQLite format 3\0" + bytes(3000), b"SQLite format 3\0"])
def test_a_file_of_something_else_is_left_alone(tmp_path, content):
    path = tmp_path / "a.db"
    path.write_bytes(content)
    assert not is_store(path)
    with pytest.raises(StoreError, match=r"a\.db"):
        open_store(path, create=True)
    assert path.read_bytes() == content


def test_the_database_of_another_program_is_left_alone(tmp_path):
    with closing(sqlite3.connect(tmp_path / "a.db")) as other:
        other.execute("CREATE TABLE songs (title)")
    assert not is_store(tmp_path / "a.db")
    with pytest.raises(StoreError, match=r"another program .*'songs'"):
        open_store(tmp_path / "a.db", create=True)


def test_an_empty_file_becomes_a_store_only_if_asked(tmp_path):
    (tmp_path / "a.db").touch()
    with pytest.raises(StoreError, match="no SQLite file"):
        open_store(tmp_path / "a.db")
    open_store(tmp_path / "a.db", create=True).close()
    assert is_store(tmp_path / "a.db")


def test_a_folder_and_a_pipe_are_no_stores(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        assert not is_store(path)
        with pytest.raises(StoreError, match="one SQLite file"):
            open_store(path, create=True)


def test_processes_that_create_one_store_at_once_share_it(tmp_path):
    path = tmp_path / "a.db"
    children = [
        subprocess.Popen([sys.executable, "-c", OPEN, path], stdin=-1, stdout=-1, stderr=-1, text=True)
        for _ in range(2)
    ]
    assert [child.stdout.readline() for child in children] == ["ready\n"] * 2
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    assert [child.communicate()[1] for child in children] == ["", ""]
    with closing(open_store(path)) as store, store.read() as connection:
        assert connection.scalar(sa.text(f"SELECT count(*) FROM {opening.VERSION_TABLE}")) == 1
    assert names(tmp_path) == ["a.db"]


def test_threads_that_create_one_store_at_once_share_it(tmp_path):
    def create(number):
        with closing(open_store(tmp_path / "a.db", create=True)) as store:
            add_rater(store, f"rater {number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(create, range(4)))
    with closing(open_store(tmp_path / "a.db")) as store:
        assert len(read_raters(store)) == 4


def test_a_store_appears_also_where_files_cannot_be_linked(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    open_store(tmp_path / "a.db", create=True).close()
    assert is_store(tmp_path / "a.db")
    assert names(tmp_path) == ["a.db"]


def test_a_damaged_store_asks_for_a_backup(tmp_path):
    open_store(tmp_path / "a.db", create=True).close()
    content = bytearray((tmp_path / "a.db").read_bytes())
    content[100:] = b"\xff" * (len(content) - 100)
    (tmp_path / "a.db").write_bytes(content)
    with pytest.raises(StoreError, match="bring a backup of it back"):
        open_store(tmp_path / "a.db")


@pytest.fixture
def unwritable(monkeypatch):
    """A disk on which nothing can be written; tests may run as root, whom no rights hold."""

    def forbid(folder):
        real = os.access
        monkeypatch.setattr(
            os,
            "access",
            lambda path, mode: real(path, mode) and not (mode & os.W_OK and str(path).startswith(str(folder))),
        )

    return forbid


def test_a_store_on_a_disk_that_cannot_be_written_can_be_read(tmp_path, unwritable, caplog):
    with closing(open_store(tmp_path / "a.db", create=True)) as store:
        add_rater(store, "Anna")
    unwritable(tmp_path)
    assert is_store(tmp_path / "a.db")
    with closing(open_store(tmp_path / "a.db")) as store:
        assert [rater.name for rater in read_raters(store)] == ["Anna"]
        with pytest.raises(StoreError, match="can only be read"):
            add_rater(store, "Bob")
    assert "reading only" in caplog.text
    assert names(tmp_path) == ["a.db"]


@pytest.mark.parametrize(
    "url, said",
    [
        ("postgresql://anna:hunter2@host:port/x", "cannot be read"),
        ("postgresql+nothing://anna:hunter2@host/x", "cannot be read"),
        ("mysql://anna:hunter2@host/x", "'mysql'"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        (
            "postgresql://anna:hunter2@127.0.0.1:9/x?connect_timeout=2",
            r"postgresql://127.0.0.1:9/x cannot .* start the database",
        ),
        ("postgres://anna:hunter2@127.0.0.1:9/x?connect_timeout=2", r"postgresql://127.0.0.1:9/x cannot be opened"),
        ("postgresql://anna@127.0.0.1:9/x?password=hunter2&nonsense=1", r"invalid connection option"),
    ],
)
def test_what_is_wrong_with_a_url_is_said_without_its_password(url, said, caplog):
    with pytest.raises(StoreError, match=said) as caught:
        open_store(url, create=True)
    assert "hunter2" not in str(caught.value) + caplog.text
    assert caught.value.__cause__ is None


def test_a_password_that_the_server_repeats_is_hidden(tmp_path):
    with closing(open_store(tmp_path / "a.db", create=True)) as store:
        store.engine = sa.create_engine("postgresql+psycopg://anna:hunter2@host/x")
        with pytest.raises(StoreError, match=r"\(bad word \*\*\*\)") as caught, opening._explaining_failures(store):
            raise sa.exc.OperationalError(None, None, Exception("bad word hunter2\nmore"))
    assert "hunter2" not in str(caught.value)


def test_is_store_answers_no_for_what_cannot_be_read(tmp_path):
    assert not is_store(tmp_path / "nothing")
    assert not is_store("a\0b")
