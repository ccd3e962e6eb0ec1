"""How many tokens were read and written, and what a run will cost before anything is sent."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from evalmuse_hf.llm.chat import ChatMessage

_CHARACTERS_PER_TOKEN = 4  # of English with the usual vocabularies of 30 to 200 thousand tokens
_TOKENS_PER_MESSAGE = 4  # of the chat template


@dataclass(frozen=True, slots=True)
class Usage:
    """What a client has used so far.

    Attributes:
        requests: Replies that were asked of the model.
        cached: Replies that the cache had.
        prompt_tokens: Tokens read by the model, without those of cached replies.
        completion_tokens: Tokens written by the model, without those of cached replies.
        is_estimate: Some of the tokens were counted by characters, because the model did not say.
    """

    requests: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    is_estimate: bool = False


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """What a run will need, before it is made.

    Attributes:
        requests: Calls, if every first answer can be used.
        cached: Requests that the cache answers, which are not among the calls.
        prompt_tokens: Tokens to be read.
        completion_tokens: Tokens that may be written, at most.
        cost: At most, in the currency of the prices; nan where no prices were given.
        message: The figures in words, and how they were made.
    """

    requests: int
    cached: int
    prompt_tokens: int
    completion_tokens: int
    cost: float
    message: str


def approximate_tokens(text: str) -> int:
    """Tokens of a text by its characters: four of ASCII to a token, and one of any other.

    Args:
        text: The text.

    >>> approximate_tokens("a red cat on a sofa"), approximate_tokens("赤い猫")
    (5, 3)
    """
    others = sum(not character.isascii() for character in text)
    return others + math.ceil((len(text) - others) / _CHARACTERS_PER_TOKEN)


def conversation_tokens(messages: Sequence[ChatMessage]) -> int:
    """Tokens of a conversation by its characters.

    Args:
        messages: The conversation.
    """
    return sum(approximate_tokens(message.content) + _TOKENS_PER_MESSAGE for message in messages)


def cost_estimate(
    prompt_tokens: Sequence[int],
    completion_tokens: Sequence[int],
    *,
    cached: int,
    price_in: float | None,
    price_out: float | None,
) -> CostEstimate:
    """Add up the requests of a run.

    Args:
        prompt_tokens: Of each request that will be sent.
        completion_tokens: Most of each of them.
        cached: How many others the cache answers.
        price_in: Of a million tokens read; None if not known.
        price_out: Of a million tokens written; None if not known.

    Raises:
        ValueError: If a price is negative or no number.

    >>> cost_estimate([500_000], [250_000], cached=0, price_in=2.0, price_out=4.0).cost
    2.0
    """
    for name, price in (("price_in", price_in), ("price_out", price_out)):
        if price is not None and not (math.isfinite(price) and price >= 0):
            raise ValueError(f"`{name}` is {price}, expected the price of a million tokens, 0 or more.")
    n_in, n_out = sum(prompt_tokens), sum(completion_tokens)
    cost = math.nan
    if price_in is not None and price_out is not None:
        cost = (n_in * price_in + n_out * price_out) / 1e6
    words = [
        f"{len(prompt_tokens):,} calls ({cached:,} more are in the cache)",
        f"about {n_in:,} tokens to read and at most {n_out:,} to write",
        f"at most {cost:.2f}" if math.isfinite(cost) else "no cost, as no prices were given",
    ]
    how = "An estimate: tokens are counted by characters, and an answer that must be asked again costs again."
    return CostEstimate(len(prompt_tokens), cached, n_in, n_out, cost, f"{', '.join(words)}. {how}")
