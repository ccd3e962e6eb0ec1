"""The simulated generators of the drawn world behind the interface of real ones: any prompt in, a drawing out."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from evalmuse_hf.images.picture_generators import DrawnPicture, GeneratorDescription, GeneratorError
from evalmuse_hf.mini.drawing import SIDE, draw
from evalmuse_hf.mini.generators import GENERATORS, imagine
from evalmuse_hf.mini.reading import read_prompt
from evalmuse_hf.mini.scene import Scene
from evalmuse_hf.mini.vocabulary import PLACES

NOTHING_READ = "Nothing of the prompt is in the drawn world; the picture shows a background only."
_SHOWN_WORDS, _SHOWN_LETTERS = 12, 24  # of the words that a message names
_DIFFICULTY = 0.5  # standard deviation on the logit scale that a prompt shares among generators, as in the release
_LICENSE = "apache-2.0"  # that of this package, which draws


class DrawnWorldGenerator:
    """Draws what it understands of a prompt, with the failings of one of the simulated generators.

    Args:
        drawer: Name of one of `evalmuse_hf.mini.generators.GENERATORS`.
        name: As in the manifest; None takes that of the drawer.
        batch_size: Pictures after which progress is said.
    """

    def __init__(self, drawer: str, *, name: str | None = None, batch_size: int = 16) -> None:
        known = {generator.name: generator for generator in GENERATORS}
        if drawer not in known:
            raise GeneratorError(f"The drawn world has no generator {drawer!r}, only {', '.join(known)}.")
        self.name = name or drawer
        self.batch_size = batch_size
        self._generator = known[drawer]

    def describe(self) -> GeneratorDescription:
        """Say what it is."""
        from PIL import __version__ as pillow

        from evalmuse_hf import __version__

        return GeneratorDescription(
            model=f"mini:{self._generator.name}",
            revision=__version__,
            license=_LICENSE,
            parameters={"size": [SIDE, SIDE]},
            libraries={"evalmuse-hf": __version__, "pillow": pillow},
            size=(SIDE, SIDE),
        )

    def draw(self, prompts: Sequence[str], seeds: Sequence[int]) -> list[DrawnPicture]:
        """Draw one picture for each prompt; of a prompt that it does not understand at all, a place.

        The message of a picture names the words that were not drawn.

        Args:
            prompts: The prompts.
            seeds: The seed of each picture.
        """
        return [self._draw(prompt, seed) for prompt, seed in zip(prompts, seeds, strict=True)]

    def close(self) -> None:
        """Nothing is held."""

    def _draw(self, prompt: str, seed: int) -> DrawnPicture:
        reading, rng = read_prompt(prompt), np.random.default_rng(seed)
        if reading.is_empty:
            scene = Scene((), place=_pick_place(rng), seed=int(rng.integers(2**31)))
            return DrawnPicture(draw(scene).image, message=NOTHING_READ)
        own = int.from_bytes(hashlib.sha256(prompt.encode()).digest()[:8], "big")
        difficulty = float(np.random.default_rng(own).normal(0, _DIFFICULTY))
        scene = imagine(reading.prompt, self._generator, rng, difficulty=difficulty, held_out=True)
        if not scene.things and scene.place is None:  # an empty page would count as no picture at all
            scene = replace(scene, place=_pick_place(rng, other_than=reading.prompt.place))
        return DrawnPicture(draw(scene).image, message=_name_unread(reading.unread))


def _name_unread(words: Sequence[str]) -> str:
    """A sentence with the words that were left unread, each once; empty if there is none.

    >>> _name_unread(("curtain", "koi", "Curtain"))
    'Not drawn: curtain, koi.'
    """
    found: dict[str, str] = {}
    for word in words:
        found.setdefault(word.casefold(), word)
    different = list(found.values())
    if not different:
        return ""
    short = (w if len(w) <= _SHOWN_LETTERS else f"{w[: _SHOWN_LETTERS - 3]}..." for w in different[:_SHOWN_WORDS])
    more = len(different) - _SHOWN_WORDS
    return f"Not drawn: {', '.join(short)}{f' and {more} more' if more > 0 else ''}."


def _pick_place(rng: np.random.Generator, *, other_than: str | None = None) -> str:
    places = [place for place in PLACES if place != other_than]
    return places[int(rng.integers(len(places)))]
