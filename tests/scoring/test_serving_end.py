"""How a server ends that somebody stops, as containers are stopped."""

import os
import signal
import threading
from types import SimpleNamespace

from evalmuse_hf.scoring.serving import wait_for_end


def test_the_signal_that_ends_a_container_is_an_ordinary_end():
    happened = []

    def close(*, verbose):
        os.kill(os.getpid(), signal.SIGTERM)  # a second one does not break off the stopping
        happened.append(verbose)

    before = signal.signal(signal.SIGTERM, lambda *_: happened.append("heard elsewhere"))
    try:
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()
        wait_for_end(SimpleNamespace(close=close))
        assert happened == [False]
    finally:
        afterwards = signal.signal(signal.SIGTERM, before)
    afterwards(signal.SIGTERM, None)
    assert happened == [False, "heard elsewhere"]


def test_outside_the_main_thread_no_signal_is_asked_for(monkeypatch):
    class Interrupted:
        def wait(self):
            raise KeyboardInterrupt

    heard = []
    app = SimpleNamespace(close=lambda *, verbose: heard.append(signal.getsignal(signal.SIGTERM)))
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(threading, "Event", Interrupted)
    monkeypatch.setattr(threading, "current_thread", lambda: None)
    wait_for_end(app)
    assert heard == [before]
