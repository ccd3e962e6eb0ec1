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
)
from evalmuse_hf.elements.question_grammar import (
    MANY,
    be,
    indefinite,
    is_mass,
    is_plural_phrase,
    lower_words,
    make_plural,
)
from evalmuse_hf.elements.question_layout import NOUN_CATEGORIES, PROPERTY_CATEGORIES, PromptLayout, read_layout
from evalmuse_hf.elements.question_nouns import definite, lower_first, names_noun
from evalmuse_hf.elements.question_owners import find_counted, find_owner
from evalmuse_hf.elements.question_relations import ask_relation
from evalmuse_hf.elements.question_scenes import TIMES_OF_DAY
from evalmuse_hf.elements.question_wording import word_question
from evalmuse_hf.schema import Element

# Words that count by themselves: "a pair of cats".
_GROUPS = frozenset(
    (
        *("quantity", "number", "collection", "group", "pair", "couple", "lot", "lots", "plenty", "crowd", "bunch"),
        *("set", "series", "handful", "pile", "stack", "row", "variety", "dozens", "hundreds", "thousands", "swarm"),
        *("herd", "flock", "pack", "cluster", "multitude", "line", "heap", "bouquet", "array", "amount", "lots"),
    )
)
_SAME_KIND = {"color": COLORS[:8], "material": MATERIALS[:5], "shape": SHAPES[:5]}
_OPEN_QUESTIONS = {"color": "What color", "material": "What material", "shape": "What shape"}
# Lists of words of one kind, and how many of the first ones never mean the same.
_KINDS = (
    *((COLORS, 8), (MATERIALS, 5), (SHAPES, 5), (ACTIVITIES, 4), (PLACES, 6)),
    *((ANIMALS, 6), (PEOPLE, 3), (FOODS, 5), (OBJECTS, 14)),
)
_NEED_AN_ARTICLE = frozenset({"single", "lone", "few", "hundred", "thousand", "dozen", "million", "couple of"})
_PAIRED = frozenset({"sweatpants", "pants", "trousers", "jeans", "shorts", "sunglasses", "glasses", "scissors"})
# For words in no list: what is another of its category, whatever they mean. A person is replaced by an animal, since
# most words for people fit more than one person of a list.
_BY_CATEGORY = {
    **{"color": COLORS[:8], "material": MATERIALS[:5], "shape": SHAPES[:5], "food": FOODS[:5], "object": OBJECTS[:14]},
    **{"animal/human": ANIMALS[:6], "human": ANIMALS[:6]},
    "location": ("at the beach", "in a forest", "in the desert", "in space"),
}
_COMPARED = {
    **{"taller": "shorter", "shorter": "taller", "larger": "smaller", "bigger": "smaller", "smaller": "larger"},
    **{"thicker": "thinner", "thinner": "thicker", "longer": "shorter", "heavier": "lighter", "lighter": "heavier"},
    **{"older": "younger", "younger": "older", "wider": "narrower", "narrower": "wider", "brighter": "darker"},
    **{"darker": "brighter", "faster": "slower", "slower": "faster", "rounder": "flatter", "rougher": "smoother"},
}
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
    layout = read_layout(prompt, elements)
    return [_ask(index, elements, layout) for index in range(len(elements))]


def ask_counterfactuals(
    prompt: str, elements: Sequence[Element], *, wide: bool = False
) -> list[ElementQuestion | None]:
    """Ask about what is not in the prompt: another colour, number, object and so on in the place of each element.

    The replacement is drawn by a hash of the element's words among those that the prompt does not name, so that it
    never changes.

    Args:
        prompt: The prompt.
        elements: Its elements.
        wide: Replace also words that no list here knows, by their category, and put a noun into the number that its
            new count needs. False replaces only words of the lists and leaves "two cake", which is how the published
            figures of the drawn world were measured.

    Returns:
        One question per element; None where there is no word to replace it.

    >>> [question.text for question in ask_counterfactuals("two cats", [Element("two", "counting")])]
    ['Are there three in the picture?']
    """
    layout = read_layout(prompt, elements)
    questions: list[ElementQuestion | None] = []
    for index, element in enumerate(elements):
        other = _replacement(element, prompt) or (_other_of_category(element, prompt) if wide else None)
        if other is None:
            questions.append(None)
            continue
        changed = [*elements]
        changed[index] = replace(element, text=other, raw_key=None)
        questions.append(_ask(index, changed, layout, inflect=wide))
    return questions


def _ask(index: int, elements: Sequence[Element], layout: PromptLayout, *, inflect: bool = True) -> ElementQuestion:
    """Ask for an element; the layout knows the prompt's own, of which one may be replaced in ``elements``."""
    element = elements[index]
    text, category = element.text, element.category
    if not text:
        return ElementQuestion("")
    if category == "counting" and " old" not in text:
        return _ask_count(text, index, layout, inflect=inflect)
    if category == "spatial" and (related := ask_relation(text, index, layout)):
        return ElementQuestion(*related)
    owner = find_owner(index, layout) if category in PROPERTY_CATEGORIES or category == "counting" else None
    question = ElementQuestion(*word_question(element, index, layout, owner))
    choices = _SAME_KIND.get(category or "", ())
    if owner is None or text.lower() not in choices or question.parents != (owner,):
        return question
    noun = definite(owner, layout)
    opened = f"{_OPEN_QUESTIONS[category or '']} {be(noun).lower()} {noun}?"
    return replace(question, open_text=opened, answer=text.lower(), choices=choices)


def _ask_count(text: str, index: int, layout: PromptLayout, *, inflect: bool) -> ElementQuestion:
    number = lower_first(text)
    first = number.split(" ")[0]
    noun = find_counted(index, layout)
    single = first in {"1", "one", "a", "an", "single", "lone"} and not f"{number} ".lower().startswith(MANY)
    if number in _NEED_AN_ARTICLE and (number != "few" or layout.word_before(index) == "a"):
        number = f"a {number}"
    what, be_there = number, "Is" if single else be(number) if is_mass(number) else "Are"
    if noun is not None and not names_noun(text, layout.elements[noun]):
        counted = lower_words(layout.elements[noun].text)
        if number.split(" ")[-1] in _GROUPS:
            what, be_there = f"{indefinite(number)} of {make_plural(counted)}", be(number.split(" ")[-1])
        else:
            many = make_plural(counted) if inflect else counted
            if counted.split(" ")[-1] in _PAIRED and (single or value_of(number) is not None):
                counted, many = f"pair of {counted}", f"pairs of {counted}"
            what = f"{number} {singular(counted) if single and ' of ' not in counted else counted if single else many}"
            be_there = "Is" if single or is_mass(counted) else "Are"
    elif number.split(" ")[-1] in _GROUPS:
        what, be_there = indefinite(number), be(number)
    question = f"{be_there} there {what} in the picture?"
    if noun is None:
        return ElementQuestion(question)
    value = value_of(number)
    if value is None or value > _MOST_COUNTED:
        return ElementQuestion(question, (noun,))
    # The number zero needs no noun in the picture, and the noun beside it is what must be missing.
    parents = () if value == 0 else (noun,)
    choices = tuple(word for word, other in NUMBERS.items() if abs(other - value) <= 2)
    answer = next(word for word, other in NUMBERS.items() if other == value)
    many = make_plural(lower_words(layout.elements[noun].text))
    return ElementQuestion(question, parents, f"How many {many} are in the picture?", answer, choices)


def value_of(number: str) -> int | None:
    """The number that a word or digits say; None for what is no number.

    >>> value_of("two"), value_of("12"), value_of("several")
    (2, 12, None)
    """
    return NUMBERS.get(number, int(number) if number.isdecimal() else None)


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
            return make_plural(other) if is_plural(text) else other
    head, _, rest = text.partition(" ")
    if element.category == "color" and rest and head in COLORS:  # "red cat (color)"
        other_color = _replacement(Element(head, "color"), prompt)
        return None if other_color is None else f"{other_color} {rest}"
    return None


def _other_of_category(element: Element, prompt: str) -> str | None:
    """A word of the same category that the prompt does not have, for words that are in no list."""
    text, raw = element.text.lower(), (element.raw_category or "").lower()
    bare = text.removesuffix(" than")
    if bare in _COMPARED:
        return f"{_COMPARED[bare]}{' than' if bare != text else ''}"
    if "time" in raw or text in TIMES_OF_DAY:
        return "noon" if "night" in text or "evening" in text else "night"
    words = _BY_CATEGORY.get("human" if raw == "human" else element.category or "")
    if not words:
        return None
    named = _words(f"{prompt} {text}")
    free = [word for word in words if f" {word.split(' ')[-1]} " not in named]
    if not free:
        return None
    other = free[_hash(text) % len(free)]
    return make_plural(other) if is_plural_phrase(text) and element.category in NOUN_CATEGORIES else other


def _words(text: str) -> str:
    """The words of a text in lower case, each as it stands and in the singular, between single spaces."""
    words = re.findall(r"[\w-]+", text.lower())
    return f" {' '.join(words)}  {' '.join(map(singular, words))} "


def _other_number(text: str) -> str | None:
    number, _, rest = text.partition(" ")
    value = value_of(number)
    if value is None:
        return None
    other = value + 1 if value < _MOST_COUNTED else value - 1
    spelled = str(other) if number.isdecimal() else next(word for word, count in NUMBERS.items() if count == other)
    return f"{spelled} {rest}".strip()


def _hash(text: str) -> int:
    # JSON may hold half a character, which UTF-8 has no bytes for.
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:4], "big")
