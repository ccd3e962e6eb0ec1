"""How an activity is asked for: "sleeping", "finds", "found" or "wearing", with what it is done to."""

from evalmuse_hf.elements import scene_words
from evalmuse_hf.elements.property_words import VERBS
from evalmuse_hf.elements.question_grammar import (
    DETERMINERS,
    PREPOSITIONS,
    base_of_verb,
    be,
    indefinite,
    is_adjectival,
    is_participle,
    is_plural_phrase,
    lower_words,
)
from evalmuse_hf.elements.question_layout import NOUN_CATEGORIES, PromptLayout
from evalmuse_hf.elements.question_nouns import Wording, definite
from evalmuse_hf.elements.question_scenes import ask_medium, is_medium
from evalmuse_hf.elements.word_forms import word_bases

_OBJECTS = NOUN_CATEGORIES | {"location"}
# Parts of a verb rather than the beginning of what it is done to.
_PARTICLES = frozenset({"up", "down", "off", "out", "away", "around", "back", "together"})


def ask_activity(text: str, index: int, layout: PromptLayout, actor: int | None) -> Wording:
    """Ask whether somebody does something.

    Args:
        text: The words of the activity.
        index: Its place among the elements.
        layout: The prompt.
        actor: Who does it; None if nobody in the prompt does.
    """
    lower = lower_words(text)
    words = lower.split(" ")
    if is_medium(lower):
        return Wording(ask_medium(text))
    if words[0] in DETERMINERS and words[-1] in PREPOSITIONS and actor is not None:  # "the rise of"
        return Wording(f"Does the picture show {lower} {definite(actor, layout).removeprefix('the ')}?", (actor,))
    if lower in scene_words.QUALITY or words[0] == "trending":
        return Wording(f"Is the picture {lower}?")
    if is_participle(lower) and layout.word_before(index) == "the":  # "the writing"
        return Wording(f"Does the picture show {lower}?")
    if actor is None:
        thing = "something " if is_participle(words[0]) else ""
        return Wording(f"Does the picture show {thing or ''}{lower if thing else indefinite(lower)}?")
    noun = definite(actor, layout)
    tail, parents = _done_to(words, index, layout, actor)
    if is_participle(words[0]) or (is_participle(words[-1]) and is_adjectival(words[0])):
        return Wording(f"{be(noun)} {noun} {lower}{tail}?", parents)
    does = "Do" if is_plural_phrase(noun) else "Does"
    base = base_of_verb(words[0])
    past = words[0].endswith("ed") or (base is not None and base != words[0] and not words[0].endswith("s"))
    if len(words) > 1 and words[-1].endswith("ed") and not words[0].endswith("ed"):  # "arms raised"
        return Wording(f"Does the picture show {indefinite(lower)}?")
    ends_open = words[-1] in PREPOSITIONS
    if past and (ends_open or len(parents) == 1):
        return Wording(f"{be(noun)} {noun} {lower}{tail}?", parents)
    is_verb = base is not None and (
        words[0] in VERBS or words[0] != base or not word_bases(words[0]).isdisjoint(VERBS)
    )
    if base is not None and is_verb and (len(words) == 1 or (words[1] in PREPOSITIONS | _PARTICLES and base in VERBS)):
        return Wording(f"{does} {noun} {' '.join([base, *words[1:]])}{tail}?", parents)
    if ends_open or is_adjectival(lower):
        return Wording(f"{be(noun)} {noun} {lower}{tail}?", parents)
    return Wording(f"Does the picture show {indefinite(lower)}?")


def _done_to(words: list[str], index: int, layout: PromptLayout, actor: int) -> tuple[str, tuple[int, ...]]:
    """What follows the verb in the question: the noun right after it, or what its last preposition needs."""
    if words[-1] in PREPOSITIONS:
        needed = layout.next_element(index)
        if (
            needed is not None
            and needed != actor
            and (layout.is_thing(needed) or layout.elements[needed].category == "material")
        ):
            named = lower_words(layout.elements[needed].text)
            return f" {indefinite(named) if words[-1] == 'of' else definite(needed, layout)}", (actor, needed)
    things = [n for n in range(len(layout.elements)) if n not in (index, actor) and layout.is_thing(n)]
    nearest = [
        (len(gap), n) for n in things if (gap := layout.gap(index, n)) is not None and layout.is_direct(index, n)
    ]
    if not nearest:
        return "", (actor,)
    after = min(nearest)[1]
    if layout.start(after) == layout.start(index):
        return "", (actor,)
    beside = set((layout.gap(index, after) or "").lower().split()) <= DETERMINERS
    is_object = layout.elements[after].category != "location" or words[-1] in PREPOSITIONS or beside
    return (f" {definite(after, layout)}", (actor, after)) if is_object else ("", (actor,))
