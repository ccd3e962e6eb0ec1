from contextlib import closing

import pytest

from evalmuse_hf.annotations.errors import NotAllowedError
from evalmuse_hf.annotations.records import RaterRow
from evalmuse_hf.annotations.server import organiser
from evalmuse_hf.annotations.server.backup_state import BackupFacts, BackupState
from evalmuse_hf.annotations.server.organiser import (
    BACKUP_COLUMNS,
    EVENT_COLUMNS,
    RATER_COLUMNS,
    ROUND_COLUMNS,
    RaterFlags,
    organiser_overview,
)
from evalmuse_hf.annotations.store.assignment import next_task

from ..campaign import make_store, rate_next

OLGA = RaterRow(rater_id=1, name="olga", is_organiser=True)


@pytest.fixture
def campaign(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=25, n_raters=3)
    with closing(campaign.store):
        yield campaign


def test_the_tables_say_what_happened(campaign):
    for _ in range(24):
        rate_next(campaign, 0, 3, duration_s=1.0)  # faster than anybody reads
    rate_next(campaign, 1, 5)
    next_task(campaign.store, campaign.rater_ids[2])
    overview = organiser_overview(campaign.store, OLGA, flags=RaterFlags(campaign.store))
    (round_row,) = (dict(zip(ROUND_COLUMNS, row, strict=True)) for row in overview.rounds)
    assert (round_row["round"], round_row["items"], round_row["ratings"], round_row["wanted"]) == ("main", 25, 25, 75)
    assert (round_row["with raters"], round_row["open"]) == (1, "yes")
    first, second, third = (dict(zip(RATER_COLUMNS, row, strict=True)) for row in overview.raters)
    assert (first["answers"], first["median time, s"]) == (24, 1.0)
    assert {"longest run", "overall entropy", "fast share"} <= set(first["flags"].split(", "))
    assert (second["answers"], second["flags"], third["answers"], third["median time, s"]) == (1, "", 0, "\u2013")
    events = [dict(zip(EVENT_COLUMNS, row, strict=True)) for row in overview.events]
    assert events[0]["time (UTC)"] >= events[-1]["time (UTC)"]
    assert "round opened" in {event["what"] for event in events}


def test_the_backup_says_how_old_it_is_and_what_is_wrong(campaign):
    state = BackupState(BackupFacts(repo="me/ratings"))

    def row():
        overview = organiser_overview(campaign.store, OLGA, flags=RaterFlags(campaign.store), backup=state)
        (only,) = overview.backup
        return dict(zip(BACKUP_COLUMNS, only, strict=True))

    assert (row()["minutes ago"], row()["what is wrong"]) == ("\u2013", "nothing was sent yet")
    state.succeeded(campaign.store.clock() - 600)
    assert (row()["minutes ago"], row()["failed tries since"], row()["what is wrong"]) == (10.0, 0, "")
    assert [state.failed(error) for error in ("No network.", "No network.", "No rights.")] == [True, False, True]
    assert (row()["minutes ago"], row()["failed tries since"], row()["what is wrong"]) == (10.0, 3, "No rights.")
    state.stop("Another server writes there.")
    assert row()["what is wrong"] == "Another server writes there. No rights."


def test_nobody_else_sees_them(campaign):
    with pytest.raises(NotAllowedError, match="Only organisers"):
        organiser_overview(campaign.store, RaterRow(rater_id=1, name="ann"), flags=RaterFlags(campaign.store))


def test_the_log_is_screened_only_now_and_then(campaign, monkeypatch):
    now = [0.0]
    looked = []
    monkeypatch.setattr(organiser.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(RaterFlags, "_look", lambda _: looked.append(now[0]) or {"ann": ["fast share"]})
    flags = RaterFlags(campaign.store)
    for now[0] in (0.0, 10.0, 59.0, 61.0):
        assert flags.current() == {"ann": ["fast share"]}
    assert looked == [0.0, 61.0]
