"""What pages of others may not make a browser do here, and what a browser is told about our own page.

Gradio answers any page that asks, with its login cookie. Here a request counts only if it comes from this server's own
page, from the address bar or a link, or from a program that is no browser.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evalmuse_hf.annotations.errors import AnnotationError
from evalmuse_hf.annotations.server.limits import refuse, send_error

_ENTRANCES = ("/", "/login/huggingface", "/login/callback")
"""What links of others may lead to: the page, and the way back from the Hub."""

_OWN = (b"same-origin", b"none")
_MANY = re.compile(r"/(?:static|assets|svelte)/")  # files of Gradio, which a browser may keep
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HUB = "https://huggingface.co"


@dataclass(frozen=True, slots=True)
class OriginGate:
    """ASGI middleware: refuses what a page of another origin sends, and says so of our page to the browser.

    Attributes:
        app: What answers.
        api_path: Below it, answers say themselves whether a browser may keep them.
        own_hosts: Names of this server beyond those in the request.
        frame_ancestors: Origins that may show the page in a frame, beyond its own.
    """

    app: ASGIApp
    api_path: str = ""
    own_hosts: tuple[str, ...] = ()
    frame_ancestors: tuple[str, ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if is_foreign(scope, own_hosts=self.own_hosts):
            await send_error(send, _foreign())
            return

        async def send_told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": self._headers(scope["path"], message.get("headers", ()))}
            await send(message)

        await self.app(scope, receive, send_told)

    def _headers(self, path: str, given: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        headers = [(name, value) for name, value in given if not name.lower().startswith(b"access-control-")]
        mine = {b"x-content-type-options": b"nosniff", b"referrer-policy": b"same-origin"}
        if not (self.api_path and path.startswith(f"{self.api_path}/")):
            ancestors = " ".join(("'self'", *self.frame_ancestors))
            policy = f"frame-ancestors {ancestors}; object-src 'none'; base-uri 'self'; form-action 'self'"
            mine[b"content-security-policy"] = policy.encode("ascii")
            if _MANY.match(path) is None:
                mine[b"cache-control"] = b"no-store"
        return [(name, value) for name, value in headers if name.lower() not in mine] + list(mine.items())


def is_foreign(scope: Scope, *, own_hosts: tuple[str, ...] = ()) -> bool:
    """Whether a request was sent by a page of another origin.

    Args:
        scope: Of the request.
        own_hosts: Names of this server beyond those in the request.
    """
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name, value)
    origins = [value for name, value in scope["headers"] if name == b"origin"]
    if origins:
        # A page cannot make a browser send the second of these headers to another origin without being refused first.
        named = [headers.get(name, b"").decode("latin-1") for name in (b"host", b"x-forwarded-host")]
        mine = {host.strip().lower() for entry in (*named, *own_hosts) for host in entry.split(",")} - {""}
        return any(not _is_one_of(origin.decode("latin-1"), mine) for origin in origins)
    site = headers.get(b"sec-fetch-site", b"none")
    if site in _OWN:
        return False
    entered = scope["method"] in ("GET", "HEAD") and scope["path"] in _ENTRANCES
    return not (entered and headers.get(b"sec-fetch-mode", b"navigate") == b"navigate")


def space_hosts(variables: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Options of `OriginGate` in a Space, which the Hub shows in a frame; none elsewhere.

    Args:
        variables: Of the process.
    """
    if variables.get("SYSTEM") != "spaces":
        return {}
    return {"own_hosts": (variables.get("SPACE_HOST", ""),), "frame_ancestors": (_HUB,)}


def _is_one_of(origin: str, hosts: set[str]) -> bool:
    try:
        parts = urlsplit(origin.lower())
        port = parts.port
    except ValueError:
        return False
    default = _DEFAULT_PORTS.get(parts.scheme)
    if default is None or not parts.hostname:
        return False
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    spellings = {f"{name}:{port or default}"} | ({name} if port in (None, default) else set())
    return not spellings.isdisjoint(hosts)


def _foreign() -> AnnotationError:
    sentence = (
        "This request came from a page of another address; open this server's own page (a proxy before it must pass "
        "on the `Host` that the browser named)."
    )
    return refuse("foreign_origin", sentence, 403)
