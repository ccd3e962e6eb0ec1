"""What must be got right in a picture beyond its subject, by words and patterns: the rules of the dimension logic."""

import re
from collections.abc import Sequence

from evalmuse_hf.prompts import style_words
from evalmuse_hf.prompts.anti_reality import is_anti_real
from evalmuse_hf.prompts.phrase_index import PhraseIndex, word_set
from evalmuse_hf.prompts.prompt_reading import PromptReading

_PERSPECTIVE = PhraseIndex({"Perspective": style_words.PERSPECTIVE})
_POSITION = PhraseIndex({"Position": style_words.POSITION})

_NUMBERS = word_set("""
    two three four five six seven eight nine ten eleven twelve thirteen fifteen twenty thirty forty fifty
    hundred hundreds thousand thousands million millions dozen dozens several many multiple numerous pair pairs
    trio countless plenty zero fewer
""")
_UNITS = word_set("""
    k mm p px d x fps percent % degrees inch ft cm km hour hours years year century bit dimensional
""")
_DIGITS = re.compile(r"\d{1,4}$")
_FIRST_YEAR, _LAST_YEAR = 1400, 2100
_COMPARED = 5
_VERSIONED = word_set("""
    engine unreal v version ps playstation xbox mark model iso f kodak canon nikon eos porsche boeing apollo
    ektar portra ar fiat no nr number page chapter part episode season level vol volume route area type class
""")
_NO_NOUN = word_set(", . ; : ! ? | ) ( / - of in on at is are")
_QUOTED = re.compile(
    "|".join(
        (
            r'"[^"]*\w[^"]*"',
            "\u201c[^\u201d]*\\w[^\u201d]*\u201d",
            "\u2018[^\u2019]+\u2019(?!\\w)",
            # No apostrophe: it begins before a word and ends after one. Bounded, so that the time is too.
            r"(?<![\w'])'(?=\w)(?:[^']|(?<=\w)'(?=\w)){1,200}'(?!\w)",
        )
    )
)
_WRITES = re.compile(
    r"\b(?:"
    + "|".join(
        (
            *(
                r"say(?:s|ing)",
                r"read(?:s|ing)?\s*[\"'\u201c:]",
                r"spell(?:s|ed|ing)",
                r"writ(?:e|es|ten|ing)s?",
                r"handwrit\w*",
            ),
            *(
                r"letter(?:s|ing)?",
                r"inscri(?:bed|ption)",
                r"words?",
                r"texts?",
                r"caption(?:ed)?",
                "slogan",
                "headline",
            ),
            *(
                r"typograph\w*",
                r"calligraph\w*",
                "logo",
                "font",
                r"(?:speech|thought) bubble",
                r"title[ds]?",
                "alphabet",
            ),
            *(
                "numeral",
                "musical notes?",
                "equations?",
                r"hieroglyph\w*",
                "labell?ed",
                r"number \d+",
                "stamped",
                "monogram",
            ),
            *(
                "called",
                "newspaper",
                "signs? (?:that|which|saying|says|said|reading|reads|with|showing)",
                "symbols?(?! of)",
            ),
        )
    )
    + r")(?!\w)",
    re.IGNORECASE,
)
_READS_NOT = re.compile(
    r"\b(?:peace sign|(?:reading )?(?:an?|the) newspaper|letter envelope|written by|text prompt|sign language)s?\b",
    re.IGNORECASE,
)


def logic_labels(reading: PromptReading) -> set[str]:
    """Labels of the dimension logic, without None.

    Args:
        reading: The prompt.
    """
    tokens = reading.tokens
    found = set()
    if reading.colors:
        found.add("Color")
    if _counts(tokens):
        found.add("Number")
    views = {place for view in _PERSPECTIVE.find(tokens) for place in range(view.start, view.stop)}
    if views:
        found.add("Perspective")
    if any(position.start not in views for position in _POSITION.find(tokens)):  # seen from above: no place
        found.add("Position")
    if _QUOTED.search(reading.text) or _WRITES.search(_READS_NOT.sub(" ", reading.text)):
        found.add("Writing")
    if is_anti_real(reading):
        found.add("Anti-reality")
    return found


def _counts(tokens: Sequence[str]) -> bool:
    """Whether a number of things is asked for: no year, no lens, no resolution, no version."""
    for place, token in enumerate(tokens):
        following = tokens[place + 1] if place + 1 < len(tokens) else "."
        before = tokens[place - 1] if place else "."
        if (
            token in _NUMBERS
            and following not in _UNITS
            and not (token in ("two", "three", "four") and before == "number")
        ):
            return True
        if token in ("couple", "bunch", "collection") and following == "of":
            return True
        if token == "more" and "than" in tokens[place + 1 : place + _COMPARED]:
            return True
        if (
            token == "one"
            and following not in _NO_NOUN
            and following.isalpha()
            and before in (".", ",", "and", "only", "just", "exactly", "with", "is", "are", "of")
        ):
            return True
        if (
            _DIGITS.match(token)
            and following.isalpha()
            and following not in _UNITS | _NO_NOUN
            and before not in _VERSIONED
        ):
            year = _FIRST_YEAR <= int(token) <= _LAST_YEAR
            if not year and before not in ("f", "$", "-", "#", ":", "/"):
                return True
    return False
