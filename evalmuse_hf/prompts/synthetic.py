"""Prompts from templates, in the six families of EvalMuse-40K's synthetic half; their elements are known."""

import re
from collections.abc import Callable, Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np

from evalmuse_hf.elements.lexicon import with_article
from evalmuse_hf.prompts import word_lists as words
from evalmuse_hf.schema import Element, Prompt

_T = TypeVar("_T")
_Made = tuple[str, list[Element]]
_MOST_REPEATS = 2000  # drawn again in a row before a family counts as used up
_SIBILANTS = ("s", "x", "z", "ch", "sh")


def synthesize(n: int, *, seed: int, families: Mapping[str, int | None] | None = None) -> list[Prompt]:
    """Make prompts; no text comes twice.

    A family draws from its own generator, so that more prompts of it, or other families beside it, change none of
    those it makes first.

    Args:
        n: How many in all.
        seed: Same seed, same prompts.
        families: How many of each family; None for a family takes an even share of what the others leave. None
            spreads n evenly over `FAMILIES`.

    Returns:
        The prompts, family by family.

    Raises:
        ValueError: If a family is unknown, the numbers do not fit n, or a family has not so many different prompts.
    """
    prompts: list[Prompt] = []
    for name, number in _share_out(n, families or dict.fromkeys(FAMILIES)).items():
        prompts.extend(_make_family(name, number, seed))
    return prompts


def missing_elements(text: str, elements: "list[Element] | tuple[Element, ...]") -> list[Element]:
    """Elements that do not stand in a text as whole words; upper and lower case are one.

    Args:
        text: A prompt, or a paraphrase of it.
        elements: Its elements.

    >>> missing_elements("A heron by a pier", [Element.from_text("heron"), Element.from_text("kettle")])[0].text
    'kettle'
    """
    return [
        element
        for element in elements
        if not re.search(rf"(?<!\w){re.escape(element.text)}(?!\w)", text, re.IGNORECASE)
    ]


def prompt_row(prompt: Prompt) -> dict[str, Any]:
    """A prompt as a row of a table.

    Args:
        prompt: The prompt.
    """
    return {
        "id": prompt.prompt_id,
        "prompt": prompt.text,
        "source": prompt.source,
        "synthetic_type": prompt.synthetic_type,
        "elements": [
            {"text": element.text, "category": element.category, "raw_category": element.raw_category}
            for element in prompt.elements
        ],
    }


def plural(noun: str) -> str:
    """Plural of a noun of `evalmuse_hf.prompts.word_lists`.

    >>> plural("pancake"), plural("blueberry"), plural("ostrich"), plural("cactus"), plural("donkey")
    ('pancakes', 'blueberries', 'ostriches', 'cacti', 'donkeys')
    """
    if noun in words.PLURALS:
        return words.PLURALS[noun]
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(_SIBILANTS) else "s")


def _share_out(n: int, families: Mapping[str, int | None]) -> dict[str, int]:
    if n < 1:
        raise ValueError(f"`n` is {n}, expected 1 or more.")
    if unknown := [name for name in families if name not in FAMILIES]:
        raise ValueError(f"There is no family {unknown[0]!r}, only {', '.join(FAMILIES)}.")
    numbers = {name: number for name, number in families.items() if number is not None}
    open_ones = [name for name in families if families[name] is None]
    rest = n - sum(numbers.values())
    if rest < 0 or min(numbers.values(), default=0) < 0 or (rest and not open_ones):
        raise ValueError(f"The families ask for {sum(numbers.values())} prompts, but {n} are wanted in all.")
    for place, name in enumerate(open_ones):
        numbers[name] = rest // len(open_ones) + (place < rest % len(open_ones))
    return {name: numbers[name] for name in FAMILIES if name in numbers}


def _make_family(name: str, number: int, seed: int) -> list[Prompt]:
    rng = np.random.default_rng([seed, list(FAMILIES).index(name)])
    made: dict[str, Prompt] = {}
    repeats = 0
    while len(made) < number:
        text, elements = FAMILIES[name](rng)
        repeats = repeats + 1 if text.lower() in made else 0
        if repeats > _MOST_REPEATS:
            raise ValueError(f"{name!r} has only about {len(made)} different prompts, {number} are wanted.")
        if not repeats:
            made[text.lower()] = Prompt(_identify(text), text, "synthetic", name, tuple(elements))
    return list(made.values())


def _identify(text: str) -> str:
    return f"synthetic-{blake2b(text.encode(), digest_size=8).hexdigest()}"


def _pick(rng: np.random.Generator, items: "tuple[_T, ...]") -> _T:
    return items[int(rng.integers(len(items)))]


def _pick_two(rng: np.random.Generator, items: "tuple[_T, ...]") -> "tuple[_T, _T]":
    first, second = rng.choice(len(items), 2, replace=False)
    return items[first], items[second]


def _element(text: str, raw_category: str) -> Element:
    return Element.from_columns(text, raw_category=raw_category)


def _single(noun: str) -> bool:
    return noun not in words.ONLY_PLURAL


_NOUNS = MappingProxyType({
    **dict.fromkeys(words.PEOPLE, "human"),
    **dict.fromkeys(words.ANIMALS, "animal"),
    **dict.fromkeys(words.FOODS, "food"),
    **dict.fromkeys(words.THINGS, "object"),
})  # fmt: skip
_SINGLE_NOUNS = tuple(filter(_single, _NOUNS))
_SINGLE_THINGS = tuple(filter(_single, words.THINGS))


def _count_objects(rng: np.random.Generator) -> _Made:
    """``three herons and a large number of kettles``; what there is none of is no element of its own."""
    parts, elements = [], []
    for noun, amount in zip(_pick_two(rng, _SINGLE_NOUNS), _pick_two(rng, words.AMOUNTS), strict=True):
        named = noun if amount == words.ONE else plural(noun)
        parts.append(f"{amount} {named}")
        elements.append(_element(parts[-1], "counting"))
        if amount != words.NONE:
            elements.append(_element(named, _NOUNS[noun]))
    return " and ".join(parts), elements


def _color_objects(rng: np.random.Generator) -> _Made:
    """``an ivory wicker teapot and a scarlet steel canoe``."""
    parts, elements = [], []
    pairs = (_pick_two(rng, kind) for kind in (_SINGLE_THINGS, words.COLORS, words.MATERIALS))
    for noun, color, material in zip(*pairs, strict=True):
        parts.append(with_article(f"{color} {material} {noun}"))
        elements += [_element(color, "color"), _element(material, "material"), _element(noun, "object")]
    return " and ".join(parts), elements


def _place_object(rng: np.random.Generator) -> _Made:
    """``An otter on a pier, pixel art, thick fog, dusk``; the last three in any order."""
    noun = _pick(rng, _SINGLE_NOUNS)
    preposition, place = _pick(rng, words.LOCATIONS)
    style, weather, hour = _pick(rng, words.STYLES), _pick(rng, words.WEATHER), _pick(rng, words.TIMES)
    settings = [
        _element(style, "attribute-style"),
        _element(weather, "other-weather"),
        _element(hour, "other-time"),
    ]
    settings = [settings[place_] for place_ in rng.permutation(len(settings))]
    subject = with_article(noun)
    text = ", ".join([f"{_capital(subject)} {preposition} {place}", *(element.text for element in settings)])
    return text, [_element(noun, _NOUNS[noun]), _element(place.split(" ", 1)[1], "location"), *settings]


def _show_activity(rng: np.random.Generator) -> _Made:
    """``A potter folds a blanket, aerial shot``."""
    is_person = bool(rng.integers(2))
    subject = _pick(rng, words.PEOPLE if is_person else words.ANIMALS)
    verb, things = _pick(rng, words.ACTIONS_OF_PEOPLE if is_person else words.ACTIONS_OF_ANIMALS)
    thing, shot = _pick(rng, things), _pick(rng, words.SHOTS)
    kind = "food" if thing in words.EDIBLE else "animal" if thing in words.LIVING else "object"
    elements = [
        _element(subject, _NOUNS[subject]),
        _element(verb, "activity"),
        _element(thing.split(" ", 1)[1], kind),
        _element(shot, "other-perspective"),
    ]
    return f"{_capital(with_article(subject))} {verb} {thing}, {shot}", elements


def _write_text(rng: np.random.Generator) -> _Made:
    """``A neon sign with the text 'Wet paint' on it, stencil font``."""
    carrier, writing = _pick(rng, words.CARRIERS), _pick(rng, words.WRITINGS)
    lettering = _pick(rng, words.LETTERINGS)
    elements = [
        _element(carrier, "object"),
        _element(writing, "other-writing&symbol"),
        _element(lettering, "attribute"),
    ]
    return f"{_capital(with_article(carrier))} with the text '{writing}' on it, {lettering}", elements


def _compare_objects(rng: np.random.Generator) -> _Made:
    """``A harp is behind a tent, and the harp is taller than the tent``."""
    first, second = _pick_two(rng, (*_SINGLE_THINGS, *words.ANIMALS))
    relation, comparative = _pick(rng, words.RELATIONS), _pick(rng, words.COMPARATIVES)
    elements = [
        _element(first, _NOUNS[first]),
        _element(second, _NOUNS[second]),
        _element(relation, "spatial"),
        _element(f"{comparative} than", "comparison"),
    ]
    opening = f"{_capital(with_article(first))} is {relation} {with_article(second)}"
    return f"{opening}, and the {first} is {comparative} than the {second}", elements


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


FAMILIES: Mapping[str, Callable[[np.random.Generator], _Made]] = MappingProxyType(
    {
        "naive_object_counts": _count_objects,
        "object_color_material": _color_objects,
        "object_location_weather_timeline_style": _place_object,
        "attribute_object_activity_persepective_view": _show_activity,
        "navie_WritingSymbols": _write_text,
        "attribute_spatial_composition": _compare_objects,
    }
)
"""Templates by the released keys of their families, in the released spelling."""
