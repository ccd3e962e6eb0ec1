"""What has to be said where packaged scorers score: they know drawings of a small world, and few words."""

import re
from collections.abc import Iterable
from functools import cache

from evalmuse_hf.elements import clean_prompt
from evalmuse_hf.mini.checkpoints import find_checkpoint
from evalmuse_hf.mini.tokenizer import vocabulary_words

_MOST_NAMED = 6
_WORD = re.compile(r"[^\W_]+")


def is_mini(name: str) -> bool:
    """Whether a scorer runs a checkpoint that the package carries.

    Args:
        name: Of the scorer, such as ``"fga_blip2:mini"``.

    >>> is_mini("fga_blip2:mini"), is_mini("fga_blip2:OWNER/MODEL"), is_mini("clip_score")
    (True, False, False)
    """
    model = name.partition(":")[2]
    return any(find_checkpoint(model, family=family) is not None for family in ("fga_blip2", "vqa"))


def mini_note(names: Iterable[str]) -> str:
    """What visitors have to know of packaged scorers.

    Args:
        names: Of all scorers of the page.

    Returns:
        Two or three sentences; empty if none is packaged.
    """
    if not any(map(is_mini, names)):
        return ""
    return (
        "Models called mini judge drawings of a small invented world, such as those below. They do not judge "
        "photographs: one gets a number too, and it means nothing. In that world even a perfect drawing is rated "
        "about 4.1 of 5."
    )


def find_unknown_words(prompt: str) -> list[str]:
    """Find the words of a prompt that the packaged models never learned; each once, in order.

    Args:
        prompt: The raw prompt.

    >>> find_unknown_words("a red cat on a Sofa, sofa!")
    ['sofa']
    """
    words = _WORD.findall(clean_prompt(prompt).text.lower())
    return [word for word in dict.fromkeys(words) if word not in _known_words() and not word.isdigit()]


def unknown_words_note(prompt: str) -> str:
    """Say which words the packaged models never learned.

    Args:
        prompt: The raw prompt.

    Returns:
        One sentence; empty if they know all.

    >>> unknown_words_note("a cat")
    ''
    """
    unknown = find_unknown_words(prompt)
    if not unknown:
        return ""
    named = ", ".join(f"“{word}”" for word in unknown[:_MOST_NAMED])
    more = f" and {len(unknown) - _MOST_NAMED} more" if len(unknown) > _MOST_NAMED else ""
    return (
        f"The mini models never learned {named}{more}: they read such words letter by letter, and scores that hang "
        "on them mean nothing."
    )


@cache
def _known_words() -> frozenset[str]:
    return frozenset(word for word in vocabulary_words() if word.isalpha() and len(word) > 1) | {"a"}
