"""Endless training pairs from a pool of drawn pictures: each picture is judged under many prompts.

The first prompt of a picture is the one that it was drawn for, the others are written about what it shows, so that about
half of the elements hold and the same picture is seen to satisfy one prompt and to fail its neighbour.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalmuse_hf.mini.pool import ScenePool
from evalmuse_hf.mini.prompts import DrawnPrompt, write_prompt
from evalmuse_hf.mini.raters import element_truths, true_alignment
from evalmuse_hf.mini.scene import Scene

_TWO_THINGS = 2


@dataclass(frozen=True, slots=True)
class DrawnPair:
    """One picture of the pool (`row`) with one prompt and what is true of them (overall on 1-5, elements 0 or 1)."""

    row: int
    prompt: str
    elements: tuple[str, ...]
    element_scores: tuple[float, ...]
    overall_score: float


def judge(row: int, prompt: DrawnPrompt, scene: Scene) -> DrawnPair:
    """State what is true of a prompt and a picture's content."""
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
    return len({thing.noun for thing in scene.things}) >= _TWO_THINGS


def element_share(pairs: Sequence[DrawnPair]) -> float:
    """Share of the elements that hold, in [0, 1]."""
    scores = [score for pair in pairs for score in pair.element_scores]
    return sum(scores) / len(scores)
