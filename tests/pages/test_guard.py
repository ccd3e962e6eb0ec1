"""The guard as ASGI, without a server; `tests/pages/test_attacks.py` has it before a real one."""

import asyncio
import os
import time
from types import SimpleNamespace

import pytest

from evalmuse_hf.pages.guard import MAX_REQUEST_BYTES, PageGuard, guard_options, guard_queue
from evalmuse_hf.pages.limits import PageLimits

LIMITS = PageLimits(max_archive_bytes=10 * MAX_REQUEST_BYTES, keep_uploads_s=50, max_waiting=3)
META = {"meta": {"_type": "gradio.FileData"}}


def request(path, *, pieces=(b"",), headers=(), root_path=""):
    """Send a request through the guard; status and body of the answer, and the bytes that reached the page."""
    reached, sent = [], []
    coming = iter(pieces)

    async def page(scope, receive, send):
        reached.append(scope["path"])
        for _ in pieces:
            reached.append(len((await receive())["body"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive():
        return {"type": "http.request", "body": next(coming)}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "headers": headers, "root_path": root_path}
    asyncio.run(PageGuard(page, LIMITS)(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent).decode(), reached


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/config", "/gradio_api/info", "/gradio_api/queue/join", "/gradio_api/file=/tmp/a.png", "/theme.css"),
        *("/gradio_api/startup-events", "/gradio_api/heartbeat/a", "/gradio_api/upload_progress", "/static/proxy=.js"),
    ],
)
def test_what_a_page_needs_passes(path):
    assert request(path)[0] == 200


@pytest.mark.parametrize(
    "path",
    ["/gradio_api/proxy=http://a", "/proxy=http://a", "/gradio_api/file=https://a", "/gradio_api/file=/HTTP://a"],
)
def test_what_no_page_needs_is_closed_wherever_the_page_is_mounted(path):
    assert request(path)[:2] == (404, "This page does not have that address.")
    assert request(f"/metric{path}", root_path="/metric")[0] == 404


def test_a_body_is_counted_whatever_it_announces():
    from starlette.formparsers import MultiPartException

    half = bytes(MAX_REQUEST_BYTES // 2)
    assert request("/gradio_api/queue/join", pieces=(half, half))[2][1:] == [len(half)] * 2
    for headers in ((), ((b"content-length", b"7"),), ((b"content-length", b"-1"),)):
        with pytest.raises(MultiPartException, match="maximum allowed size of 4 MB"):
            request("/gradio_api/queue/join", pieces=(half, half, b"x"), headers=headers)
    announced = ((b"content-length", str(MAX_REQUEST_BYTES + 1).encode()),)
    assert request("/gradio_api/queue/join", headers=announced)[0] == 413
    assert request("/gradio_api/upload", headers=announced)[0] == 200
    beyond = ((b"content-length", str(LIMITS.max_archive_bytes + 1).encode()),)
    assert request("/gradio_api/upload", headers=beyond)[:2] == (
        413,
        "The request has more than 40 MB; send less at once.",
    )


def test_what_is_no_request_passes_untouched():
    seen = []

    async def page(scope, receive, send):
        seen.append((scope, receive, send))

    asyncio.run(PageGuard(page, LIMITS)({"type": "lifespan"}, 1, 2))
    assert seen == [({"type": "lifespan"}, 1, 2)]


def push(answer, data):
    async def push(*_):
        return answer

    async def preprocess_data(block_fn, inputs, state, explicit_call):
        raise TypeError("names /srv/secret")

    app = SimpleNamespace(_queue=SimpleNamespace(push=push), preprocess_data=preprocess_data)
    guard_queue(app, limits=LIMITS)
    return app, asyncio.run(app._queue.push(SimpleNamespace(data=data), None, None))


def test_the_queue_says_in_a_sentence_why_it_refuses():
    accepted = (True, "event", "success")
    assert push(accepted, ["a cat", {"path": "x"}])[1] == accepted
    assert push((False, "Queue is full. Max size is 3 and size is 3.", "queue_full"), [])[1] == (
        False,
        "Too many requests are waiting (at most 3); try again in a minute.",
        "queue_full",
    )
    app, answer = push(accepted, [{"path": "/etc/passwd", **META}])
    assert answer[0] is False
    assert "no uploaded file" in answer[1]
    with pytest.raises(Exception, match="The values of the request are not what this page takes") as caught:
        asyncio.run(app.preprocess_data(None, [], None))
    assert "secret" not in str(caught.value)
    with pytest.raises(Exception, match="no uploaded file"):  # of an event that skips the queue
        asyncio.run(app.preprocess_data(None, [{"path": "/etc/passwd", **META}], None))
    guarded = app._queue.push
    guard_queue(app, limits=LIMITS)
    assert app._queue.push is guarded


def test_leftovers_go_while_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    leftover = tmp_path / "batch-old"
    leftover.mkdir()
    os.utime(leftover, (time.time() - 100, time.time() - 100))

    async def run():
        async with guard_options(LIMITS)["app_kwargs"]["lifespan"](None):
            for _ in range(100):
                await asyncio.sleep(0.01)
                if not leftover.exists():
                    return

    asyncio.run(run())
    assert not leftover.exists()
