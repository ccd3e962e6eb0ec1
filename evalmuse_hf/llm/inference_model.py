"""Chat models that a server runs: a provider of the Hub, or anything with the OpenAI interface behind a URL."""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from evalmuse_hf.llm.chat import ChatError, ChatMessage, ChatReply, drawn_name, encodable
from evalmuse_hf.llm.json_schema import sent_schema

if TYPE_CHECKING:
    from evalmuse_hf.llm.bounded_client import BoundedClient, ParameterError

_log = logging.getLogger(__name__)

_SECRETS = ("key", "token", "sig", "secret", "password", "passwd", "pwd", "credential", "auth", "code")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def url_name(url: str, model: str | None) -> str:
    """Name of a model behind a URL, to be written beside its answers; a query is no part of it.

    Args:
        url: Of the server.
        model: Name of the model in requests, if it has one.

    Raises:
        ValueError: If the URL names no server, or holds a password or key.
    """
    plain = url.partition("?")[0]
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host:
        shown = plain.rpartition("@")[2]
        raise ValueError(f"{shown!r} names no server; write a URL such as http://127.0.0.1:8000/v1#MODEL.")
    if parts.username or parts.password:
        raise ValueError(f"The URL of the server at {host} holds a password; give it by OPENAI_API_KEY instead.")
    for name, _ in parse_qsl(parts.query, keep_blank_values=True):
        if any(word in name.lower() for word in _SECRETS):
            raise ValueError(
                f"The URL of the server at {host} seems to hold a key, in {name!r}; give it by OPENAI_API_KEY instead."
            )
    return f"{plain}#{model}" if model else plain


class InferenceModel:
    """A chat model behind `huggingface_hub.InferenceClient`.

    A parameter that the server refuses (status 400 or 422) is left out from then on, which is logged once: without
    ``response_format`` the schema stands in the conversation instead.

    Args:
        client: Sends the requests.
        name: Name of the model and where it runs.
        model: Name of the model in requests; None where the server has only one.
        temperature: 0 for the likeliest answer, more to draw it.
    """

    def __init__(self, client: "BoundedClient", *, name: str, model: str | None, temperature: float = 0.0) -> None:
        self.name = drawn_name(name, temperature)
        self._client = client
        self._model = model
        self._temperature = temperature
        self._refused: frozenset[str] = frozenset()

    @classmethod
    def of_hub(
        cls, model: str, provider: str | None, *, api_key: str, timeout: float, temperature: float = 0.0
    ) -> "InferenceModel":
        """A model that a provider of the Hub serves.

        Args:
            model: Its id.
            provider: The provider; None lets the Hub choose.
            api_key: Token of the Hub, or key of the provider.
            timeout: Seconds for one answer.
            temperature: 0 for the likeliest answer.

        Raises:
            ValueError: If the environment forbids to use the Hub.
        """
        from huggingface_hub import constants

        from evalmuse_hf.llm.bounded_client import BoundedClient

        if constants.HF_HUB_OFFLINE:
            raise ValueError("HF_HUB_OFFLINE is set, so no model of the Hub can be asked; unset it, or give a URL.")
        client = BoundedClient(model, provider=provider, url=None, key=api_key, seconds=timeout)
        name = f"hub:{model}@{provider}" if provider else f"hub:{model}"
        return cls(client, name=name, model=model, temperature=temperature)

    @classmethod
    def of_url(
        cls, url: str, model: str | None, *, api_key: str | None, timeout: float, temperature: float = 0.0
    ) -> "InferenceModel":
        """A model behind a URL.

        Args:
            url: Of the server, such as ``http://127.0.0.1:8000/v1``.
            model: Name of the model in requests; None where the server has only one.
            api_key: Key of the server, if it wants one.
            timeout: Seconds for one answer.
            temperature: 0 for the likeliest answer.

        Raises:
            ValueError: If the URL names no server, or holds a password or key.
        """
        from evalmuse_hf.llm.bounded_client import BoundedClient

        name = url_name(url, model)
        parts = urlsplit(url)
        if api_key and parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            _log.warning("The key goes to %s without encryption, as its URL begins with http.", parts.hostname)
        client = BoundedClient(None, provider=None, url=url, key=api_key, seconds=timeout)
        return cls(client, name=name, model=model, temperature=temperature)

    def reply(
        self, messages: Sequence[ChatMessage], *, schema: Mapping[str, Any] | None, max_tokens: int, seed: int | None
    ) -> ChatReply:
        """Answer a conversation.

        Args:
            messages: The conversation.
            schema: JSON schema that the answer shall fit; None for free text.
            max_tokens: Tokens that may be written.
            seed: Sent along; None sends none.

        Raises:
            ChatError: If there is no reply.
        """
        from evalmuse_hf.llm.bounded_client import ParameterError

        wanted: dict[str, Any] = {"max_tokens": max_tokens, "temperature": self._temperature}
        if seed is not None:
            wanted["seed"] = seed
        if schema is not None:
            wanted["response_format"] = sent_schema(schema)
        refused = self._refused
        for _ in range(len(wanted) + 1):
            try:
                reply = self._complete(messages, wanted, refused)
            except ParameterError as error:
                blamed = _blamed(error, wanted.keys() - refused)
                if not blamed:
                    raise
                refused |= {blamed}
                continue
            self._remember(refused)
            return reply
        raise AssertionError("the last try returns or raises")

    def _complete(self, messages: Sequence[ChatMessage], wanted: dict[str, Any], refused: frozenset[str]) -> ChatReply:
        from evalmuse_hf.llm.bounded_client import json_schema_format

        sent = {name: value for name, value in wanted.items() if name not in refused}
        schema = wanted.get("response_format")
        if "response_format" in sent:
            sent["response_format"] = json_schema_format(sent["response_format"])
        elif schema is not None:
            messages = _with_schema(messages, schema)
        if "max_tokens" in refused:  # newer models of OpenAI want the other name
            sent["extra_body"] = {"max_completion_tokens": wanted["max_tokens"]}
        spoken = [{"role": message.role, "content": encodable(message.content)} for message in messages]
        self._client.begin()
        try:
            # The URL is known to the client; here the name goes into the request.
            return _read_output(self._client.chat_completion(spoken, model=self._model, **sent))
        except ChatError:
            raise
        except (ValueError, OSError, TypeError, AttributeError, LookupError) as error:
            if self._client.has_sent:  # one strange answer says nothing of the others
                told = f"{self.name} answered with something that cannot be read ({type(error).__name__})."
                raise ChatError(told, may_retry=True) from None
            if not isinstance(error, (ValueError, OSError)):
                raise
            # The provider does not have the model, or the Hub cannot be asked.
            sentence = " ".join(str(error).split()) or type(error).__name__
            raise ChatError(f"{self.name} cannot be asked: {sentence}", stops_run=True) from None

    def _remember(self, refused: frozenset[str]) -> None:
        for name in sorted(refused - self._refused):
            instead = "the JSON schema stands in the prompt instead" if name == "response_format" else "it is left out"
            _log.warning("%s refuses `%s`; %s.", self.name, name, instead)
        self._refused |= refused


def _blamed(error: "ParameterError", sent: set[str]) -> str | None:
    """Which parameter a server refused: one that it names, else the one that most often is."""
    said = str(error).lower()
    named = {"response_format": ("response_format", "json_schema", "schema", "grammar")}
    for name in ("response_format", "max_tokens", "temperature", "seed"):
        if name in sent and any(word in said for word in named.get(name, (name,))):
            return name
    return "response_format" if "response_format" in sent else None


def _with_schema(messages: Sequence[ChatMessage], schema: Mapping[str, Any]) -> list[ChatMessage]:
    """The conversation with the schema in its first message."""
    wish = f"Answer with JSON that fits this JSON schema, and with nothing else: {json.dumps(schema)}"
    first, *others = messages
    if first.role == "system":
        return [ChatMessage("system", f"{first.content}\n\n{wish}"), *others]
    return [ChatMessage("system", wish), *messages]


def _read_output(output: Any) -> ChatReply:
    """The reply in a chat completion; fields that a server spells in its own way count as missing."""
    choice = output.choices[0]
    refusal = choice.message.get("refusal")
    content = choice.message.content
    text = content if isinstance(content, str) else ""
    reason = choice.finish_reason if isinstance(choice.finish_reason, str) else "stop"
    if refusal and not text:
        text, reason = str(refusal), "refusal"
    usage = output.usage
    counts = (None, None) if usage is None else (usage.prompt_tokens, usage.completion_tokens)
    known = [count if type(count) is int and count >= 0 else None for count in counts]
    return ChatReply(text, reason, *known)
