"""Small rules of English that questions need: articles, plurals, adjectives and verbs, by endings and short lists.

They know no dictionary, and where they cannot tell they choose what reads least wrong.
"""

import re

from evalmuse_hf.elements.lexicon import ATTRIBUTES, COLORS, IRREGULAR_PLURALS, MATERIALS, NUMBERS, SHAPES, is_plural
from evalmuse_hf.elements.property_words import VERBS
from evalmuse_hf.elements.question_words import (
    ADJECTIVES,
    MASS_NOUNS,
    NO_PARTICIPLES,
    NO_PLURALS,
    NOUNS_LIKE_ADJECTIVES,
)
from evalmuse_hf.elements.word_forms import word_bases

DETERMINERS = frozenset(
    ("a", "an", "the", "this", "that", "these", "those", "my", "your", "his", "her", "its", "our", "their")
)
QUANTIFIERS = frozenset(("some", "many", "several", "few", "all", "every", "each", "another", "both", "no", "any"))
PREPOSITIONS = frozenset(
    (
        *("at", "in", "on", "under", "inside", "near", "by", "over", "among", "outside", "underneath", "of", "with"),
        *("to", "from", "into", "out", "than", "behind", "above", "below", "beside", "through", "against", "as"),
    )
)
_MASS_ENDINGS = ("ness", "ism", "graphy", "wear", "ware", "work", "light")
_ADJECTIVE_ENDINGS = (
    *("al", "ic", "ful", "ous", "ive", "ish", "less", "able", "ible", "ant", "ent", "ern", "ary", "esque", "like"),
    *("ular", "est", "ed", "ing", "ist", "istic", "ine", "ese", "ian", "y", "en", "id", "ior", "ile", "ute", "ate"),
)
_NOUN_ENDINGS = (
    *("tion", "sion", "ness", "ment", "ism", "ity", "ship", "graphy", "ology", "ance", "ence", "ency", "er"),
    *("ture", "phy", "gy", "ry"),
)
_KNOWN_PROPERTIES = frozenset((*COLORS, *MATERIALS, *SHAPES, *ATTRIBUTES))
_DIRECTIONS = frozenset(
    (
        *("forward", "forwards", "backward", "backwards", "sideways", "upright", "apart", "together", "upward"),
        *("downward", "outward", "inward", "straight", "outstretched", "aside", "nearby", "alone"),
    )
)
_NATIONS = frozenset(
    (
        *("japanese", "chinese", "korean", "indian", "american", "african", "european", "asian", "french", "italian"),
        *("english", "british", "german", "russian", "spanish", "mexican", "egyptian", "greek", "roman", "dutch"),
    )
)
MANY = ("a few ", "a dozen ", "a hundred ", "a thousand ", "a million ", "a couple of ")
"""Beginnings with an article that mean several."""

_LEAST_OF_A_NAME = 2
_LETTERS = frozenset("BCDEFGHIJKLMNOPQRSTUVWXYZ")
_SOUNDS_LIKE_Y = re.compile(r"(?:uni(?!n|m)|eu|use|usu|ufo|one\b|once)", re.IGNORECASE)
_DIMENSIONS = re.compile(r"\d ?d\b", re.IGNORECASE)
_SILENT_H = re.compile(r"(?:hour|honest|heir|honor)", re.IGNORECASE)
_PAST_WITH_E = ("s", "c", "g", "v", "z", "u", "at", "ak", "ap", "ip", "ir", "ar", "ur")
_VOWELS = tuple("aeiou")


def head_of(text: str) -> str:
    """The word of a noun phrase that decides its number: the last one before "of", "with" and their like.

    >>> head_of("stacks of papers"), head_of("wooden table")
    ('stacks', 'table')
    """
    words = text.split(" ")
    for number, word in enumerate(words[1:], start=1):
        if word.lower() in PREPOSITIONS:
            return words[number - 1]
    return words[-1]


def is_plural_phrase(text: str) -> bool:
    """Whether a noun phrase needs a verb in the plural.

    >>> is_plural_phrase("stacks of papers"), is_plural_phrase("stack of papers"), is_plural_phrase("canvas")
    (True, False, False)
    """
    first, head = text.split(" ")[0].lower(), head_of(text).lower()
    if text.lower().startswith(MANY):
        return True
    if first in {"a", "an", "one", "1"} or head in NO_PLURALS:
        return False
    return is_plural(head)


def be(text: str) -> str:
    """Are or Is, as a noun phrase needs it.

    >>> be("the cats"), be("the cat")
    ('Are', 'Is')
    """
    return "Are" if is_plural_phrase(text) else "Is"


def indefinite(text: str) -> str:
    """Put "a" or "an" before a noun phrase where one may stand.

    >>> indefinite("umbrella"), indefinite("cats"), indefinite("hair"), indefinite("unicorn"), indefinite("two cats")
    ('an umbrella', 'cats', 'hair', 'a unicorn', 'two cats')
    """
    first = text.split(" ")[0].lower()
    determined = (
        first in DETERMINERS
        or first in QUANTIFIERS
        or first in NUMBERS
        or (first.isdigit() and not _DIMENSIONS.match(text))
    )
    if determined or is_plural_phrase(text) or is_mass(text):
        return text
    vowel = text[:1].lower() in _VOWELS and not _SOUNDS_LIKE_Y.match(text)
    return f"an {text}" if vowel or _SILENT_H.match(text) else f"a {text}"


def make_plural(noun: str) -> str:
    """Plural of a noun phrase; one that is plural already, or that has none, stays.

    >>> [make_plural(noun) for noun in ("cat", "cats", "box of toys", "cherry", "woman", "smoke")]
    ['cats', 'cats', 'boxes of toys', 'cherries', 'women', 'smoke']
    """
    head = head_of(noun)
    if is_plural_phrase(noun) or is_mass(noun):
        return noun
    lower = head.lower()
    many = next((plural for plural, one in IRREGULAR_PLURALS.items() if one == lower), None)
    if many is None and lower.endswith(("man", "woman")) and lower != "human":
        many = f"{head[:-2]}en"
    if many is None and lower.endswith("y") and lower[-2:-1] not in _VOWELS:
        many = f"{head[:-1]}ies"
    if many is None:
        many = f"{head}es" if lower.endswith(("s", "x", "z", "ch", "sh")) else f"{head}s"
    return many if noun == head else noun.replace(head, many, 1)


def is_mass(text: str) -> bool:
    """Whether a noun phrase names a stuff or an idea, of which there is no number.

    >>> is_mass("pink smoke"), is_mass("darkness"), is_mass("chair")
    (True, True, False)
    """
    head = head_of(text).lower()
    return head in MASS_NOUNS or (head.endswith(_MASS_ENDINGS) and head not in {"wear", "work", "light"})


def is_adjectival(text: str) -> bool:
    """Whether words look like an adjective, which may stand after "is".

    >>> [is_adjectival(text) for text in ("highly detailed", "cozy and calm", "depth of field", "resolution")]
    [True, True, False, False]
    """
    words = text.lower().split(" ")
    last = words[-1]
    if not PREPOSITIONS.isdisjoint(words):
        return False
    if last in _KNOWN_PROPERTIES or last in ADJECTIVES:
        return True
    if (
        last in NOUNS_LIKE_ADJECTIVES
        or last in MASS_NOUNS
        or last in NO_PARTICIPLES
        or last.endswith(_NOUN_ENDINGS)
        or is_plural(last)
    ):
        return False
    return last.endswith(_ADJECTIVE_ENDINGS) or "-" in last.strip("-")


def is_state(text: str) -> bool:
    """Whether words say in what state something is, so that they may stand after "is": "bent forward".

    >>> [is_state(text) for text in ("bent forward", "gathered together", "looking up", "red", "depth of field")]
    [True, True, True, False, False]
    """
    words = text.lower().split(" ")
    first = words[0]
    past = first not in NO_PARTICIPLES and (first.endswith("ed") or (base_of_verb(first) or first) != first)
    past = (past and not first.endswith("s")) or first in {"up", "down", "out", "off", "over"}
    return (
        len(words) > 1 and (is_participle(first) or past or words[-1] in _DIRECTIONS)
    ) or text.lower() in _DIRECTIONS


def is_participle(word: str) -> bool:
    """Whether a word looks like the -ing form of a verb.

    >>> is_participle("running"), is_participle("ceiling")
    (True, False)
    """
    return len(word) > len("king") and word.endswith("ing") and word not in NO_PARTICIPLES


def base_of_verb(word: str) -> str | None:
    """Base form of a verb in the present or past; None if the word looks like no such form.

    >>> [base_of_verb(word) for word in ("finds", "watches", "flies", "found", "chased", "hugged", "burn", "sofa")]
    ['find', 'watch', 'fly', 'find', 'chase', 'hug', 'burn', None]
    """
    known = [base for base in word_bases(word) if base in VERBS]
    if known:
        return min(known, key=lambda base: (base == word and word.endswith("ed"), -len(base)))
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("shes", "ches", "sses", "xes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    if word.endswith("ied"):
        return word[:-3] + "y"
    if word.endswith("ed") and len(word) > len("seed"):
        stem = word[:-2]
        if stem[-1] == stem[-2] and stem[-1] not in "lsz":
            return stem[:-1]
        return stem + "e" if stem.endswith(_PAST_WITH_E) else stem
    return None


def lower_words(text: str) -> str:
    """Lower the words of a text that are capitalized; acronyms stay.

    >>> lower_words("VR Headset")
    'VR headset'
    """
    words = text.split(" ")
    if sum(word[:1].isupper() for word in words) >= _LEAST_OF_A_NAME and not words[-1][:1].isupper():
        return text  # "Times New Roman font"
    kept = {word for word in words if word[1:2].isupper() or word.lower() in _NATIONS or word in _LETTERS}
    return " ".join(word if word in kept else word[:1].lower() + word[1:] for word in words)
