"""Simulated text-to-image generators: they turn a prompt into a scene and fail at it in known ways."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evalmuse_hf.mini.asking import MAX_COUNT
from evalmuse_hf.mini.prompts import DrawnPrompt, Subject
from evalmuse_hf.mini.scene import Scene, Thing
from evalmuse_hf.mini.vocabulary import (
    ACTIVITIES,
    ALIVE,
    ATTRIBUTES,
    COLORS,
    FOODS,
    MATERIALS,
    NOUNS,
    OBJECTS,
    PLACES,
    RELATIONS,
    SHAPED_OBJECTS,
    SHAPES,
    WEATHER,
    WORDS,
    is_held_out,
)

_VOCABULARY = {
    "color": tuple(COLORS), "material": MATERIALS, "shape": SHAPES,
    "activity": ACTIVITIES, "state": ATTRIBUTES, "word": WORDS,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Generator:
    """A simulated text-to-image model.

    Attributes:
        name: As in the release's image paths.
        failure: Chance, in (0, 1), that it gets a fact wrong, before the factors of the kind of fact.
        weakness: Factors on that chance for its weak (or strong) kinds of fact: noun, color, material, shape,
            activity, state, word, count, relation, place, weather.
        mood: How differently prompts suit it: standard deviation of the failure on the logit scale.
        fault: Chance that a thing has a structural error.
    """

    name: str
    failure: float
    weakness: dict[str, float]
    mood: float = 0.6
    fault: float = 0.15


GENERATORS = (
    Generator("Drawer_v1", 0.50, {"count": 1.2, "relation": 1.2}, fault=0.30),
    Generator("Drawer_v2", 0.40, {"count": 1.2, "word": 1.3}, fault=0.20),
    Generator("Sketcher-Turbo", 0.35, {"material": 1.5, "noun": 0.7, "relation": 1.4}, fault=0.12),
    Generator("Painter_Pro", 0.22, {"color": 1.5, "count": 1.3}, fault=0.08),
    Generator("Illustrator_XL", 0.15, {"shape": 1.6, "relation": 1.5}, fault=0.05),
)
# Factors on every generator's failure, and that of the other kinds, meant to bring the true share of each category in
# a test set between .35 and .70 (`benchmarks/mini_ratings.py` prints it).
_BASE = {"noun": 1.15, "count": 0.85, "place": 1.3, "weather": 1.3, "relation": 0.45}
_BASE_OF_OTHERS = 0.75
_MAX_FAILURE = 0.9
_UNASKED_THING, _MAX_WITH_UNASKED = 0.25, 4  # chance of one more thing, in a picture of fewer things than that
_ABSENT_NOUN = 0.4  # of the failed nouns are left out; the others become a noun of the same family
_PLAIN_PROPERTY = 0.4  # of the failed properties that can be left out are; the others become another word
_UNASKED_PROPERTY = 0.12
_RADIUS = {"giant": 0.25, "tiny": 0.085}
_RADIUS_OF_CROWD = ((2, 0.17), (4, 0.15), (6, 0.125))  # things at most, radius
_RADIUS_OF_MANY = 0.105
_RADIUS_WITH_WORD, _MAX_RADIUS_IN_CROWD = 0.22, 0.2
_CROWD = 4
_ATTEMPTS, _ATTEMPTS_PER_SIZE, _SHRINKAGE = 400, 12, 0.97
_CLEARANCE = 0.92  # of the sum of two radii keeps one thing from hiding another
_PLAINNESS = 1.5  # a relation is plain if the distance along its axis is so many times that across


def imagine(
    prompt: DrawnPrompt,
    generator: Generator,
    rng: np.random.Generator,
    *,
    difficulty: float = 0.0,
    held_out: bool = False,
) -> Scene:
    """Decide what `generator` draws for `prompt`.

    Args:
        prompt: What was asked.
        generator: Who draws.
        rng: Source of every choice, the drawing's seed included.
        difficulty: Shift of the failure rate on the logit scale that all pictures of the prompt share.
        held_out: Whether pairs that are kept out of training may be drawn.
    """
    logit = np.log(generator.failure / (1 - generator.failure)) + difficulty + rng.normal(0, generator.mood)
    failure = 1 / (1 + np.exp(-logit))

    def fails(kind: str) -> bool:
        return bool(
            rng.random()
            < min(_MAX_FAILURE, failure * _BASE.get(kind, _BASE_OF_OTHERS) * generator.weakness.get(kind, 1.0))
        )

    sketch = _Sketch(rng, held_out, fault=generator.fault)
    for subject in prompt.subjects:
        sketch.add(subject, fails)
    if len(prompt.subjects) == 2 and fails("leak"):
        sketch.swap_properties()
    relation = prompt.relation
    if relation is not None and fails("relation"):
        relation = sketch.pick([other for other in RELATIONS if other != relation])
    place, weather = prompt.place, prompt.weather
    if place is None:
        place = sketch.pick([None, *PLACES])
    elif fails("place"):
        place = sketch.pick([None, *(other for other in PLACES if other != place)])
    if weather is None:
        weather = sketch.pick([None, None, None, *WEATHER])
    elif fails("weather"):
        weather = sketch.pick([None, *(other for other in WEATHER if other != weather)])
    if rng.random() < _UNASKED_THING and len(sketch.things) < _MAX_WITH_UNASKED:
        asked = {subject.noun for subject in prompt.subjects}
        sketch.add(Subject(sketch.pick([noun for noun in NOUNS if noun not in asked])), lambda _: False)
    things = _place_things(sketch.things, relation if len(prompt.subjects) == 2 else None, rng)
    return Scene(tuple(things), place=place, weather=weather, seed=int(rng.integers(2**31)))


class _Sketch:
    """The things of a picture before they have places."""

    def __init__(self, rng: np.random.Generator, held_out: bool, fault: float) -> None:
        self.rng, self.held_out, self.fault = rng, held_out, fault
        self.things: list[dict[str, Any]] = []

    def pick(self, words: Sequence[Any]) -> Any:
        """Draw one of `words`."""
        return words[int(self.rng.integers(len(words)))]

    def add(self, subject: Subject, fails: Callable[[str], bool]) -> None:
        """Sketch what the generator makes of one subject."""
        rng = self.rng
        noun = subject.noun
        count = 1 if subject.count is None else subject.count
        if subject.count is not None and fails("count"):
            step = int(rng.choice([-2, -1, 1, 2], p=[0.15, 0.35, 0.35, 0.15]))
            count = abs(count + step) if 0 <= count + step <= MAX_COUNT else abs(count - step)
            count = min(count, MAX_COUNT)
        if fails("noun"):
            if rng.random() < _ABSENT_NOUN:
                return
            noun = self.pick([other for other in _kin(noun) if other != noun])
        thing: dict[str, Any] = {"noun": noun}
        for kind in ("color", "material", "shape", "activity", "state", "word"):
            asked = getattr(subject, kind)
            if not _carries(noun, kind):
                continue
            if asked is not None and not fails(kind) and self._allowed(asked, noun):
                thing[kind] = asked
            elif kind in {"color", "shape"} or asked is not None or rng.random() < _UNASKED_PROPERTY:
                thing[kind] = self._other(kind, noun, asked)
        for _ in range(count):
            self.things.append({**thing, "fault": bool(rng.random() < self.fault)})

    def swap_properties(self) -> None:
        """Exchange one property between the first and the last thing, the way generators leak attributes."""
        if len(self.things) < 2:
            return
        first, last = self.things[0], self.things[-1]
        kinds = [
            kind for kind in ("color", "material", "shape", "activity", "state")
            if kind in first and kind in last
            and self._allowed(first[kind], last["noun"]) and self._allowed(last[kind], first["noun"])
        ]  # fmt: skip
        if kinds:
            kind = str(self.pick(kinds))
            first[kind], last[kind] = last[kind], first[kind]

    def _other(self, kind: str, noun: object, asked: object) -> object:
        options = [word for word in _VOCABULARY[kind] if word != asked and self._allowed(word, noun)]
        if (
            kind in {"material", "activity", "state", "word"}
            and asked is not None
            and self.rng.random() < _PLAIN_PROPERTY
        ):
            return None
        return self.pick(options)

    def _allowed(self, modifier: object, noun: object) -> bool:
        return self.held_out or not is_held_out(str(modifier), str(noun))


def _kin(noun: str) -> tuple[str, ...]:
    """Nouns that a generator would confuse with `noun`: those of the same family."""
    return next(family for family in (SHAPED_OBJECTS, OBJECTS, ALIVE, FOODS) if noun in family)


def _carries(noun: str, kind: str) -> bool:
    if kind == "shape":
        return noun in SHAPED_OBJECTS
    if kind == "activity":
        return noun in ALIVE
    if kind == "word":
        return noun == "sign"
    if kind == "material":
        return noun in OBJECTS + FOODS
    return True


def _place_things(things: list[dict[str, Any]], relation: object, rng: np.random.Generator) -> list[Thing]:
    """Give every thing a place and a size so that nothing hides anything and a relation is plain to see."""
    crowd = len(things)
    normal = next((radius for limit, radius in _RADIUS_OF_CROWD if crowd <= limit), _RADIUS_OF_MANY)
    radii = [
        _RADIUS.get(str(thing.get("state")), _RADIUS_WITH_WORD if thing.get("word") else normal) for thing in things
    ]
    if crowd > _CROWD:
        radii = [min(radius, _MAX_RADIUS_IN_CROWD) for radius in radii]
    for attempt in range(_ATTEMPTS):
        shrink = _SHRINKAGE ** (attempt // _ATTEMPTS_PER_SIZE)
        margins = [radius * shrink + 0.02 for radius in radii]
        centers = [(rng.uniform(m, 1 - m), rng.uniform(m, 1 - m)) for m in margins]
        placed = [
            Thing(**thing, x=float(x), y=float(y), radius=radius * shrink)
            for thing, (x, y), radius in zip(things, centers, radii, strict=True)
        ]
        if _is_clear(placed) and (relation is None or crowd < 2 or _stands(placed[0], placed[1], str(relation))):
            return placed
    return placed


def _is_clear(things: list[Thing]) -> bool:
    for index, first in enumerate(things):
        for second in things[:index]:
            reach = _CLEARANCE * (first.radius + second.radius)
            if abs(first.x - second.x) < reach and abs(first.y - second.y) < reach:
                return False
    return True


def _stands(first: Thing, second: Thing, relation: str) -> bool:
    dx, dy = first.x - second.x, first.y - second.y
    along, across = (dx, dy) if relation in {"left of", "right of"} else (dy, dx)
    sign = -1 if relation in {"left of", "above"} else 1
    return sign * along > _PLAINNESS * abs(across)
