import threading
import time

import pytest

from evalmuse_hf.llm import ChatError
from evalmuse_hf.llm.pacing import SharedPace


def test_what_stops_one_stops_all_with_its_sentence():
    pace = SharedPace()
    pace.check()
    pace.stop("The key is wrong.")
    pace.stop("Another reason.")
    with pytest.raises(ChatError, match="The key is wrong") as caught:
        pace.check()
    assert caught.value.stops_run


def test_a_stop_ends_a_wait():
    pace = SharedPace()
    threading.Timer(0.1, pace.stop, ["Enough."]).start()
    begun = time.monotonic()
    pace.sleep(30, for_all=True)
    assert time.monotonic() - begun < 5


def test_a_wait_that_a_server_asks_for_is_everybodys():
    pace = SharedPace()
    waiting = threading.Thread(target=pace.sleep, args=(0.3,), kwargs={"for_all": True})
    waiting.start()
    time.sleep(0.05)
    begun = time.monotonic()
    pace.check()
    assert 0.1 < time.monotonic() - begun < 3
    waiting.join(5)


def test_a_dead_server_is_not_asked_for_ever():
    pace = SharedPace()
    for _ in range(5):
        pace.check()
        pace.note_failure()
    with pytest.raises(ChatError, match="Not asked, as all requests just before it failed") as caught:
        pace.check()
    assert not caught.value.stops_run
    pace.note_success()
    pace.check()
