from contextlib import closing

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from evalmuse_hf.annotations.opening import VERSION_TABLE, open_store
from evalmuse_hf.annotations.store.engine import Store, sqlite_engine
from evalmuse_hf.annotations.store.tables import APPEND_ONLY, metadata

VALUES = {sa.Integer: 1, sa.Double: 1.0, sa.String: "t", sa.Text: "t", sa.Boolean: True, sa.JSON: {}}


@pytest.fixture
def store(store_file):
    with closing(open_store(store_file)) as opened:
        yield opened


@pytest.fixture
def server_store(postgres_url):
    with closing(open_store(postgres_url, create=True)) as opened:
        yield opened


def differences(store):
    """What the code's tables have other than the store's; Alembic misreads defaults of SQLite that are empty texts."""
    defaults = not store.is_sqlite
    options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": defaults}
    with store.engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


def statements(store):
    """How SQLite keeps every table and index, spaces and the order of constraints aside."""
    with store.read() as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index')").all()
    return {name: sorted(" ".join(sql.split()).removesuffix(" )").split(", ")) for name, sql in rows if sql}


def check_that_rows_stay(store, table):
    """Write a row past all foreign keys, then try to change it, to delete it, and to replace it."""
    of_log = metadata.tables[table]
    row = {column.name: 77 if column.primary_key else value_of(column) for column in of_log.columns}
    row = {name: value if name != "version" else "t" for name, value in row.items()}
    attempts = [sa.update(of_log).values(row), sa.delete(of_log)]
    with store.engine.connect() as connection:
        if store.is_sqlite:
            attempts.append(sa.insert(of_log).prefix_with("OR REPLACE").values(row))
            around = ("PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys = ON")
        else:
            attempts.append(sa.text(f"TRUNCATE {table} CASCADE"))
            # In this role the triggers rest too, so it is left before they are tried.
            around = ("SET session_replication_role = replica", "SET session_replication_role = origin")
        connection.exec_driver_sql(around[0])
        connection.execute(sa.insert(of_log).values(row))
        connection.commit()
        connection.exec_driver_sql(around[1])
        connection.commit()
        for attempt in attempts:
            with pytest.raises(sa.exc.DBAPIError, match=f"rows of {table} are never changed or deleted"):
                connection.execute(attempt)
            connection.rollback()


def value_of(column):
    return next(value for kind, value in VALUES.items() if isinstance(column.type, kind))


def test_the_versions_make_the_tables_of_the_code(store, tmp_path):
    assert differences(store) == []
    with closing(Store(sqlite_engine(tmp_path / "b.db"))) as bare:
        metadata.create_all(bare.engine)
        expected = statements(bare)
    assert {name: sql for name, sql in statements(store).items() if name != VERSION_TABLE} == expected


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_a_row_of_the_log_is_never_changed_or_deleted(store, table):
    check_that_rows_stay(store, table)


@pytest.mark.postgres
def test_the_same_on_a_server(server_store):
    assert differences(server_store) == []
    for table in APPEND_ONLY:
        check_that_rows_stay(server_store, table)
