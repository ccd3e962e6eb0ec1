"""Fifty raters at once over HTTP, and a server that is killed among them: what was acknowledged is in the store."""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.records import RoundSettings
from evalmuse_hf.annotations.server.api import make_api_app
from evalmuse_hf.annotations.server.login import new_session
from evalmuse_hf.annotations.serving import RunningServer
from evalmuse_hf.annotations.store.raters import rater_of
from evalmuse_hf.annotations.store.ratings import read_ratings
from evalmuse_hf.annotations.store.sessions import session_secret

from ..campaign import Work, check_acknowledged, check_invariants, make_store, payload_of
from .conftest import BASE

N_RATERS, N_EACH = 50, 8  # without HTTP, twenty each: tests/annotations/test_campaigns_at_once.py


class Line:
    """A kept connection of one rater."""

    def __init__(self, address, token):
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def send(self, method, path, body=None):
        content = None if body is None else json.dumps(body)
        self.connection.request(method, BASE + path, content, self.headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())


def rate(line, rater_id, work, *, seed, at_most):
    """Rate as a person with a bad connection does; remember what was acknowledged."""
    rng = random.Random(seed)
    for _ in range(at_most):
        status, answer = line.send("GET", "/task")
        assert status == 200, answer
        task = answer["task"]
        if task is None:
            return
        number = task["assignment_id"]
        body = payload_of([element["element_id"] for element in task["elements"]], rng.randint(1, 5))
        chance = rng.random()
        if chance < 0.2:
            draft = {"revision": task["draft_revision"], "draft": {"overall": body["overall"]}}
            status, answer = line.send("PUT", f"/draft/{number}", draft)
            assert status == 200, answer
        status, answer = line.send("POST", f"/rating/{number}", body)
        assert status == 200, answer
        work.acknowledged.append((answer["rating_id"], body["submission_id"], number, rater_id))
        if chance > 0.9:  # the acknowledgement was lost on its way
            status, again = line.send("POST", f"/rating/{number}", body)
            assert (status, again["repeated"], again["rating_id"]) == (200, True, answer["rating_id"])


def sessions_of(campaign):
    secret = session_secret(campaign.store)
    return {
        rater_id: new_session(campaign.store, secret, rater_of(campaign.store, rater_id))
        for rater_id in campaign.rater_ids
    }


def rate_together(place, pictures):
    settings = RoundSettings(max_per_rater=N_EACH, range_threshold=None)
    n_items = -(-N_RATERS * N_EACH // settings.ratings_per_item)
    campaign = make_store(place, n_items=n_items, n_raters=N_RATERS, settings=settings, pictures=pictures)
    server = RunningServer(make_api_app(campaign.store, requests_per_s=1000), host="127.0.0.1", port=0)
    work, ready = Work(), threading.Barrier(N_RATERS)

    def run(rater_id, token):
        line = Line(server.address, token)
        ready.wait()
        with closing(line.connection):
            rate(line, rater_id, work, seed=rater_id, at_most=N_EACH + 1)

    try:
        with ThreadPoolExecutor(N_RATERS) as pool:
            for done in [pool.submit(run, *session) for session in sessions_of(campaign).items()]:
                done.result()
    finally:
        server.stop()
    with closing(campaign.store) as store:
        check_acknowledged(store, work)
        check_invariants(store)
        rows = read_ratings(store)
    assert len(rows) > 0.9 * N_RATERS * N_EACH  # the last ones may lack an item that they have not had
    assert max(Counter(row.rater for row in rows).values()) <= N_EACH
    assert max(Counter(row.item_id for row in rows).values()) <= settings.ratings_per_item


@pytest.mark.slow
def test_fifty_raters_lose_nothing_and_nothing_is_doubled_or_misassigned(tmp_path):
    rate_together(tmp_path / "store.sqlite", tmp_path / "pictures")


@pytest.mark.postgres
def test_fifty_raters_lose_nothing_on_a_database_server(postgres_url, tmp_path):
    rate_together(postgres_url, tmp_path / "pictures")


def test_what_was_acknowledged_before_the_server_was_killed_is_in_the_store(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=60, n_raters=8, pictures=tmp_path / "pictures")
    sessions = sessions_of(campaign)
    campaign.store.close()
    command = [sys.executable, "-m", "evalmuse_hf.cli", "annotate", "serve", str(campaign.place), "--port", "0"]
    child = subprocess.Popen([*command, "--requests-per-second", "1000"], stdout=subprocess.PIPE, text=True)
    with child, ThreadPoolExecutor(len(sessions)) as pool:
        address = child.stdout.readline().strip()
        assert address.startswith("http://")
        works = {rater_id: Work() for rater_id in sessions}

        def run(rater_id, token):
            line = Line(address, token)
            with closing(line.connection):
                try:
                    rate(line, rater_id, works[rater_id], seed=rater_id, at_most=60)
                except (OSError, http.client.HTTPException):
                    return True  # the server is gone
            return False

        running = [pool.submit(run, *session) for session in sessions.items()]
        while sum(len(work.acknowledged) for work in works.values()) < 60 and not any(map(Future.done, running)):
            time.sleep(0.01)
        os.kill(child.pid, signal.SIGKILL)
        assert all(done.result() for done in running)
    with closing(open_store(campaign.place)) as store:
        check_invariants(store)
        stored = {row.rating_id: row.assignment_id for row in read_ratings(store)}
        for work in works.values():
            for rating_id, _, assignment_id, _ in work.acknowledged:
                assert stored[rating_id] == assignment_id
        # An answer that was stored and not acknowledged any more: at most one of each rater.
        assert 60 <= len(stored) <= sum(len(work.acknowledged) for work in works.values()) + len(works)
