"""What every chat model has in common: messages in, one reply out, and one kind of error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

SOURCE_KEYWORD = "x-substring-of"
"""Our own keyword of a JSON schema: a string must stand, as whole words, in the text given here.

The local model keeps to it while it writes; it is left out of the schemas that are sent to a server.
"""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a conversation.

    Attributes:
        role: Who speaks.
        content: What is said.
    """

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class ChatReply:
    """What a model answered.

    Attributes:
        text: The answer.
        finish_reason: "stop", "length" where the limit of tokens cut it off, "content_filter" or "refusal" where the
            model would not answer, or what else the server says.
        prompt_tokens: Tokens read; None where it is not known.
        completion_tokens: Tokens written; None where it is not known.
    """

    text: str
    finish_reason: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class ChatError(ValueError):
    """A request that got no reply.

    Attributes:
        retry_after: Seconds that the server asks to wait; None where it says nothing.
        may_retry: Whether the same request may succeed later.
        stops_run: Whether every other request would fail in the same way, as with a wrong key.
        status: Status of HTTP; None where none came.
        plain: What happened, without what to do about the run.
    """

    def __init__(
        self,
        message: str,
        retry_after: float | None = None,
        may_retry: bool = False,
        *,
        stops_run: bool = False,
        status: int | None = None,
        plain: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.plain = message if plain is None else plain
        self.retry_after = retry_after
        self.may_retry = may_retry
        self.stops_run = stops_run


class ChatModel(Protocol):
    """A model that answers messages; `reply` may be called from several threads."""

    name: str
    """Which model this is; it is written beside its answers and is part of the key of the cache."""

    def reply(
        self, messages: Sequence[ChatMessage], *, schema: Mapping[str, Any] | None, max_tokens: int, seed: int | None
    ) -> ChatReply:
        """Answer a conversation.

        Args:
            messages: The conversation.
            schema: JSON schema that the answer shall fit; None for free text.
            max_tokens: Tokens that may be written.
            seed: Of the drawing of tokens; None where nothing is drawn.

        Raises:
            ChatError: If there is no reply.
        """
        ...


def encodable(text: str) -> str:
    r"""A text that can be sent: halves of characters, as broken JSON may hold them, become question marks.

    Args:
        text: The text.

    >>> encodable("a \ud83d cat")
    'a ? cat'
    """
    return text.encode("utf-8", "replace").decode()


def drawn_name(name: str, temperature: float) -> str:
    """Name of a model with the temperature of its answers, where they are drawn.

    Args:
        name: Name of the model.
        temperature: 0 for the likeliest answer.
    """
    return f"{name} (temperature {temperature:g})" if temperature else name
