"""`InferenceClient` with a transport of our own, where its own one cannot be trusted with a server that misbehaves.

Three things differ (seen in huggingface_hub 2.4). Its transport reads answers of any size, and its time limit starts
anew with each byte. It sends the token of the Hub to any URL where no other key is given. And it rewrites the JSON
schema for servers behind a URL to a form of Text Generation Inference, which others refuse or ignore.
"""

import email.utils
import json
import time
from typing import Any

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
        self._http = httpx.Client(timeout=seconds, follow_redirects=False)

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
        return post(
            self._http, request_parameters.url, payload, headers=headers, seconds=self._seconds, secret=self._key
        )


def json_schema_format(schema: dict[str, Any]) -> dict[str, Any]:
    """``response_format`` of the OpenAI interface.

    Args:
        schema: JSON schema of the answer.
    """
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}


def post(
    http: "httpx.Client",
    url: str,
    payload: dict[str, Any],
    *,
    headers: dict[str, str],
    seconds: float,
    secret: str | None,
) -> dict[str, Any]:
    """Send a request of chat completion and read the answer within limits.

    Args:
        http: Client of connections.
        url: Where to.
        payload: What is sent.
        headers: Headers of the request.
        seconds: Longest time.
        secret: Never shown in a message, even where the server repeats it.

    Raises:
        ChatError: If there is no answer that can be read.
    """
    host = httpx.URL(url).host
    deadline = time.monotonic() + seconds
    try:
        with http.stream("POST", url, json=payload, headers=headers) as response:
            limit = _MOST_BYTES if response.is_success else _MOST_BYTES_OF_ERROR
            body = _read(response, limit, deadline, host)
    except httpx.TimeoutException:
        raise ChatError(f"{host} did not answer within {seconds:g} seconds.", may_retry=True) from None
    except httpx.TransportError as error:
        raise ChatError(f"The connection to {host} failed ({type(error).__name__}).", may_retry=True) from None
    if response.is_success:
        return _read_payload(body, host)
    raise _error_of(response, body, host, secret)


def _read(response: "httpx.Response", limit: int, deadline: float, host: str) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > limit:
            if not response.is_success:
                break
            raise ChatError(f"The answer of {host} is larger than {limit // 2**20} MiB.", may_retry=True)
        if time.monotonic() > deadline:
            raise ChatError(f"{host} did not finish its answer in time.", may_retry=True)
    return bytes(body[:limit])


def _read_payload(body: bytes, host: str) -> dict[str, Any]:
    """The answer as an object with a message in it."""
    try:
        payload = json.loads(body)
        is_message = isinstance(payload["choices"][0]["message"], dict)
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        is_message = False
    if not is_message:
        start = body[:60].decode("utf-8", "replace").split("\n")[0]
        raise ChatError(f"{host} answered with something else than a chat completion: {start!r}.", may_retry=True)
    return dict(payload)


def _error_of(response: "httpx.Response", body: bytes, host: str, secret: str | None) -> ChatError:
    code = response.status_code
    said = _what_it_says(body)
    if secret:
        said = said.replace(secret, "***")
    sentence = f"{host} answered with status {code}{f' ({said})' if said else ''}"
    if code in _REFUSED_PARAMETERS:
        return ParameterError(f"{sentence}.")
    if 300 <= code < 400:
        return ChatError(f"{sentence}; it redirects, give the address that it redirects to.", stops_run=True)
    if code in _STOPPING:
        hints = {401: "check the key", 402: "nothing is left to pay with", 403: "the key may not use this model"}
        hint = hints.get(code, "check the address and the name of the model")
        return ChatError(f"{sentence}; {hint}, and run the same again.", stops_run=True)
    may_retry = code in _PASSING or code >= 500
    return ChatError(f"{sentence}.", retry_after(response.headers.get("retry-after")), may_retry)


def _what_it_says(body: bytes) -> str:
    """The sentence in an error, as the OpenAI interface spells it, or the beginning of whatever came."""
    text = body.decode("utf-8", "replace")
    try:
        said = json.loads(text)
        for name in ("error", "message"):
            said = said[name] if isinstance(said, dict) and name in said else said
        text = said if isinstance(said, str) else text
    except (ValueError, RecursionError):
        pass
    return " ".join(text.split())[:_MOST_SHOWN]


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
        moment = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(moment.timestamp() - time.time(), 0.0)
