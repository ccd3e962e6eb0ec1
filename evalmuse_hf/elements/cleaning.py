"""The official cleaning of a prompt, with a way back to the prompt as it was written.

FGA-BLIP2 never reads the prompt itself but a cleaned form of it. Everything that points at words (spans, token masks,
highlights in a report) is found on the cleaned form and shown on the raw one, so the cleaner remembers for each
character it keeps where that character stood.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a character, as JSON may spell one: no text, no tokenizer takes it, and no file can hold it."""

MAX_WORDS = 50
"""Words that the official code keeps, counted by single spaces."""

_SPACED_CHARACTERS = str.maketrans(dict.fromkeys('.!"()*#:;~', " "))
_WHITESPACE_RUN = re.compile(r"\s{2,}")


class Span(NamedTuple):
    """Characters ``start`` (included) to ``end`` (excluded) of a text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CleanedPrompt:
    """A prompt as FGA-BLIP2 reads it.

    Attributes:
        raw: The prompt as it was given.
        text: What the model reads: cleaned and cut to the word limit. A prefix of ``full_text``.
        full_text: Cleaned, before the cut.
        alignment: For each character of ``full_text``, the index in ``raw`` of the character it comes from.
    """

    raw: str
    text: str
    full_text: str
    alignment: tuple[int, ...]

    def to_prompt(self, start: int, end: int) -> Span:
        """Turn offsets into ``full_text`` (or ``text``) into offsets into ``raw``.

        Args:
            start: First character, 0 or more.
            end: One past the last character, greater than ``start``.

        Returns:
            The span such that ``raw[span.start:span.end]`` shows the same words as they were written.

        Raises:
            ValueError: If the span is empty or leaves ``full_text``.

        >>> cleaned = clean_prompt('A sign: "STOP"!')
        >>> cleaned.text
        'a sign stop'
        >>> span = cleaned.to_prompt(7, 11)
        >>> cleaned.raw[span.start : span.end]
        'STOP'
        """
        if not 0 <= start < end <= len(self.full_text):
            raise ValueError(
                f"Expected a non-empty span inside the {len(self.full_text)} characters of the cleaned prompt, "
                f"got ({start}, {end}); take offsets from `find_spans` or from a tokenizer run on `text`."
            )
        return Span(self.alignment[start], self.alignment[end - 1] + 1)


def clean_prompt(prompt: str, *, max_words: int = MAX_WORDS) -> CleanedPrompt:
    r"""Clean a prompt exactly as the official code does before it tokenises.

    Lower-case; each of ``. ! " ( ) * # : ; ~`` becomes a space; two or more whitespace characters become one space;
    newlines at the end, then spaces at both ends, go; what follows the word limit is cut. ``, - ' ? & /`` stay, and
    so does a single tab or newline inside the prompt.

    Args:
        prompt: Any text; it may be empty.
        max_words: Words to keep, counted by single spaces, at least 1.

    Returns:
        The cleaned prompt before and after the cut, with its alignment to ``prompt``.

    Raises:
        TypeError: If ``prompt`` is not a string.
        ValueError: If ``max_words`` is less than 1.

    >>> clean_prompt("Three red apples: one (green) apple\n").text
    'three red apples one green apple'
    >>> clean_prompt("a  b c", max_words=2)
    CleanedPrompt(raw='a  b c', text='a b', full_text='a b c', alignment=(0, 1, 3, 4, 5))
    """
    if not isinstance(prompt, str):
        raise TypeError(f"`prompt` must be a string, got {type(prompt).__name__}.")
    if max_words < 1:
        raise ValueError(f"`max_words` must be at least 1, got {max_words}.")
    spaced = prompt.lower().translate(_SPACED_CHARACTERS)
    # One character may become several in lower case ('İ'), each of which comes from the same place.
    origins = [index for index, character in enumerate(prompt) for _ in character.lower()]
    pieces: list[str] = []
    alignment: list[int] = []
    position = 0
    for run in _WHITESPACE_RUN.finditer(spaced):
        pieces.append(spaced[position : run.start()] + " ")
        alignment.extend(origins[position : run.start() + 1])
        position = run.end()
    collapsed = "".join([*pieces, spaced[position:]])
    alignment.extend(origins[position:])

    end = len(collapsed.rstrip("\n").rstrip(" "))
    full_text = collapsed[:end].lstrip(" ")
    start = end - len(full_text)
    text = " ".join(full_text.split(" ")[:max_words])
    return CleanedPrompt(raw=prompt, text=text, full_text=full_text, alignment=tuple(alignment[start:end]))


def text_problem(prompt: CleanedPrompt) -> str | None:
    """Say why there is nothing to read in a prompt.

    Args:
        prompt: The cleaned prompt.

    Returns:
        None, or a sentence that lacks its subject.

    >>> text_problem(clean_prompt("  "))
    "is empty once it is cleaned, got '  '; leave the row out."
    """
    if found := LONE_SURROGATE.search(prompt.raw):
        return (
            f"holds half of a character ({found[0]!r} at position {found.start()}); correct it, or leave the row out."
        )
    if not prompt.text.strip():
        return f"is empty once it is cleaned, got {prompt.raw[:60]!r}; leave the row out."
    return None
