"""Raw prompts that look like those people type, with all their dirt: something to build a benchmark from, offline.

Nothing is copied from a collection. Two in five prompts use the words of the drawn world, so that its generators can
draw what they ask for. The shares below are of the shapes of prompts; how often labels come follows from them, some
as rarely as in the paper's figure (idioms: 0.2 %).
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from evalmuse_hf.elements.lexicon import with_article
from evalmuse_hf.prompts import raw_words as words

DRAWN_SHARE = 0.40
"""Of the prompts that are made of words of the drawn world."""

_REPEATS = 0.06  # of prompts come again, as they are or nearly
_FAR_TOO_LONG = 60
_CHUNK = 1 << 30


def write_raw_prompts(n: int, seed: int = 0) -> list[dict[str, Any]]:
    """Write raw prompts as the rows of a table.

    Args:
        n: How many.
        seed: The same seed gives the same prompts, also in another process; the first of many are those of few.

    Returns:
        Rows with ``id`` (``"raw-000001"``), ``prompt``, and ``shape``, the kind of prompt that it was meant to be.

    Raises:
        ValueError: If the number is negative.

    >>> [row["id"] for row in write_raw_prompts(2, seed=3)]
    ['raw-000001', 'raw-000002']
    """
    if n < 0:
        raise ValueError(f"`n` is {n}, expected 0 or more.")
    rng = Random(f"raw prompts {seed}")  # a text seeds it the same everywhere
    names, weights = zip(*((name, weight) for name, (weight, _) in _SHAPES.items()), strict=True)
    rows: list[dict[str, Any]] = []
    for number in range(1, n + 1):
        if rows and rng.random() < _REPEATS:
            shape, text = "repeat", _again(rng, rng.choice(rows)["prompt"])
        else:
            shape = rng.choices(names, weights)[0]
            text = _SHAPES[shape][1](rng)
        rows.append({"id": f"raw-{number:06d}", "prompt": text, "shape": shape})
    return rows


def _drawn(rng: Random) -> str:
    """A scene of the drawn world, in one of six forms, sometimes with modifiers as people add them."""
    forms = (_drawn_one, _drawn_pair, _drawn_count, _drawn_relation, _drawn_shape, _drawn_activity)
    text = rng.choices(forms, (3, 2, 2, 3, 1, 2))[0](rng)
    if rng.random() < 0.55:
        text += f" {rng.choice(words.DRAWN_PLACES)}"
    if rng.random() < 0.25:
        text += ", " + ", ".join(rng.sample((*words.STYLES, *words.MODIFIERS), rng.randint(1, 3)))
    return text


def _drawn_one(rng: Random) -> str:
    return with_article(_described(rng))


def _drawn_pair(rng: Random) -> str:
    return f"{with_article(_described(rng))} and {with_article(_described(rng))}"


def _drawn_count(rng: Random) -> str:
    color = f"{rng.choice(words.DRAWN_COLORS)} " if rng.random() < 0.3 else ""
    return f"{rng.choice(words.DRAWN_NUMBERS)} {color}{_plural(rng.choice(words.DRAWN_NOUNS))}"


def _drawn_relation(rng: Random) -> str:
    first, second = rng.sample(words.DRAWN_NOUNS, 2)
    color = f"{rng.choice(words.DRAWN_COLORS)} " if rng.random() < 0.4 else ""
    return f"{with_article(color + first)} {rng.choice(words.DRAWN_RELATIONS)} {with_article(second)}"


def _drawn_shape(rng: Random) -> str:
    if rng.random() < 0.35:
        return f"a sign that says '{rng.choice(words.DRAWN_WORDS)}'"
    return with_article(f"{rng.choice(words.DRAWN_SHAPES)} {rng.choice(words.DRAWN_SHAPED)}")


def _drawn_activity(rng: Random) -> str:
    return with_article(f"{rng.choice(words.DRAWN_ACTIVITIES)} {rng.choice(words.DRAWN_ALIVE)}")


def _described(rng: Random) -> str:
    noun = rng.choice(words.DRAWN_NOUNS)
    kinds = (words.DRAWN_COLORS, words.DRAWN_MATERIALS, words.DRAWN_STATES)
    kind = rng.choices(kinds, (5, 0 if noun in words.DRAWN_ALIVE else 2, 2))[0]
    return f"{rng.choice(kind)} {noun}"


def _plural(noun: str) -> str:
    return words.DRAWN_PLURALS.get(noun, f"{noun}s")


def _listed(rng: Random) -> str:
    """A subject, perhaps a scene, and a list of looks: the usual prompt of a text-to-image community."""
    # The square favours the first subjects, so that some labels are far more common than others.
    subject = words.SUBJECTS[int(rng.random() ** 1.4 * len(words.SUBJECTS))]
    parts = [subject + (f" {rng.choice(words.SCENES)}" if rng.random() < 0.5 else "")]
    parts += rng.sample(words.STYLES, rng.randint(0, 2))
    if rng.random() < 0.25:
        names = rng.sample(words.ARTISTS, rng.randint(1, 2))
        parts.append(("by " if rng.random() < 0.7 else "in the style of ") + " and ".join(names))
    parts += rng.sample(words.MODIFIERS, rng.choice((0, 0, 1, 2, 4, 6)))
    if rng.random() < 0.12:
        place = rng.randrange(len(parts))
        parts[place] = f"({parts[place]}:1.{rng.randint(1, 5)})"
    text = rng.choice((", ", ", ", " , ")).join(parts)
    if rng.random() < 0.08:
        text += rng.choice((" --ar 16:9", " --v 4 --q 2", " --ar 3:2 --stylize 750", " -n 9"))
    return text.lower() if rng.random() < 0.5 else text


def _idea(rng: Random) -> str:
    return rng.choice(("the essence of {}", "{}", "{} as a feeling", "an abstract painting of {}")).format(
        rng.choice(("love", "gravity", "hope", "entropy", "freedom", "nostalgia", "justice", "consciousness", "peace"))
    )


def _idiom(rng: Random) -> str:
    return rng.choice(words.IDIOMS)


def _writing(rng: Random) -> str:
    return rng.choice(words.WRITING) + rng.choice(("", ", photo", ", graffiti", " on a brick wall"))


def _too_long(rng: Random) -> str:
    parts = [_listed(rng)]
    while sum(len(part.split()) for part in parts) <= _FAR_TOO_LONG:
        parts.append(_listed(rng))
    return ", ".join(parts)


def _foreign(rng: Random) -> str:
    return rng.choice(words.FOREIGN) + rng.choice(("", "", ", 4k", ", oil painting"))


def _empty(rng: Random) -> str:
    return rng.choice(("", " ", "...", "\n", "--ar 1:1", "!!!"))


def _link(rng: Random) -> str:
    return rng.choice(words.LINKS).format(number=rng.randrange(_CHUNK))


def _symbols(rng: Random) -> str:
    """A prompt with emojis, or with characters that nobody sees."""
    text = rng.choice((_drawn, _listed))(rng)
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(text) + 1)
        text = text[:place] + rng.choice((*words.EMOJIS, *words.HIDDEN)) + text[place:]
    return text


def _injection(rng: Random) -> str:
    return rng.choice(words.INJECTIONS)


def _again(rng: Random, text: str) -> str:
    """A prompt as somebody types it a second time."""
    kind = rng.randrange(5)
    if kind == 0:
        return text.upper()
    if kind == 1:
        return f"  {text.replace(' ', '  ')} "
    if kind == 2:
        return text.replace(", ", " , ") + "."
    if kind == 3:
        return f"{text}, {rng.choice(words.MODIFIERS)}"
    return text


_SHAPES: Mapping[str, tuple[float, Callable[[Random], str]]] = {
    "drawn": (DRAWN_SHARE / (1 - _REPEATS), _drawn),
    "listed": (0.45, _listed),
    "idea": (0.03, _idea),
    "writing": (0.012, _writing),
    "idiom": (0.002, _idiom),
    "too long": (0.01, _too_long),
    "foreign": (0.02, _foreign),
    "empty": (0.005, _empty),
    "link": (0.01, _link),
    "symbols": (0.02, _symbols),
    "injection": (0.004, _injection),
}
"""By shape, its weight and what writes it."""
