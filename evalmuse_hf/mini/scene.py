"""What a drawn picture contains, and whether a claim about it is true.

A `Scene` is the exact content of one picture. A `Claim` is what one element of a prompt says. `is_true` compares the two;
nothing else in the drawn world decides truth.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thing:
    """One drawn thing; coordinates and radius are shares of the picture's side, the origin is the upper left corner.

    `material`, `activity` and `state` are None where plain; `state` is an attribute (giant, tiny, glowing, broken);
    `shape` and `word` are None for nouns that do not carry one. `fault` marks a structural error such as a third leg.
    """

    noun: str
    color: str
    x: float = 0.5
    y: float = 0.5
    radius: float = 0.15
    material: str | None = None
    shape: str | None = None
    activity: str | None = None
    state: str | None = None
    word: str | None = None
    fault: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """The exact content of one picture; `seed` fixes the drawing's incidental details."""

    things: tuple[Thing, ...]
    place: str | None = None
    weather: str | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """What one element says: `kind` names the fact, `noun` whom it is about, `value` what is said.

    Kinds: present, color, material, shape, activity, state, word, count (value is the number as text), relation
    (`noun` is `value` of `other`), place, weather (these two have no noun).
    """

    kind: str
    value: str
    noun: str = ""
    other: str = ""


def is_true(claim: Claim, scene: Scene) -> bool:
    """Decide a claim exactly.

    A property holds if at least one thing of that noun has it; a count holds if exactly that many things of the noun
    are there; a relation holds if some pair of the two nouns stands so along its main axis (the larger distance).
    """
    if claim.kind == "place":
        return scene.place == claim.value
    if claim.kind == "weather":
        return scene.weather == claim.value
    named = [thing for thing in scene.things if thing.noun == claim.noun]
    if claim.kind == "count":
        return len(named) == int(claim.value)
    if claim.kind == "present":
        return bool(named)
    if claim.kind == "relation":
        others = [thing for thing in scene.things if thing.noun == claim.other]
        return any(relation_of(a, b) == claim.value for a in named for b in others if a is not b)
    return any(getattr(thing, claim.kind) == claim.value for thing in named)


def relation_of(first: Thing, second: Thing) -> str:
    """Name how `first` stands to `second` along the axis on which they are further apart."""
    dx, dy = first.x - second.x, first.y - second.y
    if abs(dx) >= abs(dy):
        return "left of" if dx < 0 else "right of"
    return "above" if dy < 0 else "below"


def true_share(claims: Iterable[Claim], scene: Scene) -> float:
    """Share of the claims that hold, in [0, 1]."""
    truths = [is_true(claim, scene) for claim in claims]
    return sum(truths) / len(truths)
