"""Elements of a prompt: how a prompt is cleaned, and where an element stands in it."""

from evalmuse_hf.elements.cleaning import LONE_SURROGATE, MAX_WORDS, CleanedPrompt, Span, clean_prompt, text_problem
from evalmuse_hf.elements.spans import (
    PLACED_STATUSES,
    ElementSpans,
    SpanStatus,
    find_spans,
    official_token_positions,
    token_positions,
)

__all__ = [
    "LONE_SURROGATE",
    "MAX_WORDS",
    "PLACED_STATUSES",
    "CleanedPrompt",
    "ElementSpans",
    "Span",
    "SpanStatus",
    "clean_prompt",
    "find_spans",
    "official_token_positions",
    "text_problem",
    "token_positions",
]
