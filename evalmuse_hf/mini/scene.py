"""What a drawn picture contains, and whether a claim about it is true.

A `Scene` is the exact content of one picture. A `Claim` is what one element of a prompt says. `is_true` compares the
two; nothing else in the drawn world decides truth.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thing:
    """One drawn thing; words are those of `evalmuse_hf.mini.vocabulary`.

    Attributes:
        noun: What it is.
        color: Its colour; every thing has one.
        x: Middle, as a share of the picture's width from the left.
        y: Middle, as a share of the picture's height from the top.
        radius: Half of its side, as a share of the picture's side.
        material: None where plain.
        shape: None for nouns that have only one.
        activity: None at rest.
        state: An attribute (giant, tiny, glowing, broken); None where plain.
        word: What is written on it, if anything.
        fault: Whether it is drawn with a structural error such as a third leg.
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
    """The exact content of one picture.

    Attributes:
        things: In the order in which they are painted.
        place: A key of `PLACES`; None for a plain background.
        weather: One of `WEATHER`; None for none.
        seed: Fixes what is incidental: shades, dunes, windows, snowflakes.
    """

    things: tuple[Thing, ...]
    place: str | None = None
    weather: str | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """What one element of a prompt says.

    Attributes:
        kind: The fact: present, color, material, shape, activity, state, word, count, relation, place or weather.
        value: What is said; a count as digits.
        noun: Whom it is about; empty for place and weather.
        other: For a relation the second noun: `noun` stands `value` (say, above) `other`.
    """

    kind: str
    value: str
    noun: str = ""
    other: str = ""


def is_true(claim: Claim, scene: Scene) -> bool:
    """Decide a claim exactly.

    A property holds if at least one thing of that noun has it; a count holds if exactly that many things of the noun
    are there; a relation holds if some pair of the two nouns stands so, as `relation_of` names it.

    Args:
        claim: What is said.
        scene: What the picture shows.
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
