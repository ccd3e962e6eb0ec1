"""Questions about the elements of a prompt, for scorers that ask a multimodal model.

The paper's questions were written by a language model and never released; these are ours, made by rule from the
category of an element and the nouns around it. The one question that its figure shows, "Is this a classroom?" for the
element "Classroom (location)", comes out as it stands there.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from evalmuse_hf.elements.lexicon import (
    ACTIVITIES,
    ANIMALS,
    ATTRIBUTE_OPPOSITES,
    COLORS,
    FOODS,
    IRREGULAR_PLURALS,
    MATERIALS,
    NUMBERS,
    OBJECTS,
    OPPOSITES,
    PEOPLE,
    PLACES,
    SHAPES,
    WEATHER_OPPOSITES,
    is_plural,
    singular,
    with_article,
)
from evalmuse_hf.elements.spans import find_spans
from evalmuse_hf.schema import Element

_NOUN_CATEGORIES = frozenset({"object", "animal/human", "food"})
_PROPERTY_CATEGORIES = frozenset({"color", "material", "shape", "attribute", "activity"})
_PREPOSITIONS = frozenset(
    {"at", "in", "on", "under", "inside", "near", "by", "over", "among", "outside", "underneath"}
)
_SAME_KIND = {"color": COLORS[:8], "material": MATERIALS[:5], "shape": SHAPES[:5]}
_OPEN_QUESTIONS = {"color": "What color", "material": "What material", "shape": "What shape"}
# Lists of words of one kind, and how many of the first ones never mean the same.
_KINDS = (
    *((COLORS, 8), (MATERIALS, 5), (SHAPES, 5), (ACTIVITIES, 4), (PLACES, 6)),
    *((ANIMALS, 6), (PEOPLE, 3), (FOODS, 5), (OBJECTS, 14)),
)
_MOST_COUNTED = max(NUMBERS.values())


@dataclass(frozen=True, slots=True)
class ElementQuestion:
    """What is asked about one element.

    Attributes:
        text: A question whose answer is yes if the picture shows the element; empty if the element has no words.
        parents: Places, among the elements of the prompt, of the nouns that must be there for the answer to make
            sense: "Is the cat red?" has the cat.
        open_text: The same as an open question, such as "What color is the cat?"; None where there is none.
        answer: The expected answer to ``open_text``, or "yes".
        choices: Answers to choose from; empty where there is no choice but yes and no.
    """

    text: str
    parents: tuple[int, ...] = ()
    open_text: str | None = None
    answer: str = "yes"
    choices: tuple[str, ...] = ()


def ask_elements(prompt: str, elements: Sequence[Element]) -> list[ElementQuestion]:
    """Ask about each element of a prompt.

    Args:
        prompt: The prompt; the nouns next to a property or relation are found in it.
        elements: Its elements. One without category is asked for by its words alone.

    Returns:
        One question per element.

    >>> cat = [Element("two", "counting"), Element("red", "color"), Element("cats", "animal/human")]
    >>> for question in ask_elements("two red cats", cat):
    ...     print(question.text, question.parents)
    Are there two cats in the picture? (2,)
    Are the cats red? (2,)
    Are there cats in the picture? ()
    """
    places = _places(prompt, elements)
    return [_ask(index, elements, places) for index in range(len(elements))]


def ask_counterfactuals(prompt: str, elements: Sequence[Element]) -> list[ElementQuestion | None]:
    """Ask about what is not in the prompt: another colour, number, object and so on in the place of each element.

    The replacement is drawn by a hash of the element's words among those that the prompt does not name, so that it
    never changes.

    Args:
        prompt: The prompt.
        elements: Its elements.

    Returns:
        One question per element; None where there is no word to replace it.

    >>> [question.text for question in ask_counterfactuals("two cats", [Element("two", "counting")])]
    ['Are there three in the picture?']
    """
    places = _places(prompt, elements)
    questions: list[ElementQuestion | None] = []
    for index, element in enumerate(elements):
        other = _replacement(element, prompt)
        if other is None:
            questions.append(None)
            continue
        changed = [*elements]
        changed[index] = replace(element, text=other, raw_key=None)
        questions.append(_ask(index, changed, places))
    return questions


def _ask(index: int, elements: Sequence[Element], places: Sequence[int | None]) -> ElementQuestion:
    element = elements[index]
    text, category = element.text, element.category
    if not text:
        return ElementQuestion("")
    before, after = _neighbours(index, elements, places)
    if category == "counting":
        return _ask_count(text, elements, after)
    if category == "spatial" and before is not None and after is not None:
        first, second = (_definite(elements[place].text) for place in (before, after))
        return ElementQuestion(f"{_be(first)} {first} {text} {second}?", (before, after))
    if category in _PROPERTY_CATEGORIES:
        order = (before, after) if category == "activity" else (after, before)
        owner = next((place for place in order if place is not None), None)
        return _ask_property(element, elements, owner)
    if category == "location":
        place = text if text.split(" ")[0].lower() in _PREPOSITIONS else with_article(_lower_first(text))
        return ElementQuestion(f"Is this {place}?")
    if category in _NOUN_CATEGORIES:
        return ElementQuestion(_ask_presence(text))
    if category == "other" and "writing" in (element.raw_category or "").lower():
        return ElementQuestion(f"Is the text '{text.strip(chr(39))}' in the picture?")
    return ElementQuestion(f"Does the picture show {_lower_first(text)}?")


def _ask_presence(text: str) -> str:
    words = with_article(_lower_first(text))
    plural = is_plural(words.split(" ")[-1]) and words.split(" ")[0] not in {"a", "an", "one", "1"}
    return f"{'Are' if plural else 'Is'} there {words} in the picture?"


def _ask_count(text: str, elements: Sequence[Element], noun: int | None) -> ElementQuestion:
    number = _lower_first(text)
    single = number.split(" ")[0] in {"1", "one", "a", "an"}
    what, be = number, "Is" if single else "Are"
    if noun is not None and not _names(text, elements[noun]):
        what = f"{number} {singular(elements[noun].text) if single else elements[noun].text}"
    question = f"{be} there {what} in the picture?"
    if noun is None:
        return ElementQuestion(question)
    value = NUMBERS.get(number, int(number) if number.isdecimal() else None)
    if value is None or value > _MOST_COUNTED:
        return ElementQuestion(question, (noun,))
    # The number zero needs no noun in the picture, and the noun beside it is what must be missing.
    parents = () if value == 0 else (noun,)
    plural = elements[noun].text if is_plural(elements[noun].text) else _plural(elements[noun].text)
    choices = tuple(word for word, other in NUMBERS.items() if abs(other - value) <= 2)
    answer = next(word for word, other in NUMBERS.items() if other == value)
    return ElementQuestion(question, parents, f"How many {plural} are in the picture?", answer, choices)


def _ask_property(element: Element, elements: Sequence[Element], owner: int | None) -> ElementQuestion:
    text = element.text
    if owner is None:
        thing = "" if element.category == "attribute" else "something "  # "oil painting" is an attribute too
        return ElementQuestion(f"Does the picture show {thing}{_lower_first(text)}?")
    if _names(text, elements[owner]):  # "a red cat (color)"
        return ElementQuestion(_ask_presence(text), (owner,))
    noun = _definite(elements[owner].text)
    question = f"{_be(noun)} {noun} {_lower_first(text)}?"
    choices = _SAME_KIND.get(element.category or "", ())
    if text.lower() not in choices:
        return ElementQuestion(question, (owner,))
    opened = f"{_OPEN_QUESTIONS[element.category or '']} {_be(noun).lower()} {noun}?"
    return ElementQuestion(question, (owner,), opened, text.lower(), choices)


def _places(prompt: str, elements: Sequence[Element]) -> list[int | None]:
    """Where each element begins in the cleaned prompt; None if it is not there."""
    found = find_spans(prompt, [element.text for element in elements])
    return [spans.cleaned[0].start if spans.cleaned else None for spans in found]


def _neighbours(
    index: int, elements: Sequence[Element], places: Sequence[int | None]
) -> tuple[int | None, int | None]:
    """The nouns that stand last before an element and first after its beginning.

    Where nothing was found in the prompt, or a relation is named last, the order of the elements decides.
    """
    here = places[index]
    nouns = [number for number, other in enumerate(elements) if other.category in _NOUN_CATEGORIES and number != index]
    if here is None:
        return max((n for n in nouns if n < index), default=None), min((n for n in nouns if n > index), default=None)
    placed = [(place, number) for number in nouns if (place := places[number]) is not None]
    before = max((pair for pair in placed if pair[0] < here), default=None)
    after = min((pair for pair in placed if pair[0] >= here), default=None)
    return (None if before is None else before[1]), (None if after is None else after[1])


def _names(text: str, noun: Element) -> bool:
    """Whether the words of an element hold the noun already."""
    words = {singular(word) for word in text.lower().split(" ")}
    return all(singular(word) in words for word in noun.text.lower().split(" "))


def _definite(noun: str) -> str:
    return noun if noun.lower().startswith(("the ", "a ", "an ")) else f"the {_lower_first(noun)}"


def _be(noun: str) -> str:
    return "Are" if is_plural(noun.split(" ")[-1]) else "Is"


def _plural(noun: str) -> str:
    return next((many for many, one in IRREGULAR_PLURALS.items() if one == noun), f"{noun}s")


def _lower_first(text: str) -> str:
    """Lower the first letter of a word that is no name in capitals."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _replacement(element: Element, prompt: str) -> str | None:
    """Another word of the same kind that the prompt does not have; None where none is known."""
    text = element.text.lower()
    if element.category == "counting":
        return _other_number(text)
    for opposites in (OPPOSITES, WEATHER_OPPOSITES, ATTRIBUTE_OPPOSITES):
        if text in opposites:
            return opposites[text]
    for words, n_distinct in _KINDS:
        if text in words or singular(text) in words:
            named = _words(f"{prompt} {text}")
            free = [word for word in words[:n_distinct] if f" {word} " not in named]
            if not free:
                return None
            other = free[_hash(text) % len(free)]
            return _plural(other) if is_plural(text) else other
    head, _, rest = text.partition(" ")
    if element.category == "color" and rest and head in COLORS:  # "red cat (color)"
        other_color = _replacement(Element(head, "color"), prompt)
        return None if other_color is None else f"{other_color} {rest}"
    return None


def _words(text: str) -> str:
    """The words of a text in lower case, each as it stands and in the singular, between single spaces."""
    words = re.findall(r"[\w-]+", text.lower())
    return f" {' '.join(words)}  {' '.join(map(singular, words))} "


def _other_number(text: str) -> str | None:
    number, _, rest = text.partition(" ")
    value = NUMBERS.get(number, int(number) if number.isdecimal() else None)
    if value is None:
        return None
    other = value + 1 if value < _MOST_COUNTED else value - 1
    spelled = str(other) if number.isdecimal() else next(word for word, count in NUMBERS.items() if count == other)
    return f"{spelled} {rest}".strip()


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
