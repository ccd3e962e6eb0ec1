"""What a split says of each content word of a prompt: none, or the category of the element that it belongs to."""

import re
from collections.abc import Sequence

from evalmuse_hf.elements.cleaning import clean_prompt
from evalmuse_hf.elements.span_agreement import place_texts
from evalmuse_hf.elements.word_forms import STOP_WORDS
from evalmuse_hf.schema import CATEGORIES, Element

NONE = 0
"""Label of a word that belongs to no element."""

LABELS = {category: number for number, category in enumerate(CATEGORIES, start=1)}
"""Number of each category; the statistics take numbers."""

_WORD = re.compile(r"\w+")
_ALL_WORDS = 10**9


def content_tokens(prompt: str) -> list[tuple[int, int]]:
    """Places of the content words in the cleaned prompt: words that are no stop words (`STOP_WORDS`).

    Args:
        prompt: The prompt as it was written.

    >>> content_tokens("A cat on the sofa")
    [(2, 5), (13, 17)]
    """
    text = clean_prompt(prompt, max_words=_ALL_WORDS).full_text
    return [match.span() for match in _WORD.finditer(text) if match[0] not in STOP_WORDS]


def label_tokens(prompt: str, elements: Sequence[Element]) -> list[int]:
    """Label each content word by the element that it stands in.

    A word in several elements belongs to the shortest of them, which says most about it ("wooden" to "wooden
    (material)" rather than to "wooden table (object)"); of two equally short ones to the first. An element without
    category counts as other.

    Args:
        prompt: The prompt as it was written.
        elements: Its elements; one that does not stand in the prompt labels nothing.

    Returns:
        One label per content word: `NONE` or a number of `LABELS`.

    >>> label_tokens("a wooden table", [Element("wooden table", "object"), Element("wooden", "material")])
    [5, 4]
    """
    placed = place_texts(prompt, [(element.text, element.category or "other") for element in elements])
    shortest_first = sorted((one for one in placed if one.characters), key=lambda one: len(one.text))
    labels = []
    for start, end in content_tokens(prompt):
        touched = (one for one in shortest_first if not one.characters.isdisjoint(range(start, end)))
        found = next(touched, None)
        labels.append(NONE if found is None else LABELS[found.category])
    return labels
