"""What stands before every page: no route that it does not use, no body without end, no file that nobody uploaded."""

import asyncio
import errno
import ipaddress
import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

from evalmuse_hf.pages.disk_space import DiskSpace
from evalmuse_hf.pages.limits import PageLimits, spell_bytes
from evalmuse_hf.pages.uploads import find_foreign_files, sweep_age_s, sweep_leftovers, sweep_period_s

logger = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_REQUEST_BYTES = 4 * 1024**2
"""Bytes of a request that uploads nothing: values of components, which hold paths and texts."""

# Gradio's routes that fetch addresses for a visitor, write files nobody asked for, or serve its authors' tools.
_UNUSED = re.compile(
    r"/(gradio_api/)?(proxy=|file=\s*/?https?:|file/https?:|process_recording|deep_link|vibe|stream/|component_server|"
    r"run-history|dev/|monitoring|custom_component/)",
    re.IGNORECASE,
)
_WRONG_VALUES = "The values of the request are not what this page takes; its API page says what it takes."
_TOO_MANY = "Too many requests {}are waiting (at most {}); try again in a minute."
_EVENTS = re.compile(r"/(gradio_api/)?(queue/|call/|run/|api/|cancel|upload)")
_FULL_DISK = (errno.ENOSPC, errno.EDQUOT)
_UPLOAD = re.compile(r"/(gradio_api/)?upload/?")


class PageGuard:
    """ASGI middleware; see the module.

    Args:
        app: What it stands before.
        limits: What a request may hold.
        uploads: Whether the page takes files at all.
    """

    def __init__(self, app: Callable[..., Awaitable[None]], limits: PageLimits, *, uploads: bool = True) -> None:
        self._app = app
        self._limits = limits
        self._uploads = uploads
        self._space = DiskSpace(limits)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        is_upload = _UPLOAD.fullmatch(path) is not None
        if _UNUSED.match(path) or (is_upload and not self._uploads):
            await _refuse(send, 404, "This page does not have that address.")
            return
        full = await asyncio.to_thread(self._space.find_refusal) if is_upload else None
        if full is not None:
            await _refuse(send, 507, full)
            return
        request = _Request(receive, send, self._limits, self._space if is_upload else None)
        if _announced_bytes(scope) > request.largest:
            await _refuse(send, 413, request.too_large)
            return
        try:
            await self._app(scope, request.receive, request.send)
        except Exception as error:
            if request.has_answer or not (request.refusal or _EVENTS.match(path)):
                raise
            logger.info("A request for %r was refused: %s", path[:80], type(error).__name__)
            if is_upload and isinstance(error, OSError) and error.errno in _FULL_DISK:
                request.refusal = (507, self._space.sentence)
            if request.refusal is None:
                await _refuse(send, 400, json.dumps({"detail": _WRONG_VALUES}), kind="application/json")
            else:
                await _refuse(send, *request.refusal)


class _Request:
    """One request on its way: its bytes are counted, and a refusal of its size gets a sentence of ours.

    Attributes:
        largest: Bytes that it may have.
        too_large: What is said of one that has more.
        refusal: Status and sentence, once it has to be refused whatever the page answers.
        has_answer: Whether the answer has begun.
    """

    def __init__(self, receive: Receive, send: Send, limits: PageLimits, space: DiskSpace | None) -> None:
        self._receive, self._send, self._limits, self._space = receive, send, limits, space
        self.largest = MAX_REQUEST_BYTES if space is None else limits.max_archive_bytes
        self.too_large = f"The request has more than {spell_bytes(self.largest)}; send less at once."
        self.refusal: tuple[int, str] | None = None
        self.has_answer = False
        self._left = self.largest
        self._is_replaced = False

    async def receive(self) -> Message:
        """Receive no more bytes than these, whatever was announced."""
        from starlette.formparsers import MultiPartException

        message = await self._receive()
        count = len(message.get("body", b""))
        self._left -= count
        if self._space is not None:
            self._space.add(count)
            if self._space.is_over:
                self.refusal = (507, self._space.sentence)
        if self._left < 0:
            self.refusal = (413, self.too_large)
        if self.refusal is not None:  # of the kind after which Gradio removes what it has written of an upload
            raise MultiPartException(self.refusal[1])
        return message

    async def send(self, message: Message) -> None:
        """Send what the page answers, or the sentence of the refusal in its place."""
        if self._is_replaced:
            return
        if message["type"] == "http.response.start":
            if self._space is not None and message["status"] == 413 and self.refusal is None:
                largest = spell_bytes(self._limits.max_file_size)
                self.refusal = (413, f"A file has more than {largest}, which is the most for one; make it smaller.")
            if self.refusal is not None:
                self.has_answer = self._is_replaced = True
                await _refuse(self._send, *self.refusal)
                return
            self.has_answer = True
        await self._send(message)


def guard_options(limits: PageLimits, *, uploads: bool = True) -> dict[str, Any]:
    """Options of ``launch`` (and of `gradio.mount_gradio_app`) that put the guard before a page.

    While the page runs, what broken uploads and cancelled batches left is deleted too; of that Gradio knows nothing.

    Args:
        limits: What a request may hold, and for how long files are kept.
        uploads: Whether the page takes files at all.
    """
    from starlette.middleware import Middleware

    @asynccontextmanager
    async def sweeping(app: Any) -> AsyncIterator[None]:
        task = asyncio.create_task(_sweep_for_ever(limits))
        yield
        task.cancel()

    guard = Middleware(PageGuard, limits=limits, uploads=uploads)
    return {"app_kwargs": {"middleware": [guard], "lifespan": sweeping}}


def guard_queue(app: Any, *, limits: PageLimits) -> None:
    """Refuse requests at the door of the queue, with a sentence, before Gradio opens what they name.

    Values of a kind that a component does not take get a sentence too; Gradio would give none, and fill the log. A
    second call for the same app does nothing.

    Args:
        app: `gradio.Blocks`, whose `queue` was called already: that makes a new queue.
        limits: What it may hold.
    """
    from gradio import Error

    if getattr(app._queue, "is_guarded", False):
        return
    push, prepare = app._queue.push, app.preprocess_data

    async def push_checked(body: Any, request: Any, username: Any) -> Any:
        foreign = next(find_foreign_files(body.data), None)
        if foreign is not None:
            return False, foreign, "error"
        if _count_waiting(app._queue, client_of(request)) >= limits.max_waiting_per_client:
            return False, _TOO_MANY.format("of yours ", limits.max_waiting_per_client), "queue_full"
        accepted, answer, state = await push(body, request, username)
        if state == "queue_full":
            answer = _TOO_MANY.format("", limits.max_waiting)
        return accepted, answer, state

    async def prepare_checked(block_fn: Any, inputs: Any, state: Any, explicit_call: bool = False) -> Any:
        # What skips the queue comes by here only; an explicit call is one of the server's own.
        foreign = None if explicit_call else next(find_foreign_files(inputs), None)
        if foreign is not None:
            raise Error(foreign, print_exception=False)
        try:
            return await prepare(block_fn, inputs, state, explicit_call)
        except Error:
            raise
        except Exception as error:  # whatever a component says of values that no page sends
            logger.info("The values of a request were refused: %s", type(error).__name__)
            raise Error(_WRONG_VALUES, print_exception=False) from None

    app._queue.push, app.preprocess_data = push_checked, prepare_checked
    app._queue.is_guarded = True


def client_of(request: Any) -> str:
    """The address from which a request comes.

    Behind a proxy all requests come from one; so a private address is believed when it says for whom it asks. What
    stands last was written by the proxy itself.

    Args:
        request: Of Starlette, or None.
    """
    peer = getattr(getattr(request, "client", None), "host", None) or ""
    try:
        is_near = ipaddress.ip_address(peer).is_private
    except ValueError:  # a socket of the machine, or nothing
        is_near = True
    named = str(request.headers.get("x-forwarded-for") or "") if is_near and request is not None else ""
    return named.rpartition(",")[2].strip() or peer


def _count_waiting(queue: Any, client: str) -> int:
    """Requests of one address that wait for their turn."""
    waiting = (event for line in queue.event_queue_per_concurrency_id.values() for event in line.queue)
    return sum(client_of(event.request) == client for event in waiting)


async def _sweep_for_ever(limits: PageLimits) -> None:
    while True:
        try:
            await asyncio.to_thread(sweep_leftovers, sweep_age_s(limits.keep_uploads_s))
        except Exception as error:  # the next round may do what this one could not
            logger.warning("Old files could not be deleted: %s", error)
        await asyncio.sleep(sweep_period_s(limits.keep_uploads_s))


def _announced_bytes(scope: Message) -> int:
    """What a request says that it has; 0 if it does not say."""
    announced = dict(scope["headers"]).get(b"content-length", b"0")
    return int(announced) if announced.isdigit() else 0


async def _refuse(send: Send, status: int, text: str, *, kind: str = "text/plain; charset=utf-8") -> None:
    body = text.encode()
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
