"""Session tokens: what the page sends with every request, signed so that nobody can make one for somebody else."""

import base64
import dataclasses
import hashlib
import hmac
import re
from dataclasses import dataclass

from evalmuse_hf.annotations.errors import NotAllowedError

SESSION_S = 2 * 3600.0
"""How long a token lives; whoever uses one in its second half is given the next one."""
LONGEST_S = 12 * 3600.0
"""How long one may follow the other; then, or whenever the page is loaded, Gradio's login is asked again."""

_PURPOSE = b"evalmuse annotation session, version 2\n"  # what is signed for one purpose is worth nothing for another
_FORM = re.compile(r"([0-9]{1,10})\.([0-9]{1,12})\.([0-9]{1,12})\.([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{43})")
_SIGN_IN_AGAIN = "Load the page again and sign in."


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a token says.

    Attributes:
        rater_id: Whose it is.
        begun_at: When the page was loaded, in seconds since 1970.
        expires_at: Seconds since 1970.
        generation: As in `evalmuse_hf.annotations.store.sessions.session_generation` when it was made.
    """

    rater_id: int
    begun_at: int
    expires_at: int
    generation: str


def make_token(secret: bytes, session: Session) -> str:
    """Sign a session.

    Args:
        secret: Of the store.
        session: What the token says.
    """
    facts = f"{session.rater_id}.{session.begun_at}.{session.expires_at}.{session.generation}"
    return f"{facts}.{_sign(secret, facts)}"


def read_token(secret: bytes, token: str, *, now: float) -> Session:
    """Check a token; whether its generation is still the current one has to be asked of the store.

    Args:
        secret: Of the store.
        token: As it came.
        now: Seconds since 1970.

    Raises:
        NotAllowedError: If it was not made with the secret, was changed, or has expired.
    """
    match = _FORM.fullmatch(token)
    if match is None:
        raise no_session(f"This request carries no valid session. {_SIGN_IN_AGAIN}")
    rater_id, begun_at, expires_at, generation, signature = match.groups()
    if not hmac.compare_digest(signature, _sign(secret, token.rpartition(".")[0])):
        raise no_session(f"This request carries no valid session. {_SIGN_IN_AGAIN}")
    session = Session(
        rater_id=int(rater_id), begun_at=int(begun_at), expires_at=int(expires_at), generation=generation
    )
    if session.expires_at <= now:
        raise no_session(f"Your session has expired. {_SIGN_IN_AGAIN}", status="session_expired")
    return session


def begin_session(rater_id: int, generation: str, *, now: float) -> Session:
    """The session of a page that is being loaded.

    Args:
        rater_id: Whose it is.
        generation: As in `Session`.
        now: Seconds since 1970.
    """
    return Session(rater_id=rater_id, begun_at=int(now), expires_at=int(now + SESSION_S), generation=generation)


def renewed(session: Session, *, now: float) -> Session | None:
    """The session that follows one that was found good; None as long as, or if, there is to be none.

    Args:
        session: The one at hand.
        now: Seconds since 1970.
    """
    expires_at = int(min(now + SESSION_S, session.begun_at + LONGEST_S))
    if session.expires_at - now > SESSION_S / 2 or expires_at <= session.expires_at:
        return None
    return dataclasses.replace(session, expires_at=expires_at)


def no_session(message: str, *, status: str = "no_session") -> NotAllowedError:
    """The refusal of a request whose sender is not known.

    Args:
        message: One sentence, and what to do.
        status: The word for programs.
    """
    return NotAllowedError(message, status=status, http_status=401)


def _sign(secret: bytes, facts: str) -> str:
    digest = hmac.new(secret, _PURPOSE + facts.encode("ascii"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
