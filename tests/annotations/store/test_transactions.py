"""Work that is tried again, and who may work at all."""

import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations.errors import NotAllowedError
from evalmuse_hf.annotations.store import tables, transactions
from evalmuse_hf.annotations.store.raters import set_active
from evalmuse_hf.annotations.store.transactions import (
    check_rater,
    lock_rater,
    lock_round,
    lock_round_items,
    write,
)
from tests.annotations.campaign import make_store


class LostRaceError(Exception):
    sqlstate = "40P01"


class OtherError(Exception):
    sqlstate = "53100"


@pytest.fixture
def campaign(tmp_path, monkeypatch):
    monkeypatch.setattr(transactions, "_FIRST_PAUSE_S", 0.0)
    return make_store(tmp_path / "store.sqlite", n_items=3)


def failing(times, error):
    """Work that writes an event, and fails so many times after that."""
    calls = []

    def work(connection):
        calls.append(1)
        row = {"at": 1.0, "actor": "test", "kind": "test", "subject": "", "payload": {}}
        connection.execute(sa.insert(tables.events).values(row))
        if len(calls) <= times:
            raise sa.exc.OperationalError("INSERT", {}, error)
        return len(calls)

    return work


def n_events(store):
    with store.read() as connection:
        query = sa.select(sa.func.count()).select_from(tables.events).where(tables.events.c.kind == "test")
        return connection.execute(query).scalar()


def test_a_lost_race_is_run_again_and_leaves_one_trace(campaign):
    assert write(campaign.store, failing(3, LostRaceError())) == 4
    assert n_events(campaign.store) == 1


def test_a_race_that_is_lost_for_ever_is_an_error(campaign):
    with pytest.raises(sa.exc.OperationalError):
        write(campaign.store, failing(99, LostRaceError()))
    assert n_events(campaign.store) == 0


def test_another_error_is_not_tried_again(campaign):
    work = failing(1, OtherError())
    with pytest.raises(sa.exc.OperationalError):
        write(campaign.store, work)
    assert n_events(campaign.store) == 0
    assert write(campaign.store, work) == 2


def test_rows_are_read_as_they_are_now(campaign):
    with campaign.store.begin() as connection:
        assert lock_rater(connection, campaign.rater_ids[0]).name == "rater_000"
        assert list(lock_round_items(connection, [3, 1, 3, 99])) == [1, 3]
        assert lock_round(connection, campaign.round.round_id).name == "main"


def test_more_items_than_a_statement_takes_are_locked(campaign):
    with campaign.store.begin() as connection:
        assert list(lock_round_items(connection, range(100_000))) == [1, 2, 3]


def test_a_disabled_rater_is_refused(campaign):
    set_active(campaign.store, "rater_000", False)
    for check in (lock_rater, check_rater):
        with campaign.store.begin() as connection, pytest.raises(NotAllowedError, match="disabled"):
            check(connection, campaign.rater_ids[0])
    with campaign.store.read() as connection:
        assert check_rater(connection, campaign.rater_ids[1]).rater_id == campaign.rater_ids[1]
