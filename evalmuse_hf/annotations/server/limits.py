"""What a request may cost: bytes of its body, seconds to send it, requests per second, and the routes it may reach."""

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evalmuse_hf.annotations.errors import AnnotationError

MAX_BODY = 256 * 1024
"""Bytes of a request's body; an answer with the longest comment and the most boxes has a tenth of that."""

BODY_S = 30.0
"""Seconds in which the body has to arrive."""

REQUESTS_PER_S = 10.0
BURST = 60
_MOST_KEPT = 10_000

# What the page of Gradio itself asks for. Everything else that Gradio offers (uploads, files of this machine, proxies,
# saved states of sessions, editing by chat) is of no use here, and an answer of 404 is the safest one to give. That
# goes for the queue, whose answers anybody can fetch who knows the number of a tab, and for streams without an end.
_GRADIO_ROUTES = re.compile(
    r"/(?:|config/?|login(?:/|/huggingface|/callback)?|logout|theme\.css|robots\.txt|favicon\.ico|manifest\.json"
    r"|pwa_icon(?:/\w+)?|(?:static|assets|svelte)/.+"
    r"|gradio_api/(?:run/[\w-]+/?|info/?|app_id/?|startup-events|login_check/?|user/?|theme\.css))"
)


def refuse(status: str, message: str, http_status: int) -> AnnotationError:
    """A refusal for `AnnotationError`'s handler.

    Args:
        status: The word for programs.
        message: One sentence.
        http_status: The HTTP status.
    """
    return AnnotationError(message, status=status, http_status=http_status)


class _BodyRefusedError(Exception):
    """Ends the reading of a body; never leaves this module."""


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """ASGI middleware: a body that is too long, or takes too long, is refused before more of it is read.

    Attributes:
        app: What answers.
        max_body: Bytes.
        seconds: In which the body has to arrive.
    """

    app: ASGIApp
    max_body: int = MAX_BODY
    seconds: float = BODY_S

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        lengths = [value for name, value in scope["headers"] if name == b"content-length"]
        if any(not length.isdigit() or int(length) > self.max_body for length in lengths):
            await send_error(send, self._too_long())
            return
        # Waiting for a body that nobody announced would hide from the app that its client has gone.
        announced = bool(lengths) or any(name == b"transfer-encoding" for name, _ in scope["headers"])
        body = _Body(receive=receive, limit=self, complete=not announced)
        started = False

        async def send_unless_refused(message: Message) -> None:
            nonlocal started
            if body.refusal is not None and not started:
                return  # what the app made of half a request is not the answer
            started = True
            await send(message)

        try:
            await self.app(scope, body.receive_counted, send_unless_refused)
        except _BodyRefusedError:
            pass
        except Exception:
            if body.refusal is None:
                raise
        if body.refusal is not None and not started:
            await send_error(send, body.refusal)

    def _too_long(self) -> AnnotationError:
        sentence = f"The request is larger than {self.max_body:,} bytes; nothing of it was read or stored."
        return refuse("too_large", sentence, 413)


@dataclass(slots=True)
class _Body:
    """Counts what arrives of one request's body."""

    receive: Receive
    limit: BodyLimit
    refusal: AnnotationError | None = None
    complete: bool = False
    size: int = 0
    ends_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.ends_at += self.limit.seconds

    async def receive_counted(self) -> Message:
        if self.complete:  # only a disconnection can follow, and it may take as long as it likes
            return await self.receive()
        try:
            async with asyncio.timeout(max(self.ends_at - time.monotonic(), 0.0)):
                message = await self.receive()
        except TimeoutError:
            sentence = f"The request did not arrive within {self.limit.seconds:g} seconds; nothing was stored."
            self.refusal = refuse("too_slow", sentence, 408)
            raise _BodyRefusedError from None
        if message["type"] == "http.request":
            self.size += len(message.get("body", b""))
            if self.size > self.limit.max_body:
                self.refusal = self.limit._too_long()
                raise _BodyRefusedError
            self.complete = not message.get("more_body", False)
        return message


@dataclass(frozen=True, slots=True)
class RouteGate:
    """ASGI middleware: of what Gradio offers, only what the page needs.

    Attributes:
        app: What answers.
        api_path: Requests below it are not Gradio's.
    """

    app: ASGIApp
    api_path: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            path = scope["path"]
            ours = path.startswith(f"{self.api_path}/")
            if not ours and not is_gradio_route(path):
                await send_error(send, refuse("not_found", "There is nothing at this address.", 404))
                return
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        await self.app(scope, receive, send)


def is_gradio_route(path: str) -> bool:
    """Whether the page of Gradio needs what is at this path.

    Args:
        path: Of the request, decoded.
    """
    return ".." not in path and _GRADIO_ROUTES.fullmatch(path) is not None


class RateLimit:
    """So many requests per second for each key, with a reserve for bursts.

    Attributes:
        per_second: Requests that are added to the reserve.
        burst: The reserve.
    """

    def __init__(
        self, *, per_second: float = REQUESTS_PER_S, burst: int = BURST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.per_second = per_second
        self.burst = burst
        self._clock = clock
        self._reserves: dict[object, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def check(self, key: object) -> None:
        """Count one request.

        Args:
            key: Whose request it is.

        Raises:
            AnnotationError: If there were too many.
        """
        now = self._clock()
        with self._lock:
            reserve, at = self._reserves.get(key, (float(self.burst), now))
            reserve = min(self.burst, reserve + (now - at) * self.per_second)
            if reserve < 1:
                raise refuse("too_many_requests", "Too many requests in a short time; wait a moment.", 429)
            if len(self._reserves) >= _MOST_KEPT:
                self._forget_full(now)
            self._reserves[key] = (reserve - 1, now)

    def _forget_full(self, now: float) -> None:
        self._reserves = {
            key: (reserve, at)
            for key, (reserve, at) in self._reserves.items()
            if reserve + (now - at) * self.per_second < self.burst
        }


def error_body(error: AnnotationError) -> bytes:
    """The JSON that says what was refused.

    Args:
        error: The refusal.
    """
    return json.dumps({"status": error.status, "message": str(error)}).encode()


async def send_error(send: Send, error: AnnotationError) -> None:
    """Answer a request with a refusal, before any application has seen it.

    Args:
        send: Of the request.
        error: The refusal.
    """
    body = error_body(error)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": error.http_status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
