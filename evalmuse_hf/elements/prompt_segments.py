"""A prompt cut where its parts end: at commas and other marks, around writing in quotation marks, before `--ar 3:4`.

Real prompts are lists of keywords more often than sentences, and a parser reads a part better than a list. Each part
remembers for every character where it stands in the prompt, so that what is found in it can be shown there.
"""

import re
from dataclasses import dataclass

from evalmuse_hf.elements.property_words import FIRST_NAMES

WRITING = re.compile(
    r"(?<!\w)(?:'([^'\n]{1,80})'|\"([^\"\n]{1,200})\"|\u201c([^\u201d\n]{1,200})\u201d"
    r"|\u2018([^\u2019\n]{1,80})\u2019)(?!\w)"
)
"""Words in quotation marks; an apostrophe inside a word opens none."""

_MARK = (
    r"[,;|!?()\[\]{}<>\n\r\t\u2022\u2013\u2014]+|\.(?=\s|$)|::\S*|:(?!\d)"
    r"|(?:^|\s)--\w[\w-]*(?:[ =][\w:.]+)?|(?<=\s)/(?=\s)"
)
# A style or an artist at the end of a sentence is a part of its own.
_CREDIT = rf"(?<=\s)(?=in (?:the )?style of |(?:art |painted |drawn |made )?by (?:{'|'.join(sorted(FIRST_NAMES))})\s)"
_BREAK = re.compile(f"{_MARK}|{_CREDIT}", re.IGNORECASE)
_CARRIER = re.compile(
    r"(?:\b(?:with|that|which|has|having|and|the|a|an|big|text|words?|letters?|caption|captioned|title|titled|slogan"
    r"|message|symbol|quote|phrase|name|named|called|says?|saying|reads?|reading|written|writing|spelling|spells"
    r"|labell?ed)[ :]*\s*)+['\"\u201c\u2018\s]*$",
    re.IGNORECASE,
)
_CARRIED = re.compile(r"\s*(?:(?:is |are )?(?:written|printed|painted|carved|engraved) )?on (?:it|them)\b", re.I)
_LONE_HYPHEN = re.compile(r"(?<=\w) - (?=\w)")
_WEIGHT = re.compile(r":\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a prompt.

    Attributes:
        text: Lower-case, hyphens without the spaces that DiffusionDB puts around them.
        alignment: For each character of ``text``, the index in the prompt of the character it comes from.
        place: How many parts stand before this one.
    """

    text: str
    alignment: tuple[int, ...]
    place: int

    def to_prompt(self, start: int, end: int) -> tuple[int, int]:
        """Turn a non-empty range of ``text`` into one of the prompt."""
        return self.alignment[start], self.alignment[end - 1] + 1


@dataclass(frozen=True, slots=True)
class Writing:
    """Words in quotation marks.

    Attributes:
        start: First character of the words in the prompt.
        end: One past their last.
        carried: Whether the words are said to stand on something, as in "a sign with the text 'Stop' on it".
    """

    start: int
    end: int
    carried: bool


def find_writing(prompt: str) -> list[Writing]:
    """Find words in quotation marks.

    Args:
        prompt: The prompt.

    Returns:
        What they say, without marks and outer spaces, in order; nothing where there is only space between the marks.

    >>> [prompt[one.start : one.end] for prompt in ["a sign that says 'Stop'"] for one in find_writing(prompt)]
    ['Stop']
    """
    found = []
    for match in WRITING.finditer(prompt):
        words = match[match.lastindex or 0]
        start = match.start(match.lastindex or 0) + len(words) - len(words.lstrip())
        end = start + len(words.strip())
        if start < end:
            found.append(Writing(start, end, carried=_is_carried(prompt, match)))
    return found


def cut_prompt(prompt: str) -> list[Segment]:
    """Cut a prompt into its parts.

    Args:
        prompt: The prompt.

    Returns:
        The parts that hold a letter or digit, in order. Writing in quotation marks is in none of them.

    >>> [part.text for part in cut_prompt("A close - up of a cat, 8k :: 'Hello' on it --ar 3:4")]
    ['a close-up of a cat', '8k']
    """
    characters = list(prompt)
    for one in find_writing(prompt):
        start = _CARRIER.search(prompt, 0, one.start - 1)
        first = start.start() if start else one.start - 1
        last = _CARRIED.match(prompt, one.end + 1)
        end = last.end() if last else one.end + 1
        characters[first:end] = "," * (end - first)
    text = "".join(characters)
    segments: list[Segment] = []
    position = 0
    for mark in [*_BREAK.finditer(text), None]:
        end = len(text) if mark is None else mark.start()
        segment = _read(prompt, text, position, end, len(segments))
        if any(character.isalnum() for character in segment.text):
            segments.append(segment)
        position = len(text) if mark is None else mark.end()
    return segments


def _read(prompt: str, text: str, start: int, end: int, place: int) -> Segment:
    kept: list[str] = []
    origins: list[int] = []
    weights = {index for match in _WEIGHT.finditer(text, start, end) for index in range(*match.span())}
    hyphens = {
        index for match in _LONE_HYPHEN.finditer(text, start, end) for index in (match.start(), match.end() - 1)
    }
    for index in range(start, end):
        if index in weights or index in hyphens:
            continue
        lower = prompt[index].lower()
        # A character that becomes several in lower case ('\u0130') stays as it is: one character, one place.
        character = lower if len(lower) == 1 else prompt[index]
        if character.isspace() and (not kept or kept[-1] == " "):
            continue
        kept.append(" " if character.isspace() else character)
        origins.append(index)
    while kept and kept[-1] == " ":
        kept.pop()
        origins.pop()
    return Segment("".join(kept), tuple(origins), place)


def _is_carried(prompt: str, match: re.Match[str]) -> bool:
    before = prompt[max(match.start() - 30, 0) : match.start()].lower().rstrip()
    after = prompt[match.end() : match.end() + 20].lower().lstrip()
    return bool(re.search(r"\bwith (?:the |a )?(?:text|words?|letters?|symbol|writing)$", before)) and bool(
        re.match(r"(?:written |printed |painted )?on it\b", after)
    )
