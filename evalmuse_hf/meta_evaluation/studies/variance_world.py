"""The drawn world of the study on variance weighting: prompts in three strata, pictures, and raters with chosen noise.

A third of the prompts is flat: its pictures differ in what they show, but not at all in how well they fit the prompt.
The pictures of the other prompts come as the simulated generators draw them; half of these prompts, those with the
larger true variance, are the stratum ``high``.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from evalmuse_hf.mini.drawing import draw
from evalmuse_hf.mini.generators import GENERATORS, imagine
from evalmuse_hf.mini.pairs import DrawnPair
from evalmuse_hf.mini.prompts import DrawnPrompt, write_prompt
from evalmuse_hf.mini.raters import draw_biases, element_truths, rate, true_alignment
from evalmuse_hf.mini.scene import Scene

Stratum = Literal["flat", "high", "low"]
Noise = Literal["none", "uniform", "high", "flat"]
STRATA: tuple[Stratum, ...] = ("flat", "high", "low")
NOISES: tuple[Noise, ...] = ("none", "uniform", "high", "flat")

_TRIALS = 8  # pictures imagined for each that a flat prompt keeps
_FIRST_ROUND = 3  # raters of a pair
_PROMPT_DIFFICULTY = 0.5  # as in `evalmuse_hf.mini.release`
_FLAT_EVERY = 3  # every third prompt is flat
# Single ratings that are careless. The variance of a rating's error is .12 + 2.77 times that share (deviations .35 and
# 1.7 of `evalmuse_hf.mini.raters`), so that a third of the prompts at .93 has the mean noise of all prompts at .28.
_CARELESS_EVERYWHERE, _CARELESS_IN_A_THIRD = 0.28, 0.93


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """``N`` prompts with ``K`` pictures each; picture ``k`` of prompt ``n`` is row ``n * K + k`` of the features.

    Attributes:
        prompts: The prompts, all different.
        scenes: For each prompt, what its pictures show.
        truths: Alignment of every pair on the 1-5 scale, shape ``(N, K)``.
        strata: Stratum of each prompt.
    """

    prompts: Sequence[DrawnPrompt]
    scenes: Sequence[Sequence[Scene]]
    truths: NDArray[np.float64]
    strata: Sequence[Stratum]

    @property
    def n_pictures(self) -> int:
        """Pictures of each prompt."""
        return int(self.truths.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class RatedPairs:
    """Pairs with what the raters say of them.

    Attributes:
        pairs: Each with its row of the features, and the raters' means as scores.
        ratings: Overall ratings of each pair, in the order in which they were given.
        prompt_ids: Prompt of each pair: its index in the side.
        truths: True alignment of each pair on the 1-5 scale, shape ``(M,)``.
    """

    pairs: Sequence[DrawnPair]
    ratings: Sequence[Sequence[float]]
    prompt_ids: Sequence[int]
    truths: NDArray[np.float64]


def imagine_side(n_prompts: int, *, pictures: int, test: bool, seed: int) -> Side:
    """Write prompts and decide what their pictures show.

    Args:
        n_prompts: Different prompts; every third one is flat.
        pictures: Pictures of each prompt; the generators take turns.
        test: Whether the prompts are of the test side of the drawn world; no held-out pair occurs on either side.
        seed: Fixes everything.
    """
    rng = np.random.default_rng([seed, int(test)])
    written: dict[str, DrawnPrompt] = {}
    scenes: list[list[Scene]] = []
    truths: list[list[float]] = []
    while len(written) < n_prompts:
        prompt = write_prompt(rng, test=test, novel=False if test else None)
        if prompt.text in written:
            continue
        flat = len(written) % _FLAT_EVERY == 0
        imagined = _imagine_flat(prompt, pictures, rng) if flat else _imagine(prompt, pictures, rng)
        if imagined is None:
            continue
        written[prompt.text] = prompt
        scenes.append(imagined)
        truths.append([_truth(prompt, scene) for scene in imagined])
    values = np.array(truths)
    return Side(list(written.values()), scenes, values, _strata(values))


def draw_pixels(side: Side, *, image_size: int) -> NDArray[np.uint8]:
    """Draw the pictures of a side.

    Args:
        side: What they show.
        image_size: Side of a picture in pixels.

    Returns:
        Pixels of all ``N * K`` pictures, shape ``(N * K, S, S, 3)``.
    """
    size = (image_size, image_size)
    images = (draw(scene).image.resize(size, Image.Resampling.BICUBIC) for shown in side.scenes for scene in shown)
    return np.stack([np.asarray(image) for image in images])


def sample_prompts(side: Side, number: int, rng: np.random.Generator) -> list[int]:
    """Draw prompts without replacement, the same number from every stratum.

    Args:
        side: Where from.
        number: How many, a multiple of three.
        rng: Source of the choice.

    Raises:
        ValueError: If a stratum has too few.
    """
    strata = np.array(side.strata)
    each = number // len(STRATA)
    fewest = min(int((strata == stratum).sum()) for stratum in STRATA)
    if number % len(STRATA) or fewest < each:
        raise ValueError(
            f"`number` must be a multiple of {len(STRATA)} of at most {fewest * len(STRATA)}, got {number}."
        )
    drawn = [rng.choice(np.flatnonzero(strata == stratum), each, replace=False) for stratum in STRATA]
    return [int(index) for index in rng.permutation(np.concatenate(drawn))]


def rate_prompts(side: Side, chosen: Sequence[int], *, noise: Noise, rng: np.random.Generator) -> RatedPairs:
    """Let the raters judge all pictures of some prompts.

    Where there is no noise, the ratings are the truth itself: three times, and not rounded. Where there is, they are
    those of `evalmuse_hf.mini.raters.rate`: rounding, leniency, clipping and three more raters included. A third
    of the prompts gets so many more careless ratings than all would get that the mean noise is about the same.

    Args:
        side: The prompts.
        chosen: Which of them.
        noise: ``none``; ``uniform``: on all prompts; ``high`` or ``flat``: on those of the stratum of that name only.
        rng: Source of the ratings.
    """
    biases = draw_biases(rng)
    careless = _CARELESS_EVERYWHERE if noise == "uniform" else _CARELESS_IN_A_THIRD
    pairs, ratings, truths = [], [], []
    for index in chosen:
        prompt = side.prompts[index]
        noisy = noise == "uniform" or noise == side.strata[index]
        for picture, scene in enumerate(side.scenes[index]):
            truth = float(side.truths[index, picture])
            given: Sequence[float] = (truth,) * _FIRST_ROUND
            answers: Sequence[Sequence[int]] = [(int(holds),) for holds in element_truths(prompt, scene)]
            if noisy:
                rated = rate(prompt, scene, rng, biases=biases, careless_share=careless)
                given, answers = rated.overall, rated.elements
            pairs.append(
                DrawnPair(
                    index * side.n_pictures + picture,
                    prompt.text,
                    tuple(element.text for element in prompt.elements),
                    tuple(float(np.mean(answer)) for answer in answers),
                    float(np.mean(given)),
                )
            )
            ratings.append(given)
            truths.append(truth)
    prompt_ids = [index for index in chosen for _ in range(side.n_pictures)]
    return RatedPairs(pairs, ratings, prompt_ids, np.array(truths))


def _truth(prompt: DrawnPrompt, scene: Scene) -> float:
    return true_alignment(prompt.elements, element_truths(prompt, scene))


def _imagine(prompt: DrawnPrompt, pictures: int, rng: np.random.Generator) -> list[Scene] | None:
    """Pictures as the generators draw them; None if all fit the prompt equally well."""
    difficulty = float(rng.normal(0, _PROMPT_DIFFICULTY))
    turns = (GENERATORS[turn % len(GENERATORS)] for turn in range(pictures))
    scenes = [imagine(prompt, generator, rng, difficulty=difficulty) for generator in turns]
    return scenes if len({_truth(prompt, scene) for scene in scenes}) > 1 else None


def _imagine_flat(prompt: DrawnPrompt, pictures: int, rng: np.random.Generator) -> list[Scene] | None:
    """Pictures that fit the prompt equally well, of a level drawn among those that are common; None if none is."""
    tried = [imagine(prompt, GENERATORS[turn % len(GENERATORS)], rng) for turn in range(_TRIALS * pictures)]
    truths = [_truth(prompt, scene) for scene in tried]
    levels = sorted(level for level, count in Counter(truths).items() if count >= pictures)
    if not levels:
        return None
    level = levels[int(rng.integers(len(levels)))]
    return [scene for scene, truth in zip(tried, truths, strict=True) if truth == level][:pictures]


def _strata(truths: NDArray[np.float64]) -> list[Stratum]:
    variances = truths.var(axis=1)
    flat = np.arange(len(truths)) % _FLAT_EVERY == 0
    middle = np.median(variances[~flat])
    return [
        "flat" if is_flat else "high" if variance > middle else "low"
        for is_flat, variance in zip(flat, variances, strict=True)
    ]
