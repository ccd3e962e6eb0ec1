import time

import pytest

from evalmuse_hf.llm import ChatError, ChatMessage, load_chat_model
from evalmuse_hf.llm.bounded_client import ParameterError, retry_after

MESSAGES = [ChatMessage("user", "hello")]


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def ask(server, *, timeout=5.0, key=None):
    model = load_chat_model(f"{server.url}#m", api_key=key, timeout=timeout)
    return model.reply(MESSAGES, schema=None, max_tokens=5, seed=None)


def failure(server, **options):
    with pytest.raises(ChatError) as caught:
        ask(server, **options)
    return caught.value


def test_the_token_of_the_hub_goes_to_no_other_server(server, monkeypatch, tmp_path):
    """`InferenceClient` itself sends it to any URL, from the environment or from a stored login."""
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    ask(server)
    ask(server, key="sk-mine")
    assert "authorization" not in server.headers_seen[0]
    assert server.headers_seen[1]["authorization"] == "Bearer sk-mine"
    assert "hf_secret" not in str(server.headers_seen)


def test_a_schema_goes_in_the_form_of_the_openai_interface(server):
    """`InferenceClient` rewrites it to a form that only Text Generation Inference reads."""
    schema = {"type": "object", "x-substring-of": "secret", "properties": {"a": {"enum": ["b"]}}}
    load_chat_model(f"{server.url}#m").reply(MESSAGES, schema=schema, max_tokens=5, seed=3)
    (sent,) = server.seen
    assert sent["response_format"]["type"] == "json_schema"
    assert sent["response_format"]["json_schema"]["schema"] == {
        "type": "object",
        "properties": {"a": {"enum": ["b"]}},
    }
    assert (sent["model"], sent["max_tokens"], sent["seed"], sent["temperature"]) == ("m", 5, 3, 0.0)
    assert server.paths == ["/v1/chat/completions"]


@pytest.mark.parametrize("status", [401, 402, 403, 404])
def test_what_is_wrong_for_every_request_stops_the_run(server, status):
    server.behave = lambda payload, number: server.error(status, "You shall not pass")
    error = failure(server)
    assert error.stops_run
    assert not error.may_retry
    assert f"127.0.0.1 answered with status {status} (You shall not pass); " in str(error)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_passes_may_be_tried_again(server, status):
    server.behave = lambda payload, number: server.error(status, **{"retry-after": "7"})
    error = failure(server)
    assert error.may_retry
    assert not error.stops_run
    assert error.retry_after == 7.0


def test_a_refused_request_is_an_error_of_its_own(server):
    server.behave = lambda payload, number: server.error(400, "too long")
    error = failure(server)
    assert isinstance(error, ParameterError)
    assert not error.may_retry
    assert not error.stops_run


def test_a_redirect_is_not_followed(server):
    server.behave = lambda payload, number: (307, {"location": "http://127.0.0.1:9/v1"}, b"")
    error = failure(server, key="sk-mine")
    assert error.stops_run
    assert "it redirects" in str(error)


def test_a_key_that_a_server_repeats_is_not_shown(server):
    server.behave = lambda payload, number: server.error(401, "Incorrect API key provided: sk-mine-123")
    assert str(failure(server, key="sk-mine-123")).count("***") == 1
    assert "sk-mine-123" not in str(failure(server, key="sk-mine-123"))


@pytest.mark.parametrize(
    "answer",
    [(400, "x" * 190 + " sk-mine-123456"), (200, "<html>Bearer sk-mine-123456"), (401, "sk-mine-123456")],
    ids=["cut", "HTML", "error"],
)
def test_no_part_of_a_key_is_shown(server, answer):
    status, text = answer
    server.behave = lambda payload, number: (status, {}, text.encode())
    told = str(failure(server, key="sk-mine-123456"))
    assert "sk-" not in told
    assert "***" in told


def test_only_a_limit_of_the_rate_has_its_status(server):
    server.behave = lambda payload, number: server.error(429, **{"retry-after": "7"})
    assert failure(server).status == 429


def test_a_limit_that_no_waiting_lifts_stops_the_run(server):
    body = b'{"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}'
    server.behave = lambda payload, number: (429, {}, body)
    error = failure(server)
    assert error.stops_run
    assert "nothing is left to pay with" in str(error)


def test_what_a_row_says_of_a_refusal_has_no_hint_about_the_run(server):
    server.behave = lambda payload, number: server.error(403, "Flagged by moderation")
    error = failure(server)
    assert error.plain == "127.0.0.1 answered with status 403 (Flagged by moderation)."
    assert "the key may not use this model" in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Bad gateway</body></html>",
        b"",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [3]}',
        b"\xff\xfe",
        b"[" * 9999,
    ],
    ids=["HTML", "nothing", "no choices", "none", "a number", "no UTF-8", "deep"],
)
def test_an_answer_that_is_no_completion_may_be_tried_again(server, body):
    server.behave = lambda payload, number: (200, {}, body)
    error = failure(server)
    assert error.may_retry
    assert "something else than a chat completion" in str(error)


def test_a_huge_answer_is_not_read_to_its_end(server):
    sent = []

    def flood(handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(640):  # 64 MiB in all
            handler.wfile.write(bytes(100 * 1024))
            sent.append(1)

    server.behave = lambda payload, number: flood
    error = failure(server)
    assert "larger than 4 MiB" in str(error)
    assert len(sent) < 320


def test_a_huge_error_is_not_read_to_its_end(server):
    server.behave = lambda payload, number: (500, {}, b"x" * 3_000_000)
    assert len(str(failure(server))) < 300


def test_a_server_that_hangs_is_left(server):
    server.behave = lambda payload, number: lambda handler: server.released.wait(20)
    begun = time.monotonic()
    error = failure(server, timeout=0.3)
    assert time.monotonic() - begun < 3
    assert error.may_retry
    assert str(error) == "127.0.0.1 did not answer within 0.3 seconds."


@pytest.mark.parametrize("start", [b"\r\n", b"X-Long: "], ids=["answer", "header"])
def test_a_server_that_drips_is_left(server, start):
    """Each byte starts the time limit of the transport anew; ours is for the whole answer."""

    def drip(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + start)
        for _ in range(100):  # 5 seconds
            handler.wfile.write(b" ")
            server.released.wait(0.05)

    server.behave = lambda payload, number: drip
    begun = time.monotonic()
    error = failure(server, timeout=0.5)
    assert time.monotonic() - begun < 3
    assert error.may_retry
    assert str(error) == "127.0.0.1 did not answer within 0.5 seconds."


def test_a_connection_that_was_cut_is_made_anew(server):
    server.behave = lambda payload, number: (
        server.completion("{}") if number != 1 else lambda handler: server.released.wait(20)
    )
    model = load_chat_model(f"{server.url}#m", timeout=0.5)
    options = {"schema": None, "max_tokens": 5, "seed": None}
    assert model.reply(MESSAGES, **options).text == "{}"
    with pytest.raises(ChatError, match="did not answer"):
        model.reply(MESSAGES, **options)
    assert model.reply(MESSAGES, **options).text == "{}"


def test_a_connection_that_is_lost_half_way_may_be_tried_again(server):
    def drop(handler):
        handler.send_response(200)
        handler.send_header("content-length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"choices": [{"mess')
        handler.wfile.flush()
        handler.connection.close()

    server.behave = lambda payload, number: drop
    error = failure(server)
    assert error.may_retry
    assert "The connection to 127.0.0.1 failed" in str(error)


def test_nobody_there_may_be_tried_again(server):
    model = load_chat_model("http://127.0.0.1:9/v1#m", timeout=2)
    with pytest.raises(ChatError, match=r"The connection to 127\.0\.0\.1 failed") as caught:
        model.reply(MESSAGES, schema=None, max_tokens=5, seed=None)
    assert caught.value.may_retry


def test_a_server_may_ask_to_wait_until_a_date():
    from email.utils import formatdate

    assert 50 < retry_after(formatdate(time.time() + 60, usegmt=True)) < 61
    assert retry_after(None) is None
    assert retry_after("-3") is None
