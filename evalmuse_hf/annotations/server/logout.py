"""Logging out: Gradio forgets the browser, and here every session that the rater's pages still have ends with it."""

from collections.abc import Callable

import anyio.to_thread
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evalmuse_hf.annotations.errors import NotAllowedError, StoreError
from evalmuse_hf.annotations.server.limits import refuse, send_error

_LOGOUT = "/logout"


class LogoutWatch:
    """ASGI middleware, innermost in Gradio's application, where the login of the Hub can be read.

    Attributes:
        app: What answers.
        name_of: Who sent a request; None or empty for nobody.
        end: Ends the sessions of a name, before the browser is told that it is logged out.
    """

    def __init__(self, app: ASGIApp, name_of: Callable[[Request], str | None], end: Callable[[str], None]) -> None:
        self.app = app
        self.name_of = name_of
        self.end = end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        name = self.name_of(Request(scope)) if scope["type"] == "http" and scope["path"] == _LOGOUT else None
        if not name:
            await self.app(scope, receive, send)
            return
        failed = False

        async def send_when_ended(message: Message) -> None:
            nonlocal failed
            if message["type"] == "http.response.start":
                failed = not await anyio.to_thread.run_sync(self._try_to_end, name)
                if failed:
                    sentence = "You are not signed out, as the store cannot be written now; try again."
                    await send_error(send, refuse("store_unavailable", sentence, 503))
            if not failed:
                await send(message)

        await self.app(scope, receive, send_when_ended)

    def _try_to_end(self, name: str) -> bool:
        try:
            self.end(name)
        except NotAllowedError:  # who is no rater any more has no sessions
            return True
        except StoreError:
            return False
        return True
