"""The door of the annotation server: options in, a running server out; needs nothing at import.

`serve` does all that `evalmuse annotate serve` and the Space do: it brings a store back from the Hub if there is none
here, answers until it is told to stop, and sends the last ratings to the Hub before it leaves.
"""

import errno
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.optional import require

if TYPE_CHECKING:
    from evalmuse_hf.annotations.server.backup_state import BackupState
    from evalmuse_hf.annotations.store.engine import Store

logger = logging.getLogger(__name__)

PORT = 7860
TITLE = "Rating pictures"
_MAX_PORT = 65_535
_START_S = 120.0
_GRACE_S = 3  # for streams that browsers keep open
_MOST_CONNECTIONS = 600  # a browser opens up to six; what is beyond gets 503, and the page asks again
_KEEP_ALIVE_S = 75  # for connections between two answers of a rater
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


class AnnotationServerError(ValueError):
    """A server that cannot be started as asked; the message says why in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """What `serve` is asked.

    Attributes:
        host: Where to listen.
        port: Where to listen; 0 for any free one.
        login: ``"token"`` for names and tokens of the store, ``"hub"`` for users of the Hub (only in a Space).
        open_registration: With ``"hub"``: whoever signs in becomes a rater.
        hub_backup: Data set repository that keeps the store; None for none.
        every_minutes: How often it is sent there if something changed.
        public_backup: Allow that repository to be public.
        title: Of the page.
        requests_per_s: Of one rater, beyond a reserve for bursts.
    """

    host: str = "127.0.0.1"
    port: int = PORT
    login: Literal["token", "hub"] = "token"
    open_registration: bool = False
    hub_backup: str | None = None
    every_minutes: float = 5.0
    public_backup: bool = False
    title: str = TITLE
    requests_per_s: float = 10.0

    def __post_init__(self) -> None:
        if not 0 <= self.port <= _MAX_PORT:
            raise AnnotationServerError(f"A port is a number from 1 to {_MAX_PORT}, or 0, got {self.port}.")
        if self.login not in ("token", "hub"):
            raise AnnotationServerError(f"`login` must be 'token' or 'hub', got {self.login!r}.")
        if self.open_registration and self.login != "hub":
            raise AnnotationServerError("Open registration needs the login of the Hub, where names are vouched for.")
        if self.every_minutes <= 0:
            raise AnnotationServerError(f"`every_minutes` must be above 0, got {self.every_minutes!r}.")
        if self.requests_per_s <= 0:
            raise AnnotationServerError(f"`requests_per_s` must be above 0, got {self.requests_per_s!r}.")


def options_from_environment(variables: Mapping[str, str]) -> ServerOptions:
    """Options as the variables of a Space say them; see ``spaces/annotate/README.md``.

    ``GRADIO_SERVER_NAME`` and ``GRADIO_SERVER_PORT``, which a Space sets for every page, say where to listen.

    Args:
        variables: Such as `os.environ`.

    Raises:
        AnnotationServerError: If one of them cannot be read.
    """
    try:
        every = float(variables.get("EVALMUSE_ANNOTATE_EVERY") or 5)
    except ValueError:
        raise AnnotationServerError("EVALMUSE_ANNOTATE_EVERY must be a number of minutes, such as 5.") from None
    login = variables.get("EVALMUSE_ANNOTATE_LOGIN") or "hub"
    if login not in ("hub", "raters"):
        raise AnnotationServerError(f"EVALMUSE_ANNOTATE_LOGIN must be 'hub' or 'raters', got {login!r}.")
    port = variables.get("GRADIO_SERVER_PORT") or str(PORT)
    if not port.isdecimal():
        raise AnnotationServerError(f"GRADIO_SERVER_PORT must be a number, such as {PORT}, got {port!r}.")
    return ServerOptions(
        host=variables.get("GRADIO_SERVER_NAME") or "0.0.0.0",
        port=int(port),
        login="hub" if login == "hub" else "token",
        open_registration=_flag(variables, "EVALMUSE_ANNOTATE_OPEN"),
        hub_backup=variables.get("EVALMUSE_ANNOTATE_REPO") or None,
        every_minutes=every,
        public_backup=_flag(variables, "EVALMUSE_ANNOTATE_PUBLIC"),
        title=variables.get("EVALMUSE_ANNOTATE_TITLE") or TITLE,
    )


def build_app(store: "Store", options: ServerOptions, backup: "BackupState | None" = None) -> Any:
    """Build the application that a server runs.

    Args:
        store: An open store.
        options: Of the server.
        backup: How the backup is; None without one.

    Returns:
        A FastAPI application.

    Raises:
        ImportError: If gradio is not installed.
        AnnotationServerError: If users of the Hub cannot sign in here.
    """
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # is read at import
    require("gradio", purpose="The annotation server", extra="annotate")
    if options.login == "hub":
        for module in ("authlib", "itsdangerous"):
            require(module, purpose="Signing in with the Hub", extra="annotate")
        _check_oauth(os.environ)
    from evalmuse_hf.annotations.server.application import make_app

    return make_app(
        store,
        title=options.title,
        login=options.login,
        open_registration=options.open_registration,
        requests_per_s=options.requests_per_s,
        backup=backup,
    )


class RunningServer:
    """A server that answers in a thread of its own.

    Attributes:
        address: Where it answers.
    """

    def __init__(self, app: Any, *, host: str, port: int) -> None:
        import uvicorn

        self._socket = _listen(host, port)
        name = f"[{host}]" if ":" in host else host
        self.address = f"http://{name}:{self._socket.getsockname()[1]}/"
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=_GRACE_S,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        ends_at = time.monotonic() + _START_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > ends_at:
                self.stop()
                raise AnnotationServerError("The server could not be started; its log says why.")
            time.sleep(0.02)

    @property
    def is_running(self) -> bool:
        """Whether it still answers."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Answer what has begun, then give the port back."""
        self._server.should_exit = True
        self._thread.join(_GRACE_S + 5)
        self._socket.close()


def serve(place: str | Path, options: ServerOptions, *, on_ready: Callable[[str], None]) -> None:
    """Answer raters until Ctrl-C or a signal to end, which is the ordinary end.

    Args:
        place: The store, as in `open_store`.
        options: Of the server.
        on_ready: Is told the address once it answers.

    Raises:
        AnnotationServerError: If it cannot be started.
        StoreError: If the store cannot be opened, or its backup cannot be used.
    """
    ending = threading.Event()
    with _Signals(ending):
        came_from = None if options.hub_backup is None else _bring_back(place, options.hub_backup)
        store = open_store(place)
        backup = None
        try:
            _warn_of_missing_pictures(store)
            backup = _start_backup(store, options, came_from)
            app = build_app(store, options, None if backup is None else backup.state)
            server = RunningServer(app, host=options.host, port=options.port)
            try:
                on_ready(server.address)
                while server.is_running and not ending.wait(0.5):
                    pass
            finally:
                server.stop()
        finally:
            if backup is not None:
                backup.finish()
            store.close()


class _Signals:
    """While it is entered, Ctrl-C and the signal to end set an event instead of breaking off what is being done."""

    def __init__(self, ending: threading.Event) -> None:
        self._ending = ending
        self._before: dict[int, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, lambda *_: self._ending.set())

    def __exit__(self, *raised: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def _bring_back(place: str | Path, repo: str) -> str | None:
    """Fetch a store that is not here, and say which copy it is; None if it is here."""
    from evalmuse_hf.annotations.server.hub_copies import restore_store

    if "://" in str(place):
        raise StoreError("A backup on the Hub is made of a store in a file; a database server has backups of its own.")
    if Path(place).exists():
        return None
    copy = restore_store(repo, Path(place))
    if copy is None:
        raise StoreError(
            f"There is neither a store at {place} nor a copy of one in the data set {repo}, at least none that the "
            "token in HF_TOKEN may read; `evalmuse annotate assign STORE --pairs LIST` makes a store."
        )
    logger.warning("The store %s was brought back from the data set %s.", place, repo)
    return copy


def _warn_of_missing_pictures(store: "Store") -> None:
    from evalmuse_hf.annotations.store.present_pictures import warn_of_missing_pictures

    warn_of_missing_pictures(store)


def _start_backup(store: "Store", options: ServerOptions, came_from: str | None) -> Any:
    if options.hub_backup is None:
        return None
    from evalmuse_hf.annotations.server.hub_backup import StoreBackup

    return StoreBackup(
        store,
        options.hub_backup,
        every_minutes=options.every_minutes,
        allow_public=options.public_backup,
        came_from=came_from,
    )


def _listen(host: str, port: int) -> socket.socket:
    """Take the address, or say in one sentence why it cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AnnotationServerError(
            f"Cannot listen at {host}, port {port} ({error.strerror or error}); name an address of this machine with "
            "--host."
        ) from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        listening.close()
        advice = "name an address of this machine with --host"
        if error.errno != errno.EADDRNOTAVAIL:
            advice = "choose another port with --port"
        raise AnnotationServerError(
            f"Cannot listen at {host}, port {port} ({error.strerror or error}); {advice}."
        ) from None
    return listening


def _check_oauth(variables: Mapping[str, str]) -> None:
    needed = ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES", "OPENID_PROVIDER_URL")
    missing = [name for name in needed if not variables.get(name)]
    if missing or variables.get("SYSTEM") != "spaces":
        lacking = f" (missing here: {', '.join(missing)})" if missing else ""
        raise AnnotationServerError(
            f"Users of the Hub can sign in only in a Space with `hf_oauth: true` in its README{lacking}; elsewhere, "
            "give raters tokens and use the login 'raters'."
        )


def _flag(variables: Mapping[str, str], name: str) -> bool:
    value = variables.get(name, "").strip().lower()
    if value not in (*_TRUE, *_FALSE):
        raise AnnotationServerError(f"{name} must be 1 or 0, got {value!r}.")
    return value in _TRUE
