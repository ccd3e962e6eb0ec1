"""What a noun names: a living thing, food, a place, a time, weather, a medium, or any other thing."""

import re
from collections.abc import Sequence

from evalmuse_hf.elements.grammar_words import BUILT
from evalmuse_hf.elements.lexicon import IRREGULAR_PLURALS, singular
from evalmuse_hf.elements.noun_words import ANIMALS, FOODS, MATERIALS, PEOPLE
from evalmuse_hf.elements.property_words import EVENTS, FIRST_NAMES
from evalmuse_hf.elements.scene_words import MEDIA, PLACES, QUALITY, STYLES, TIMES, VIEWS, WEATHER

Kind = tuple[str, str]
"""Category, and the category as a benchmark would spell it."""

OBJECT: Kind = ("object", "object")
LOCATION: Kind = ("location", "location")
_LISTS: tuple[tuple[frozenset[str], Kind], ...] = (
    (PEOPLE, ("animal/human", "human")),
    (ANIMALS, ("animal/human", "animal")),
    (FOODS, ("food", "food")),
    (EVENTS, ("activity", "activity")),
    (TIMES, ("other", "other-time")),
    (WEATHER, ("other", "other-weather")),
    (PLACES, LOCATION),
    (MEDIA, ("attribute", "attribute")),
    (VIEWS, ("attribute", "attribute")),
    (QUALITY, ("attribute", "attribute")),
    (STYLES, ("attribute", "attribute-style-artist/works")),
    (MATERIALS, ("material", "material")),
)
_PERSON = re.compile(
    r".{3,}(?:man|woman|men|women|girl|boy|ologist|keeper|maker|guitarist|player|worker|driver|dancer)s?$"
)


def one_of(word: str) -> str:
    """Singular of a word, where the rule for plurals leaves a word that is known.

    >>> one_of("butterflies"), one_of("heroes"), one_of("octopus"), one_of("glasses")
    ('butterfly', 'hero', 'octopus', 'glasses')
    """
    if word == "glasses":
        return word  # that one wears; nothing says whether one drinks from them
    if word in IRREGULAR_PLURALS:
        return IRREGULAR_PLURALS[word]
    candidates = [word, singular(word)]
    if word.endswith("es"):
        candidates.append(word[:-2])
    if word.endswith("ves"):
        candidates += [word[:-3] + "f", word[:-3] + "fe"]
    known = [candidate for candidate in candidates if any(candidate in words for words, _ in _LISTS)]
    return known[0] if known else singular(word)


def noun_kind(words: Sequence[str], *, governed: bool = False) -> Kind:
    """Kind of a compound noun: that of the longest of its ends that is known.

    Args:
        words: The words of the compound, in lower case, at least one.
        governed: Whether a preposition of place stands before it.

    >>> noun_kind(["soccer", "player"]), noun_kind(["polar", "bears"]), noun_kind(["castle"])
    (('animal/human', 'human'), ('animal/human', 'animal'), ('object', 'object'))
    >>> noun_kind(["castle"], governed=True)
    ('location', 'location')
    """
    last = one_of(words[-1])
    for start in range(len(words)):
        for end in dict.fromkeys((words[-1], last)):
            phrase = " ".join([*words[start:-1], end])
            for listed, kind in _LISTS:
                if phrase in listed:
                    return OBJECT if kind == LOCATION and phrase in BUILT and not governed else kind
    if _PERSON.match(words[-1]) or (len(words) > 1 and words[0] in FIRST_NAMES):
        return ("animal/human", "human")
    return OBJECT
