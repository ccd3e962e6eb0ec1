"""How an element is asked for: the wording of a positive yes/no question, by its category and the words around it."""

from collections.abc import Iterator

from evalmuse_hf.elements.lexicon import COLORS, MATERIALS
from evalmuse_hf.elements.noun_words import MATERIALS as MATERIAL_NOUNS
from evalmuse_hf.elements.question_grammar import (
    PREPOSITIONS,
    QUANTIFIERS,
    be,
    indefinite,
    is_adjectival,
    is_mass,
    is_participle,
    is_plural_phrase,
    is_state,
    lower_words,
)
from evalmuse_hf.elements.question_layout import NOUN_CATEGORIES, PROPERTY_CATEGORIES, PromptLayout
from evalmuse_hf.elements.question_nouns import (
    Wording,
    ask_noun,
    ask_place,
    ask_presence,
    definite,
    lower_first,
    names_noun,
)
from evalmuse_hf.elements.question_relations import ask_comparison, ask_relation, is_comparison
from evalmuse_hf.elements.question_scenes import ask_whole, is_medium
from evalmuse_hf.elements.question_verbs import ask_activity
from evalmuse_hf.elements.word_forms import STOP_WORDS, read_words
from evalmuse_hf.schema import Element

_SIDES = frozenset({"front", "top", "next", "left", "right", "side", "background", "middle", "bottom", "edge"})
_WEATHER_VERBS = frozenset({"raining", "snowing", "drizzling", "storming"})


def word_question(element: Element, index: int, layout: PromptLayout, owner: int | None) -> Wording:
    """Ask for an element that is no number and no relation.

    Args:
        element: The element, whose words need not be those of the prompt.
        index: Its place among the elements.
        layout: The prompt.
        owner: The noun that it is a property of; None for what is no property, or one of the whole picture.
    """
    text, category, raw = element.text, element.category, (element.raw_category or "").lower()
    if category in NOUN_CATEGORIES and text.lower() in COLORS and layout.next_thing(index) is not None:
        return _ask_property(element, index, layout, layout.next_thing(index))
    if category in NOUN_CATEGORIES:
        return Wording(ask_noun(element, index, layout))
    if category == "location":
        return Wording(ask_place(text, index, layout))
    if category == "other" and ("writing" in raw or layout.is_quoted(index)):
        return Wording(f"Is the text '{text.strip(chr(39))}' in the picture?")
    compares = is_comparison(text) and (text.lower().endswith(" than") or layout.word_after(index) == "than")
    if compares and category in ("activity", "attribute", "other"):
        return ask_comparison(lower_words(text), index, layout)
    if text.lower() in _WEATHER_VERBS:
        return Wording(f"Is it {text.lower()} in the picture?")
    if category == "activity":
        return ask_activity(text, index, layout, owner)
    if whole := ask_whole(element):
        return Wording(whole)
    if category == "spatial" and layout.next_thing(index) is not None and text.lower() in ("underwater", "outdoor"):
        return _ask_property(element, index, layout, layout.next_thing(index))
    if category == "spatial" and set(read_words(text)) <= STOP_WORDS | _SIDES:
        return Wording(f"Is something {text.lower()} something else in the picture?")
    if category in PROPERTY_CATEGORIES or owner is not None:
        return _ask_property(element, index, layout, owner)
    return Wording(_ask_other(text, index, layout))


def other_wordings(element: Element, index: int, layout: PromptLayout, first: Wording) -> Iterator[Wording]:
    """Other ways to ask for an element, for a first one that is not valid.

    Args:
        element: The element.
        index: Its place among the elements.
        layout: The prompt.
        first: The question that is not valid.
    """
    text = lower_first(element.text)
    same = [n for n, other in enumerate(layout.elements) if other.text.lower() == element.text.lower()]
    if element.category in NOUN_CATEGORIES and same.index(index):
        ordinal = ("second", "third", "fourth", "fifth")[min(same.index(index), 4) - 1]
        yield Wording(f"Is there a {ordinal} {text} in the picture?")
    if first.parents and element.category in PROPERTY_CATEGORIES:
        nouns = " and ".join(definite(number, layout) for number in first.parents)
        yield Wording(f"Does the picture show {nouns} as {text}?", first.parents)
    if element.category == "spatial":
        yield Wording(f"Is one thing {text} another in the picture?")
        return
    if is_adjectival(text) or is_state(text):
        yield Wording(f"Does the picture look {text}?")
        yield Wording(f"Does something look {text} in the picture?")
    yield Wording(f"Does the picture show {indefinite(text)}?")
    yield Wording(f"Can you see {indefinite(text)} in the picture?")
    yield Wording(f"Is '{element.text}' shown in the picture?")


def _ask_property(element: Element, index: int, layout: PromptLayout, owner: int | None) -> Wording:
    text, lower = lower_words(element.text), element.text.lower()
    if owner is not None and names_noun(element.text, layout.elements[owner]) and " " in lower:  # "a red cat (color)"
        return Wording(ask_presence(element.text), (owner,))
    if lower.split(" ")[-1] in PREPOSITIONS and (opened := ask_relation(text, index, layout)):
        return opened
    attached = owner is not None and (element.category != "attribute" or _is_attached(lower, index, layout, owner))
    follower = layout.next_element(index)
    if owner is None and follower is not None and is_medium(layout.elements[follower].text) and is_adjectival(lower):
        return Wording(f"Is the picture {text}?")
    if not attached or owner is None:
        return Wording(_ask_unattached(element, text, lower))
    noun = definite(owner, layout)
    if lower.startswith(("shape of ", "form of ")):
        return Wording(f"{be(noun)} {noun} in the {text}?", (owner,))
    if element.category == "color" and (is_plural_phrase(lower) or lower.endswith(("color", "colour"))):
        return Wording(f"{'Does' if be(noun) == 'Is' else 'Do'} {noun} have {text}?", (owner,))
    if element.category == "material" and lower not in MATERIALS and not is_adjectival(lower):
        noun_like = lower.split(" ")[-1] in MATERIAL_NOUNS or layout.next_thing(index) == owner
        noun_like = noun_like or layout.is_said_of(owner, index)
        if is_plural_phrase(lower) or not noun_like:
            return Wording(f"Does the picture show {indefinite(text)}?")
        return Wording(f"{be(noun)} {noun} made of {text}?", (owner,))
    return Wording(f"{be(noun)} {noun} {text}?", (owner,))


def _ask_unattached(element: Element, text: str, lower: str) -> str:
    words = lower.split(" ")
    if is_participle(words[0]) and not PREPOSITIONS.isdisjoint(words):  # "trending on artstation"
        return f"Is the picture {text}?"
    if (
        element.category == "attribute"
        and is_adjectival(lower)
        and (" " in lower or "-" in lower or not is_participle(lower))
    ):
        return f"Is the picture {text}?"
    if element.category == "attribute" and lower.startswith(("in ", "on ", "at ", "by ", "with ")):
        return f"Is the picture {text}?"
    thing = "something " if element.category != "attribute" and _is_plain_property(element, lower) else ""
    return f"Does the picture show {thing}{text if thing else indefinite(text)}?"


def _is_plain_property(element: Element, lower: str) -> bool:
    if element.category == "material":
        return lower in MATERIALS or is_adjectival(lower)
    return not is_plural_phrase(lower) and not lower.endswith(("color", "colour"))


def _is_attached(lower: str, index: int, layout: PromptLayout, owner: int) -> bool:
    """Whether an attribute is one that "is" can join to its noun: an adjective, or a word right before the noun."""
    words = lower.split(" ")
    if words[0] in QUANTIFIERS:
        return False
    if is_adjectival(lower) or is_state(lower) or words[0] in ("in", "on", "at"):
        return True
    if is_mass(lower) or is_plural_phrase(lower) or len(lower.split(" ")) > 2:
        return False
    return layout.next_thing(index) == owner and not is_medium(lower)


def _ask_other(text: str, index: int, layout: PromptLayout) -> str:
    lower = text.lower()
    if lower.startswith(("word ", "number ", "letter ")) or layout.word_before(index) == "the":
        return f"Does the picture show the {text}?"
    if layout.is_name(index) or " " in text:
        return f"Does the picture show {text if layout.is_name(index) else lower_first(text)}?"
    if is_adjectival(lower):
        return f"Is the picture {lower_first(text)}?"
    if layout.word_before(index) not in ("by", "of"):
        return f"Does the picture show {indefinite(lower_first(text))}?"
    return f"Does the picture show {lower_first(text)}?"
