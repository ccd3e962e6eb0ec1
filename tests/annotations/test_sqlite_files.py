import sqlite3
from contextlib import closing

import pytest

from evalmuse_hf.annotations.sqlite_files import connect_read_only, has_log


@pytest.fixture
def written(tmp_path):
    """A connection that has written to a file with a log of changes."""
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE settings (name)")
        connection.execute("INSERT INTO settings VALUES ('a')")
        yield connection


def test_reading_only_cannot_write_and_leaves_nothing_behind(written, tmp_path):
    written.close()
    assert not has_log(tmp_path / "a.db")
    with closing(connect_read_only(tmp_path / "a.db", live=False)) as connection:
        assert connection.execute("SELECT count(*) FROM settings").fetchone() == (1,)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            connection.execute("DELETE FROM settings")
    assert [path.name for path in tmp_path.iterdir()] == ["a.db"]


def test_reading_only_sees_what_is_still_in_the_log(written, tmp_path):
    assert has_log(tmp_path / "a.db")
    for live in (True, False):
        with closing(connect_read_only(tmp_path / "a.db", live=live)) as connection:
            assert connection.execute("SELECT name FROM settings").fetchall() == [("a",)]


def test_reading_a_live_file_sees_what_is_written_later(written, tmp_path):
    with closing(connect_read_only(tmp_path / "a.db")) as connection:
        written.execute("INSERT INTO settings VALUES ('b')")
        assert len(connection.execute("SELECT name FROM settings").fetchall()) == 2
