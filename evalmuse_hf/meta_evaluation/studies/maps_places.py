"""Fresh drawings, and the true place of each element of their prompts: the answer sheet of the pointing game."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from evalmuse_hf.mini.drawing import draw
from evalmuse_hf.mini.generators import GENERATORS, Generator, imagine
from evalmuse_hf.mini.prompts import TEMPLATES, ElementClaim, write_prompt
from evalmuse_hf.mini.scene import Claim, Scene, Thing, is_true, relation_of

_DIFFICULTY = 0.5  # standard deviation of what the pictures of a prompt share, as in a drawn release


@dataclass(frozen=True, slots=True)
class PlacedElement:
    """One element that a picture shows.

    Attributes:
        index: Its place among the elements of the prompt.
        category: One of `evalmuse_hf.schema.CATEGORIES`.
        nouns: What it is about; two for a relation, none for a place or the weather.
        place: bool, shape ``(S, S)``: the pixels of the things that make it true; None if there are none, as for a
            background, the weather, and "zero cats".
    """

    index: int
    category: str
    nouns: frozenset[str]
    place: NDArray[np.bool_] | None


@dataclass(frozen=True, slots=True)
class MapPicture:
    """A drawing with its prompt, and the elements that it shows.

    Attributes:
        image: The picture.
        prompt: What it was drawn for.
        elements: All elements of the prompt.
        shown: Those that are true of the picture.
    """

    image: Image.Image
    prompt: str
    elements: tuple[ElementClaim, ...]
    shown: tuple[PlacedElement, ...]


def draw_pictures(number: int, *, seed: Sequence[int]) -> list[MapPicture]:
    """Draw pictures, each for a prompt of the side that no training of the drawn world sees.

    Templates and simulated generators take turns, so that every category comes up; a prompt may come up again.

    Args:
        number: How many.
        seed: Same seed, same pictures.
    """
    rng = np.random.default_rng(seed)
    templates = [name for name, (_, weight) in TEMPLATES.items() if weight]
    return [
        _draw_one(rng, templates[index % len(templates)], GENERATORS[index // len(templates) % len(GENERATORS)])
        for index in range(number)
    ]


def true_place(claim: Claim, scene: Scene, things: NDArray[np.uint8]) -> NDArray[np.bool_] | None:
    """Find the pixels of the things that make a true claim true.

    They are the things of its noun: all of them for their presence or number, those with the property for a property
    or writing, and both ends of every pair that stands so for a relation. What is painted beside a thing, such as a
    glow or a shadow, does not belong to it.

    Args:
        claim: What is said.
        scene: What the picture shows.
        things: `evalmuse_hf.mini.drawing.Drawing.things` of it.

    Returns:
        bool, of the shape of ``things``; None if there is no such pixel, as for a background, the weather or no cats.
    """
    numbers = {1 + index for index, thing in enumerate(scene.things) if _makes_true(claim, thing, scene)}
    place: NDArray[np.bool_] = np.isin(things, sorted(numbers))
    return place if place.any() else None


def nouns_of(claim: Claim) -> frozenset[str]:
    """What a claim is about.

    Args:
        claim: What is said.
    """
    return frozenset(filter(None, (claim.noun, claim.other)))


def rivals_of(picture: MapPicture, element: PlacedElement) -> list[int]:
    """Find the elements of the same prompt about other nouns; a background is none, for its map is expected elsewhere.

    Args:
        picture: A drawing with its prompt.
        element: One of its elements.
    """
    nouns = [nouns_of(one.claim) for one in picture.elements]
    return [index for index, about in enumerate(nouns) if about and about.isdisjoint(element.nouns)]


def _draw_one(rng: np.random.Generator, template: str, generator: Generator) -> MapPicture:
    prompt = write_prompt(rng, template=template, test=True)
    difficulty = float(rng.normal(0, _DIFFICULTY))
    scene = imagine(prompt, generator, rng, difficulty=difficulty, held_out=True)
    drawing = draw(scene)
    shown = tuple(
        PlacedElement(
            index, element.category, nouns_of(element.claim), true_place(element.claim, scene, drawing.things)
        )
        for index, element in enumerate(prompt.elements)
        if is_true(element.claim, scene)
    )
    return MapPicture(drawing.image, prompt.text, prompt.elements, shown)


def _makes_true(claim: Claim, thing: Thing, scene: Scene) -> bool:
    if claim.kind in ("place", "weather"):
        return False
    if claim.kind == "relation":
        return any(
            (thing is first or thing is second) and relation_of(first, second) == claim.value
            for first in scene.things
            for second in scene.things
            if first is not second and (first.noun, second.noun) == (claim.noun, claim.other)
        )
    if thing.noun != claim.noun:
        return False
    return claim.kind in ("present", "count") or getattr(thing, claim.kind) == claim.value
