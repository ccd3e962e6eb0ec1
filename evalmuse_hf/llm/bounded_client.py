"""`InferenceClient` with a transport of our own, where its own one cannot be trusted with a server that misbehaves.

Three things differ (seen in huggingface_hub 2.4). Its transport reads answers of any size, and its time limit starts
anew with each byte. It sends the token of the Hub to any URL where no other key is given. And it rewrites the JSON
schema for servers behind a URL to a form of Text Generation Inference, which others refuse or ignore.
"""

import contextlib
import email.utils
import html
import json
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from huggingface_hub import InferenceClient

from evalmuse_hf.llm.chat import ChatError

try:  # huggingface_hub 2 is built on httpx2, earlier ones on httpx; their interfaces are the same here
    import httpx2 as httpx
except ModuleNotFoundError:
    import httpx  # type: ignore[no-redef]

_MOST_BYTES = 4 * 2**20
_MOST_BYTES_OF_ERROR = 64 * 2**10
_MOST_SHOWN = 200
_REFUSED_PARAMETERS = frozenset({400, 422})
_STOPPING = frozenset({401, 402, 403, 404})
_NOTHING_LEFT = b"insufficient_quota"
_PASSING = frozenset({408, 409, 425, 429})


class ParameterError(ChatError):
    """The server refuses the request itself, perhaps for one of its parameters."""


class BoundedClient(InferenceClient):
    """Sends requests of chat completion, with limits to time and size.

    Args:
        model: Id of a model of the Hub, or None.
        provider: Provider of the Hub; None lets the Hub choose.
        url: Server behind a URL, instead of a model of the Hub.
        key: Key that the server gets; None sends none.
        seconds: Longest time of one request.
    """

    def __init__(
        self, model: str | None, *, provider: str | None, url: str | None, key: str | None, seconds: float
    ) -> None:
        super().__init__(model, provider=provider, base_url=url, api_key=key)  # type: ignore[arg-type]
        self._url = url
        self._key = key
        self._seconds = seconds
        self._free_lines: list[Line] = []
        self._here = threading.local()

    @property
    def has_sent(self) -> bool:
        """Whether this thread has sent a request since `begin`."""
        return getattr(self._here, "has_sent", False)

    def begin(self) -> None:
        """Forget what this thread has sent."""
        self._here.has_sent = False

    def _inner_post(self, request_parameters: Any, *, stream: bool = False) -> Any:
        """Send what `InferenceClient` has prepared; the name is its own."""
        headers = {name: value for name, value in request_parameters.headers.items() if name != "authorization"}
        payload = dict(request_parameters.json)
        if self._url is None:
            headers = dict(request_parameters.headers)
        elif self._key:
            headers["authorization"] = f"Bearer {self._key}"
        headers["accept-encoding"] = "identity"  # a small answer could unpack to a huge one
        if self._url is not None and "value" in (form := payload.get("response_format", {})):
            payload["response_format"] = json_schema_format(form["value"])
        self._here.has_sent = True
        try:
            line = self._free_lines.pop()  # both are safe among threads
        except IndexError:
            line = Line(self._seconds)
        try:
            return post(
                line, request_parameters.url, payload, headers=headers, seconds=self._seconds, secret=self._key
            )
        finally:
            self._free_lines.append(line)


class Line:
    """A connection of one thread at a time, which a watchdog can cut.

    Args:
        seconds: Longest silence of the server.
    """

    def __init__(self, seconds: float) -> None:
        self.http = httpx.Client(timeout=seconds, follow_redirects=False, limits=httpx.Limits(max_connections=1))
        self.is_cut = False
        self._stream: Any = None
        self._lock = threading.Lock()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Note the connection, once there is one; it may be late already.

        Args:
            event: What the transport has done.
            info: What came of it.
        """
        stream = info.get("return_value") if event.endswith(".complete") else None
        if hasattr(stream, "get_extra_info"):
            with self._lock:
                self._stream = stream
                if self.is_cut:
                    self._shut()

    def cut(self) -> None:
        """End what is being waited for."""
        with self._lock:
            self.is_cut = True
            self._shut()

    def mend(self) -> None:
        """Begin a request; after a cut the transport connects anew."""
        with self._lock:
            self.is_cut = False

    def _shut(self) -> None:
        known = self._stream.get_extra_info("socket") if self._stream is not None else None
        if isinstance(known, socket.socket):
            with contextlib.suppress(OSError):  # gone already
                socket.socket.shutdown(known, socket.SHUT_RDWR)  # wakes the reader, as closing would not


def json_schema_format(schema: dict[str, Any]) -> dict[str, Any]:
    """``response_format`` of the OpenAI interface.

    Args:
        schema: JSON schema of the answer.
    """
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}


def post(
    line: Line,
    url: str,
    payload: dict[str, Any],
    *,
    headers: dict[str, str],
    seconds: float,
    secret: str | None,
) -> dict[str, Any]:
    """Send a request of chat completion and read the answer within limits.

    Args:
        line: Where it goes through.
        url: Where to.
        payload: What is sent.
        headers: Headers of the request.
        seconds: Longest time.
        secret: Never shown in a message, even where the server repeats it.

    Raises:
        ChatError: If there is no answer that can be read.
    """
    host = httpx.URL(url).host
    line.mend()
    watchdog = threading.Timer(seconds, line.cut)  # the transport's own limit starts anew with each byte
    watchdog.daemon = True
    watchdog.start()
    late = ChatError(f"{host} did not answer within {seconds:g} seconds.", may_retry=True)
    extensions = {"trace": line.trace}
    try:
        with line.http.stream("POST", url, json=payload, headers=headers, extensions=extensions) as response:
            limit = _MOST_BYTES if response.is_success else _MOST_BYTES_OF_ERROR
            body = _read(response, limit, host)
    except httpx.TimeoutException:
        raise late from None
    except (httpx.TransportError, OSError) as error:
        if line.is_cut:
            raise late from None
        raise ChatError(f"The connection to {host} failed ({type(error).__name__}).", may_retry=True) from None
    finally:
        watchdog.cancel()
    if line.is_cut:
        raise late
    if response.is_success:
        return _read_payload(body, host, secret)
    raise _error_of(response, body, host, secret)


def _read(response: "httpx.Response", limit: int, host: str) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > limit:
            if not response.is_success:
                break
            raise ChatError(f"The answer of {host} is larger than {limit // 2**20} MiB.", may_retry=True)
    return bytes(body[:limit])


def _read_payload(body: bytes, host: str, secret: str | None) -> dict[str, Any]:
    """The answer as an object with a message in it.

    Only what is read later is kept: `InferenceClient` fails on anything else that has not the type it expects.
    """
    try:
        payload = json.loads(body)
        choice = payload["choices"][0]
        said = choice["message"]
        is_message = isinstance(said, dict)
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        is_message = False
    if not is_message:
        start = masked(body[:_MOST_BYTES_OF_ERROR].decode("utf-8", "replace"), secret)[:60].split("\n")[0]
        raise ChatError(f"{host} answered with something else than a chat completion: {start!r}.", may_retry=True)
    message = {name: said[name] for name in ("content", "refusal") if isinstance(said.get(name), str)}
    reason = choice.get("finish_reason")
    kept: dict[str, Any] = {
        "choices": [
            {
                "index": 0,
                "finish_reason": reason if isinstance(reason, str) else None,
                "message": {"role": "assistant", **message},
            }
        ]
    }
    usage = payload.get("usage")
    if isinstance(usage, dict):
        names = ("prompt_tokens", "completion_tokens", "total_tokens")
        kept["usage"] = {name: usage[name] for name in names if type(usage.get(name)) is int}
    return kept


def masked(text: str, secret: str | None) -> str:
    """A text without a key, also where it is written as JSON, HTML or in a URL.

    Args:
        text: The text, before anything is cut off.
        secret: The key, if there is one.

    >>> masked("Bearer sk-1/2 sk-1%2F2", "sk-1/2")
    'Bearer *** ***'
    """
    if secret:
        spellings = {secret, json.dumps(secret)[1:-1], html.escape(secret), quote(secret, safe="")}
        for spelling in sorted(spellings, key=len, reverse=True):
            text = text.replace(spelling, "***")
    return text


def _error_of(response: "httpx.Response", body: bytes, host: str, secret: str | None) -> ChatError:
    code = response.status_code
    said = _what_it_says(body, secret)
    sentence = f"{host} answered with status {code}{f' ({said})' if said else ''}"
    if code in _REFUSED_PARAMETERS:
        return ParameterError(f"{sentence}.", status=code)
    if 300 <= code < 400:
        return ChatError(f"{sentence}; it redirects, give the address that it redirects to.", stops_run=True)
    if code in _STOPPING or _NOTHING_LEFT in body:  # OpenAI says so with status 429, and no waiting helps
        hints = {401: "check the key", 402: "nothing is left to pay with", 403: "the key may not use this model"}
        hint = hints.get(402 if _NOTHING_LEFT in body else code, "check the address and the name of the model")
        told = f"{sentence}; {hint}, and run the same again."
        return ChatError(told, stops_run=True, status=code, plain=f"{sentence}.")
    may_retry = code in _PASSING or code >= 500
    return ChatError(f"{sentence}.", retry_after(response.headers.get("retry-after")), may_retry, status=code)


def _what_it_says(body: bytes, secret: str | None) -> str:
    """The sentence in an error, as the OpenAI interface spells it, or the beginning of whatever came."""
    text = body.decode("utf-8", "replace")
    try:
        said = json.loads(text)
        for name in ("error", "message"):
            said = said[name] if isinstance(said, dict) and name in said else said
        text = said if isinstance(said, str) else text
    except (ValueError, RecursionError):
        pass
    return masked(" ".join(text.split()), secret)[:_MOST_SHOWN]  # a part of a key is no key that could be masked


def retry_after(header: str | None) -> float | None:
    """Seconds that a ``Retry-After`` asks for: a number or a date; None where it says nothing.

    Args:
        header: Value of the header.

    >>> retry_after("7"), retry_after("soon"), retry_after("Fri, 31 Dec 1999 23:59:59 GMT")
    (7.0, None, 0.0)
    """
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        moment = email.utils.parsedate_to_datetime(header).timestamp()
    except (ValueError, OverflowError, OSError):  # no date, or one of another age
        return None
    return max(moment - time.time(), 0.0)
