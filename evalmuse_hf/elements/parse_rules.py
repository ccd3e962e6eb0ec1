"""Elements in a parsed part of a prompt, by rules over its words, their parts of speech and the phrases they form.

The rules follow what the released elements do: a noun stands with the nouns before it and without article ("birthday
balloons"), what is said of it stands alone ("red", "highly detailed"), a verb stands with its particle ("driving
off"), and small prepositions are no elements.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from evalmuse_hf.elements.grammar_words import (
    EMPTY_NOUNS,
    EMPTY_VERBS,
    NEVER_VERBS,
    NOT_ALONE,
    PLACE_PREPOSITIONS,
    THING_OR_MATERIAL,
    VAGUE,
)
from evalmuse_hf.elements.noun_kinds import Kind, noun_kind, one_of
from evalmuse_hf.elements.noun_words import ANIMALS, FOODS, MATERIALS, PEOPLE, TEXTURES, THINGS
from evalmuse_hf.elements.property_words import ADJECTIVES, AMOUNTS, COLORS, RELATIONS, SHAPES, VERBS
from evalmuse_hf.elements.scene_words import MEDIA, PLACES, QUALITY, STYLES, TIMES, VIEWS, WEATHER

COLOR, MATERIAL, SHAPE = ("color", "color"), ("material", "material"), ("shape", "shape")
ATTRIBUTE, ACTIVITY, COUNTING = ("attribute", "attribute"), ("activity", "activity"), ("counting", "counting")
SPATIAL, OBJECT, OTHER = ("spatial", "spatial"), ("object", "object"), ("other", "other")
STYLE, WEATHER_KIND = ("attribute", "attribute-style-artist/works"), ("other", "other-weather")
HUMAN, ANIMAL, FOOD = ("animal/human", "human"), ("animal/human", "animal"), ("food", "food")
LOCATION, TIME = ("location", "location"), ("other", "other-time")
_PHRASES: tuple[tuple[frozenset[str], Kind], ...] = (
    *((RELATIONS, SPATIAL), (AMOUNTS, COUNTING), (COLORS, COLOR), (QUALITY, ATTRIBUTE), (VIEWS, ATTRIBUTE)),
    *((MEDIA, ATTRIBUTE), (THINGS, OBJECT), (PEOPLE, HUMAN), (ANIMALS, ANIMAL), (FOODS, FOOD), (PLACES, LOCATION)),
    *((WEATHER, WEATHER_KIND), (TIMES, TIME), (STYLES, STYLE)),
)
_PROPERTIES = (COLORS, TEXTURES, SHAPES, STYLES, MATERIALS, ADJECTIVES, WEATHER)
_LONGEST_PHRASE = 5
_MOST_NOUN_WORDS = 6
_NAMES_A_THING = frozenset({OBJECT, HUMAN, ANIMAL, FOOD, LOCATION})
_LEADS = frozenset({("on", "the"), ("to", "the"), ("at", "the"), ("in", "the")})
_SIDES = frozenset({"left", "right"})
_POINTERS = frozenset({"this", "the", "above", "given"})
_PICTURES = frozenset({"image", "picture", "photo", "photograph"})
_WORKS = frozenset({"painting", "drawing", "poster", "sculpture", "statue"})
_UNITS = frozenset({"k", "mm", "p", "d", "px", "bit"})
_NOT_NUMBERS = frozenset({"no", "none", "half", "both"})
_NOUNS = frozenset({"NOUN", "PROPN", "X", "SYM"})
_BEFORE_NOUNS = frozenset({"DET", "ADJ", "NUM", "ADV", "PRON"})
_RELATING = frozenset({"ADP", "ADV", "SCONJ", "VERB", "ADJ"})
_SILENT = frozenset({"DET", "PRON", "AUX", "CCONJ", "SCONJ", "PUNCT", "PART", "ADP", "INTJ", "SPACE"})


@dataclass(frozen=True, slots=True)
class ParsedWord:
    """A word with what a parser says of it.

    Attributes:
        text: The word, in lower case.
        start: First character in the segment.
        end: One past its last.
        pos: Universal part of speech, such as "NOUN".
        tag: Fine part of speech, such as "VBG".
        dep: How it depends on another word, such as "amod".
        head: Index of the word that it depends on; its own for a root.
        lemma: Base form.
    """

    text: str
    start: int
    end: int
    pos: str
    tag: str
    dep: str
    head: int
    lemma: str


@dataclass(frozen=True, slots=True)
class FoundPart:
    """An element in a segment.

    Attributes:
        start: First character in the segment.
        end: One past its last.
        category: One of the 12.
        raw_category: The category as a benchmark would spell it.
    """

    start: int
    end: int
    category: str
    raw_category: str


def read_parse(words: Sequence[ParsedWord]) -> list[FoundPart]:
    """Find the elements of a segment.

    Args:
        words: Its words, in order.

    Returns:
        Its elements in order, none overlapping another.

    >>> words = [ParsedWord("red", 0, 3, "ADJ", "JJ", "amod", 1, "red"),
    ...          ParsedWord("cats", 4, 8, "NOUN", "NNS", "ROOT", 1, "cat")]
    >>> [(part.start, part.end, part.category) for part in read_parse(words)]
    [(0, 3, 'color'), (4, 8, 'animal/human')]
    """
    return _Reader(words).read()


class _Reader:
    """Marks each word with the element that it belongs to; what is marked first stays."""

    def __init__(self, words: Sequence[ParsedWord]) -> None:
        self.words = words
        self.free = [True] * len(words)
        self.pos = [_part_of_speech(words, index) for index in range(len(words))]
        self.found: list[tuple[int, int, Kind]] = []

    def read(self) -> list[FoundPart]:
        self._correct_participles()
        self._correct_verb()
        self._read_phrases()
        self._read_nouns()
        self._read_single_words()
        return [
            FoundPart(self.words[first].start, self.words[last].end, *kind) for first, last, kind in sorted(self.found)
        ]

    def _take(self, first: int, last: int, kind: Kind) -> None:
        self.found.append((first, last, kind))
        self._pass_over(first, last)

    def _pass_over(self, first: int, last: int) -> None:
        self.free[first : last + 1] = [False] * (last + 1 - first)

    def _text(self, index: int) -> str:
        return self.words[index].text if 0 <= index < len(self.words) else ""

    def _texts(self, first: int, last: int) -> list[str]:
        return [word.text for word in self.words[first : last + 1]]

    def _noun_at(self, index: int) -> bool:
        return index < len(self.words) and self.pos[index] in {"NOUN", "PROPN"}

    def _correct_participles(self) -> None:
        """In "ballerina dancing in snow" a parser may see two nouns."""
        for index in range(1, len(self.words)):
            living = _is_living(self.words[index - 1].text)
            if living and self.pos[index] == "NOUN" and self._text(index).endswith("ing"):
                self.pos[index] = "NOUN" if self._noun_at(index + 1) else "VERB"

    def _correct_verb(self) -> None:
        """In "eagle spots rabbit" a parser sees three nouns; two of them with a verb between make a sentence."""
        if "VERB" in self.pos:
            return
        for index in range(1, len(self.words) - 1):
            before = self._text(index - 1)
            acts = _is_living(before) or before.endswith(("er", "or", "man"))
            if (
                acts
                and _base_of(self._text(index)) in VERBS
                and self.pos[index + 1] in {"NOUN", "PROPN", "DET", "ADJ"}
            ):
                self.pos[index - 1], self.pos[index] = "NOUN", "VERB"
                if index + 2 == len(self.words) and self.pos[index + 1] != "DET":
                    self.pos[index + 1] = "NOUN"
                return

    def _read_phrases(self) -> None:
        """Phrases that are listed, the longest first; a single word only where its list leaves no doubt."""
        for length in range(min(_LONGEST_PHRASE, len(self.words)), 0, -1):
            for first in range(len(self.words) - length + 1):
                last = first + length - 1
                if not all(self.free[first : last + 1]):
                    continue
                kind = self._phrase_kind(first, last) if length > 1 else self._clear_kind(first)
                if kind:
                    start = self._without_lead(first, last, kind)
                    self._take(start, last, kind)
                    self._pass_over(first, last)

    def _without_lead(self, first: int, last: int, kind: Kind) -> int:
        """What is asked about is "left of" and not "on the left of", "large number of" and not "a large number of"."""
        texts = self._texts(first, last)
        if kind == SPATIAL and len(texts) > 3 and tuple(texts[:2]) in _LEADS:
            return first + 2
        return first + 1 if kind == COUNTING and texts[0] == "a" and texts[-1] == "of" else first

    def _clear_kind(self, index: int) -> Kind | None:
        text = self._text(index)
        if text in RELATIONS and text not in NOT_ALONE and self.pos[index] in _RELATING:
            return SPATIAL
        if text.isdecimal() or (text in AMOUNTS and text not in _NOT_NUMBERS):
            return COUNTING
        if text.endswith("0s") and text[:-1].isdecimal():
            return TIME  # "1960s"
        return OTHER if text.rstrip("kp").isdecimal() else None

    def _phrase_kind(self, first: int, last: int) -> Kind | None:
        texts = self._texts(first, last)
        if _is_spelled_number(texts) or _is_measure(texts):
            return OTHER
        if len(texts) == 2 and texts[1] == "style" and self.pos[first] in {"NOUN", "PROPN", "ADJ"}:
            return STYLE
        phrase = " ".join(texts)
        singular = " ".join([*texts[:-1], one_of(texts[-1])])
        for listed, kind in _PHRASES:
            if phrase in listed or singular in listed:
                goes_on = self._noun_at(last + 1) and self.free[last + 1]  # "polar bear rug" is no animal
                return None if kind in _NAMES_A_THING and goes_on else kind
        return None

    def _read_nouns(self) -> None:
        """Nouns with the nouns before them; words of color and the like at their front are left for later."""
        index = 0
        while index < len(self.words):
            if not (self.free[index] and self.pos[index] in _NOUNS) or self._text(index + 1) == "than":
                index += 1
                continue
            last = index
            while self._is_open_noun(last + 1) and last - index < _MOST_NOUN_WORDS:
                last += 1
            following = last + 1
            while last > index and self.pos[last] == "PART":
                last -= 1
            first = index
            while first < last and self.pos[first] != "NOUN" and _is_property(self._text(first)):
                first += 1
            if first == last and self._text(first - 1) in _SIDES and self.free[first - 1]:
                first -= 1  # "left arm"
            self._read_noun(first, last)
            index = following

    def _is_open_noun(self, index: int) -> bool:
        return index < len(self.words) and self.free[index] and self.pos[index] in _NOUNS | {"PART"}

    def _read_noun(self, first: int, last: int) -> None:
        texts = self._texts(first, last)
        pointed = self._text(first - 1) in _POINTERS and texts[-1] in _PICTURES  # "in this image we can see"
        empty = first == last and (texts[0] in EMPTY_NOUNS or not any(map(str.isalnum, texts[0])))
        if pointed or empty:
            self._pass_over(first, last)
            return
        kind = noun_kind(texts, governed=self._is_governed(first))
        if kind == ATTRIBUTE and texts[-1] in _WORKS and self._text(last + 1) == "of":
            kind = OBJECT
        if kind == MATERIAL and texts[-1] in THING_OR_MATERIAL and self._text(first - 1) not in {"of", "from"}:
            kind = OBJECT
        if kind in _NAMES_A_THING - {LOCATION}:
            self._read_on(first)
        self._take(first, last, kind)

    def _read_on(self, first: int) -> None:
        """An "on" that puts one thing on another: "a mask on a horse", not "on a farm"."""
        before = first - 1
        while before > 0 and self.pos[before] in _BEFORE_NOUNS:
            before -= 1
        if before > 0 and self._text(before) == "on" and self.free[before]:
            self._take(before, before, SPATIAL)

    def _is_governed(self, first: int) -> bool:
        """Whether a preposition of place stands before the noun, its article and its properties."""
        index = first - 1
        while index >= 0 and (self.pos[index] in _BEFORE_NOUNS or (self.pos[index] == "NOUN" and self.free[index])):
            index -= 1
        return self._text(index) in PLACE_PREPOSITIONS

    def _read_single_words(self) -> None:
        for index, word in enumerate(self.words):
            kind = self._word_kind(index) if self.free[index] else None
            if kind is None:
                continue
            first, last = index, index
            if kind == ACTIVITY:
                last = self._end_of_verb(index)
            if kind == ATTRIBUTE and index and self.free[index - 1] and self._strengthens(index - 1, index):
                first -= 1
            if word.text.strip("-'"):
                self._take(first, last, kind)

    def _end_of_verb(self, index: int) -> int:
        """Index of the verb's particle ("driving off"), or of the last preposition of "made out of"; else its own."""
        last = index
        if last + 1 < len(self.words) and self.free[last + 1] and self.words[last + 1].dep == "prt":
            last += 1
        if self.words[index].lemma == "make":
            while self._text(last + 1) in {"out", "up", "of", "from", "with"}:
                last += 1
        return last

    def _strengthens(self, index: int, other: int) -> bool:
        word = self.words[index]
        small = {"so", "too", "as", "how", "very"}
        return self.pos[index] == "ADV" and word.head == other and word.text not in small

    def _word_kind(self, index: int) -> Kind | None:
        text, pos = self._text(index), self.pos[index]
        if pos == "NUM":
            return COUNTING
        if pos in _SILENT:
            return None
        if text in COLORS or _is_color_pair(text):
            return COLOR
        if text in SHAPES or text.endswith("-shaped"):
            return SHAPE
        if self._text(index + 1) == "than":
            return ATTRIBUTE
        described = text in TEXTURES or pos == "ADJ"
        if text in MATERIALS or (described and self._follows_color(index) and index + 1 < len(self.words)):
            return MATERIAL
        if text in WEATHER:
            return WEATHER_KIND
        if text in STYLES:
            return STYLE
        if pos == "VERB":
            return self._verb_kind(index)
        if pos == "ADJ" or text in TEXTURES or text in ADJECTIVES:
            return None if text in VAGUE else ATTRIBUTE
        return noun_kind([text]) if pos in _NOUNS else None

    def _verb_kind(self, index: int) -> Kind | None:
        word = self.words[index]
        if word.lemma in EMPTY_VERBS:
            return None
        return ATTRIBUTE if word.tag in {"VBN", "VBD"} and word.dep == "amod" else ACTIVITY

    def _follows_color(self, index: int) -> bool:
        """Whether the word before is a color: "violet cozy sweater" says what the sweater is made of."""
        return any(kind == COLOR and last == index - 1 for _, last, kind in self.found)


def _part_of_speech(words: Sequence[ParsedWord], index: int) -> str:
    """Part of speech of a word, where a list knows better than the parser."""
    word = words[index]
    follower = words[index + 1] if index + 1 < len(words) else None
    if follower and word.text in STYLES - ADJECTIVES and (follower.text in MEDIA or follower.text == "style"):
        return "NOUN"  # "renaissance painting" is one
    if follower and _is_property(word.text) and follower.pos in {"NOUN", "PROPN", "ADJ", "VERB"}:
        return "ADJ"
    one = one_of(word.text)
    named = one not in COLORS and (one in ANIMALS or one in PEOPLE or one in FOODS)
    if word.pos == "ADJ" and one in PLACES - ADJECTIVES:
        return "NOUN"
    if word.pos in {"ADJ", "VERB", "ADV", "INTJ", "PROPN"} and named and _base_of(word.text) not in VERBS:
        return "NOUN"
    if word.pos in {"PROPN", "NOUN"} and word.text in TEXTURES:
        return "ADJ"
    return "NOUN" if word.pos == "VERB" and word.text in NEVER_VERBS else word.pos


def _is_living(text: str) -> bool:
    one = one_of(text)
    return one in PEOPLE or one in ANIMALS


def _is_property(text: str) -> bool:
    return any(text in words for words in _PROPERTIES)


def _is_color_pair(text: str) -> bool:
    return "-" in text and all(part in COLORS for part in text.replace("-colored", "").split("-"))


def _is_spelled_number(texts: Sequence[str]) -> bool:
    """Whether a number was taken apart, as in "1 9 6 9"."""
    return all(text.isdecimal() and len(text) == 1 for text in texts)


def _is_measure(texts: Sequence[str]) -> bool:
    """Whether words say how sharp a picture is, or with what it was taken: "4 k", "35 mm"."""
    return len(texts) == 2 and texts[0].isdecimal() and texts[1] in _UNITS


def _base_of(verb: str) -> str:
    """Base form of a verb in the third person; of any other word, something that is no verb.

    >>> _base_of("carries"), _base_of("catches"), _base_of("spots"), _base_of("carry")
    ('carry', 'catch', 'spot', '')
    """
    if verb.endswith("ies"):
        return verb[:-3] + "y"
    if verb.endswith("es") and verb[:-2] in VERBS:
        return verb[:-2]
    return verb[:-1] if verb.endswith("s") else ""
