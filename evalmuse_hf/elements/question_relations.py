"""How relations are asked for: where one thing is beside another, and which is the larger."""

import re

from evalmuse_hf.elements.lexicon import OPPOSITES
from evalmuse_hf.elements.property_words import VERBS
from evalmuse_hf.elements.question_grammar import DETERMINERS, base_of_verb, be, is_participle
from evalmuse_hf.elements.question_layout import NOUN_CATEGORIES, PromptLayout
from evalmuse_hf.elements.question_nouns import Wording, definite
from evalmuse_hf.elements.question_verbs import ask_activity
from evalmuse_hf.elements.word_forms import STOP_WORDS

_COMPARATIVE = re.compile(
    r"^(?:(?:much |slightly |a bit )?(?!under|over|other|flower|water|paper)\w{3,}er|(?:more|less) \w+)(?: than)?$",
    re.IGNORECASE,
)
_BEFORE_A_RELATION = frozenset({"is", "are", "was", "were", "located", "placed", "positioned"})
_SIDES = frozenset({"left", "right", "front", "back", "top", "bottom", "side", "edge", "middle", "center", "next"})
_GROUNDS = frozenset({"middle", "center", "foreground", "background", "distance", "corner", "top", "bottom"})
_BESIDE_SIDES = frozenset({"to", "on", "at", "in", "of", "the"})


def is_comparison(text: str) -> bool:
    """Whether words compare two things.

    >>> is_comparison("taller than"), is_comparison("more colorful than"), is_comparison("under")
    (True, True, False)
    """
    return bool(_COMPARATIVE.match(text))


def ask_comparison(text: str, index: int, layout: PromptLayout) -> Wording:
    """Ask which of two is the taller; of the two nouns around the words the first is asked about.

    Args:
        text: The words, such as "taller" or "taller than".
        index: Place of the element.
        layout: The prompt.
    """
    before, after = layout.neighbours(index)
    than = text if text.lower().endswith(" than") else f"{text} than"
    if before is None or after is None or before == after:
        if before is None:
            return Wording(f"Is something {than} something else in the picture?")
        noun = definite(before, layout)
        return Wording(f"{be(noun)} {noun} {than} anything else in the picture?", (before,))
    first, second = definite(before, layout), definite(after, layout)
    return Wording(f"{be(first)} {first} {than} {second}?", (before, after))


def ask_relation(text: str, index: int, layout: PromptLayout) -> Wording | None:
    """Ask where one thing is beside another; None where no two things are around the relation.

    Args:
        text: The words of the relation, which need not be those of the prompt.
        index: Place of the element.
        layout: The prompt.
    """
    if is_comparison(text) and (text.endswith(" than") or layout.word_after(index) == "than"):
        return ask_comparison(text, index, layout)
    before, after = layout.neighbours(index)
    _, place = layout.neighbours(index, NOUN_CATEGORIES | {"location"})
    after = place if layout.spans[index] and place is not None and not _begins_with_relation(place, layout) else after
    if text.lower() == "between" and before is None and after is not None:
        return _ask_between(index, after, layout)
    lower = text.lower()
    if before is not None and " " not in lower and base_of_verb(lower) in VERBS and lower not in STOP_WORDS:
        return ask_activity(text, index, layout, before)
    if before is not None and lower in _GROUNDS and not (after is not None and layout.word_after(index) == "of"):
        noun, ground = definite(before, layout), f"{'at' if lower in ('top', 'bottom') else 'in'} the {lower}"
        return Wording(f"{be(noun)} {noun} {ground}{'' if lower == 'distance' else ' of the picture'}?", (before,))
    if before is not None and (after is None or before == after) and is_participle(lower):
        return Wording(f"{be(definite(before, layout))} {definite(before, layout)} {lower} something else?", (before,))
    if before is None or after is None or before == after:
        return None
    first, second = definite(before, layout), definite(after, layout)
    return Wording(
        f"{be(first)} {first} {_spell_relation(text, index, before, after, layout)} {second}?", (before, after)
    )


def _begins_with_relation(place: int, layout: PromptLayout) -> bool:
    return layout.elements[place].text.split(" ")[0].lower() in STOP_WORDS


def _ask_between(index: int, first: int, layout: PromptLayout) -> Wording | None:
    """``Between A and B, ...``: something is."""
    nouns = [number for number, other in enumerate(layout.elements) if other.category in NOUN_CATEGORIES]
    others = [number for number in nouns if number != first and layout.gap(first, number) is not None]
    if not others:
        return None
    second = min(others, key=lambda number: len(layout.gap(first, number) or ""))
    pair = f"{definite(first, layout)} and {definite(second, layout)}"
    return Wording(f"Is something between {pair}?", (first, second))


def _spell_relation(text: str, index: int, before: int, after: int, layout: PromptLayout) -> str:
    """The relation with the small words around it: "left" in "is left of a" is "left of"."""
    lower = text if text.lower() in OPPOSITES else text[:1].lower() + text[1:]
    own = layout.elements[index].text
    left, right = layout.gap(before, index), layout.gap(index, after)
    if text != own or left is None or right is None:
        return lower
    lead, tail = left.lower().split(), right.lower().split()
    while lead and lead[0] in _BEFORE_A_RELATION:
        lead = lead[1:]
    while tail and tail[-1] in DETERMINERS:
        tail = tail[:-1]
    sided = lower.split(" ")[-1] in _SIDES
    lead = lead if lower.split(" ")[0] in _SIDES and set(lead) <= _BESIDE_SIDES else []
    tail = tail if sided and set(tail) <= {"of", "to", "from", "the"} else []
    return " ".join([*lead, lower, *tail])
