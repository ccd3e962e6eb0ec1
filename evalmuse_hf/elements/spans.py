"""Where an element becomes positions: the only code that does so.

1. `clean_prompt` gives the text that the model reads; the element's text is cleaned in the same way.
2. `find_spans` looks the element up in it, on word boundaries, and names the outcome (`SpanStatus`).
3. The result holds character offsets into the cleaned text and, through the alignment, into the raw prompt.
4. `token_positions` turns the cleaned offsets into columns of ``input_ids`` by overlap with the tokenizer's offsets.
5. `official_token_positions` is the official lookup by token ids, for ``compat="official"`` only.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from evalmuse_hf.elements.cleaning import CleanedPrompt, Span, clean_prompt

_HYPHENS = "-\u2010\u2011\u2012\u2013\u2014"
_HYPHENS_AND_SPACES = re.compile(rf"[{_HYPHENS}\s]+")
_OPEN_GAP = rf"[{_HYPHENS}\s]+"
_OPEN_OR_CLOSED_GAP = rf"[{_HYPHENS}\s]*"
_SHORTEST_INFLECTED = 3
_VARIATION_SELECTORS = "\ufe0e\ufe0f"
# Kana and Chinese characters: words touch, so any place between two characters may be a boundary.
_WRITTEN_WITHOUT_SPACES = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


class SpanStatus:
    """What became of one element; plain strings, as they stand in data files."""

    OK = "ok"
    """Found, as many times as elements ask for it."""
    AMBIGUOUS = "ambiguous"
    """Found, but more or fewer times than elements ask for it."""
    INEXACT = "inexact"
    """Found only with another hyphen, space or plural."""
    TRUNCATED = "truncated"
    """In the prompt, but not within the words that the model reads."""
    UNMATCHED = "unmatched"
    """Not in the prompt."""
    EMPTY = "empty"
    """Nothing is left of the element's text after cleaning."""


PLACED_STATUSES = frozenset({SpanStatus.OK, SpanStatus.AMBIGUOUS, SpanStatus.INEXACT})
"""Statuses of an element that has positions, and therefore a score; every other element scores nan."""


@dataclass(frozen=True, slots=True)
class ElementSpans:
    """Where one element stands in one prompt.

    Attributes:
        text: The element's text as it was given.
        status: One of `SpanStatus`.
        cleaned: Spans in ``CleanedPrompt.text``, in order; empty unless the status is one of `PLACED_STATUSES`.
        prompt: The same spans in the raw prompt. A truncated element has them too: they show the words that were cut.
        inexact: The words match only up to hyphens, spaces or a plural.
    """

    text: str
    status: str
    cleaned: tuple[Span, ...] = ()
    prompt: tuple[Span, ...] = ()
    inexact: bool = False


def find_spans(prompt: str | CleanedPrompt, elements: Sequence[str]) -> list[ElementSpans]:
    """Find each element of a prompt in its cleaned text.

    A match begins and ends at a word boundary: *cat* is not in *category*, nor *4* in *4k*. With ``n`` occurrences of
    a text that ``m`` elements share, whatever their case and punctuation:

    - ``m == 1``: the element takes all occurrences (its score is the mean over them);
    - otherwise the k-th of the elements takes the k-th occurrence, and those beyond the n-th share the last one;
    - ``n != m`` makes them all ambiguous.

    Occurrences are counted before the word limit. Those that it cuts are dropped, and an element that loses all of its
    own is truncated. Only a text without an exact match is looked for with other hyphens, spaces and plurals.

    Args:
        prompt: The raw prompt, or the result of `clean_prompt`.
        elements: Texts of the elements, without category.

    Returns:
        One result per element, in order.

    >>> first, second, cat = find_spans("1 butterfly and 1 Compass, no category", ["1", "1", "cat"])
    >>> first.status, first.prompt, second.prompt
    ('ok', (Span(start=0, end=1),), (Span(start=16, end=17),))
    >>> cat.status
    'unmatched'
    >>> find_spans("an award - winning photo", ["award-winning"])[0].status
    'inexact'
    """
    cleaned = clean_prompt(prompt) if isinstance(prompt, str) else prompt
    keys = [" ".join(clean_prompt(element).full_text.split()) for element in elements]
    wanted = Counter(keys)
    seen: Counter[str] = Counter()
    results = []
    for element, key in zip(elements, keys, strict=True):
        if not key:
            results.append(ElementSpans(element, SpanStatus.EMPTY))
            continue
        results.append(_place(element, key, cleaned, rank=seen[key], n_wanted=wanted[key]))
        seen[key] += 1
    return results


def token_positions(spans: ElementSpans, offsets: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """Columns of ``input_ids`` that belong to an element.

    Args:
        spans: One result of `find_spans`.
        offsets: The tokenizer's ``offset_mapping`` of ``CleanedPrompt.text``, one (start, end) per token; special
            tokens and padding have an empty one, such as (0, 0).

    Returns:
        Positions in ascending order; none if the element was not placed, or if its tokens were cut by the tokenizer.

    >>> (spans,) = find_spans("a red cat", ["red cat"])
    >>> token_positions(spans, [(0, 0), (0, 1), (2, 5), (6, 9), (0, 0)])
    (2, 3)
    """
    return tuple(
        position
        for position, (start, end) in enumerate(offsets)
        if start < end and any(start < span.end and span.start < end for span in spans.cleaned)
    )


def official_token_positions(input_ids: Sequence[int], element_ids: Sequence[int]) -> tuple[int, ...]:
    """Positions that the official evaluation gives an element: its first occurrence as a run of token ids.

    It differs from `find_spans` in four ways: the element's text is tokenised uncleaned, a repeated text always means
    its first occurrence, part of a word may match, and nothing bridges a hyphen or a plural.

    Args:
        input_ids: Ids of the cleaned prompt, with ``[CLS]`` at position 0.
        element_ids: Ids of the element's raw text, without special tokens.

    Returns:
        Consecutive positions. None if the ids do not occur, if there are none, or if they begin at position 0 (which
        the official code takes for *not found*); the official score of such an element is 0.

    >>> official_token_positions([101, 7, 8, 9, 8, 9, 102], [8, 9])
    (2, 3)
    >>> official_token_positions([101, 7, 8, 102], [])
    ()
    """
    width = len(element_ids)
    if not width:
        return ()
    for start in range(len(input_ids) - width + 1):
        if list(input_ids[start : start + width]) == list(element_ids):
            return tuple(range(start, start + width)) if start else ()
    return ()


def _place(element: str, key: str, cleaned: CleanedPrompt, *, rank: int, n_wanted: int) -> ElementSpans:
    """Place the ``rank``-th (from 0) of the ``n_wanted`` elements that share the cleaned text ``key``."""
    occurrences = _occurrences(_exact_pattern(key), cleaned.full_text)
    inexact = not occurrences
    if inexact:
        occurrences = _occurrences(_inexact_pattern(key), cleaned.full_text)
    if not occurrences:
        return ElementSpans(element, SpanStatus.UNMATCHED)
    own = occurrences if n_wanted == 1 else [occurrences[min(rank, len(occurrences) - 1)]]
    readable = [span for span in own if span.end <= len(cleaned.text)]
    in_prompt = tuple(cleaned.to_prompt(*span) for span in readable or own)
    if not readable:
        return ElementSpans(element, SpanStatus.TRUNCATED, prompt=in_prompt, inexact=inexact)
    status = SpanStatus.OK if len(occurrences) == n_wanted else SpanStatus.AMBIGUOUS
    return ElementSpans(
        element,
        SpanStatus.INEXACT if inexact else status,
        cleaned=tuple(readable),
        prompt=in_prompt,
        inexact=inexact,
    )


def _occurrences(pattern: re.Pattern[str] | None, text: str) -> list[Span]:
    """Matches that cut no word in two, from left to right, none overlapping another."""
    found: list[Span] = []
    position = 0
    while pattern is not None and (match := pattern.search(text, position)):
        start, end = match.span()
        whole = not _inside_word(text, start) and not _inside_word(text, end)
        if whole:
            found.append(Span(start, end))
        position = end if whole else start + 1
    return found


def _inside_word(text: str, index: int) -> bool:
    """Whether the characters on both sides of ``index`` belong to one word."""
    if not 0 < index < len(text):
        return False
    if _is_mark(text[index]):
        return True
    before = index - 1
    while before > 0 and _is_mark(text[before]):
        before -= 1
    sides = text[before] + text[index]
    return sides.isalnum() and not _WRITTEN_WITHOUT_SPACES.search(sides)


def _is_mark(character: str) -> bool:
    """Whether the character is an accent or vowel sign, which belongs to the letter before it."""
    return unicodedata.category(character).startswith("M") and character not in _VARIATION_SELECTORS


def _exact_pattern(key: str) -> re.Pattern[str]:
    """The words as they are; a kept tab or newline counts as a space."""
    return re.compile(r"\s+".join(re.escape(word) for word in key.split(" ")))


def _inexact_pattern(key: str) -> re.Pattern[str] | None:
    """The same words in singular or plural, with any hyphens and spaces between them; None if the key has no words."""
    words = [word for word in _HYPHENS_AND_SPACES.split(key) if word]
    if not words:
        return None
    gaps = _HYPHENS_AND_SPACES.findall(key.strip(_HYPHENS + " "))
    pattern = _number_variants(words[0])
    for gap, word in zip(gaps, words[1:], strict=True):
        pattern += (_OPEN_GAP if gap.isspace() else _OPEN_OR_CLOSED_GAP) + _number_variants(word)
    return re.compile(pattern)


def _number_variants(word: str) -> str:
    """Pattern of a word and its regular singular and plural; short words and those with other characters stay."""
    if len(word) < _SHORTEST_INFLECTED or not word.isalpha():
        return re.escape(word)
    forms = {word, word + "s", word + "es"}
    if word.endswith("y"):
        forms.add(word[:-1] + "ies")
    if word.endswith("ies"):
        forms.add(word[:-3] + "y")
    if word.endswith("es"):
        forms.add(word[:-2])
    if word.endswith("s") and not word.endswith("ss"):
        forms.add(word[:-1])
    return "(?:" + "|".join(sorted(map(re.escape, forms), key=len, reverse=True)) + ")"
