import threading
import time

import pytest

from evalmuse_hf.llm import ChatError
from evalmuse_hf.llm.pacing import RunStop, SharedPace


class Clock:
    """A clock that a test sets, and a run whose waits move it."""

    def __init__(self):
        self.now = 1000.0
        self.waits = []
        self.is_stopped = False

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.waits.append(seconds)
        self.now += seconds

    def check(self):
        pass


def test_what_stops_one_stops_all_with_its_sentence():
    pace, stop = SharedPace(), RunStop()
    pace.check(stop)
    stop.stop("The key is wrong.")
    stop.stop("Another reason.")
    with pytest.raises(ChatError, match="The key is wrong") as caught:
        pace.check(stop)
    assert caught.value.stops_run
    pace.check(RunStop())  # another run of the same client is not stopped


def test_a_stop_ends_a_wait():
    pace, stop = SharedPace(), RunStop()
    threading.Timer(0.1, stop.stop, ["Enough."]).start()
    begun = time.monotonic()
    pace.sleep(30, stop, for_all=True)
    assert time.monotonic() - begun < 5


def test_a_wait_that_a_server_asks_for_is_everybodys():
    pace, stop = SharedPace(), RunStop()
    waiting = threading.Thread(target=pace.sleep, args=(0.3, stop), kwargs={"for_all": True})
    waiting.start()
    time.sleep(0.05)
    begun = time.monotonic()
    pace.check(stop)
    assert 0.1 < time.monotonic() - begun < 3
    waiting.join(5)


def test_a_dead_server_is_not_asked_for_ever_but_tried_after_a_minute():
    clock = Clock()
    pace, stop = SharedPace(clock=clock), RunStop()
    for _ in range(5):
        pace.check(stop)
        pace.note_failure()
    clock.now += 59
    with pytest.raises(ChatError, match="Not asked, as all requests just before it failed") as caught:
        pace.check(stop)
    assert not caught.value.stops_run
    clock.now += 2
    pace.check(stop)
    with pytest.raises(ChatError, match="Not asked"):  # one tries, not all
        pace.check(stop)
    pace.note_success()
    pace.check(stop)


def test_pauses_double_up_to_a_minute_and_start_anew_after_a_success():
    clock = Clock()
    pace = SharedPace(wait=1.0, clock=clock)
    pauses = []
    for _ in range(9):
        pauses.append(pace.slow_down(None))
        clock.now += pauses[-1]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    pace.note_success()
    assert pace.slow_down(None) == 1


def test_four_workers_that_hear_it_at_once_double_the_pause_once():
    clock = Clock()
    pace = SharedPace(wait=1.0, clock=clock)
    assert [pace.slow_down(None) for _ in range(4)] == [1, 2, 2, 2]
    clock.now += 2
    assert pace.slow_down(None) == 2


def test_what_a_server_asks_for_is_not_cut_and_nothing_is_no_pause():
    clock = Clock()
    pace = SharedPace(wait=1.0, clock=clock)
    assert pace.slow_down(90.0) == 90
    clock.now += 90
    assert pace.slow_down(0.0) == 2


def test_workers_do_not_come_back_all_at_once():
    clock = Clock()
    pace = SharedPace(wait=1.0, clock=clock)
    ends = []
    for _ in range(8):
        clock.now = 1000.0
        pace._resume_at = 0.0
        pace.slow_down(20.0)
        pace.check(clock)
        ends.append(clock.now)
    assert len(set(ends)) == 8
    assert all(1020 <= end <= 1025 for end in ends)


def test_a_refusal_is_of_one_row_only_where_others_were_answered_and_not_for_ever():
    refused = ChatError("no", stops_run=True, status=403)
    pace = SharedPace()
    assert not pace.is_of_one_row(refused)
    pace.note_success()
    assert not pace.is_of_one_row(ChatError("no", stops_run=True, status=401))
    assert [pace.is_of_one_row(refused) for _ in range(20)] == [True] * 19 + [False]
    pace.note_success()
    assert pace.is_of_one_row(refused)
