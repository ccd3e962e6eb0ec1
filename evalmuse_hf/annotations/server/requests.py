"""What came in a request, read with distrust: the session, the number of an assignment, a JSON object."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from evalmuse_hf.annotations.errors import AnnotationError
from evalmuse_hf.annotations.server.limits import refuse
from evalmuse_hf.annotations.server.tokens import no_session

_LARGEST_NUMBER = 2**31 - 1  # of a column; no assignment has a larger one
_BAD_REQUEST = 400
_JSON = "application/json"


def bearer_token(request: Request) -> str:
    """The token of ``Authorization: Bearer TOKEN``.

    Args:
        request: As it came.

    Raises:
        NotAllowedError: If there is none.
    """
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise no_session("This request carries no session. Load the page again and sign in.")
    return token.strip()


def assignment_number(request: Request) -> int:
    """The number of an assignment in the path.

    Args:
        request: As it came.

    Raises:
        AnnotationError: If it is none.
    """
    text = str(request.path_params["assignment_id"])
    if not text.isascii() or not text.isdigit() or len(text) > len(str(_LARGEST_NUMBER)):
        raise _no_assignment()
    if int(text) > _LARGEST_NUMBER:
        raise _no_assignment()
    return int(text)


async def json_object(request: Request) -> dict[str, Any]:
    """The JSON object in the body.

    Args:
        request: As it came.

    Raises:
        AnnotationError: If the body is anything else.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _JSON or "content-encoding" in request.headers:
        raise refuse("unsupported", "The body must be uncompressed JSON, sent as application/json.", 415)
    return read_object(await request.body())


def read_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object whose texts every database can keep.

    Args:
        body: As it came.

    Raises:
        AnnotationError: If it is anything else.
    """
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
        problem = _problem_in(value)
    except RecursionError:
        raise _bad_json("The JSON of the request is nested too deeply.") from None
    except ValueError:  # also of a wrong encoding, and of numbers with thousands of digits
        raise _bad_json("The body of the request is not JSON in UTF-8.") from None
    if not isinstance(value, dict):
        raise _bad_json("The body of the request must be a JSON object.")
    if problem:
        raise refuse("bad_answer", f"A text of the request holds {problem}, which cannot be stored; take it out.", 422)
    return value


def required_text(payload: Mapping[str, Any], name: str, *, longest: int) -> str:
    """A text of a body.

    Args:
        payload: The body.
        name: Of the field.
        longest: Characters that are allowed.

    Raises:
        AnnotationError: If it is missing, empty, no text or longer.
    """
    value = payload.get(name)
    if not isinstance(value, str) or not value.strip():
        raise refuse("bad_answer", f"`{name}` must be a text that is not empty.", 422)
    if len(value) > longest:
        raise refuse("bad_answer", f"`{name}` has {len(value):,} characters; {longest:,} are allowed.", 422)
    return value.strip()


def required_count(payload: Mapping[str, Any], name: str) -> int:
    """A whole number, 0 or more, of a body.

    Args:
        payload: The body.
        name: Of the field.

    Raises:
        AnnotationError: If it is missing or anything else.
    """
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST_NUMBER:
        raise refuse("bad_answer", f"`{name}` must be a whole number, 0 or more.", 422)
    return value


def _problem_in(value: Any) -> str:
    """Name what is in a text that a database does not take; empty if there is nothing."""
    if isinstance(value, str):
        if "\0" in value:
            return "a zero character"
        return "half a character" if any("\ud800" <= character <= "\udfff" for character in value) else ""
    if isinstance(value, dict):
        return next(filter(None, map(_problem_in, [*value, *value.values()])), "")
    if isinstance(value, list):
        return next(filter(None, map(_problem_in, value)), "")
    return ""


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _bad_json(message: str) -> AnnotationError:
    return refuse("bad_json", message, _BAD_REQUEST)


def _no_assignment() -> AnnotationError:
    return refuse("not_found", "There is no such item.", 404)
