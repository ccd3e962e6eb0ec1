"""Splits a prompt into its elements by rule.

It is exact on the drawn world of `evalmuse_hf.mini` and finds, in everyday prompts, counts, colours and other
properties of a noun, nouns, relations, places, weather and writing. It knows no grammar beyond that: where a language
model can be had, its split is better.
"""

import re
from dataclasses import dataclass

from evalmuse_hf.elements.lexicon import (
    ACTIVITIES,
    ANIMALS,
    ATTRIBUTES,
    COLORS,
    FOODS,
    MATERIALS,
    NUMBERS,
    OBJECTS,
    OPPOSITES,
    PEOPLE,
    PLACES,
    SHAPES,
    WEATHER,
    singular,
)
from evalmuse_hf.schema import Element

_WRITING = re.compile(r"(?<!\w)(?:'([^'\n]+)'|\"([^\"\n]+)\"|\u201c([^\u201d\n]+)\u201d)(?!\w)")
_CARRIERS = re.compile(r"\bwith the (?:text|words?)\b|\b(?:that says|saying|reading|on it)\b", re.IGNORECASE)
_LONGEST_FIRST = sorted((*PLACES, *OPPOSITES), key=len, reverse=True)
_PHRASES = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, _LONGEST_FIRST))})(?!\w)", re.IGNORECASE)
_SETTING = re.compile(r"(?<!\w)(?:in|at) (?:a |an |the )?[\w-]+(?!\w)", re.IGNORECASE)
_BORDER = re.compile(r"[,;.:!?()]|\b(?:and|with|of|on|in|at|by|from|to|while|who|that|is|are)\b", re.IGNORECASE)
_WORD = re.compile(r"\w[\w'-]*")
_SILENT = frozenset({"a", "an", "the", "some", "his", "her", "their", "its", "very", "it", "there"})
_PROPERTIES = (
    *((COLORS, "color", "color"), (MATERIALS, "material", "material"), (SHAPES, "shape", "shape")),
    *((ATTRIBUTES, "attribute", "attribute"), (ACTIVITIES, "activity", "activity")),
)
_TIMES = frozenset({"night", "sunset", "sunrise"})


@dataclass(frozen=True, slots=True, order=True)
class _Found:
    """An element and where it begins; relations come after everything else."""

    is_relation: bool
    start: int
    text: str
    category: str
    raw: str


def split_prompt(prompt: str) -> tuple[Element, ...]:
    """Split a prompt into its elements.

    Args:
        prompt: The prompt.

    Returns:
        Elements whose texts stand in the prompt, in its order, relations last; none where no rule finds one.

    >>> [element.key for element in split_prompt("two red cats left of a wooden chair, rain")]
    ['two (counting)', 'red (color)', 'cats (animal)', 'wooden (material)', 'chair (object)', 'rain (other-weather)',
     'left of (spatial)']
    """
    found: list[_Found] = []
    rest = prompt
    for match in _WRITING.finditer(prompt):
        words = next(group for group in match.groups() if group)
        found.append(_Found(False, match.start() + 1, words, "other", "other-writing&symbol"))
        rest = _blank(rest, match)
    rest = _CARRIERS.sub(lambda match: ";" * len(match[0]), rest)
    for match in _PHRASES.finditer(rest):
        is_place = match[0].lower() in PLACES
        kind = ("location", "location") if is_place else ("spatial", "spatial")
        found.append(_Found(not is_place, match.start(), match[0], *kind))
        rest = _blank(rest, match)
    for match in _SETTING.finditer(rest):
        noun = match[0].rsplit(" ", 1)[1].lower()
        if _noun_kind(noun) == "object" and singular(noun) not in OBJECTS and not _is_known(noun):
            found.append(_Found(False, match.start(), match[0], "location", "location"))
            rest = _blank(rest, match)
    start = 0
    for border in [*_BORDER.finditer(rest), None]:
        found.extend(_read_chunk(rest, start, len(rest) if border is None else border.start()))
        start = len(rest) if border is None else border.end()
    return tuple(Element.from_columns(item.text, item.category, item.raw) for item in sorted(found))


def _blank(text: str, match: re.Match[str]) -> str:
    """Replace a match by borders, so that nothing else moves."""
    return text[: match.start()] + ";" * len(match[0]) + text[match.end() :]


def _read_chunk(text: str, start: int, end: int) -> list[_Found]:
    """Read words without a border between them: numbers, properties and at most one noun, the last unknown word."""
    words = [(match.start(), match[0]) for match in _WORD.finditer(text, start, end)]
    words = [(place, word) for place, word in words if word.lower() not in _SILENT]
    noun = max((place for place, word in words if not _is_property(word)), default=-1)
    found: list[_Found] = []
    for place, word in words:
        lower = word.lower()
        if lower in WEATHER:
            raw = "other-time" if lower in _TIMES else "other-weather"
            found.append(_Found(False, place, word, "other", raw))
        elif place == noun:
            category = _noun_kind(lower)
            raw = "animal" if singular(lower) in ANIMALS else "human" if category == "animal/human" else category
            found.append(_Found(False, place, word, category, raw))
        elif lower in NUMBERS or lower.isdecimal():
            found.append(_Found(False, place, word, "counting", "counting"))
        else:
            kind = next((kind for kind in _PROPERTIES if lower in kind[0]), ((), "attribute", "attribute"))
            found.append(_Found(False, place, word, kind[1], kind[2]))
    return found


def _is_property(word: str) -> bool:
    lower = word.lower()
    return lower in NUMBERS or lower.isdecimal() or _is_known(lower)


def _is_known(word: str) -> bool:
    return word in WEATHER or any(word in kind[0] for kind in _PROPERTIES)


def _noun_kind(noun: str) -> str:
    one = singular(noun)
    if one in ANIMALS or one in PEOPLE or noun in PEOPLE:
        return "animal/human"
    return "food" if one in FOODS else "object"
