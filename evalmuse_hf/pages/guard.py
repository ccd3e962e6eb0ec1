"""What stands before every page: no route that it does not use, no body without end, no file that nobody uploaded."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

from evalmuse_hf.pages.limits import PageLimits, spell_bytes
from evalmuse_hf.pages.uploads import find_foreign_files, sweep_leftovers

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
_UPLOAD = re.compile(r"/(gradio_api/)?upload/?")


class PageGuard:
    """ASGI middleware; see the module.

    Args:
        app: What it stands before.
        limits: What a request may hold.
    """

    def __init__(self, app: Callable[..., Awaitable[None]], limits: PageLimits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if _UNUSED.match(path):
            await _refuse(send, 404, "This page does not have that address.")
            return
        largest = self._limits.max_archive_bytes if _UPLOAD.fullmatch(path) else MAX_REQUEST_BYTES
        sentence = f"The request has more than {spell_bytes(largest)}; send less at once."
        if _announced_bytes(scope) > largest:
            await _refuse(send, 413, sentence)
            return
        await self._app(scope, _count_bytes(receive, largest), send)


def guard_options(limits: PageLimits) -> dict[str, Any]:
    """Options of ``launch`` (and of `gradio.mount_gradio_app`) that put the guard before a page.

    While the page runs, what broken uploads and cancelled batches left is deleted too; of that Gradio knows nothing.

    Args:
        limits: What a request may hold, and for how long files are kept.
    """
    from starlette.middleware import Middleware

    @asynccontextmanager
    async def sweeping(app: Any) -> AsyncIterator[None]:
        task = asyncio.create_task(_sweep_for_ever(limits))
        yield
        task.cancel()

    return {"app_kwargs": {"middleware": [Middleware(PageGuard, limits=limits)], "lifespan": sweeping}}


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
        accepted, answer, state = await push(body, request, username)
        if state == "queue_full":
            answer = f"Too many requests are waiting (at most {limits.max_waiting}); try again in a minute."
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


async def _sweep_for_ever(limits: PageLimits) -> None:
    while True:
        await asyncio.to_thread(sweep_leftovers, limits.keep_uploads_s)
        await asyncio.sleep(limits.keep_uploads_s / 4)


def _count_bytes(receive: Receive, largest: int) -> Receive:
    """Receive no more bytes than these, whatever was announced."""
    from starlette.formparsers import MultiPartException

    left = largest

    async def receive_counted() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:  # of the kind after which Gradio removes what it has written of an upload
            raise MultiPartException(f"The request exceeds the maximum allowed size of {spell_bytes(largest)}.")
        return message

    return receive_counted


def _announced_bytes(scope: Message) -> int:
    """What a request says that it has; 0 if it does not say."""
    announced = dict(scope["headers"]).get(b"content-length", b"0")
    return int(announced) if announced.isdigit() else 0


async def _refuse(send: Send, status: int, sentence: str) -> None:
    body = sentence.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
