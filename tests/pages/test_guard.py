"""The guard as ASGI, without a server; `tests/pages/test_attacks.py` has it before a real one."""

import asyncio
import errno
import json
import os
import time
from types import SimpleNamespace

import pytest

from evalmuse_hf.pages import guard
from evalmuse_hf.pages.guard import MAX_REQUEST_BYTES, PageGuard, client_of, guard_options, guard_queue
from evalmuse_hf.pages.limits import PageLimits

LIMITS = PageLimits(
    max_archive_bytes=10 * MAX_REQUEST_BYTES, keep_uploads_s=50, max_waiting=3, max_waiting_per_client=2
)
META = {"meta": {"_type": "gradio.FileData"}}


async def answer_well(receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})


def request(path, *, pieces=(b"",), headers=(), root_path="", limits=LIMITS, uploads=True, answer=answer_well):
    """Send a request through the guard; status and body of the answer, and the bytes that reached the page."""
    reached, sent = [], []
    coming = iter(pieces)

    async def page(scope, receive, send):
        reached.append(scope["path"])
        for _ in pieces:
            reached.append(len((await receive())["body"]))
        await answer(receive, send)

    async def receive():
        return {"type": "http.request", "body": next(coming)}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "headers": headers, "root_path": root_path}
    asyncio.run(PageGuard(page, limits, uploads=uploads)(scope, receive, send))
    assert [message["type"] for message in sent].count("http.response.start") == 1
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
    half = bytes(MAX_REQUEST_BYTES // 2)
    assert request("/gradio_api/queue/join", pieces=(half, half))[2][1:] == [len(half)] * 2
    for headers in ((), ((b"content-length", b"7"),), ((b"content-length", b"-1"),)):
        refused = request("/gradio_api/queue/join", pieces=(half, half, b"x"), headers=headers)
        assert refused[:2] == (413, "The request has more than 4 MB; send less at once.")
    announced = ((b"content-length", str(MAX_REQUEST_BYTES + 1).encode()),)
    assert request("/gradio_api/queue/join", headers=announced)[0] == 413
    assert request("/gradio_api/upload", headers=announced)[0] == 200
    beyond = ((b"content-length", str(LIMITS.max_archive_bytes + 1).encode()),)
    assert request("/gradio_api/upload", headers=beyond)[:2] == (
        413,
        "The request has more than 40 MB; send less at once.",
    )


def answering(status, text):
    async def answer(receive, send):
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": text.encode()})

    return answer


def test_an_upload_that_is_too_large_is_refused_in_words_that_say_what_to_do():
    gradio_says = answering(413, "File size exceeded maximum allowed size of 20971520 bytes.")
    sentence = "A file has more than 20 MB, which is the most for one; make it smaller."
    assert request("/gradio_api/upload", answer=gradio_says)[:2] == (413, sentence)
    assert request("/gradio_api/file=x", answer=answering(413, "as it is"))[:2] == (413, "as it is")
    assert request("/gradio_api/upload", answer=answering(200, "[]"))[:2] == (200, "[]")


def test_no_upload_is_taken_where_the_disk_has_no_room(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    limits = PageLimits(max_upload_bytes=10_000, keep_uploads_s=60)
    sentence = "This server has no room for more files now; older ones go within 1 min, so try again later."
    assert request("/gradio_api/upload", limits=limits, pieces=(bytes(10_000),))[0] == 200
    status, body, reached = request("/gradio_api/upload", limits=limits, pieces=(bytes(10_000), b"x", b"x"))
    assert (status, body, reached[1:]) == (507, sentence, [10_000])  # stopped on its way
    (tmp_path / "large").write_bytes(bytes(10_001))
    assert request("/gradio_api/upload/", limits=limits) == (507, sentence, [])
    assert request("/gradio_api/queue/join", limits=limits)[0] == 200
    (tmp_path / "large").unlink()

    async def fail(receive, send):
        raise OSError(errno.ENOSPC, "No space left on device: /srv/secret")

    assert request("/gradio_api/upload", limits=limits, answer=fail)[:2] == (507, sentence)


def test_a_page_that_takes_no_files_has_no_address_for_them():
    for path in ("/gradio_api/upload", "/upload/"):
        assert request(path, uploads=False)[:2] == (404, "This page does not have that address.")
    assert request("/gradio_api/queue/join", uploads=False)[0] == 200
    (middle,) = guard_options(LIMITS, uploads=False)["app_kwargs"]["middleware"]
    assert middle.kwargs == {"limits": LIMITS, "uploads": False}


def test_values_that_break_gradio_get_a_sentence_and_one_line_in_the_log(caplog):
    async def fail(receive, send):
        raise KeyError("names /srv/secret")

    async def fail_late(receive, send):
        await answer_well(receive, send)
        raise KeyError("too late")

    caplog.set_level("INFO")
    for path in ("/gradio_api/call/v2/score", "/gradio_api/queue/join"):
        status, body, _ = request(path, answer=fail)
        assert (status, json.loads(body)["detail"][:49]) == (400, "The values of the request are not what this page ")
    assert [record.getMessage() for record in caplog.records if record.name.startswith("evalmuse")] == [
        "A request for '/gradio_api/call/v2/score' was refused: KeyError",
        "A request for '/gradio_api/queue/join' was refused: KeyError",
    ]
    with pytest.raises(KeyError, match="secret"):  # of the page itself: a fault of the server, for its log
        request("/", answer=fail)
    with pytest.raises(KeyError, match="too late"):
        request("/gradio_api/queue/join", answer=fail_late)


def test_what_is_no_request_passes_untouched():
    seen = []

    async def page(scope, receive, send):
        seen.append((scope, receive, send))

    asyncio.run(PageGuard(page, LIMITS)({"type": "lifespan"}, 1, 2))
    assert seen == [({"type": "lifespan"}, 1, 2)]


def push(answer, data, *, request=None, waiting=()):
    async def push(*_):
        return answer

    async def preprocess_data(block_fn, inputs, state, explicit_call):
        raise TypeError("names /srv/secret")

    queue = SimpleNamespace(push=push, event_queue_per_concurrency_id={"a": line(waiting[:1]), "b": line(waiting[1:])})
    app = SimpleNamespace(_queue=queue, preprocess_data=preprocess_data)
    guard_queue(app, limits=LIMITS)
    return app, asyncio.run(app._queue.push(SimpleNamespace(data=data), request, None))


def line(requests):
    return SimpleNamespace(queue=[SimpleNamespace(request=request) for request in requests])


def asked_from(host, forwarded=None):
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    return SimpleNamespace(client=SimpleNamespace(host=host), headers=headers)


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


def test_one_client_cannot_take_all_the_places_in_the_queue():
    accepted = (True, "event", "success")
    mine, other = asked_from("192.0.2.1"), asked_from("192.0.2.2")
    assert push(accepted, [], request=mine, waiting=[mine, other, other])[1] == accepted
    refused = (False, "Too many requests of yours are waiting (at most 2); try again in a minute.", "queue_full")
    assert push(accepted, [], request=mine, waiting=[mine, other, mine])[1] == refused


@pytest.mark.parametrize(
    "request_, client",
    [
        (asked_from("8.8.8.8"), "8.8.8.8"),
        (asked_from("8.8.8.8", "1.1.1.1"), "8.8.8.8"),  # nobody may say that they are somebody else
        (asked_from("10.0.0.1", "1.1.1.1, 9.9.9.9"), "9.9.9.9"),  # the last one stands for what the proxy saw
        (asked_from("127.0.0.1"), "127.0.0.1"),
        (asked_from("fd00::1", "2606::1"), "2606::1"),
        (SimpleNamespace(client=None, headers={"x-forwarded-for": "9.9.9.9"}), "9.9.9.9"),
        (None, ""),
    ],
)
def test_a_client_is_known_by_its_address(request_, client):
    assert client_of(request_) == client


def test_a_sweep_that_fails_does_not_end_the_sweeping(monkeypatch, caplog):
    ages = []

    def fail(age_s):
        ages.append(age_s)
        raise RuntimeError("the disk is away")

    monkeypatch.setattr(guard, "sweep_leftovers", fail)
    limits = PageLimits(keep_uploads_s=1)

    async def run():
        async with guard_options(limits)["app_kwargs"]["lifespan"](None):
            for _ in range(200):
                await asyncio.sleep(0.01)
                if len(ages) > 1:
                    return

    asyncio.run(run())
    assert ages == [0.875] * 2
    assert "Old files could not be deleted: the disk is away" in caplog.text


def test_leftovers_go_while_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    leftover = tmp_path / "batch-old"
    leftover.mkdir()
    os.utime(leftover, (time.time() - 45, time.time() - 45))  # it must not wait for the round after its last second

    async def run():
        async with guard_options(LIMITS)["app_kwargs"]["lifespan"](None):
            for _ in range(100):
                await asyncio.sleep(0.01)
                if not leftover.exists():
                    return

    asyncio.run(run())
    assert not leftover.exists()
