import asyncio
import json

import pytest

from evalmuse_hf.annotations.errors import NotAllowedError, StoreError
from evalmuse_hf.annotations.server.logout import LogoutWatch


def leave(end, *, path="/logout", name="ann"):
    """Ask for a path; give the status and what the watch did, in order."""
    happened, sent = [], []

    async def app(scope, receive, send):
        happened.append("asked")
        await send({"type": "http.response.start", "status": 302, "headers": []})
        await send({"type": "http.response.body", "body": b"gone"})

    def noted(who):
        happened.append(who)
        end(who)

    async def send(message):
        happened.append(message["type"].rpartition(".")[2])
        sent.append(message)

    watch = LogoutWatch(app, lambda request: name if request.headers.get("cookie") else None, noted)
    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"cookie", b"x")]}
    asyncio.run(watch(scope, None, send))
    return sent[0]["status"], happened, sent[-1]["body"]


def test_the_sessions_end_before_the_browser_is_told():
    assert leave(lambda _: None) == (302, ["asked", "ann", "start", "body"], b"gone")


@pytest.mark.parametrize("options", [{"path": "/logout2"}, {"name": None}, {"name": ""}])
def test_other_requests_and_strangers_pass(options):
    assert leave(None, **options)[:2] == (302, ["asked", "start", "body"])


def test_a_store_that_cannot_be_written_is_no_logout():
    def fail(_):
        raise StoreError("The disk is full.")

    status, happened, body = leave(fail)
    assert (status, json.loads(body)["status"]) == (503, "store_unavailable")
    assert happened == ["asked", "ann", "start", "body"]


def test_who_is_no_rater_any_more_is_logged_out_of_the_page():
    def fail(_):
        raise NotAllowedError("No.")

    assert leave(fail)[0] == 302
