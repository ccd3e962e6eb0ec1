"""What a prompt is about, by word lists: the rules of the dimension category."""

import re
from collections.abc import Sequence

from evalmuse_hf.prompts import concept_words, subject_words
from evalmuse_hf.prompts.phrase_index import Mention, PhraseIndex, word_set
from evalmuse_hf.prompts.prompt_reading import PromptReading

_NOTHING = ""
_INDEX = PhraseIndex(
    {
        "Abstract": concept_words.ABSTRACT,
        "Animals": subject_words.ANIMALS,
        "Artifacts": subject_words.ARTIFACTS,
        "Arts": concept_words.ARTS,
        "Food & Beverage": subject_words.FOOD,
        "Illustrations": concept_words.ILLUSTRATIONS,
        "Indoor Scenes": subject_words.INDOORS,
        "Outdoor Scenes": subject_words.OUTDOORS,
        "People": f"{subject_words.PEOPLE},{concept_words.FIGURES}",
        "Produce & Plants": subject_words.PLANTS,
        "Vehicles": subject_words.VEHICLES,
        "World Knowledge": f"{concept_words.WORLD},{concept_words.FIGURES}",
        _NOTHING: concept_words.NOTHING,
    }
)
_IDIOMS = PhraseIndex({"Idiom": concept_words.IDIOMS})

_ENDS_CORE = word_set("""
    in on at with next left right near behind under underneath beneath below above inside outside over through
    against among beside between from by into onto atop around across along while as wearing holding carrying using
    . , ; : | (
""")
_ABSENT = word_set("without no zero")
_HOLDERS = word_set("""
    bowl glass cup bottle plate can pint slice piece pot pan mug jar pitcher box bag basket tray jug loaf
""")
_FROM_TAIL = frozenset(
    {"Animals", "Arts", "Food & Beverage", "Indoor Scenes", "Outdoor Scenes", "People", "Vehicles", "World Knowledge"}
)
"""What counts wherever it is named: a prompt about a cat in a kitchen is about an indoor scene too."""

_IS_HEAD = frozenset({"Artifacts", "Indoor Scenes", "Outdoor Scenes", "Food & Beverage", "Vehicles", "Illustrations"})
_CONCRETE = (_FROM_TAIL - {"Arts"}) | {"Artifacts", "Produce & Plants"}
_PERSONAL = word_set("i we he she you they him her us them mary john tom")
_PERSON_ENDING = re.compile(r"(?:ist|ician|woman|man|men|women|girl|boy)s?$")
_IDEA_ENDING = re.compile(r"(?:ness|tion|sion|ity|ism|ence|ance|hood|ship)$")


def category_labels(reading: PromptReading) -> set[str]:
    """Labels of the dimension category.

    Args:
        reading: The prompt.
    """
    tokens = reading.tokens
    skipped = reading.credits | reading.colors
    found = set()
    if _IDIOMS.has(tokens):
        found.add("Idiom")
    mentions = [mention for mention in _INDEX.find(tokens) if mention.stop - 1 not in skipped]
    core, tail = _by_place(tokens, mentions)
    found |= core | (tail & _FROM_TAIL)
    if found & _CONCRETE:
        found.discard("Abstract")  # the power of a car, the mood of a street
    else:
        found |= tail
    if reading.names:
        found.add("World Knowledge")
    return found or _guess(tokens)


def _by_place(tokens: Sequence[str], mentions: Sequence[Mention]) -> tuple[set[str], set[str]]:
    """Kinds of what stands in the first clause, and of what stands after it."""
    core: set[str] = set()
    tail: set[str] = set()
    end = None
    for number, mention in enumerate(mentions):
        if end is None and number:
            last = mentions[number - 1].stop
            if any(token in _ENDS_CORE for token in tokens[last : mention.start]):
                end = last
        if not _counts(tokens, mentions, number):
            continue
        (core if end is None else tail).update(mention.kinds)
    return core - {_NOTHING}, tail - {_NOTHING}


def _counts(tokens: Sequence[str], mentions: Sequence[Mention], number: int) -> bool:
    mention = mentions[number]
    follower = mentions[number + 1] if number + 1 < len(mentions) else None
    before = tokens[max(0, mention.start - 3) : mention.start]
    if _ABSENT.intersection(before):
        return False
    if _is_made_of(tokens, mention.start):
        return False
    if follower is None:
        return True
    if follower.start == mention.stop and _IS_HEAD.intersection(follower.kinds):
        return False  # a dog puppet is a puppet
    holder = tokens[mention.stop - 1] in _HOLDERS or tokens[mention.stop - 1].removesuffix("s") in _HOLDERS
    filled = "Food & Beverage" in follower.kinds or "Produce & Plants" in follower.kinds
    return not (holder and filled and "of" in tokens[mention.stop : follower.start])


def _is_made_of(tokens: Sequence[str], place: int) -> bool:
    before = tokens[max(0, place - 5) : place]
    return "made" in before and ("of" in before or "from" in before)


def _guess(tokens: Sequence[str]) -> set[str]:
    """A label for a prompt without a known word."""
    words = [token for token in tokens if token.isalpha()]
    if _PERSONAL.intersection(words) or any(_PERSON_ENDING.search(word) for word in words):
        return {"People"}
    if any(_IDEA_ENDING.search(word) for word in words):
        return {"Abstract"}
    return {"Artifacts"} if len(words) > 1 else {"Abstract"}
