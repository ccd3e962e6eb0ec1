"""The design of a consistency study: which prompts are rated again, and what can be expected of that.

Whole prompts are drawn, not single pictures: pictures of one prompt share its raters and what these make of it, so
precision rests on the number of prompts, and everything is known of those that are drawn.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from evalmuse_hf.meta_evaluation.studies.consistency_precision import DetectableBias, Precision, expect_precision
from evalmuse_hf.meta_evaluation.studies.consistency_ratings import (
    OLD,
    RatingLog,
    StudyItem,
    StudyRating,
    make_log,
)

FORMAT = 1
"""Raised when a key of the record changes its meaning or goes away."""

LEAST_PROMPTS = 30
"""With fewer drawn prompts a study says little; its document warns."""

TRAITS = ("source", "synthetic type", "generator", "category")


@dataclass(frozen=True, slots=True, kw_only=True)
class TraitCount:
    """How often something occurs among the finished items and in the sample.

    Attributes:
        trait: One of `TRAITS`.
        name: Which source, type, generator or category.
        population: Finished items with it; elements of items for a category.
        sample: Likewise, among the drawn ones.
    """

    trait: str
    name: str
    population: int
    sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsistencyDesign:
    """What was drawn, with everything that is needed to draw it again.

    Attributes:
        share: Share of the prompts that was asked for.
        seed: Of the draw.
        per_item: Raters of each item in the second round.
        n_items: Finished items.
        n_prompts: Their prompts.
        population: SHA-256 of the keys and prompts of the finished items.
        prompt_ids: The drawn prompts, sorted.
        items: Their finished items.
        counts: How the sample looks beside what it was drawn from.
        precision: What to expect.
        n_raters: People who may rate in the second round; None if that is not known.
        round_name: The round that was opened; None for none.
        barred: Numbers of the raters who do not get an item, by its key.
        warnings: What to know before the round is opened.
    """

    share: float
    seed: int
    per_item: int
    n_items: int
    n_prompts: int
    population: str
    prompt_ids: tuple[str, ...]
    items: tuple[StudyItem, ...]
    counts: tuple[TraitCount, ...]
    precision: Precision
    n_raters: int | None = None
    round_name: str | None = None
    barred: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """Spell everything for JSON; what is undefined is null."""
        from evalmuse_hf import __version__

        values = asdict(self)
        values |= {
            "items": [item.key for item in self.items],
            "barred": {key: list(own) for key, own in self.barred.items()},
        }
        record = {"format": FORMAT, "study": "consistency", "version": __version__, **values}
        return {name: _json_value(value) for name, value in record.items()}


def draw_design(
    items: Sequence[StudyItem],
    ratings: Sequence[StudyRating],
    *,
    share: float,
    seed: int,
    per_item: int = 3,
    n_raters: int | None = None,
) -> ConsistencyDesign:
    """Draw prompts at random, all alike, and say what to expect of a second round of their items.

    Args:
        items: The finished items.
        ratings: Their ratings of the first round.
        share: Share of the prompts, in (0, 1]; rounded up to whole prompts.
        seed: Same seed and same finished items, same draw.
        per_item: Raters of each item in the second round.
        n_raters: People who will share the ratings; None takes those of the first round.

    Raises:
        ValueError: If the share is not in (0, 1], or fewer than two prompts are finished.
    """
    if not 0 < share <= 1:
        raise ValueError(f"The share to draw is {share:g}, expected more than 0 and at most 1, such as 0.05.")
    if per_item < 1:
        raise ValueError(f"{per_item} raters an item were asked for, expected 1 or more.")
    prompts = sorted({item.prompt_id for item in items})
    if len(prompts) < 2:
        raise ValueError(f"{len(prompts)} prompts have finished items, expected at least 2; collect ratings first.")
    number = math.ceil(share * len(prompts) - 1e-9)
    places = np.random.default_rng(seed).choice(len(prompts), size=number, replace=False)
    drawn = {prompts[place] for place in places}
    chosen = tuple(item for item in items if item.prompt_id in drawn)
    log = make_log(items, [rating for rating in ratings if rating.phase == OLD])
    inside = np.array([index for index, item in enumerate(items) if item.prompt_id in drawn], dtype=np.intp)
    return ConsistencyDesign(
        share=share,
        seed=seed,
        per_item=per_item,
        n_items=len(items),
        n_prompts=len(prompts),
        population=fingerprint_items(items),
        prompt_ids=tuple(sorted(drawn)),
        items=chosen,
        counts=_count_traits(items, chosen),
        precision=expect_precision(log, chosen=inside, per_item=per_item, n_raters=n_raters, seed=seed),
        n_raters=n_raters,
        warnings=_warnings(number, log, per_item),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a written design promised, and of which draw.

    Attributes:
        path: Where it is written.
        seed: Of the draw.
        population: Of the design.
        items: Keys of the drawn items.
        round_name: The round that was opened; None for none.
        precision: What to expect.
    """

    path: Path
    seed: int
    population: str
    items: frozenset[str]
    round_name: str | None
    precision: Precision

    def check(self, *, what: str, is_of: bool) -> None:
        """Refuse it for another draw.

        Args:
            what: What it is held against.
            is_of: Whether it is the promise of that.

        Raises:
            ValueError: If it is not.
        """
        if not is_of:
            raise ValueError(
                f"{self.path} is the design of another draw than {what}; name the folder of the right one, or an "
                "empty one, with --out."
            )


def read_promise(path: Path) -> Promise | None:
    """What a design promised.

    Args:
        path: ``design.json``.

    Returns:
        None if there is no such file.

    Raises:
        ValueError: If it is not a design of this study.
    """
    if not path.is_file():
        return None
    try:
        values = json.loads(path.read_text("utf-8"))
        if values["study"] != "consistency" or values["format"] != FORMAT:
            raise KeyError("study")
        promised = values["precision"]
        numbers = {name: _number(promised[name]) for name in ("shift", "yes_shift", "expected_icc", "icc")}
        precision = Precision(
            **numbers,
            n_tests=int(promised["n_tests"]),
            rater=_detectable(promised["rater"]),
            categories=tuple(map(_detectable, promised["categories"])),
        )
        return Promise(
            path=path,
            seed=int(values["seed"]),
            population=str(values["population"]),
            items=frozenset(map(str, values["items"])),
            round_name=values["round_name"],
            precision=precision,
        )
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError(
            f"{path} is not a design of this version of the study; move it away, or name another folder with --out."
        ) from None


def _detectable(values: Mapping[str, Any]) -> DetectableBias:
    return DetectableBias(
        name=str(values["name"]),
        n_prompts=_number(values["n_prompts"]),
        difference=_number(values["difference"]),
        status=str(values["status"]),
    )


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _json_value(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _json_value(own) for name, own in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(own) for own in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def fingerprint_items(items: Sequence[StudyItem]) -> str:
    """SHA-256 of the keys and prompts of items, in whatever order they come.

    Args:
        items: The items.
    """
    rows = sorted((item.key, item.prompt_id) for item in items)
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _count_traits(items: Sequence[StudyItem], chosen: Sequence[StudyItem]) -> tuple[TraitCount, ...]:
    whole, sample = _traits(items), _traits(chosen)
    return tuple(
        TraitCount(trait=trait, name=name, population=number, sample=sample.get((trait, name), 0))
        for (trait, name), number in sorted(whole.items(), key=lambda one: (TRAITS.index(one[0][0]), one[0][1]))
    )


def _traits(items: Sequence[StudyItem]) -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = {}
    for item in items:
        own = [("source", item.source), ("synthetic type", item.synthetic_type), ("generator", item.generator)]
        own += [("category", category) for category in item.categories]
        for trait, name in own:
            if name is not None:
                counts[trait, name] = counts.get((trait, name), 0) + 1
    return counts


def _warnings(n_drawn: int, log: RatingLog, per_item: int) -> tuple[str, ...]:
    warnings = []
    if n_drawn < LEAST_PROMPTS:
        warnings.append(
            f"{n_drawn} prompts are drawn; with fewer than {LEAST_PROMPTS}, intervals are wide and little is found."
        )
    counts = np.bincount(log.rating_items, minlength=len(log.items))
    usual = int(np.median(counts)) if len(counts) else 0
    if usual not in (0, per_item):
        warnings.append(
            f"The first round has {usual} ratings of an item, and {per_item} are asked for: means of different "
            "numbers of ratings do not vary alike, as ICC(1,1) takes them to; --raters makes them alike."
        )
    return tuple(warnings)
