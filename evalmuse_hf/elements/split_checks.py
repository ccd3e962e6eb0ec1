"""What every offline splitter checks: whether a prompt can be read, and whether its elements stand in it."""

from collections.abc import Sequence

from evalmuse_hf.elements.cleaning import LONE_SURROGATE, clean_prompt
from evalmuse_hf.elements.spans import PLACED_STATUSES, SpanStatus, find_spans
from evalmuse_hf.elements.splitter import SplitPrompt
from evalmuse_hf.schema import Element

MAX_WORDS_READ = 1000
"""Words of a prompt that are read; the model that scores pictures reads 50."""

_LAST_LATIN = "\u024f"
_LEAST_LATIN = 0.5


def refuse_prompt(prompt: str) -> SplitPrompt | None:
    """Answer a prompt that cannot be split.

    Args:
        prompt: The prompt.

    Returns:
        Why there are no elements; None for a prompt that can be read.

    >>> refuse_prompt("?!").message
    'Nothing in it is a word.'
    >>> refuse_prompt("a cat") is None
    True
    """
    if found := LONE_SURROGATE.search(prompt):
        return SplitPrompt(
            prompt, (), "failed", f"It holds half of a character at position {found.start()}; correct it."
        )
    if not prompt.strip():
        return SplitPrompt(prompt, (), "no_elements", "It is empty.")
    letters = [character for character in prompt if character.isalpha()]
    if not letters and not any(character.isalnum() for character in prompt):
        return SplitPrompt(prompt, (), "no_elements", "Nothing in it is a word.")
    if letters and sum(letter <= _LAST_LATIN for letter in letters) < _LEAST_LATIN * len(letters):
        return SplitPrompt(
            prompt, (), "failed", "Most of it is in a script that is not Latin; this splitter reads English only."
        )
    return None


def readable_part(prompt: str) -> tuple[str, str]:
    """Cut a prompt after `MAX_WORDS_READ` words.

    Args:
        prompt: The prompt.

    Returns:
        Its beginning, and a sentence if something was cut.

    >>> readable_part("a cat")
    ('a cat', '')
    """
    words = prompt.split()
    if len(words) <= MAX_WORDS_READ:
        return prompt, ""
    position = 0
    for word in words[:MAX_WORDS_READ]:
        position = prompt.index(word, position) + len(word)
    return prompt[:position], f"Only the first {MAX_WORDS_READ:,} of {len(words):,} words were split."


def finish_split(prompt: str, elements: Sequence[Element], message: str = "") -> SplitPrompt:
    """Leave out elements that `find_spans` would not find, and say how it went.

    Args:
        prompt: The prompt.
        elements: What was found in it.
        message: What else is to be said.

    >>> finish_split("cats", [Element("cats", "animal/human"), Element("cat!s", "object")]).elements
    (Element(text='cats', category='animal/human', raw_category=None, raw_key=None),)
    """
    spans = find_spans(clean_prompt(prompt), [element.text for element in elements])
    known = PLACED_STATUSES | {SpanStatus.TRUNCATED}
    kept = tuple(element for element, span in zip(elements, spans, strict=True) if span.status in known)
    if not kept:
        return SplitPrompt(prompt, (), "no_elements", message or "No element was found in it.")
    return SplitPrompt(prompt, kept, "ok", message)
