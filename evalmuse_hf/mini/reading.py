"""Reads any prompt as far as the drawn world knows its words; what it does not know draws nothing.

It reads word by word: what stands before a noun describes it, an activity right after a noun is that noun's, and a
word that finds no noun to describe, or one that cannot be drawn so, is reported as unread.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evalmuse_hf.mini.prompts import DrawnPrompt, ElementClaim, Subject
from evalmuse_hf.mini.scene import Claim
from evalmuse_hf.mini.vocabulary import (
    ACTIVITIES,
    ALIVE,
    ATTRIBUTES,
    COLORS,
    FOODS,
    MATERIALS,
    NOUNS,
    NUMBER_WORDS,
    OBJECTS,
    PEOPLE,
    PLACES,
    SHAPED_OBJECTS,
    SHAPES,
    WEATHER,
    WORDS,
    is_held_out,
    noun_category,
    plural,
)

_QUOTED = r"(?<!\w)['\"\u2018\u201c](?P<writing>[^'\"\u2018\u2019\u201c\u201d\n]+)['\"\u2019\u201d](?!\w)"
_CARRIERS = r"(?P<carrier>with the (?:text|words?)|that says|saying|on it)"
_PLACE = rf"(?:in|at|on) (?:a |an |the )?(?P<place>{'|'.join(PLACES)})(?!\w)"
_RELATION_WORDS = {
    "to the left of": "left of",
    "left of": "left of",
    "to the right of": "right of",
    "right of": "right of",
    "above": "above",
    "over": "above",
    "on top of": "above",
    "below": "below",
    "under": "below",
    "beneath": "below",
    "underneath": "below",
}
_RELATION = rf"(?P<relation>{'|'.join(sorted(_RELATION_WORDS, key=len, reverse=True))})(?!\w)"
_TOKEN = re.compile(
    rf"{_QUOTED}|\b{_CARRIERS}\b|\b{_PLACE}|\b{_RELATION}|(?P<word>\w[\w'-]*)|(?P<border>[^\w\s])", re.IGNORECASE
)
_BORDERS = frozenset({
    *("and", "with", "of", "on", "in", "at", "by", "from", "to", "while", "who", "that", "is", "are", "or"),
})  # fmt: skip
_SILENT = frozenset({"a", "an", "the", "some", "his", "her", "their", "its", "it", "there"})
_NUMBERS = {
    **{word: count for count, word in enumerate(NUMBER_WORDS)},
    **{str(n): n for n in range(len(NUMBER_WORDS))},
}
_NOUN_OF = {**{plural(noun): noun for noun in NOUNS}, **{noun: noun for noun in NOUNS}}
_KINDS: Mapping[str, str] = {
    **dict.fromkeys(COLORS, "color"), **dict.fromkeys(MATERIALS, "material"), **dict.fromkeys(SHAPES, "shape"),
    **dict.fromkeys(ATTRIBUTES, "state"), **dict.fromkeys(ACTIVITIES, "activity"),
}  # fmt: skip
_CARRIERS_OF: Mapping[str, tuple[str, ...]] = {
    "color": NOUNS, "material": OBJECTS + FOODS, "shape": SHAPED_OBJECTS, "state": NOUNS, "activity": ALIVE,
    "count": NOUNS, "word": ("sign",),
}  # fmt: skip
_CATEGORY_OF = {"state": "attribute", "count": "counting", "word": "other"}
_RELATED = 2
_MAX_SUBJECTS = 24  # more would be too small to be seen, and of some hundred things the drawing cannot tell them apart


@dataclass(frozen=True, slots=True)
class Reading:
    """What the drawn world understands of a prompt.

    Attributes:
        prompt: That, as a prompt of the drawn world; its text is the whole prompt.
        unread: The words that it does not know, knows nothing to do with, or has no room for, in order.
    """

    prompt: DrawnPrompt
    unread: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was understood."""
        return not (self.prompt.subjects or self.prompt.place or self.prompt.weather)


def read_prompt(text: str) -> Reading:
    """Read a prompt; of those that `evalmuse_hf.mini.prompts.write_prompt` writes, everything.

    Args:
        text: The prompt.

    >>> reading = read_prompt("A photo of two red cats to the left of a wooden chair, rainy")
    >>> reading.unread
    ('photo', 'rainy')
    >>> [subject.noun for subject in reading.prompt.subjects], reading.prompt.relation
    (['cat', 'chair'], 'left of')
    """
    reader = _Reader()
    for match in _TOKEN.finditer(text):
        reader.take(match)
    return reader.result(text)


@dataclass(slots=True)
class _Noun:
    """A noun that was read, and what was said of it, each with its place in the prompt."""

    noun: str
    text: str
    start: int
    said: dict[str, tuple[int, str, Any]] = field(default_factory=dict)


class _Reader:
    """The state of a reading."""

    def __init__(self) -> None:
        self._nouns: list[_Noun] = []
        self._pending: list[tuple[int, str, str, Any]] = []
        self._unread: list[tuple[int, str]] = []
        self._settings: dict[str, tuple[int, str, str]] = {}
        self._after_noun = False

    def take(self, match: re.Match[str]) -> None:
        """Read the next words."""
        kind, start = str(match.lastgroup), match.start()
        text = match[kind]
        if kind == "word":
            self._take_word(start, text)
            return
        self._close()
        if kind == "writing":
            self._take_writing(match.start(kind), text)
        elif kind == "place":
            self._set("place", start, match[0], text.lower())
        elif kind == "relation":
            if len(self._nouns) == 1 and "relation" not in self._settings:
                self._set("relation", start, match[0], _RELATION_WORDS[text.lower()])
            else:
                self._unread.append((start, match[0]))

    def result(self, text: str) -> Reading:
        """Put together what was read."""
        self._close()
        relation = self._settings.get("relation")
        if relation is not None and len(self._nouns) < _RELATED:
            self._unread.append(relation[:2])
            del self._settings["relation"]
        subjects = tuple(
            Subject(noun.noun, **{kind: value for kind, (_, _, value) in noun.said.items()}) for noun in self._nouns
        )
        elements = self._elements()
        values = {kind: value for kind, (_, _, value) in self._settings.items()}
        novel = any(_is_novel(element.claim) for element in elements)
        prompt = DrawnPrompt(text, "real", subjects, elements, novel=novel, **values)
        return Reading(prompt, tuple(word for _, word in sorted(self._unread)))

    def _take_word(self, start: int, text: str) -> None:
        word = text.lower()
        if word in _SILENT:
            self._after_noun = False
        elif word in _BORDERS:
            self._close()
        elif word in WEATHER:
            self._set("weather", start, text, word)
        elif word in _NOUN_OF:
            self._take_noun(start, text, _NOUN_OF[word])
        elif word in _NUMBERS:
            self._pending.append((start, text, "count", _NUMBERS[word]))
        elif word in _KINDS:
            if _KINDS[word] == "activity" and self._after_noun:
                self._describe(self._nouns[-1], start, text, "activity", word)
            else:
                self._pending.append((start, text, _KINDS[word], word))
        else:
            self._after_noun = False
            self._unread.append((start, text))

    def _take_noun(self, start: int, text: str, noun: str) -> None:
        if len(self._nouns) == _MAX_SUBJECTS:
            self._close()
            self._unread.append((start, text))
            return
        found = _Noun(noun, text, start)
        self._nouns.append(found)
        for place, word, kind, value in self._pending:
            if kind == "count" and text.lower() != (noun if value == 1 else plural(noun)):
                self._unread.append((place, word))  # it counts a word between, which is not known
            else:
                self._describe(found, place, word, kind, value)
        self._pending.clear()
        self._after_noun = True

    def _take_writing(self, start: int, text: str) -> None:
        sign = next((noun for noun in reversed(self._nouns) if noun.noun == "sign"), None)
        if sign is None or text.upper() not in WORDS:
            self._unread.append((start, text))
        else:
            self._describe(sign, start, text, "word", text.upper())

    def _describe(self, noun: _Noun, start: int, text: str, kind: str, value: Any) -> None:
        if noun.noun not in _CARRIERS_OF[kind] or kind in noun.said:
            self._unread.append((start, text))
        else:
            noun.said[kind] = (start, text, value)

    def _set(self, kind: str, start: int, text: str, value: str) -> None:
        if kind in self._settings:
            self._unread.append((start, text))
        else:
            self._settings[kind] = (start, text, value)

    def _close(self) -> None:
        """End a phrase: what waited for a noun has none."""
        self._unread.extend((start, word) for start, word, _, _ in self._pending)
        self._pending.clear()
        self._after_noun = False

    def _elements(self) -> tuple[ElementClaim, ...]:
        found: list[tuple[int, ElementClaim]] = []
        for noun in self._nouns:
            category = noun_category(noun.noun)
            raw = ("human" if noun.noun in PEOPLE else "animal") if noun.noun in ALIVE else category
            claim = Claim("present", noun.noun, noun.noun)
            found.append((noun.start, ElementClaim(noun.text, category, raw, claim)))
            for kind, (start, text, value) in noun.said.items():
                category = _CATEGORY_OF.get(kind, kind)
                raw = "other-writing&symbol" if kind == "word" else category
                found.append((start, ElementClaim(text, category, raw, Claim(kind, str(value), noun.noun))))
        for kind, category in (("place", "location"), ("weather", "other")):
            if kind in self._settings:
                start, text, value = self._settings[kind]
                raw = category if kind == "place" else "other-time" if value == "night" else "other-weather"
                found.append((start, ElementClaim(text, category, raw, Claim(kind, value))))
        elements = [element for _, element in sorted(found, key=lambda item: item[0])]
        if "relation" in self._settings:
            _, text, value = self._settings["relation"]
            first, second = (noun.noun for noun in self._nouns[:_RELATED])
            elements.append(ElementClaim(text, "spatial", "spatial", Claim("relation", value, first, second)))
        return tuple(elements)


def _is_novel(claim: Claim) -> bool:
    """Whether a claim says a pair that training never shows."""
    if claim.kind == "relation":
        return is_held_out(claim.noun, claim.other)
    return claim.kind in _KINDS.values() and is_held_out(claim.value, claim.noun)
