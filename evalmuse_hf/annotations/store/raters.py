"""Raters: their names, tokens and consent.

A token is random and is shown once; the store keeps its scrypt hash. No two names differ only in case. With the hash a
few bits of another one are kept, which costs nothing to compute: a wrong token is known by them, so that guessing
keeps neither the machine busy nor the right token waiting. The token has bits enough without these.
"""

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Iterable
from typing import Any, Literal

import sqlalchemy as sa

from evalmuse_hf.annotations.errors import NotAllowedError, StoreError
from evalmuse_hf.annotations.names import is_visible_name
from evalmuse_hf.annotations.records import ANONYMOUS, RaterRow
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.events import ORGANISER, log_event
from evalmuse_hf.annotations.store.tables import consents, guidelines, name_key, qualifications, raters
from evalmuse_hf.annotations.store.transactions import write

FREE_TRIES = 5
"""Failed logins of a name in a row before the next one has to wait."""
LONGEST_WAIT_S = 30.0
"""How long wrong tokens for a name are not even counted after failed logins, at most; the right one never waits."""

_RESERVED = {ANONYMOUS, ORGANISER, "system"}  # what the log calls others than raters
_LONGEST_NAME = 100
_TOKEN_BYTES = 24
_LONGEST_TOKEN = 200  # characters that are hashed at all
_MOST_NAMES = 10_000  # whose failed logins are remembered
_COST, _BLOCKS, _PARALLEL = 14, 8, 1  # scrypt: 16 MiB and some 50 ms
_KEY_BYTES = 32
_CHECK_BYTES = 4
# No token hashes to zeros.
_NOBODY = f"scrypt${_COST}${_BLOCKS}${_PARALLEL}${'00' * 16}${'00' * _KEY_BYTES}${'00' * _CHECK_BYTES}"


def add_rater(
    store: Store,
    name: str,
    *,
    login: Literal["token", "hub"] = "token",
    is_organiser: bool = False,
    actor: str = ORGANISER,
) -> str | None:
    """Add a rater.

    Args:
        store: The store.
        name: The name to log in with.
        login: ``"token"``, or ``"hub"`` for a user of the Hub, who logs in there.
        is_organiser: Whether the rater sees the progress of all.
        actor: Who adds the rater.

    Returns:
        The token, which cannot be had again; None for a user of the Hub.

    Raises:
        StoreError: If the name cannot be one, or is taken.
    """
    return add_raters(store, [(name, login)], is_organiser=is_organiser, actor=actor)[name]


def add_raters(
    store: Store, new: Iterable[tuple[str, str]], *, is_organiser: bool = False, actor: str = ORGANISER
) -> dict[str, str | None]:
    """Add raters: all, or none if one of them cannot be added.

    Args:
        store: The store.
        new: Name and login of each, as in `add_rater`.
        is_organiser: Whether they see the progress of all.
        actor: Who adds them.

    Returns:
        By name as it was given: the token, which cannot be had again; None for a user of the Hub.

    Raises:
        StoreError: If a name cannot be one, is taken, or is there twice.
    """
    tokens: dict[str, str | None] = {}
    rows = []
    for given, login in new:
        name = _checked_name(given)
        if login not in ("token", "hub"):
            raise StoreError(f"A rater logs in by 'token' or 'hub', not by {login!r}.")
        tokens[given] = token = _new_token() if login == "token" else None
        kept = None if token is None else _hash_token(token)
        values = {"name": name, "name_key": name_key(name), "login": login, "token_hash": kept}
        rows.append({**values, "is_organiser": is_organiser, "is_active": True, "created_at": store.clock()})

    def put(connection: sa.Connection) -> None:
        for values in rows:
            name = str(values["name"])
            if (present := _find(connection, name)) is not None:
                raise StoreError(
                    f"There is a rater {present.name!r} already, and names must differ in more than case; "
                    f"`--renew {present.name}` gives another token."
                )
            rater_id = connection.execute(sa.insert(raters).values(values).returning(raters.c.rater_id)).scalar_one()
            payload = {key: values[key] for key in ("name", "login", "is_organiser")}
            _log(store, connection, actor, "rater_added", rater_id, payload)

    write(store, put)
    return tokens


def authenticate(store: Store, name: str, token: str) -> RaterRow:
    """Find out who logs in. It takes as long for a name that does not exist.

    After failed logins a name is refused for a while, but the right token never is: whoever knows only the name cannot
    keep its rater out.

    Args:
        store: The store.
        name: The rater's name, in any case.
        token: The rater's token.

    Raises:
        NotAllowedError: If the two do not belong together or the rater is not active; also says to wait after some
            failed logins.
    """
    key, now = name_key(name[:_LONGEST_NAME]), store.clock()
    with store.read() as connection:
        row = None if "\0" in key else connection.execute(sa.select(raters).where(raters.c.name_key == key)).first()
    kept = _NOBODY if row is None or row.token_hash is None else row.token_hash
    matches = _matches(token, kept)
    if row is None or not matches or not row.is_active:
        _check_wait(store, key, now)
        _remember_failure(store, key, now)
        raise NotAllowedError(
            "Name and token do not belong together; copy the token once more, or ask the organiser for a new one.",
            status="wrong_login",
            http_status=401,
        )
    store.failed_logins.pop(key, None)
    return rater_of(store, row.rater_id)


def renew_tokens(store: Store, names: Iterable[str], *, actor: str = ORGANISER) -> dict[str, str]:
    """Give raters other tokens: all, or none if one of them cannot have one.

    Args:
        store: The store.
        names: The raters.
        actor: Who asks for it.

    Returns:
        By name as it was given: the token, which cannot be had again.

    Raises:
        StoreError: If there is no such rater, or it is one who logs in on the Hub.
    """
    tokens = {name: _new_token() for name in names}
    kept = {name: _hash_token(token) for name, token in tokens.items()}
    with store.begin() as connection:
        for name in tokens:
            rater = _known(connection, store, name)
            if rater.login != "token":
                raise StoreError(f"{rater.name!r} logs in on the Hub and has no token.")
            change = sa.update(raters).where(raters.c.rater_id == rater.rater_id).values(token_hash=kept[name])
            connection.execute(change)
            _log(store, connection, actor, "token_renewed", rater.rater_id, {"name": rater.name})
    for name in tokens:
        store.failed_logins.pop(name_key(name), None)
    return tokens


def set_active(store: Store, name: str, active: bool, *, actor: str = ORGANISER) -> None:
    """Let a rater log in, or no more; ratings stay.

    Args:
        store: The store.
        name: The rater.
        active: Whether the rater may log in.
        actor: Who decides that.

    Raises:
        StoreError: If there is no such rater.
    """
    with store.begin() as connection:
        rater = _known(connection, store, name)
        if rater.is_active == active:
            return
        connection.execute(sa.update(raters).where(raters.c.rater_id == rater.rater_id).values(is_active=active))
        kind = "rater_enabled" if active else "rater_disabled"
        _log(store, connection, actor, kind, rater.rater_id, {"name": rater.name})


def give_consent(store: Store, rater_id: int, version: str) -> None:
    """Record that a rater agrees; agreeing again to the same version adds nothing.

    Args:
        store: The store.
        rater_id: The rater.
        version: Of the guidelines.

    Raises:
        StoreError: If there is no such rater or version.
    """
    with store.begin() as connection:
        rater = rater_by_id(connection, rater_id)
        if rater.consented_to == version:
            return
        found = connection.execute(sa.select(guidelines.c.version).where(guidelines.c.version == version)).first()
        if found is None:
            raise StoreError(f"There are no guidelines {version!r} to agree to; load the page anew.")
        values = {"rater_id": rater_id, "guideline_version": version, "at": store.clock()}
        connection.execute(sa.insert(consents).values(values))
        _log(store, connection, rater.name, "consent_given", rater_id, {"version": version})


def read_raters(store: Store) -> list[RaterRow]:
    """All raters, in the order in which they were added.

    Args:
        store: The store.
    """
    with store.read() as connection:
        rows = connection.execute(_rater_rows().order_by(raters.c.rater_id)).all()
    return [_rater(row) for row in rows]


def find_rater(store: Store, name: str) -> RaterRow | None:
    """A rater by name, in any case; None if there is none.

    Args:
        store: The store.
        name: The name.
    """
    with store.read() as connection:
        return _find(connection, name)


def rater_of(store: Store, rater_id: int) -> RaterRow:
    """A rater by number, in a transaction of its own; see `rater_by_id`.

    Args:
        store: The store.
        rater_id: The number.
    """
    with store.read() as connection:
        return rater_by_id(connection, rater_id)


def rater_by_id(connection: sa.Connection, rater_id: int) -> RaterRow:
    """A rater by number.

    Args:
        connection: Of any transaction.
        rater_id: The number.

    Raises:
        StoreError: If there is none.
    """
    row = connection.execute(_rater_rows().where(raters.c.rater_id == rater_id)).first()
    if row is None:
        raise StoreError(f"There is no rater with the number {rater_id}.")
    return _rater(row)


def _rater_rows() -> "sa.Select[Any]":
    """Raters with what was last said of them."""
    consented = (
        sa.select(consents.c.guideline_version)
        .where(consents.c.rater_id == raters.c.rater_id)
        .order_by(consents.c.consent_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    passed = (
        sa.select(qualifications.c.passed)
        .where(qualifications.c.rater_id == raters.c.rater_id)
        .order_by(qualifications.c.qualification_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return sa.select(raters, consented.label("consented_to"), passed.label("qualified"))


def _rater(row: "sa.Row[Any]") -> RaterRow:
    return RaterRow(
        rater_id=row.rater_id,
        name=row.name,
        login=row.login,
        is_organiser=row.is_organiser,
        is_active=row.is_active,
        consented_to=row.consented_to,
        qualified=None if row.qualified is None else bool(row.qualified),
    )


def _find(connection: sa.Connection, name: str) -> RaterRow | None:
    key = name_key(name)
    if "\0" in key:  # which PostgreSQL would refuse to look for
        return None
    row = connection.execute(_rater_rows().where(raters.c.name_key == key)).first()
    return None if row is None else _rater(row)


def _known(connection: sa.Connection, store: Store, name: str) -> RaterRow:
    rater = _find(connection, name)
    if rater is None:
        raise StoreError(f"There is no rater {name!r} in {store.name}; `evalmuse annotate raters STORE` lists them.")
    return rater


def _checked_name(name: str) -> str:
    name = unicodedata.normalize("NFC", name)
    if not is_visible_name(name, longest=_LONGEST_NAME):
        raise StoreError(
            f"A rater cannot be called {name[:_LONGEST_NAME]!r}; give 1 to {_LONGEST_NAME} visible characters, "
            "without spaces at the ends."
        )
    if name_key(name) in _RESERVED:
        raise StoreError(f"A rater cannot be called {name!r}, as the log means somebody else by it.")
    return name


def _new_token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)


def _hash_token(token: str) -> str:
    salt = secrets.token_bytes(16)
    found = _scrypt(token, salt, _COST, _BLOCKS, _PARALLEL).hex()
    return f"scrypt${_COST}${_BLOCKS}${_PARALLEL}${salt.hex()}${found}${_check(token, salt).hex()}"


def _matches(token: str, kept: str) -> bool:
    _, cost, blocks, parallel, salt, expected, check = kept.split("$")
    token = token[:_LONGEST_TOKEN]
    if not hmac.compare_digest(_check(token, bytes.fromhex(salt)), bytes.fromhex(check)):
        return False
    found = _scrypt(token, bytes.fromhex(salt), int(cost), int(blocks), int(parallel))
    return hmac.compare_digest(found, bytes.fromhex(expected))


def _check(token: str, salt: bytes) -> bytes:
    """A few bits by which all but one of billions of wrong tokens are known."""
    return hmac.digest(salt, token.encode("utf-8", "surrogatepass"), "sha256")[:_CHECK_BYTES]


def _scrypt(token: str, salt: bytes, cost: int, blocks: int, parallel: int) -> bytes:
    words = token.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(words, salt=salt, n=1 << cost, r=blocks, p=parallel, dklen=_KEY_BYTES)


def _check_wait(store: Store, key: str, now: float) -> None:
    failures, last = store.failed_logins.get(key, (0, 0.0))
    if failures < FREE_TRIES:
        return
    wait = last + min(2.0 ** min(failures - FREE_TRIES, 10), LONGEST_WAIT_S) - now
    if wait > 0:
        raise NotAllowedError(
            f"There were {failures} failed logins with this name; wait {wait:.0f} s and try again.",
            status="too_many_tries",
            http_status=429,
        )


def _remember_failure(store: Store, key: str, now: float) -> None:
    failures, _ = store.failed_logins.pop(key, (0, 0.0))
    store.failed_logins[key] = (failures + 1, now)
    while len(store.failed_logins) > _MOST_NAMES:  # a dict is in the order of its insertions
        store.failed_logins.pop(next(iter(store.failed_logins)), None)


def _log(
    store: Store, connection: sa.Connection, actor: str, kind: str, rater_id: int, payload: dict[str, Any]
) -> None:
    log_event(connection, at=store.clock(), actor=actor, kind=kind, subject=f"rater {rater_id}", payload=payload)
