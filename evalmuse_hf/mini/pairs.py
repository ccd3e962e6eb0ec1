"""Endless training pairs from a pool of drawn pictures: each picture is judged under many prompts.

The first prompt of a picture is the one that it was drawn for, the others are written about what it shows, so that
about half of the elements hold and the same picture is seen to satisfy one prompt and to fail its neighbour.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from evalmuse_hf.mini.pool import ScenePool
from evalmuse_hf.mini.prompts import DrawnPrompt, write_prompt
from evalmuse_hf.mini.raters import element_truths, true_alignment
from evalmuse_hf.mini.scene import Scene

_RELATED = 2  # nouns that a relation needs


@dataclass(frozen=True, slots=True)
class DrawnPair:
    """One picture of a pool with one prompt and what is true of them.

    Attributes:
        row: Row of the picture in the pool.
        prompt: The prompt's text.
        elements: Texts of its elements.
        element_scores: For each element 0.0 or 1.0.
        overall_score: On the 1-5 scale, from `evalmuse_hf.mini.raters.true_alignment`.
    """

    row: int
    prompt: str
    elements: tuple[str, ...]
    element_scores: tuple[float, ...]
    overall_score: float


def judge(row: int, prompt: DrawnPrompt, scene: Scene) -> DrawnPair:
    """State what is true of a prompt and a picture.

    Args:
        row: Row of the picture in its pool.
        prompt: The prompt.
        scene: What the picture shows.
    """
    truths = element_truths(prompt, scene)
    return DrawnPair(
        row,
        prompt.text,
        tuple(element.text for element in prompt.elements),
        tuple(float(holds) for holds in truths),
        true_alignment(prompt.elements, truths),
    )


def draw_pairs(
    pool: ScenePool,
    rows: Iterable[int],
    *,
    seed: int,
    prompts_per_picture: int = 4,
    extra_templates: Mapping[str, float] | None = None,
) -> Iterator[DrawnPair]:
    """Judge each of `rows` under its own prompt, then under others.

    Args:
        pool: Pictures of the training side.
        rows: Pictures to take.
        seed: With the row it fixes the prompts, so that the order of `rows` does not matter.
        prompts_per_picture: Prompts about each picture, its own included.
        extra_templates: Chance of asking a picture for a prompt of this template in place of its own template.
            Relations are only asked of pictures that show two nouns or more.

    Yields:
        The pairs, picture by picture.
    """
    extra = dict(extra_templates or {})
    for row in rows:
        rng = np.random.default_rng([seed, row])
        scene = pool.scenes[row]
        yield judge(row, pool.prompts[row], scene)
        for _ in range(prompts_per_picture - 1):
            template = _choose(rng, pool.templates[row], extra, scene)
            yield judge(row, write_prompt(rng, scene=scene, template=template), scene)


def _choose(rng: np.random.Generator, own: str, extra: Mapping[str, float], scene: Scene) -> str:
    draw = rng.random()
    for name, share in extra.items():
        if draw < share:
            return own if name == "spatial" and not _relates(scene) else name
        draw -= share
    return own


def _relates(scene: Scene) -> bool:
    return len({thing.noun for thing in scene.things}) >= _RELATED
