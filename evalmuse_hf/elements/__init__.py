"""Elements of a prompt: how a prompt is cleaned and split, where an element stands in it, and how to ask for it."""

from evalmuse_hf.elements.cleaning import LONE_SURROGATE, MAX_WORDS, CleanedPrompt, Span, clean_prompt, text_problem
from evalmuse_hf.elements.questions import ElementQuestion, ask_counterfactuals, ask_elements
from evalmuse_hf.elements.spans import (
    PLACED_STATUSES,
    ElementSpans,
    SpanStatus,
    find_spans,
    official_token_positions,
    token_positions,
)
from evalmuse_hf.elements.splitting import split_prompt
from evalmuse_hf.elements.templates import QuestionTemplates

__all__ = [
    "LONE_SURROGATE",
    "MAX_WORDS",
    "PLACED_STATUSES",
    "CleanedPrompt",
    "ElementQuestion",
    "ElementSpans",
    "QuestionTemplates",
    "Span",
    "SpanStatus",
    "ask_counterfactuals",
    "ask_elements",
    "clean_prompt",
    "find_spans",
    "official_token_positions",
    "split_prompt",
    "text_problem",
    "token_positions",
]
