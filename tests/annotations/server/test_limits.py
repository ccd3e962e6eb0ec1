import asyncio
import json

import pytest

from evalmuse_hf.annotations.errors import AnnotationError
from evalmuse_hf.annotations.server.limits import BodyLimit, RateLimit, RouteGate, error_body, is_gradio_route, refuse


async def echo(scope, receive, send):
    """Read the whole body and say how long it was."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


async def stubborn(scope, receive, send):
    """Answer 500 to whatever goes wrong while the body is read, as Gradio's application does."""
    try:
        await echo(scope, receive, send)
    except BaseException:
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body", "body": b"?"})
        raise


def exchange(app, *parts, headers=(), path="/x", kind="http", pause=0.0):
    """Send the parts of a body; give the status, the body and how many parts were asked for."""
    asked, sent = [], []

    async def receive():
        await asyncio.sleep(pause)
        asked.append(1)
        place = len(asked) - 1
        if place >= len(parts):
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": parts[place], "more_body": place < len(parts) - 1}

    async def send(message):
        sent.append(message)

    asyncio.run(app({"type": kind, "path": path, "headers": list(headers)}, receive, send))
    status = next((message["status"] for message in sent if "status" in message), None)
    starts = sum("status" in message for message in sent)
    assert starts <= 1
    return status, b"".join(message.get("body", b"") for message in sent), len(asked)


def test_an_announced_length_is_refused_unread():
    limited = BodyLimit(echo, max_body=10)
    status, body, asked = exchange(limited, b"", headers=[(b"content-length", b"11")])
    assert (status, json.loads(body)["status"], asked) == (413, "too_large", 0)
    assert exchange(limited, b"x" * 10, headers=[(b"content-length", b"10")])[:2] == (200, b"10")
    for odd in (b"-1", b"1e3", b"", b"10, 10"):
        assert exchange(limited, b"", headers=[(b"content-length", odd)])[0] == 413


@pytest.mark.parametrize("app", [echo, stubborn])
def test_an_unannounced_length_is_counted_and_no_more_is_read(app):
    limited = BodyLimit(app, max_body=10)
    chunked = [(b"transfer-encoding", b"chunked")]
    status, body, asked = exchange(limited, *[b"x" * 4] * 100, headers=chunked)
    assert (status, json.loads(body)["status"], asked) == (413, "too_large", 3)
    assert exchange(limited, b"x" * 5, b"x" * 5, headers=chunked)[:2] == (200, b"10")


@pytest.mark.parametrize("app", [echo, stubborn])
def test_a_body_that_trickles_in_is_given_up(app):
    limited = BodyLimit(app, seconds=0.05)
    chunked = [(b"transfer-encoding", b"chunked")]
    status, body, _ = exchange(limited, *[b"x"] * 100, headers=chunked, pause=0.02)
    assert (status, json.loads(body)["status"]) == (408, "too_slow")


def test_a_request_without_a_body_may_be_listened_to_for_as_long_as_it_likes():
    async def wait(scope, receive, send):
        await receive()
        message = await receive()  # a stream asks in this way whether its reader has gone
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": message["type"].encode()})

    assert exchange(BodyLimit(wait, seconds=0.01), b"", pause=0.03)[:2] == (200, b"http.disconnect")


def test_a_fault_of_the_application_stays_its_own():
    async def fail(scope, receive, send):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        exchange(BodyLimit(fail), b"")


def test_only_what_the_page_needs_of_gradio_is_reached():
    for path in ("/", "/config", "/login", "/login/callback", "/logout", "/assets/index-1.js", "/static/img/a.svg"):
        assert is_gradio_route(path), path
    for path in ("/gradio_api/run/predict", "/gradio_api/info", "/theme.css"):
        assert is_gradio_route(path), path
    for path in (
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file/etc/passwd",
        "/file=store.sqlite",
        "/gradio_api/upload",
        "/gradio_api/queue/join",
        "/gradio_api/queue/data",
        "/gradio_api/heartbeat/abc",
        "/gradio_api/reset",
        "/gradio_api/cancel",
        "/gradio_api/proxy=https://a.hf.space/",
        "/gradio_api/deep_link",
        "/gradio_api/token",
        "/gradio_api/call/begin",
        "/gradio_api/vibe-code",
        "/gradio_api/process_recording",
        "/gradio_api/component_server",
        "/monitoring",
        "/monitoring/summary",
        "/assets/../../store.sqlite",
        "/store.sqlite",
        "/pictures/a.png",
        "/annotation/api",
    ):
        assert not is_gradio_route(path), path


def test_the_gate_answers_for_what_is_behind_it():
    gate = RouteGate(echo, "/annotation/api")
    assert exchange(gate, b"", path="/annotation/api/task")[0] == 200
    assert exchange(gate, b"", path="/")[0] == 200
    status, body, _ = exchange(gate, b"", path="/gradio_api/file=x")
    assert (status, json.loads(body)["status"]) == (404, "not_found")
    assert exchange(gate, b"", path="/annotation/apix")[0] == 404


def test_there_are_no_web_sockets():
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(RouteGate(echo, "/annotation/api")({"type": "websocket", "path": "/"}, None, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


def refused(limit, key):
    try:
        limit.check(key)
    except AnnotationError as error:
        return (error.http_status, error.status) == (429, "too_many_requests")
    return False


def test_a_reserve_is_used_up_and_fills_again():
    now = [0.0]
    limit = RateLimit(per_second=2, burst=4, clock=lambda: now[0])
    assert [refused(limit, "ann") for _ in range(6)] == [False] * 4 + [True] * 2
    assert not refused(limit, "bob")
    now[0] = 1.0
    assert [refused(limit, "ann") for _ in range(3)] == [False, False, True]
    now[0] = 100.0
    assert [refused(limit, "ann") for _ in range(5)] == [False] * 4 + [True]


def test_those_who_asked_long_ago_are_forgotten(monkeypatch):
    monkeypatch.setattr("evalmuse_hf.annotations.server.limits._MOST_KEPT", 10)
    now = [0.0]
    limit = RateLimit(per_second=1, burst=5, clock=lambda: now[0])
    for key in range(10):
        limit.check(key)
    now[0] = 60.0
    limit.check("new")
    assert len(limit._reserves) == 1


def test_a_refusal_is_spelled_as_json():
    assert json.loads(error_body(refuse("word", "A sentence.", 418))) == {"status": "word", "message": "A sentence."}
