import hashlib
import hmac

import pytest

from evalmuse_hf.annotations.errors import NotAllowedError
from evalmuse_hf.annotations.server.tokens import (
    LONGEST_S,
    SESSION_S,
    Session,
    begin_session,
    make_token,
    no_session,
    read_token,
    renewed,
)

SECRET = bytes(range(32))
SESSION = Session(rater_id=7, begun_at=100, expires_at=2000, generation="abc")


def status_of(token, *, secret=SECRET, now=1000.0):
    with pytest.raises(NotAllowedError) as caught:
        read_token(secret, token, now=now)
    assert caught.value.http_status == 401
    return caught.value.status


def test_a_token_says_what_was_signed_until_it_expires():
    token = make_token(SECRET, SESSION)
    assert read_token(SECRET, token, now=1999.9) == SESSION
    assert status_of(token, now=2000.0) == "session_expired"


def test_the_signature_is_hmac_sha256_with_the_secret():
    facts, _, signature = make_token(SECRET, SESSION).rpartition(".")
    message = b"evalmuse annotation session, version 2\n" + facts.encode()
    digest = hmac.new(SECRET, message, hashlib.sha256).digest()
    assert digest.hex() == __import__("base64").urlsafe_b64decode(signature + "=").hex()


def test_every_changed_character_and_another_secret_are_noticed():
    token = make_token(SECRET, SESSION)
    for place, letter in enumerate(token):
        # Of the last letter, two bits are padding: those of the next letter but one are certainly others.
        other = chr(ord(letter) + 1) if letter not in "9z.Z" else "0"
        changed = token[:place] + other + token[place + 1 :]
        if place < len(token) - 1:
            assert status_of(changed) == "no_session", changed
    assert status_of(token, secret=SECRET[::-1]) == "no_session"


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "....",
        "7.1.2000.abc.",
        "7.1.2000.abc",
        "x" * 5000,
        "7.1.2000.abc.é" + "A" * 42,
        f"7.2000.abc.{'A' * 43}",
    ],
)
def test_what_is_no_token_is_refused(token):
    assert status_of(token) == "no_session"


def test_the_refusal_of_the_unknown_is_401():
    error = no_session("Who are you.", status="word")
    assert (error.http_status, error.status, str(error)) == (401, "word", "Who are you.")


def test_a_session_is_followed_by_another_in_its_second_half_and_ends_with_the_day():
    session = begin_session(7, "abc", now=1000.0)
    assert (session.begun_at, session.expires_at) == (1000, 1000 + SESSION_S)
    assert renewed(session, now=1000 + SESSION_S / 2 - 1) is None
    following = renewed(session, now=1000 + SESSION_S / 2)
    assert following == Session(rater_id=7, begun_at=1000, expires_at=int(1000 + 1.5 * SESSION_S), generation="abc")
    last = Session(rater_id=7, begun_at=1000, expires_at=int(1000 + LONGEST_S), generation="abc")
    assert renewed(last, now=last.expires_at - 1) is None
