import asyncio
import dataclasses
from contextlib import closing

import pytest

from evalmuse_hf.annotations.errors import NotAllowedError
from evalmuse_hf.annotations.server.login import (
    CurrentLogins,
    check_session,
    known_rater,
    new_session,
    password_check,
)
from evalmuse_hf.annotations.server.tokens import read_token
from evalmuse_hf.annotations.store.raters import add_rater, find_rater, renew_tokens, set_active
from evalmuse_hf.annotations.store.sessions import session_secret

from .conftest import make_campaign


@pytest.fixture
def campaign(tmp_path):
    campaign = make_campaign(tmp_path)
    with closing(campaign.store):
        yield campaign


def refusal_of(call, *arguments, **options):
    with pytest.raises(NotAllowedError) as caught:
        call(*arguments, **options)
    return caught.value.status


def test_a_name_counts_only_for_the_login_that_it_was_added_for(campaign):
    add_rater(campaign.store, "hanna", login="hub")
    assert known_rater(campaign.store, "ANN", login="token").name == "ann"
    assert known_rater(campaign.store, "Hanna", login="hub").name == "hanna"
    for name, login in (("ann", "hub"), ("hanna", "token"), ("nobody", "hub"), ("nobody", "token"), ("a\0", "hub")):
        assert refusal_of(known_rater, campaign.store, name, login=login) == "unknown_rater"


def test_open_registration_adds_users_of_the_hub_and_nobody_else(campaign):
    store = campaign.store
    added = known_rater(store, "nina", login="hub", open_registration=True)
    assert (added.login, added.is_organiser, added.consented_to) == ("hub", False, None)
    assert known_rater(store, "NINA", login="hub", open_registration=True).rater_id == added.rater_id
    assert refusal_of(known_rater, store, "ann", login="hub", open_registration=True) == "unknown_rater"
    assert refusal_of(known_rater, store, "otto", login="token", open_registration=True) == "unknown_rater"
    assert find_rater(store, "otto") is None
    set_active(store, "nina", False)
    assert refusal_of(known_rater, store, "nina", login="hub", open_registration=True) == "disabled"


def test_a_session_is_the_raters_until_something_changes(campaign):
    store, secret = campaign.store, session_secret(campaign.store)
    ann = find_rater(store, "ann")
    session = read_token(secret, new_session(store, secret, ann), now=store.clock())
    check_session(store, session)
    assert session.expires_at == pytest.approx(store.clock() + 2 * 3600, abs=5)
    set_active(store, "ann", False)
    assert refusal_of(check_session, store, session) == "disabled"
    set_active(store, "ann", True)
    assert refusal_of(check_session, store, session) == "no_session"
    ghost = dataclasses.replace(session, rater_id=4711)
    assert refusal_of(check_session, store, ghost) == "no_session"


def test_the_form_of_gradio_takes_names_with_their_tokens(campaign):
    check = password_check(campaign.store)
    answers = [
        asyncio.run(check(name, token))
        for name, token in (
            ("ann", campaign.tokens["ann"]),
            ("Ann", f"{campaign.tokens['ann']}\n"),
            ("ann", campaign.tokens["bob"]),
            ("ann", ""),
            ("nobody", ""),
        )
    ]
    assert answers == [True, True, False, False, False]


def test_a_login_of_gradio_ends_with_the_token_that_it_was_made_with(campaign):
    logins = CurrentLogins(campaign.store)
    logins["cookie"] = "ann"
    logins["other"] = "bob"
    logins["nothing"] = "nobody"
    assert (logins.get("cookie"), logins["other"], logins.get("nothing"), logins.get(None)) == (
        "ann",
        "bob",
        None,
        None,
    )
    renew_tokens(campaign.store, ["ann"])["ann"]
    assert (logins.get("cookie"), logins.get("cookie", 1), logins.get("other")) == (None, 1, "bob")
    assert [key for key in list(logins) if logins[key] == "bob"] == ["other"]  # as Gradio looks for those to log out
    del logins["other"]
    assert logins.get("other") is None


def test_a_login_does_not_hold_for_ever(campaign, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("evalmuse_hf.annotations.server.login.time.monotonic", lambda: now[0])
    logins = CurrentLogins(campaign.store)
    logins["cookie"] = "ann"
    now[0] = 7 * 86_400 + 1.0
    assert logins.get("cookie") is None
    logins["new"] = "bob"
    assert list(logins) == ["new"]


def test_a_name_that_passed_to_another_account_of_the_hub_is_not_that_rater(campaign):
    store = campaign.store
    add_rater(store, "hanna", login="hub", is_organiser=True)
    assert known_rater(store, "hanna", login="hub", account="17").name == "hanna"
    assert known_rater(store, "Hanna", login="hub", account="17").name == "hanna"
    assert refusal_of(known_rater, store, "hanna", login="hub", account="18") == "other_account"
    new = known_rater(store, "nina", login="hub", open_registration=True, account="18")
    assert known_rater(store, "nina", login="hub", account="18").rater_id == new.rater_id
    assert refusal_of(known_rater, store, "nina", login="hub", account="17") == "other_account"
