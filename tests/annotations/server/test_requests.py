import asyncio

import pytest
from starlette.requests import Request

from evalmuse_hf.annotations.errors import AnnotationError
from evalmuse_hf.annotations.server.requests import (
    assignment_number,
    bearer_token,
    json_object,
    read_object,
    required_count,
    required_text,
)


def request(headers=None, *, body=b"", **path):
    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    listed = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    return Request({"type": "http", "method": "POST", "headers": listed, "path_params": path}, receive)


def refusal_of(call, *arguments, **options):
    with pytest.raises(AnnotationError) as caught:
        call(*arguments, **options)
    return caught.value.http_status, caught.value.status


def test_the_token_is_that_of_the_bearer():
    assert bearer_token(request({"Authorization": "Bearer abc.def"})) == "abc.def"
    assert bearer_token(request({"authorization": "bearer  abc "})) == "abc"
    for headers in ({}, {"Authorization": "abc"}, {"Authorization": "Basic abc"}, {"Authorization": "Bearer "}):
        assert refusal_of(bearer_token, request(headers)) == (401, "no_session")


def test_the_number_of_an_assignment_fits_into_its_column():
    assert assignment_number(request(assignment_id="2147483647")) == 2147483647
    for text in ("", "-1", "2147483648", "1.0", "9" * 500, "\u0663", " 1", "0x1", "1_0"):
        assert refusal_of(assignment_number, request(assignment_id=text)) == (404, "not_found")


def test_a_body_is_an_object_of_json():
    assert read_object('{"a": ["\u00e9", 1.5, null]}'.encode()) == {"a": ["\u00e9", 1.5, None]}
    for body in (b"", b"[]", b"1", b"{", b"\xff", b'{"a": Infinity}', b"[" * 200_000, b"9" * 10_000):
        assert refusal_of(read_object, body) == (400, "bad_json")


def test_texts_that_no_database_takes_are_named():
    for text in (rb"\u0000", rb"\ud800", rb"x\udfff"):
        for body in (b'{"a": "%s"}', b'{"a": [{"b": "%s"}]}', b'{"%s": 1}'):
            assert refusal_of(read_object, body % text) == (422, "bad_answer")
    assert read_object(rb'{"a": "\ud83d\ude00 \\u0000"}') == {"a": "\U0001f600 \\u0000"}


def test_only_uncompressed_json_is_read():
    good = request({"Content-Type": "application/json; charset=utf-8"}, body=b'{"a": 1}')
    assert asyncio.run(json_object(good)) == {"a": 1}
    for headers in (
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json", "Content-Encoding": "br"},
    ):
        assert refusal_of(asyncio.run, json_object(request(headers, body=b"{}"))) == (415, "unsupported")


def test_fields_are_texts_and_counts_within_bounds():
    assert required_text({"a": " x "}, "a", longest=3) == "x"
    for value in (None, "", "  ", 5, ["x"], "xxxx"):
        assert refusal_of(required_text, {"a": value}, "a", longest=3) == (422, "bad_answer")
    assert required_count({"a": 0}, "a") == 0
    for value in (None, -1, 1.0, True, "1", 2**31):
        assert refusal_of(required_count, {"a": value}, "a") == (422, "bad_answer")
