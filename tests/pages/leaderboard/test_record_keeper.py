import threading

import pytest

from evalmuse_hf.pages.leaderboard.record_files import SourceError
from evalmuse_hf.pages.leaderboard.record_keeper import RecordKeeper, read_minutes


class Source:
    """Gives a new object each time, or fails; a reading can be waited for."""

    def __init__(self):
        self.readings, self.fails, self.was_read = 0, False, threading.Event()

    def read(self, source):
        self.readings += 1
        self.was_read.set()
        if self.fails:
            raise OSError("no network")
        return f"records {self.readings}"


def test_records_without_an_age_limit_are_read_once():
    source = Source()
    keeper = RecordKeeper("s", read=source.read)
    assert [keeper.current() for _ in range(3)] == ["records 1"] * 3
    assert source.readings == 1


def test_old_records_are_read_again_and_nobody_waits(monkeypatch):
    source, now = Source(), [0.0]
    monkeypatch.setattr("evalmuse_hf.pages.leaderboard.record_keeper.time.monotonic", lambda: now[0])
    keeper = RecordKeeper("s", minutes=1, read=source.read)
    source.was_read.clear()
    now[0] = 59.0
    assert keeper.current() == "records 1"
    assert not source.was_read.is_set()
    now[0] = 61.0
    assert keeper.current() in ("records 1", "records 2")  # what there is, while another thread reads
    assert source.was_read.wait(10)
    keeper.refresh()
    assert keeper.current() == "records 3"
    assert source.readings == 3


def test_the_old_records_stay_where_a_reading_fails():
    source = Source()
    keeper = RecordKeeper("s", minutes=1, read=source.read)
    source.fails = True
    keeper.refresh()
    assert (keeper.current(), keeper.failed) == ("records 1", True)
    source.fails = False
    keeper.refresh()
    assert (keeper.current(), keeper.failed) == ("records 3", False)


def test_a_first_reading_that_fails_is_an_error(tmp_path):
    with pytest.raises(SourceError):
        RecordKeeper(tmp_path / "gone")


@pytest.mark.parametrize("text", ["soon", "nan", "-5", "inf", "1 hour"])
def test_an_age_that_makes_no_sense_is_refused_with_the_name_of_its_variable(text):
    source = Source()
    with pytest.raises(SourceError, match=r"EVALMUSE_LEADERBOARD_MINUTES.* got '?-?"):
        RecordKeeper("s", minutes=read_minutes({"EVALMUSE_LEADERBOARD_MINUTES": text}), read=source.read)
    assert source.readings == 0
    assert read_minutes({"EVALMUSE_LEADERBOARD_MINUTES": " "}) == 30.0
