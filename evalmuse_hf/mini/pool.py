"""A large pool of drawn pictures for training, each with its prompt, its content and a label for every patch.

Training prompts never cross to the test side and no held-out pair is drawn (`evalmuse_hf.mini.vocabulary`).
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
from PIL import Image

from evalmuse_hf.mini.drawing import draw
from evalmuse_hf.mini.generators import GENERATORS, Generator, imagine
from evalmuse_hf.mini.prompts import TEMPLATES, DrawnPrompt, write_prompt
from evalmuse_hf.mini.scene import Scene
from evalmuse_hf.mini.vocabulary import (
    ACTIVITIES,
    ATTRIBUTES,
    COLORS,
    MATERIALS,
    NOUNS,
    PLACES,
    SHAPES,
    WEATHER,
    WORDS,
)

PATCH_LABELS = {
    "noun": NOUNS, "color": tuple(COLORS), "material": MATERIALS, "shape": SHAPES, "activity": ACTIVITIES,
    "state": ATTRIBUTES, "word": WORDS,
}  # fmt: skip
SCENE_LABELS = {"place": tuple(PLACES), "weather": WEATHER}
OFFSET_UNIT = 8  # distances are stored in eighths of a patch, which int8 holds over 15 patches
_CHUNK = 500  # pictures from one random stream; changing it changes the pool
_MIN_COVER = 0.1  # of a patch; a smaller sliver of a thing is not seen after the picture is made smaller
_FAILURES = (0.15, 0.5)  # range of the failure of the generators that draw the pool


@dataclass(frozen=True, slots=True)
class ScenePool:
    """`N` pictures of `S` x `S` pixels with `G` x `G` patches.

    Attributes:
        pixels: uint8, shape (N, S, S, 3).
        patch_labels: int8, shape (N, G * G, 9): for each name in `PATCH_LABELS` 1 + its index, 0 for "none"; then
            the horizontal and vertical distance from the patch's middle to the thing's, in 1/`OFFSET_UNIT` patch.
        scene_labels: int8, shape (N, 2): place and weather, 0 for none.
        scenes: What each picture shows.
        prompts: What each was drawn for.
        templates: Key in `evalmuse_hf.mini.prompts.TEMPLATES` of each prompt.
    """

    pixels: np.ndarray
    patch_labels: np.ndarray
    scene_labels: np.ndarray
    scenes: Sequence[Scene]
    prompts: Sequence[DrawnPrompt]
    templates: Sequence[str]


def draw_pool(
    size: int, *, seed: int, image_size: int = 64, grid: int = 8, workers: int = 1, templates: Sequence[str] = ()
) -> ScenePool:
    """Draw a pool of training pictures.

    Args:
        size: Number of pictures.
        seed: The same seed gives the same pool, whatever the number of workers.
        image_size: Side of the stored pictures in pixels.
        grid: Patches per side.
        workers: Processes that draw.
        templates: Keys of `TEMPLATES` to draw from; empty draws from all.
    """
    chunks = [
        (seed, first, min(_CHUNK, size - first), image_size, grid, tuple(templates))
        for first in range(0, size, _CHUNK)
    ]
    if workers > 1:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
            parts = list(executor.map(_draw_chunk, chunks))
    else:
        parts = [_draw_chunk(chunk) for chunk in chunks]
    return ScenePool(
        pixels=np.concatenate([part.pixels for part in parts]),
        patch_labels=np.concatenate([part.patch_labels for part in parts]),
        scene_labels=np.concatenate([part.scene_labels for part in parts]),
        scenes=[scene for part in parts for scene in part.scenes],
        prompts=[prompt for part in parts for prompt in part.prompts],
        templates=[template for part in parts for template in part.templates],
    )


def _imagine_any(rng: np.random.Generator, templates: Sequence[str]) -> tuple[str, DrawnPrompt, Scene]:
    """Write a training prompt and let a random generator, better or worse than the named ones, imagine it."""
    names = list(templates or TEMPLATES)
    weights = np.array([TEMPLATES[name][1] for name in names])
    template = names[int(rng.choice(len(names), p=weights / weights.sum()))]
    prompt = write_prompt(rng, template=template)
    habits = GENERATORS[int(rng.integers(len(GENERATORS)))].weakness
    generator = Generator("random", float(rng.uniform(*_FAILURES)), habits)
    return template, prompt, imagine(prompt, generator, rng)


def _draw_chunk(chunk: tuple[int, int, int, int, int, tuple[str, ...]]) -> ScenePool:
    seed, first, size, image_size, grid, names = chunk
    rng = np.random.default_rng([seed, first])
    pixels = np.empty((size, image_size, image_size, 3), dtype=np.uint8)
    patch_labels = np.zeros((size, grid * grid, len(PATCH_LABELS) + 2), dtype=np.int8)
    scene_labels = np.zeros((size, len(SCENE_LABELS)), dtype=np.int8)
    scenes, prompts, templates = [], [], []
    for row in range(size):
        template, prompt, scene = _imagine_any(rng, names)
        drawing = draw(scene)
        pixels[row] = np.asarray(drawing.image.resize((image_size, image_size), Image.Resampling.BICUBIC))
        patch_labels[row] = _label_patches(scene, drawing.things, grid)
        scene_labels[row] = [
            0 if getattr(scene, name) is None else 1 + words.index(getattr(scene, name))
            for name, words in SCENE_LABELS.items()
        ]
        scenes.append(scene)
        prompts.append(prompt)
        templates.append(template)
    return ScenePool(pixels, patch_labels, scene_labels, scenes, prompts, templates)


def _label_patches(scene: Scene, things: np.ndarray, grid: int) -> np.ndarray:
    """Label each patch by the thing that covers most of it, if any covers enough; shape (G * G, 9)."""
    labels = np.zeros((grid * grid, len(PATCH_LABELS) + 2), dtype=np.int8)
    if not scene.things:
        return labels
    side = len(things) // grid
    blocks = things.reshape(grid, side, grid, side).transpose(0, 2, 1, 3).reshape(grid * grid, side * side)
    cover = np.stack([(blocks == index + 1).mean(axis=1) for index in range(len(scene.things))], axis=1)
    owner = cover.argmax(axis=1)
    for patch in np.flatnonzero(cover.max(axis=1) >= _MIN_COVER):
        thing = scene.things[owner[patch]]
        values = [getattr(thing, name) for name in PATCH_LABELS]
        words = zip(values, PATCH_LABELS.values(), strict=True)
        labels[patch, :-2] = [0 if value is None else 1 + choices.index(value) for value, choices in words]
        middle = (patch % grid + 0.5, patch // grid + 0.5)
        offsets = (thing.x * grid - middle[0], thing.y * grid - middle[1])
        labels[patch, -2:] = np.clip(np.round(np.multiply(offsets, OFFSET_UNIT)), -127, 127)
    return labels
