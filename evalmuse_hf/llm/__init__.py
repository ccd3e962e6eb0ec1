"""Chat models that answer in JSON: on the Hub, behind a URL or local; with checks, retries and a cache of replies."""

from evalmuse_hf.llm.chat import SOURCE_KEYWORD, ChatError, ChatMessage, ChatModel, ChatReply
from evalmuse_hf.llm.loading import load_chat_model, name_chat_model
from evalmuse_hf.llm.structured import (
    DoubtfulAnswerError,
    StructuredAnswer,
    StructuredClient,
    StructuredRequest,
    quote_data,
)
from evalmuse_hf.llm.usage import CostEstimate, Usage

__all__ = [
    "SOURCE_KEYWORD",
    "ChatError",
    "ChatMessage",
    "ChatModel",
    "ChatReply",
    "CostEstimate",
    "DoubtfulAnswerError",
    "StructuredAnswer",
    "StructuredClient",
    "StructuredRequest",
    "Usage",
    "load_chat_model",
    "name_chat_model",
    "quote_data",
]
