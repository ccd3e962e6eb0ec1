"""The HTTP interface between the page and the store: every answer is JSON, every refusal one sentence with a word.

Whoever asks is known by a signed token alone, never by a cookie: no page of somebody else can make a browser send it.
"""

import functools
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from fastapi import APIRouter, FastAPI
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from evalmuse_hf.annotations.errors import AnnotationError, ConflictError, StoreError
from evalmuse_hf.annotations.guidelines import OVERALL_ANCHORS
from evalmuse_hf.annotations.records import STRUCTURE_LABELS, Task
from evalmuse_hf.annotations.server.answers import as_html, task_answer
from evalmuse_hf.annotations.server.backup_state import BackupState
from evalmuse_hf.annotations.server.limits import BURST, BodyLimit, RateLimit, RouteGate, refuse
from evalmuse_hf.annotations.server.login import check_session
from evalmuse_hf.annotations.server.origins import OriginGate, space_hosts
from evalmuse_hf.annotations.server.pictures import read_picture
from evalmuse_hf.annotations.server.requests import (
    assignment_number,
    bearer_token,
    json_object,
    required_count,
    required_text,
)
from evalmuse_hf.annotations.server.tokens import Session, make_token, read_token, renewed
from evalmuse_hf.annotations.store import assignment, guidelines, ratings
from evalmuse_hf.annotations.store.drafts import lease_end
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.items import pictures_folder
from evalmuse_hf.annotations.store.own_pictures import own_picture
from evalmuse_hf.annotations.store.owned import element_ids_of, own_assignment
from evalmuse_hf.annotations.store.raters import give_consent, rater_of
from evalmuse_hf.annotations.store.sessions import session_secret, store_id
from evalmuse_hf.annotations.submissions import parse_reason, parse_submission

logger = logging.getLogger(__name__)

BASE = "/annotation/api"
RENEWAL = "X-Session-Token"
"""Header of an answer with the token to use from now on."""
MAX_VERSION = 64
# SQLite writes one at a time, and threads that wait only cost; a database server works on many requests at once.
_THREADS_SQLITE = 8
_THREADS_SERVER = 24
_ERROR = 500
_UNAVAILABLE = 503
_TOO_MANY = 429
_LATER = {_TOO_MANY: "1", _UNAVAILABLE: "5"}  # seconds
_FOLDER_S = 5.0
_CLOSED_REQUEST = 499  # nobody reads it
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_PICTURE_HEADERS = {
    "Cache-Control": "private, max-age=3600",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "inline",
}

Work = Callable[[int, Mapping[str, Any], int], Mapping[str, Any] | Response]


class Api:
    """The routes of one store.

    Attributes:
        store: What they read and write.
        secret: What signs the sessions.
    """

    def __init__(
        self,
        store: Store,
        *,
        secret: bytes,
        rate_limit: RateLimit,
        n_threads: int,
        backup: BackupState | None = None,
    ) -> None:
        self.store = store
        self.secret = secret
        self._store_id = store_id(store)
        self._backup = backup
        self._rate_limit = rate_limit
        self._threads = anyio.CapacityLimiter(n_threads)
        self._folder: tuple[Path | None, float] = (None, 0.0)

    def router(self) -> APIRouter:
        """All routes, below `BASE`; what is none of them is answered in the same form."""
        router = APIRouter(prefix=BASE, include_in_schema=False)
        one = "/{assignment_id}"
        routes: tuple[tuple[str, str, Work], ...] = (
            ("GET", "/session", self._session),
            ("POST", "/consent", self._consent),
            ("GET", "/task", self._next_task),
            ("GET", f"/task{one}", self._own_task),
            ("GET", f"/picture{one}", self._picture),
            ("PUT", f"/draft{one}", self._draft),
            ("POST", f"/rating{one}", self._rating),
            ("POST", f"/skip{one}", self._skip),
            ("GET", "/history", self._history),
        )
        for method, path, work in routes:
            router.add_api_route(path, self._endpoint(method, work), methods=[method], response_model=None)
        every = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        router.add_api_route("/{rest:path}", _nothing_here, methods=every, response_model=None)
        return router

    def _endpoint(self, method: str, work: Work) -> Callable[[Request], Awaitable[Response]]:
        """Turn a method of this class into a route: known sender, not too often, a body where one belongs."""

        async def endpoint(request: Request) -> Response:
            try:
                session = read_token(self.secret, bearer_token(request), now=self.store.clock())
                self._rate_limit.check(session.rater_id)
                number = assignment_number(request) if "assignment_id" in request.path_params else 0
                payload = {} if method == "GET" else await json_object(request)
                call = functools.partial(self._run, session, work, payload, number)
                response = await anyio.to_thread.run_sync(call, limiter=self._threads)
                if (following := renewed(session, now=self.store.clock())) is not None:
                    response.headers[RENEWAL] = make_token(self.secret, following)
                return response
            except AnnotationError as error:
                return error_response(error)
            except ClientDisconnect:
                return Response(status_code=_CLOSED_REQUEST)

        return endpoint

    def _run(self, session: Session, work: Work, payload: Mapping[str, Any], number: int) -> Response:
        """Do the work in a thread; what nobody foresaw is logged here and told in general words there."""
        try:
            check_session(self.store, session)
            result = work(session.rater_id, payload, number)
        except AnnotationError:
            raise
        except StoreError as error:
            logger.error("A request of rater %d was refused: %s", session.rater_id, error)
            sentence = "The store cannot be used now, and nothing was stored by this request; try again in a while."
            raise refuse("store_unavailable", sentence, _UNAVAILABLE) from None
        except Exception:
            logger.exception("A request of rater %d failed.", session.rater_id)
            sentence = "The server failed, and nothing was stored by this request; try again, or tell the organiser."
            raise refuse("server_error", sentence, _ERROR) from None
        return result if isinstance(result, Response) else JSONResponse(dict(result), headers=_HEADERS)

    def _session(self, rater_id: int, _payload: Mapping[str, Any], _number: int) -> Mapping[str, Any]:
        rater, shown = rater_of(self.store, rater_id), guidelines.shown_guidelines(self.store, rater_id)
        current = shown.guidelines
        return {
            "store_id": self._store_id,
            "rater": rater.name,
            "is_organiser": rater.is_organiser,
            "consented": shown.agreed,
            "guidelines": {
                "version": current.version,
                "instructions_html": as_html(current.instructions),
                "consent_html": as_html(current.consent),
            },
            "anchors": {str(rating): text for rating, text in OVERALL_ANCHORS.items()},
            "structure_labels": list(STRUCTURE_LABELS),
        }

    def _consent(self, rater_id: int, payload: Mapping[str, Any], _number: int) -> Mapping[str, Any]:
        version = required_text(payload, "version", longest=MAX_VERSION)
        try:
            give_consent(self.store, rater_id, version)
        except StoreError as error:
            raise refuse("bad_answer", str(error), 422) from None
        return {"consented": True}

    def _next_task(self, rater_id: int, _payload: Mapping[str, Any], _number: int) -> Mapping[str, Any]:
        if self._backup is not None and self._backup.facts.diverged:
            sentence = "This server gives out no items now, because its backup has a conflict; tell the organiser."
            raise refuse("backup_conflict", sentence, _UNAVAILABLE)
        task = assignment.next_task(self.store, rater_id)
        message = assignment.why_nothing(self.store, rater_id) if task is None else ""
        return {"task": None if task is None else self._spell(task), "message": message}

    def _own_task(self, rater_id: int, _payload: Mapping[str, Any], number: int) -> Mapping[str, Any]:
        return {"task": self._spell(assignment.task_of(self.store, rater_id, number))}

    def _picture(self, rater_id: int, _payload: Mapping[str, Any], number: int) -> Response:
        picture = read_picture(self._pictures(), own_picture(self.store, rater_id, number))
        return Response(picture.content, media_type=picture.media_type, headers=_PICTURE_HEADERS)

    def _draft(self, rater_id: int, payload: Mapping[str, Any], number: int) -> Mapping[str, Any]:
        self._check_store(payload)
        revision, draft = required_count(payload, "revision"), payload.get("draft")
        if not isinstance(draft, dict):
            raise refuse("bad_answer", "`draft` must be a JSON object.", 422)
        saved = assignment.save_draft(self.store, rater_id, number, revision=revision, draft=draft)
        return {"revision": saved, "expires_at": lease_end(self.store, rater_id, number)}

    def _rating(self, rater_id: int, payload: Mapping[str, Any], number: int) -> Mapping[str, Any]:
        self._check_store(payload)
        with self.store.read() as connection:
            held = own_assignment(connection, rater_id, number)
            element_ids = element_ids_of(connection, held.item_id)
        submission = parse_submission(payload, element_ids=element_ids)
        if payload.get("revision"):
            revision = required_count(payload, "revision")
            done = ratings.revise(self.store, rater_id, number, submission, revision=revision)
        else:
            done = ratings.submit(self.store, rater_id, number, submission)
        # That the ratings of the item differ is not told: it would say something about the answers of others.
        message = "This answer had been saved before; nothing was added." if done.repeated else "Saved."
        return {"rating_id": done.rating_id, "repeated": done.repeated, "message": message}

    def _skip(self, rater_id: int, payload: Mapping[str, Any], number: int) -> Mapping[str, Any]:
        assignment.skip(self.store, rater_id, number, reason=parse_reason(payload.get("reason")))
        return {"skipped": True}

    def _history(self, rater_id: int, _payload: Mapping[str, Any], _number: int) -> Mapping[str, Any]:
        entries = [
            {
                "assignment_id": entry.assignment_id,
                "prompt": entry.prompt,
                "overall": entry.overall,
                "rated_at": entry.rated_at,
            }
            for entry in assignment.own_history(self.store, rater_id)
        ]
        return {"entries": entries}

    def _check_store(self, payload: Mapping[str, Any]) -> None:
        """Refuse what a browser kept for another store that was once served at this address."""
        if payload.get("store_id", self._store_id) != self._store_id:
            sentence = (
                "This answer was given to another campaign that this address had before; it was not stored here."
            )
            raise ConflictError(sentence, status="other_store")

    def _spell(self, task: Task) -> dict[str, Any]:
        return task_answer(task, base=BASE, pictures=self._pictures())

    def _pictures(self) -> Path:
        """Folder of the pictures; asked for anew now and then, as it hardly ever changes."""
        folder, looked_at = self._folder
        if folder is None or time.monotonic() - looked_at > _FOLDER_S:
            folder = pictures_folder(self.store)
            self._folder = folder, time.monotonic()
        return folder


def make_api_app(store: Store, *, requests_per_s: float, backup: BackupState | None = None) -> FastAPI:
    """The API and what stands before it, without a page.

    Args:
        store: The store.
        requests_per_s: For each rater, beyond a reserve for bursts.
        backup: How the backup is; None without one.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    api = Api(
        store,
        secret=session_secret(store),
        rate_limit=RateLimit(per_second=requests_per_s, burst=max(BURST, int(requests_per_s))),
        n_threads=_THREADS_SQLITE if store.is_sqlite else _THREADS_SERVER,
        backup=backup,
    )
    app.include_router(api.router())
    app.add_middleware(BodyLimit)
    app.add_middleware(RouteGate, api_path=BASE)
    app.add_middleware(OriginGate, api_path=BASE, **space_hosts())
    return app


def error_response(error: AnnotationError) -> Response:
    """A refusal as the page reads it.

    Args:
        error: The refusal.
    """
    content = {"status": error.status, "message": str(error)}
    later = {"Retry-After": _LATER[error.http_status]} if error.http_status in _LATER else {}
    return JSONResponse(content, status_code=error.http_status, headers={**_HEADERS, **later})


async def _nothing_here(request: Request) -> Response:
    return error_response(refuse("not_found", f"There is nothing for {request.method} at this address.", 404))
