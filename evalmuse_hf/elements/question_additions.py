"""What a text says beyond its prompt, as far as lists of words tell: negations, nouns, relations turned around.

Questions and paraphrases are both held against it. What stands in no list here is not seen.
"""

import re
from collections.abc import Sequence

from evalmuse_hf.elements import lexicon, noun_words, scene_words
from evalmuse_hf.elements.noun_kinds import one_of
from evalmuse_hf.elements.property_words import VERBS
from evalmuse_hf.elements.question_grammar import DETERMINERS
from evalmuse_hf.elements.question_layout import NOUN_CATEGORIES, PromptLayout
from evalmuse_hf.elements.word_forms import STOP_WORDS, content_words, read_words, word_bases

NEGATIONS = re.compile(
    r"n['\u2019]t\b|\b(?:not|no|never|none|nothing|nobody|neither|nor|without|absent|missing|lack|lacks|lacking)\b",
    re.IGNORECASE,
)
"""Words that say no by themselves."""

DOUBTS = re.compile(
    r"\b(?:less|fewer|few|least|fake|false|except|excluding|hardly|barely|scarcely|rarely|seldom|"
    r"(?:other|rather) than|instead of|(?:hard|difficult|impossible) to|anything but)\b",
    re.IGNORECASE,
)
"""Words that say no in part, or of another thing."""

_NOUNS = frozenset[str]().union(
    *(noun_words.ANIMALS, noun_words.PEOPLE, noun_words.FOODS, noun_words.THINGS, scene_words.PLACES),
    *(lexicon.ANIMALS, lexicon.PEOPLE, lexicon.FOODS, lexicon.OBJECTS),
)
# They say what anything is, or where; or they are parts of whoever is there.
_COMMON = frozenset(
    (
        *("person", "people", "human", "animal", "creature", "pet", "food", "meal", "figure", "character", "subject"),
        *("group", "member", "couple", "place", "area", "location", "space", "scene", "land", "nature", "outside"),
        *("outdoors", "indoors", "interior", "world", "stage", "country", "landscape", "track", "path", "plain"),
        *("face", "head", "hand", "finger", "arm", "leg", "foot", "feet", "torso", "body", "hair", "eye", "nose"),
        *("mouth", "lip", "ear", "cheek", "chin", "neck", "shoulder", "knee", "skin", "chest", "beard", "drink"),
        *("sign", "general", "male", "female", "home", "lead", "mint", "grave", "partner", "view", "peak"),
    )
)
_LONGEST_NOUN = 3
_SIDES = (
    (("on", "above", "over", "atop"), ("under", "below", "beneath", "underneath")),
    (("left",), ("right",)),
    (("in front of",), ("behind",)),
    (("in", "inside", "within"), ("outside", "out of")),
    (("near", "next to", "beside", "close to", "by"), ("far",)),
)
_SYMMETRIC = frozenset(
    (
        *(
            "next",
            "near",
            "nearby",
            "beside",
            "besides",
            "adjacent",
            "close",
            "between",
            "among",
            "opposite",
            "across",
        ),
        *("far", "away", "facing", "touching", "side", "with", "alongside", "together", "apart", "against", "meeting"),
        *("background", "foreground", "middle", "center", "distance"),
    )
)
_SENTENCES = re.compile(r"[.!?;\n]")


def new_noun(text: str, known: str, *, also: frozenset[str] = frozenset()) -> str | None:
    """The first noun of the lists in a text that stands, in no form, in what is known; None if there is none.

    Words for a person, an animal, a part of the body or any place are free. A noun that is a verb too counts only
    after an article.

    Args:
        text: The text.
        known: The prompt, and what else may be named.
        also: Nouns beside those of the lists.

    >>> new_noun("a cat with a blue umbrella", "a cat"), new_noun("two cats", "a cat"), new_noun("to fish", "a cat")
    ('umbrella', None, None)
    """
    words, there = read_words(text), frozenset[str]().union(*map(word_bases, read_words(known)))
    joined = "".join(read_words(known))
    for start in range(len(words)):
        for end in range(min(start + _LONGEST_NOUN, len(words)), start, -1):
            phrase = words[start:end]
            noun = " ".join([*phrase[:-1], one_of(phrase[-1])])
            if (noun not in _NOUNS and noun not in also) or STOP_WORDS.issuperset(phrase):
                continue
            is_known = all(not word_bases(word).isdisjoint(there) for word in phrase) or "".join(phrase) in joined
            is_verb = noun in VERBS and (start == 0 or words[start - 1] not in DETERMINERS)
            if not is_known and not is_verb and noun not in _COMMON:
                return " ".join(phrase)
            break
    return None


def opposite_side(question: str, text: str, prompt: str) -> str | None:
    """A relation in a question that is the opposite of an element's; None if there is none, or the prompt has it too.

    Args:
        question: The question.
        text: Words of the element.
        prompt: The prompt.

    >>> opposite_side("Is the cat under the sofa, on?", "on", "a cat on a sofa")
    'under'
    """
    asked, own, given = (f" {' '.join(read_words(words))} " for words in (question, text, prompt))
    for sides in _SIDES:
        for ours, theirs in (sides, sides[::-1]):
            if any(f" {word} " in own for word in ours):
                for word in theirs:
                    if f" {word} " in asked and f" {word} " not in f"{own} {given}":
                        return word
    return None


def is_turned_around(question: str, index: int, layout: PromptLayout) -> bool:
    """Whether a question puts the two nouns around a relation or an activity in the other order than the prompt.

    It is no turn where the order says nothing ("next to"), where "by" turns the sense around as well, or where the
    relation stands between the two neither in the question nor in the prompt.

    Args:
        question: The question.
        index: Place of the relation or activity.
        layout: The prompt.
    """
    element = layout.elements[index]
    own = [word for word in content_words(element.text) if word not in _SYMMETRIC]
    is_symmetric = not _SYMMETRIC.isdisjoint(read_words(element.text))
    if element.category not in ("spatial", "activity") or is_symmetric or not own or not layout.spans[index]:
        return False
    asked = read_words(question)
    if ("by" in asked) != ("by" in read_words(layout.prompt)):
        return False
    here = _place(asked, own)
    if here is None:
        return False
    before, after = _nouns_around(asked, here, index, layout)
    if not before or not after or set(before) & set(after):
        return False
    pairs = [(first, second) for first in before for second in after]
    return not any(_in_order(first, index, second, layout) for first, second in pairs) and any(
        _in_clause(second, index, first, layout) for first, second in pairs
    )


def _place(words: Sequence[str], wanted: Sequence[str]) -> int | None:
    """Where the last of the wanted words stands, in any form."""
    places = [place for place, word in enumerate(words) if not word_bases(word).isdisjoint(word_bases(wanted[-1]))]
    return places[-1] if places else None


def _nouns_around(words: Sequence[str], here: int, index: int, layout: PromptLayout) -> tuple[list[int], list[int]]:
    """Elements whose nouns stand before a word of a question, and those after it."""
    before: list[int] = []
    after: list[int] = []
    for number, other in enumerate(layout.elements):
        if number == index or other.category not in NOUN_CATEGORIES | {"location"}:
            continue
        place = _place(words, content_words(other.text) or [""])
        if place is not None and place != here:
            (before if place < here else after).append(number)
    return before, after


def _in_order(first: int, relation: int, second: int, layout: PromptLayout) -> bool:
    return any(
        one.end <= span.start and span.end <= other.start
        for span in layout.spans[relation]
        for one in layout.spans[first]
        for other in layout.spans[second]
    )


def _in_clause(first: int, relation: int, second: int, layout: PromptLayout) -> bool:
    """As `_in_order`, in one sentence; not as in "a bird, around the bird there are rocks", where it begins anew."""
    return any(
        one.end <= span.start
        and span.end <= other.start
        and not _SENTENCES.search(layout.prompt[one.end : other.start])
        and not any(span.end <= again.start < other.start for again in layout.spans[first])
        for span in layout.spans[relation]
        for one in layout.spans[first]
        for other in layout.spans[second]
    )
