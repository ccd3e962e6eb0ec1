import sqlite3
from contextlib import closing

import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.opening import VERSION_TABLE, open_store
from evalmuse_hf.annotations.store import migrating
from evalmuse_hf.annotations.store.engine import Store, sqlite_engine
from evalmuse_hf.annotations.store.migrating import VERSIONS, prepare, store_version
from evalmuse_hf.annotations.store.raters import add_rater, read_raters

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade():
    op.add_column("raters", sa.Column("language", sa.String(10)))
    {then}
"""


@pytest.fixture
def store(store_file):
    with closing(open_store(store_file)) as opened:
        add_rater(opened, "Anna")
        yield opened


def version_of(store):
    with store.read() as connection:
        return store_version(connection)


def columns(path):
    with closing(sqlite3.connect(path)) as connection:
        return {row[1] for row in connection.execute("PRAGMA table_info(raters)")}


@pytest.fixture
def later(store, tmp_path):
    """Bring the store to a version that is made up here."""
    head = version_of(store)

    def migrate(then="pass"):
        folder = tmp_path / "versions"
        folder.mkdir(exist_ok=True)
        (folder / "v9999_language.py").write_text(NEXT.format(head=head, then=then))
        prepare(store, create=False, versions=(VERSIONS, folder))

    return migrate


def test_an_older_store_is_brought_up_to_date_and_a_copy_keeps_what_was(store, later, tmp_path, caplog):
    before = version_of(store)
    later()
    assert version_of(store) == "9999"
    assert "language" in columns(store.path)
    assert [rater.name for rater in read_raters(store)] == ["Anna"]
    copy = tmp_path / "a.db.before-9999"
    assert str(copy) in caplog.text
    assert "language" not in columns(copy)
    with closing(Store(sqlite_engine(copy))) as old:
        assert version_of(old) == before
        assert [rater.name for rater in read_raters(old)] == ["Anna"]


def test_a_store_that_is_up_to_date_is_not_touched(store, later, tmp_path):
    later()
    (tmp_path / "a.db.before-9999").unlink()
    later()
    assert not (tmp_path / "a.db.before-9999").exists()


def test_a_step_that_fails_changes_nothing(store, later):
    before = version_of(store)
    with pytest.raises(sa.exc.OperationalError):
        later("op.execute('nonsense')")
    assert version_of(store) == before
    assert "language" not in columns(store.path)


def test_a_store_of_a_newer_version_is_refused_and_left_alone(store, later):
    later()
    with pytest.raises(StoreError, match=r"has version '9999', which a newer version of evalmuse_hf wrote"):
        open_store(store.path)
    assert version_of(store) == "9999"


def test_an_older_store_that_can_only_be_read_is_refused(store, later):
    store.read_only = True
    with pytest.raises(StoreError, match="can only be read"):
        later()


def test_whoever_comes_second_makes_no_copy_of_the_new_store(store, later, tmp_path, monkeypatch):
    real = migrating.store_version
    answers = [real]

    def first_look_is_old(connection):
        return answers.pop()(connection) if answers else "9999"

    monkeypatch.setattr(migrating, "store_version", first_look_is_old)
    later()
    assert not list(tmp_path.glob("*before*"))


def test_the_versions_form_one_line():
    script = migrating.ScriptDirectory(str(migrating.SCRIPTS), version_locations=[str(VERSIONS)])
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


def test_the_table_of_the_version_has_the_name_that_the_door_looks_for(store):
    with store.read() as connection:
        assert sa.inspect(connection).has_table(VERSION_TABLE)
