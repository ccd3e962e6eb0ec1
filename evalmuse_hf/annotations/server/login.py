"""Who is behind a session, a login of Gradio or a profile of the Hub, and the session that a rater's page gets."""

import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

import anyio
import anyio.to_thread
from fastapi import HTTPException

from evalmuse_hf.annotations.errors import NotAllowedError, StoreError
from evalmuse_hf.annotations.records import RaterRow
from evalmuse_hf.annotations.server.tokens import Session, begin_session, make_token, no_session
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.raters import add_rater, authenticate, find_rater
from evalmuse_hf.annotations.store.sessions import account_of, session_facts

LoginKind = Literal["token", "hub"]
LOGIN_S = 7 * 86_400.0
"""How long a login of Gradio holds; whoever comes later signs in again."""

_LOGINS_AT_ONCE = 2  # each costs 16 MiB and some 50 ms of a core
_LOGINS_WAITING = 30
_TOO_MANY_LOGINS = "Too many people are signing in at this moment; wait some seconds and try again."

_UNKNOWN = "This server does not know you as a rater; ask the organiser to add {name!r}."
_DISABLED = "Your access was switched off; ask the organiser."
_OTHER_ACCOUNT = (
    "{name!r} is now the name of another account of the Hub; ask the organiser to add you under a new one."
)
_ENDED = "You signed out, or your access was changed, which ended this session. Load the page again and sign in."


def check_session(store: Store, session: Session) -> None:
    """Look whether a session whose signature was found good still holds.

    Args:
        store: The store.
        session: Of the token.

    Raises:
        NotAllowedError: If the rater is disabled, or the session was ended by a new token or by a disabling.
    """
    with store.read() as connection:
        facts = session_facts(connection, session.rater_id)
    if facts is None:  # a session of another store with the same secret
        raise no_session(_ENDED)
    if not facts.is_active:
        raise no_session(_DISABLED, status="disabled")
    if facts.generation != session.generation:
        raise no_session(_ENDED)


def new_session(store: Store, secret: bytes, rater: RaterRow) -> str:
    """A signed token for a rater who has just been recognised.

    Args:
        store: The store.
        secret: Of the store.
        rater: Who it is.

    Raises:
        NotAllowedError: If there is no such rater.
    """
    generation = _generation(store, rater.rater_id)
    return make_token(secret, begin_session(rater.rater_id, generation, now=store.clock()))


def known_rater(
    store: Store, name: str, *, login: LoginKind, open_registration: bool = False, account: str = ""
) -> RaterRow:
    """The rater whom a login names.

    Args:
        store: The store.
        name: As Gradio, or the Hub, vouches for it.
        login: Who vouches. A name counts only for the login that it was added for: whoever takes the name of a rater
            on the Hub is not that rater.
        open_registration: Add a user of the Hub who is not known yet.
        account: Number of the account at the Hub, which a name there does not say: it can pass to somebody else. The
            first one with the name becomes the rater's. Empty if it is not known.

    Raises:
        NotAllowedError: If the name is not known, disabled, or that of another account by now.
    """
    rater = find_rater(store, name)
    if rater is None and open_registration and login == "hub":
        with contextlib.suppress(StoreError):  # two tabs at once
            add_rater(store, name, login="hub", actor="system")
        rater = find_rater(store, name)
    if rater is None or rater.login != login:
        raise NotAllowedError(_UNKNOWN.format(name=name), status="unknown_rater")
    if not rater.is_active:
        raise NotAllowedError(_DISABLED, status="disabled")
    if login == "hub" and account and account_of(store, rater.rater_id, account) != account:
        raise NotAllowedError(_OTHER_ACCOUNT.format(name=rater.name), status="other_account")
    return rater


def password_check(store: Store) -> Callable[[str, str], Awaitable[bool]]:
    """What Gradio's login page asks; the slow comparison has two threads and a short queue of its own.

    Args:
        store: The store.
    """
    limiter = anyio.CapacityLimiter(_LOGINS_AT_ONCE)
    waiting = 0

    async def check(name: str, token: str) -> bool:
        nonlocal waiting
        if waiting >= _LOGINS_WAITING:
            raise HTTPException(429, _TOO_MANY_LOGINS, headers={"Retry-After": "5"})
        waiting += 1
        try:
            await anyio.to_thread.run_sync(authenticate, store, name, token.strip(), limiter=limiter)
        except NotAllowedError:
            return False
        finally:
            waiting -= 1
        return True

    return check


@dataclass(frozen=True, slots=True)
class _Login:
    name: str
    generation: str
    at: float


class CurrentLogins(dict[str, Any]):
    """In place of the dictionary in which Gradio keeps logins: each ends with the token that it was made with.

    Gradio would keep a browser logged in whose rater was disabled, or has a new token because the old one got around.
    """

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    def __setitem__(self, cookie: str, name: str) -> None:
        generation = self._generation(name)
        now = time.monotonic()
        for old in [key for key, login in self.items() if now - login.at > LOGIN_S]:
            super().__delitem__(old)
        if generation is not None:
            super().__setitem__(cookie, _Login(name, generation, now))

    def __getitem__(self, cookie: str) -> str:
        """The name behind a cookie of Gradio; empty if its login has ended."""
        login: _Login = super().__getitem__(cookie)
        if time.monotonic() - login.at > LOGIN_S or self._generation(login.name) != login.generation:
            return ""
        return login.name

    def get(self, cookie: Any, default: Any = None) -> Any:
        """The name behind a cookie of Gradio; the default if nobody is logged in with it any more.

        Args:
            cookie: As the browser sent it; None for none.
            default: What to give then.
        """
        return (self[cookie] or default) if cookie in self else default

    def _generation(self, name: str) -> str | None:
        try:
            return _generation(self._store, known_rater(self._store, name, login="token").rater_id)
        except NotAllowedError:
            return None


def _generation(store: Store, rater_id: int) -> str:
    with store.read() as connection:
        facts = session_facts(connection, rater_id)
    if facts is None:
        raise no_session(_ENDED)
    return facts.generation
