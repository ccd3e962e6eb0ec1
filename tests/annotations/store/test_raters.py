import logging
from contextlib import closing

import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations.errors import NotAllowedError, StoreError
from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.store import raters
from evalmuse_hf.annotations.store.events import read_events
from evalmuse_hf.annotations.store.guidelines import add_guidelines
from evalmuse_hf.annotations.store.raters import (
    add_rater,
    add_raters,
    authenticate,
    find_rater,
    give_consent,
    rater_by_id,
    rater_of,
    read_raters,
    renew_tokens,
    set_active,
)
from evalmuse_hf.annotations.store.rounds import open_round
from evalmuse_hf.annotations.store.tables import consents, qualifications


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def store(store_file, monkeypatch):
    monkeypatch.setattr(raters, "_COST", 4)  # scrypt that takes no time
    monkeypatch.setattr(raters, "_NOBODY", raters._NOBODY.replace("$14$", "$4$"))
    with closing(open_store(store_file, clock=Clock())) as opened:
        yield opened


def refusal(store, name, token):
    with pytest.raises(NotAllowedError) as caught:
        authenticate(store, name, token)
    return caught.value.status, caught.value.http_status


def test_a_rater_logs_in_with_the_token_in_any_case_of_the_name(store):
    token = add_rater(store, "Anna", is_organiser=True)
    for name in ("Anna", "ANNA", "anna"):
        assert authenticate(store, name, token).name == "Anna"
    assert find_rater(store, "aNNa") == rater_of(store, 1) == read_raters(store)[0]
    assert find_rater(store, "aNNa").is_organiser


def test_the_cost_of_a_hash_is_kept_with_it(store, monkeypatch):
    token = add_rater(store, "Anna")
    monkeypatch.setattr(raters, "_COST", 5)
    assert authenticate(store, "Anna", token).name == "Anna"


def test_the_real_cost_is_that_of_16_mib():
    assert (1 << raters._COST) * raters._BLOCKS * 128 == 16 * 2**20


@pytest.mark.parametrize("name", ["Anna", "ANNA", "\uff21nna"])
def test_names_must_differ_in_more_than_case(store, name):
    add_rater(store, "Anna")
    with pytest.raises(StoreError, match="'Anna' already"):
        add_rater(store, name)


@pytest.mark.parametrize(
    "name", ["", " Anna", "An\nna", "An\u200bna", "A\0", "a" * 101, "Organiser", "system", "anonymous"]
)
def test_names_that_mislead_are_refused(store, name):
    with pytest.raises(StoreError, match="cannot be called"):
        add_rater(store, name)
    assert read_raters(store) == []


def test_a_wrong_login_says_the_same_whatever_is_wrong(store):
    token = add_rater(store, "Anna")
    add_rater(store, "Hub", login="hub")
    add_rater(store, "Gone")
    set_active(store, "Gone", False)
    for name, tried in (
        ("Anna", token[:-1]),
        ("Anna", ""),
        ("Nobody", token),
        ("Hub", ""),
        ("a\0", token),
        ("a" * 9999, "x" * 9999),
    ):
        assert refusal(store, name, tried) == ("wrong_login", 401)


def test_who_is_disabled_cannot_log_in_until_enabled_again(store):
    token = add_rater(store, "Anna")
    set_active(store, "anna", False)
    set_active(store, "anna", False)
    assert refusal(store, "Anna", token) == ("wrong_login", 401)
    set_active(store, "Anna", True)
    assert authenticate(store, "Anna", token).is_active
    assert [event.kind for event in read_events(store)][1:] == ["rater_added", "rater_disabled", "rater_enabled"]


def test_failed_logins_of_a_name_are_slowed_down_and_never_locked_out(store):
    token = add_rater(store, "Anna")
    for _ in range(raters.FREE_TRIES):
        assert refusal(store, "Anna", "wrong")[0] == "wrong_login"
    assert refusal(store, "ANNA", "wrong") == ("too_many_tries", 429)
    assert refusal(store, "Bob", "wrong")[0] == "wrong_login"  # other names do not wait
    store.failed_logins["anna"] = (5000, store.clock.now)
    for _ in range(3):
        store.clock.now += raters.LONGEST_WAIT_S
        assert refusal(store, "Anna", "wrong")[0] == "wrong_login"
    # Whoever goes on guessing does not keep the right token out for a moment.
    assert refusal(store, "Anna", "wrong") == ("too_many_tries", 429)
    assert authenticate(store, "Anna", token).name == "Anna"
    assert refusal(store, "Anna", "wrong")[0] == "wrong_login"  # and everything is forgotten


def test_a_wrong_token_costs_no_hash(store, monkeypatch):
    token = add_rater(store, "Anna")
    hashed, scrypt = [], raters._scrypt
    monkeypatch.setattr(raters, "_scrypt", lambda words, *rest: hashed.append(words) or scrypt(words, *rest))
    for name in ("Anna", "Nobody"):
        refusal(store, name, "wrong")
    assert hashed == []
    assert authenticate(store, "Anna", token).name == "Anna"
    assert hashed == [token]
    with store.begin() as connection:  # and the few bits that are known without one are not enough
        (kept,) = connection.scalars(sa.select(raters.raters.c.token_hash))
        parts = kept.split("$")
        connection.execute(sa.update(raters.raters).values(token_hash="$".join([*parts[:5], "00" * 32, parts[6]])))
    assert refusal(store, "Anna", token) == ("wrong_login", 401)


def test_raters_are_added_and_renewed_together_or_not_at_all(store):
    with pytest.raises(StoreError, match="'ann' already"):
        add_raters(store, [("ann", "token"), ("bob", "token"), ("ann", "token")])
    assert read_raters(store) == []
    tokens = add_raters(store, [("ann", "token"), ("bob", "hub")])
    assert tokens["bob"] is None
    with pytest.raises(StoreError, match="no rater 'cy'"):
        renew_tokens(store, ["ann", "cy"])
    assert authenticate(store, "ann", tokens["ann"]).name == "ann"


def test_what_is_remembered_of_failed_logins_stays_small(store, monkeypatch):
    monkeypatch.setattr(raters, "_MOST_NAMES", 3)
    for number in range(10):
        refusal(store, f"n{number}", "wrong")
    assert list(store.failed_logins) == ["n7", "n8", "n9"]


def test_another_token_makes_the_first_worthless(store):
    first = add_rater(store, "Anna")
    second = renew_tokens(store, ["anna"])["anna"]
    assert refusal(store, "Anna", first) == ("wrong_login", 401)
    assert authenticate(store, "Anna", second).rater_id == 1
    add_rater(store, "Hub", login="hub")
    with pytest.raises(StoreError, match="has no token"):
        renew_tokens(store, ["Hub"])["Hub"]
    with pytest.raises(StoreError, match="no rater 'Bob'"):
        renew_tokens(store, ["Bob"])["Bob"]


def test_a_token_is_nowhere_in_the_store_its_log_or_messages(store, caplog):
    caplog.set_level(logging.DEBUG)
    token = add_rater(store, "Anna")
    renewed = renew_tokens(store, ["Anna"])["Anna"]
    authenticate(store, "Anna", renewed)
    refusal(store, "Anna", token)
    store.close()
    content = store.path.read_bytes()
    for secret in (token, renewed):
        assert secret.encode() not in content
        assert secret not in caplog.text
        assert all(secret not in str(event) for event in read_events(store))


def test_a_user_of_the_hub_has_no_token(store):
    assert add_rater(store, "anna-hub", login="hub") is None
    with pytest.raises(StoreError, match="'token' or 'hub'"):
        add_rater(store, "Bob", login="password")


def test_consent_is_kept_per_version_and_once(store):
    add_rater(store, "Anna")
    assert rater_of(store, 1).consented_to is None
    give_consent(store, 1, "evalmuse-1")
    give_consent(store, 1, "evalmuse-1")
    add_guidelines(store, version="v2", instructions="do", consent="yes")
    give_consent(store, 1, "v2")
    assert rater_of(store, 1).consented_to == "v2"
    with store.read() as connection:
        assert len(connection.execute(sa.select(consents)).all()) == 2
    assert [event.actor for event in read_events(store, "consent_given")] == ["Anna", "Anna"]
    with pytest.raises(StoreError, match="'v9'"):
        give_consent(store, 1, "v9")
    with pytest.raises(StoreError, match="number 7"):
        give_consent(store, 7, "v2")


def test_the_last_qualification_counts(store):
    add_rater(store, "Anna")
    pilot = open_round(store, name="pilot", kind="formal").round_id
    for passed in (True, False):
        with store.begin() as connection:
            values = {"rater_id": 1, "round_id": pilot, "passed": passed, "facts": {}, "at": 0.0}
            connection.execute(sa.insert(qualifications).values(values))
            assert rater_by_id(connection, 1).qualified is passed
    assert find_rater(store, "Bob") is None
    assert find_rater(store, "B\0") is None
