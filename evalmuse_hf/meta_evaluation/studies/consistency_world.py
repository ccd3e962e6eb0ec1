"""Simulated consistency studies in which everything is known: who is biased, and that nobody else is.

Sizes and noise are those of EvalMuse-40K as far as it is known: twelve categories with the shares and the mean scores
of the paper, five elements a prompt, real prompts from 15 and synthetic ones from 20 generators, ratings that are
careful or careless as in `evalmuse_hf.mini.raters`. On top of that a rater reads a prompt in his own way, for all of
its pictures: without that, pictures of one prompt would be as good as independent, and every test would look sound.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.meta_evaluation.studies.consistency_ratings import NEW, OLD, RatingLog, StudyItem
from evalmuse_hf.schema import ALIGNMENT_SCALE
from evalmuse_hf.stats.sample import FloatArray, IntArray

BoolArray = NDArray[np.bool_]

CATEGORY_COUNTS = {
    "attribute": 57,
    "object": 45,
    "activity": 24,
    "animal/human": 22,
    "other": 22,
    "location": 19,
    "spatial": 11,
    "color": 9,
    "counting": 6,
    "food": 6,
    "material": 6,
    "shape": 1,
}
"""Elements of each category in the whole data set, in thousands (paper, figure)."""

_MEAN_SCORES = (0.70, 0.59, 0.45, 0.54, 0.43, 0.62, 0.55, 0.59, 0.30, 0.53, 0.57, 0.50)
_SYNTHETIC_TYPES = (
    "naive_object_counts",
    "object_color_material",
    "object_location_weather_timeline_style",
    "attribute_object_activity_persepective_view",
    "navie_WritingSymbols",
    "attribute_spatial_composition",
)
_REAL_GENERATORS, _GENERATORS = 15, 20  # the others drew synthetic prompts only
_FEWEST, _MOST, _MEAN = 2, 9, 4.9  # elements of a prompt
_WORST, _BEST = 1.85, 4.1
_CARELESS_SHARE, _CAREFUL_NOISE, _CARELESS_NOISE = 0.28, 0.35, 1.7
_CAREFUL_FLIP, _CARELESS_FLIP = 0.04, 0.18
_SUREST = (0.02, 0.98)  # no element is sure to be drawn
_ROUNDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """How a study is simulated. Spreads are standard deviations.

    Attributes:
        n_prompts: Prompts that are rated again.
        n_pictures: Pictures of each.
        n_generators: Text-to-image models.
        n_raters: Raters.
        per_item: Raters of an item in each round.
        assignment: ``"items"``: every picture gets raters of its own, as the store gives them out; ``"prompts"``: one
            rater of a prompt rates all of its pictures.
        prompt_spread: Of what prompts add to the true alignment, in points.
        generator_spread: Likewise, generators.
        reading_spread: Of what a rater's reading of a prompt adds to his ratings of all its pictures, in points.
        misread: Chance that a rater takes an element the other way round, in all pictures of the prompt.
        newcomers: The second half of the raters rates the second round, and nobody rates both.
        rater_spread: Of the leniency of raters, in points; 0 for raters without bias.
        yes_spread: Of how readily raters say yes, in log odds.
        rater_bias: Leniency of the first rater, in points, on top.
        category: The category that is answered otherwise in the second round.
        category_bias: By how much its share of yes is higher there, in [0, 1].
        shift: By how much all ratings of the second round are higher, in points.
    """

    n_prompts: int = 100
    n_pictures: int = 10
    n_generators: int = 20
    n_raters: int = 24
    per_item: int = 3
    assignment: Literal["items", "prompts"] = "items"
    prompt_spread: float = 0.3
    generator_spread: float = 0.25
    reading_spread: float = 0.2
    misread: float = 0.03
    newcomers: bool = False
    rater_spread: float = 0.0
    yes_spread: float = 0.0
    rater_bias: float = 0.0
    category: str = "animal/human"
    category_bias: float = 0.0
    shift: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Pictures:
    """What is rated. Rows of elements are elements of pictures, picture by picture."""

    items: tuple[StudyItem, ...]
    prompts: IntArray  # of each picture
    alignment: FloatArray  # of each picture, in points
    owners: IntArray  # the picture of each element
    sources: IntArray  # the element of the prompt that it is
    kinds: IntArray  # its category
    truths: BoolArray  # whether it is in the picture


@dataclass(frozen=True, slots=True, eq=False)
class _Raters:
    """Who rates each picture, and how carefully; shape (pictures, raters of both rounds)."""

    numbers: IntArray
    careless: BoolArray


def draw_leniency(world: World, rng: np.random.Generator) -> FloatArray:
    """How many points more than others each rater gives.

    Args:
        world: How much raters differ.
        rng: Source of the choice.
    """
    leniency = rng.normal(0, world.rater_spread, world.n_raters)
    leniency[0] += world.rater_bias
    return leniency


def simulate_study(world: World, rng: np.random.Generator, *, leniency: FloatArray | None = None) -> RatingLog:
    """Draw prompts and pictures, and let raters rate them twice.

    Args:
        world: How.
        rng: Source of every choice.
        leniency: Of the raters, from `draw_leniency`; None draws it.
    """
    leniency = draw_leniency(world, rng) if leniency is None else leniency
    pictures = _draw_pictures(world, rng)
    raters = _draw_raters(world, rng)
    overall = _rate(world, pictures, raters, leniency, rng)
    answers = _answer(world, pictures, raters, rng)
    n_items, n_ratings = raters.numbers.shape
    return RatingLog(
        items=pictures.items,
        prompts=pictures.prompts,
        raters=tuple(f"r{number:02d}" for number in range(world.n_raters)),
        rating_items=np.repeat(np.arange(n_items), n_ratings),
        rating_phases=np.tile(np.repeat([OLD, NEW], world.per_item), n_items),
        rating_raters=raters.numbers.ravel(),
        overall=overall.ravel(),
        element_items=pictures.owners,
        element_categories=pictures.kinds,
        categories=tuple(CATEGORY_COUNTS),
        answer_ratings=(pictures.owners[:, None] * n_ratings + np.arange(n_ratings)).ravel(),
        answer_elements=np.repeat(np.arange(len(pictures.owners)), n_ratings),
        answers=answers.astype(np.float64).ravel(),
    )


def _draw_pictures(world: World, rng: np.random.Generator) -> _Pictures:
    synthetic = rng.random(world.n_prompts) < 1 / 2
    types = rng.integers(0, len(_SYNTHETIC_TYPES), world.n_prompts)
    sizes = np.clip(rng.poisson(_MEAN, world.n_prompts), _FEWEST, _MOST)
    shares = np.array([*CATEGORY_COUNTS.values()], dtype=np.float64)
    kinds = rng.choice(len(shares), size=int(sizes.sum()), p=shares / shares.sum())  # of the elements of prompts
    lists = np.split(np.arange(len(kinds)), np.cumsum(sizes)[:-1])
    prompts = np.repeat(np.arange(world.n_prompts), world.n_pictures)
    owners = np.repeat(np.arange(len(prompts)), sizes[prompts])
    sources = np.concatenate([lists[prompt] for prompt in prompts])
    generators = _draw_generators(world, synthetic, rng).ravel()
    skill = rng.normal(0, world.generator_spread, world.n_generators)[generators]
    chance = np.array(_MEAN_SCORES)[kinds][sources] + skill[owners] / (_BEST - _WORST)
    truths = rng.random(len(sources)) < np.clip(chance, *_SUREST)
    share = np.bincount(owners, weights=truths) / sizes[prompts]
    level = rng.normal(0, world.prompt_spread, world.n_prompts)[prompts]
    names = [*CATEGORY_COUNTS]
    items = tuple(
        StudyItem(
            key=str(number),
            prompt_id=str(prompt),
            generator=f"generator {generators[number]:02d}",
            source="synthetic" if synthetic[prompt] else "real",
            synthetic_type=_SYNTHETIC_TYPES[types[prompt]] if synthetic[prompt] else None,
            categories=tuple(names[kind] for kind in kinds[lists[prompt]]),
        )
        for number, prompt in enumerate(prompts)
    )
    alignment = np.clip(_WORST + (_BEST - _WORST) * share + level + skill, *ALIGNMENT_SCALE)
    return _Pictures(items, prompts, alignment, owners, sources, kinds[sources], truths)


def _draw_generators(world: World, synthetic: BoolArray, rng: np.random.Generator) -> IntArray:
    """Shape (prompts, pictures); none twice for one prompt as long as there are enough."""
    first = max(1, world.n_generators * _REAL_GENERATORS // _GENERATORS)
    keys = rng.random((world.n_prompts, world.n_generators))
    keys[~synthetic, first:] += 1  # after all others
    chosen: IntArray = keys.argsort(axis=1)[:, np.arange(world.n_pictures) % first]
    return chosen


def _draw_raters(world: World, rng: np.random.Generator) -> _Raters:
    n_items = world.n_prompts * world.n_pictures
    n_drawn = world.n_prompts if world.assignment == "prompts" else n_items
    drawn = _draw_people(world, n_drawn, rng)
    numbers = np.repeat(drawn, n_items // n_drawn, axis=0)
    return _Raters(numbers, rng.random(numbers.shape) < _CARELESS_SHARE)


def _draw_people(world: World, n_drawn: int, rng: np.random.Generator) -> IntArray:
    """Different raters for both rounds, shape (drawn, raters of both rounds)."""
    keys = rng.random((n_drawn, world.n_raters))
    if not world.newcomers:
        return np.asarray(keys.argsort(axis=1)[:, : _ROUNDS * world.per_item], dtype=np.intp)
    half = world.n_raters // _ROUNDS
    pools = [keys[:, :half].argsort(axis=1), half + keys[:, half:].argsort(axis=1)]
    return np.hstack([pool[:, : world.per_item] for pool in pools])


def _rate(
    world: World, pictures: _Pictures, raters: _Raters, leniency: FloatArray, rng: np.random.Generator
) -> FloatArray:
    reading = rng.normal(0, world.reading_spread, (world.n_prompts, world.n_raters))
    own = reading[pictures.prompts[:, None], raters.numbers] + leniency[raters.numbers]
    noise = rng.normal(0, np.where(raters.careless, _CARELESS_NOISE, _CAREFUL_NOISE))
    shift = np.repeat([0.0, world.shift], world.per_item)
    votes = np.rint(pictures.alignment[:, None] + own + noise + shift)
    return np.asarray(np.clip(votes, *ALIGNMENT_SCALE), dtype=np.float64)


def _answer(world: World, pictures: _Pictures, raters: _Raters, rng: np.random.Generator) -> BoolArray:
    """Shape (elements, raters of both rounds)."""
    misread = rng.random((int(pictures.sources.max()) + 1, world.n_raters)) < world.misread
    flip = np.where(raters.careless, _CARELESS_FLIP, _CAREFUL_FLIP)[pictures.owners]
    other = misread[pictures.sources[:, None], raters.numbers[pictures.owners]]
    seen = pictures.truths[:, None] ^ other
    odds = np.exp(rng.normal(0, world.yes_spread, world.n_raters))[raters.numbers[pictures.owners]]
    yes = np.where(seen, 1 - flip, flip)
    answers: BoolArray = rng.random(flip.shape) < yes * odds / (1 - yes + yes * odds)
    changed = pictures.kinds == [*CATEGORY_COUNTS].index(world.category)
    later = answers[changed, world.per_item :]
    if world.category_bias and later.size and not later.all():
        # So many of the noes become yes that the share of yes rises by what was asked for.
        chance = min(1.0, world.category_bias / (1 - float(later.mean())))
        answers[changed, world.per_item :] = later | (rng.random(later.shape) < chance)
    return answers


def table_rows(log: RatingLog, phase: int) -> Iterator[dict[str, Any]]:
    """The ratings of one round as rows of a table that `evalmuse study consistency --old` and `--new` read.

    Args:
        log: Simulated ratings.
        phase: `OLD` or `NEW`.

    Yields:
        One row per rating.
    """
    places = np.split(np.arange(len(log.answers)), np.flatnonzero(np.diff(np.sort(log.answer_ratings))) + 1)
    order = np.argsort(log.answer_ratings, kind="stable")
    answers = {int(log.answer_ratings[order[own[0]]]): order[own] for own in places if len(own)}
    for rating in np.flatnonzero(log.rating_phases == phase):
        item = log.items[log.rating_items[rating]]
        values = log.answers[answers[int(rating)]].astype(int).tolist()
        yield {
            "item": item.key,
            "prompt_id": item.prompt_id,
            "generator": item.generator,
            "source": item.source,
            "synthetic_type": item.synthetic_type,
            "rater": log.raters[log.rating_raters[rating]],
            "overall": int(log.overall[rating]),
            "elements": [
                {"text": f"element {place}", "category": category, "value": value}
                for place, (category, value) in enumerate(zip(item.categories, values, strict=True))
            ],
        }
