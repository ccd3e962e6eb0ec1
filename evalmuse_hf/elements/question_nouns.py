"""How nouns and places are asked for, and how they are named in questions about their properties."""

from typing import NamedTuple

from evalmuse_hf.elements.lexicon import PLACES, singular
from evalmuse_hf.elements.noun_words import ANIMALS, PEOPLE
from evalmuse_hf.elements.question_grammar import (
    DETERMINERS,
    PREPOSITIONS,
    QUANTIFIERS,
    be,
    head_of,
    indefinite,
    is_adjectival,
    is_mass,
    is_plural_phrase,
    lower_words,
)
from evalmuse_hf.elements.question_layout import PromptLayout
from evalmuse_hf.elements.question_scenes import TIMES_OF_DAY, ask_medium, is_medium, opens_phrase
from evalmuse_hf.schema import Element

_PRONOUNS = frozenset({"he", "she", "it", "they", "we", "you", "i", "him", "her", "them", "everyone"})
_SKIES = frozenset(
    {"sky", "sea", "ocean", "moon", "sun", "world", "earth", "air", "universe", "background", "horizon"}
)
_OUTSIDE = frozenset({"outside", "outdoors", "inside", "indoors", "underwater", "nature", "space", "outer space"})


class Wording(NamedTuple):
    """A question and what must be there for its answer to make sense."""

    text: str
    parents: tuple[int, ...] = ()


def ask_presence(text: str) -> str:
    """Ask whether something is in the picture.

    >>> ask_presence("owl"), ask_presence("two owls")
    ('Is there an owl in the picture?', 'Are there two owls in the picture?')
    """
    words = indefinite(lower_first(text))
    return f"{be(words)} there {words} in the picture?"


def definite(index: int, layout: PromptLayout) -> str:
    """A noun of the prompt with "the", or as it is where it is a name."""
    text = layout.elements[index].text
    if text.lower() in _PRONOUNS or is_person_name(index, layout) or layout.is_name(index):
        return text if layout.is_name(index) else text.lower()
    first = text.split(" ")[0].lower()
    return lower_first(text) if first in DETERMINERS | QUANTIFIERS else f"the {lower_first(text)}"


def ask_noun(element: Element, index: int, layout: PromptLayout) -> str:
    """Ask whether somebody or something is in the picture."""
    text = element.text
    lower = text.lower()
    if lower in _PRONOUNS:
        return f"{'Are' if lower in ('they', 'we', 'you', 'them') else 'Is'} {lower} in the picture?"
    own = text == layout.elements[index].text  # a word in its place is no name
    if own and (layout.is_name(index) or is_person_name(index, layout)):
        the = "the " if layout.word_before(index) == "the" else ""
        verb = be(text) if the else "Is"
        return f"{verb} {the}{text} in the picture?"
    if is_medium(text) and element.category == "object" and opens_phrase(index, layout):
        return ask_medium(text)
    if lower.startswith(("the ", "letter ", "number ", "word ")):
        the = "" if lower.startswith("the ") else "the "
        return f"{be(lower)} {the}{lower_words(text)} in the picture?"
    return ask_presence(lower_words(text))


def ask_place(text: str, index: int, layout: PromptLayout) -> str:
    """Ask for a place; a picture is of it, or shows it."""
    words = text.split(" ")
    lower = text.lower()
    if words[0].lower() in PREPOSITIONS or lower in _OUTSIDE or lower in PLACES:
        return f"Is this {lower if lower in _OUTSIDE else text}?"
    if lower in TIMES_OF_DAY:
        return f"Is it {lower} in the picture?"
    if layout.is_name(index):
        the = "the " if layout.word_before(index) == "the" else ""
        return f"Does the picture show {the}{text}?"
    place = lower_words(text)
    if head_of(lower) in _SKIES:
        return f"Does the picture show {place if words[0].lower() in DETERMINERS else 'the ' + place}?"
    if " of " in lower and layout.word_before(index) == "the":
        return f"Is this the {place}?"
    if is_plural_phrase(lower) or is_mass(lower):
        return f"Does the picture show {place}?"
    return f"Is this {indefinite(place)}?"


def is_person_name(index: int, layout: PromptLayout) -> bool:
    """Whether a person or creature is named without article, by no word that any person or animal may be called."""
    element = layout.elements[index]
    if element.category != "animal/human" or "animal" in (element.raw_category or "animal"):
        return False
    words = element.text.lower().split(" ")
    last = singular(words[-1])
    common = last in PEOPLE or last in ANIMALS
    if common or last.endswith(("er", "or", "ist", "man", "woman", "girl", "boy", "ian", "ant", "male", "ess")):
        return False
    before = layout.word_before(index)
    if before in {"a", "an", "the"} or before in QUANTIFIERS or (before and is_adjectival(before)):
        return False
    return all(word.isalpha() for word in words) and before in PREPOSITIONS | {""} and (len(words) > 1 or before != "")


def lower_first(text: str) -> str:
    """Lower the first letter of a word that is no name in capitals."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def names_noun(text: str, noun: Element) -> bool:
    """Whether the words of an element hold the noun already."""
    words = {singular(word) for word in text.lower().split(" ")}
    return all(singular(word) in words for word in noun.text.lower().split(" "))
