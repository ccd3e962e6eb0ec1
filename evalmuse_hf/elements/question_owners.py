"""Which noun of a prompt a property or an activity belongs to."""

from evalmuse_hf.elements.question_grammar import DETERMINERS, QUANTIFIERS, is_state
from evalmuse_hf.elements.question_layout import PromptLayout
from evalmuse_hf.elements.question_scenes import is_medium


def find_owner(index: int, layout: PromptLayout) -> int | None:
    """The noun that a property or activity belongs to; None if it is one of the whole picture, or nothing is there.

    Args:
        index: The property.
        layout: The prompt.
    """
    elements = layout.elements
    element = elements[index]
    before, after = layout.neighbours(index)
    if not layout.spans[index]:
        order = (before, after) if element.category == "activity" else (after, before)
        return next((place for place in order if place is not None), None)
    direct = layout.next_thing(index)
    if element.category == "attribute" and before is not None and is_state(element.text):
        return before if layout.in_phrase(index, before) else direct
    if element.category == "activity":
        return _find_actor(index, layout, before, after, direct)
    if direct is not None:
        return None if is_medium(elements[direct].text) and element.category == "attribute" else direct
    if before is not None and layout.is_said_of(before, index):
        return before
    if element.text.lower().endswith(" old"):
        return before
    near = [place for place in (after, before) if place is not None and layout.in_phrase(index, place)]
    if near:
        return near[0]
    if element.category == "attribute":
        return None
    return next((place for place in (after, before) if place is not None and _alone(index, layout)), None)


def find_counted(index: int, layout: PromptLayout) -> int | None:
    """The noun that a number counts: the next one after it, in the same phrase where the prompt has several.

    Args:
        index: The number.
        layout: The prompt.
    """
    direct = layout.next_thing(index)
    return layout.neighbours(index)[1] if direct is None else direct


def _find_actor(
    index: int, layout: PromptLayout, before: int | None, after: int | None, direct: int | None
) -> int | None:
    """Who does it: the noun right after it ("walking teenager"), else the last living one before it."""
    if direct is not None and (before is None or not layout.is_said_of(before, index)):
        first = layout.word_before(index)
        if first in DETERMINERS or first in QUANTIFIERS or first == "":
            return direct
    touching = [n for n in range(len(layout.elements)) if layout.is_thing(n) and layout.gap(n, index) == " "]
    if touching and layout.elements[touching[0]].category == "other":
        return touching[0]
    if before is None:
        return after if direct is None and after is not None and layout.is_direct(index, after) else direct
    if layout.elements[before].category != "animal/human" and "is" not in (layout.gap(before, index) or "").split():
        living = [
            (span.start, number)
            for number, other in enumerate(layout.elements)
            for span in layout.spans[number]
            if other.category == "animal/human"
            and span.end <= layout.spans[index][0].start
            and layout.in_sentence(number, index)
        ]
        if living:
            return max(living)[1]
    return before


def _alone(index: int, layout: PromptLayout) -> bool:
    """Whether the prompt has no commas to tell what belongs together."""
    return "," not in layout.prompt and bool(layout.spans[index])
