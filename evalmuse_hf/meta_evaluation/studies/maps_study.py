"""Do the heat maps of FGA-BLIP2 point at what they are about? The pointing game on drawings with known truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evalmuse_hf.meta_evaluation.studies.maps_game import Round, find_best_points, play
from evalmuse_hf.meta_evaluation.studies.maps_peaks import find_all_peaks
from evalmuse_hf.meta_evaluation.studies.maps_places import MapPicture, draw_pictures
from evalmuse_hf.models.fga_blip2.map_evidence_fga_blip2 import (
    COMPARATORS,
    CategoryEvidence,
    Comparison,
    MapEvidence,
)
from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer
from evalmuse_hf.models.model_files import weights_sha256
from evalmuse_hf.schema import CATEGORIES
from evalmuse_hf.stats import StatisticResult, mean_interval

FORMAT = 1
"""Raised when a key of the record changes its meaning or goes away."""

CONFIDENCE_LEVEL = 0.95
_DEVELOPMENT, _TEST = 0, 1  # streams of one seed: what fixes the best points is not what they are held against
_QUICK_PICTURES, _QUICK_DRAWS, _QUICK_RESAMPLES = 45, 2, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class MapsOptions:
    """What is measured, and on what.

    Attributes:
        model: As `load_scorer` takes it; None for the official checkpoint.
        pictures: Drawings that the maps are judged on, each for a prompt; templates of prompts take turns.
        development: Further drawings, which only tell the best fixed points.
        draws: Random models of each kind, which take turns.
        seed: Of drawings, random weights and intervals.
        n_resamples: Bootstrap resamples of whole prompts.
    """

    model: str | None = "mini"
    pictures: int = 900
    development: int = 450
    draws: int = 5
    seed: int = 0
    n_resamples: int = 10_000

    @property
    def command(self) -> str:
        """What repeats it; a folder is called by its name, so that no path of a machine is told."""
        model = "" if self.model is None else f" --model {Path(self.model).name}"
        return f"evalmuse study maps{model} --pictures {self.pictures} --draws {self.draws} --seed {self.seed}"


@dataclass(frozen=True, slots=True)
class MapsStudy:
    """What came out.

    Attributes:
        options: What was asked for.
        scorer: Name of the scorer.
        n_prompts: Different prompts among the pictures.
        grid: Patches per side of a map.
        hit_rate: Over the elements of all categories.
        comparators: By name, its rate over all elements that it could be compared on.
        evidence: Per category, in the form that is kept beside the weights.
    """

    options: MapsOptions
    scorer: str
    n_prompts: int
    grid: int
    hit_rate: StatisticResult
    comparators: Mapping[str, float]
    evidence: MapEvidence

    def record(self) -> dict[str, Any]:
        """Spell everything for JSON; what is undefined is null."""
        low, high = self.hit_rate.confidence_interval or (None, None)
        return {
            "format": FORMAT,
            "scorer": self.scorer,
            "pictures": self.options.pictures,
            "development": self.options.development,
            "draws": self.options.draws,
            "n_resamples": self.options.n_resamples,
            "grid": self.grid,
            "n": self.hit_rate.n,
            "hit_rate": None if np.isnan(self.hit_rate.statistic) else self.hit_rate.statistic,
            "low": low,
            "high": high,
            "comparators": dict(self.comparators),
            "evidence": self.evidence.record(),
        }


def quick_options(options: MapsOptions) -> MapsOptions:
    """Make a study that takes seconds, to see that it works; shows nothing else.

    Args:
        options: Whose model and seed.
    """
    return MapsOptions(
        model=options.model,
        pictures=_QUICK_PICTURES,
        development=_QUICK_PICTURES,
        draws=_QUICK_DRAWS,
        seed=options.seed,
        n_resamples=_QUICK_RESAMPLES,
    )


def run_maps_study(
    options: MapsOptions, scorer: FGABlip2Scorer, *, out: Path | None = None, progress: bool = False
) -> MapsStudy:
    """Draw pictures, map their elements by the model and by random ones, and compare.

    Args:
        options: What is measured, and on what.
        scorer: The scorer of the model.
        out: Folder in which the peaks are kept, so that a study that was interrupted goes on; None keeps none.
        progress: Show a bar.

    Raises:
        ValueError: If a number is below 1, no drawing shows an element with a place, or the folder holds another
            study.
    """
    for name in ("pictures", "development", "draws"):
        if getattr(options, name) < 1:
            raise ValueError(f"The number of {name} is {getattr(options, name)}, expected 1 or more.")
    pictures = draw_pictures(options.pictures, seed=[options.seed, _TEST])
    best_points = find_best_points(draw_pictures(options.development, seed=[options.seed, _DEVELOPMENT]), CATEGORIES)
    vision: Any = scorer.model.config.vision_config
    grid = vision.image_size // vision.patch_size
    weights = weights_sha256(scorer.model.name_or_path or "") or ""
    peaks = find_all_peaks(
        scorer,
        pictures,
        draws=options.draws,
        seed=options.seed,
        folder=out,
        key={"weights_sha256": weights, "draws": options.draws, "seed": options.seed},
        progress=progress,
    )
    rounds = list(play(pictures, peaks, best_points=best_points, grid=grid))
    prompts = len({picture.prompt for picture in pictures})
    evidence = MapEvidence(
        weights_sha256=weights,
        command=options.command,
        seed=options.seed,
        n_prompts=prompts,
        categories=judge_categories(rounds, count_placeless(pictures), options),
    )
    pooled = {name: [one.others[name] for one in rounds if name in one.others] for name in COMPARATORS}
    return MapsStudy(
        options=options,
        scorer=scorer.name,
        n_prompts=prompts,
        grid=grid,
        hit_rate=_mean([one.hit for one in rounds], [one.prompt for one in rounds], CONFIDENCE_LEVEL, options),
        comparators={name: float(np.mean(values)) for name, values in pooled.items() if values},
        evidence=evidence,
    )


def judge_categories(
    rounds: Sequence[Round], placeless: Mapping[str, int], options: MapsOptions
) -> dict[str, CategoryEvidence]:
    """Compare the maps of each category with every comparator, on the same elements.

    Intervals draw whole prompts. Those of the differences share the level among the comparators (Bonferroni), which
    is more than is needed where every one of them must be beaten.

    Args:
        rounds: Of the pointing game.
        placeless: Elements without a place, by category.
        options: Seed and resamples.
    """
    evidence = {}
    for category in CATEGORIES:
        own = [one for one in rounds if one.category == category]
        if not own and not placeless.get(category):
            continue
        prompts = [one.prompt for one in own]
        rate = _mean([one.hit for one in own], prompts, CONFIDENCE_LEVEL, options)
        low, high = rate.confidence_interval or (np.nan, np.nan)
        comparisons = {name: _compare(name, own, options) for name in COMPARATORS}
        evidence[category] = CategoryEvidence(
            category=category,
            n=len(own),
            n_prompts=len(set(prompts)),
            n_placeless=placeless.get(category, 0),
            hit_rate=rate.statistic,
            low=low,
            high=high,
            comparisons={name: one for name, one in comparisons.items() if one.n},
        )
    return evidence


def count_placeless(pictures: Sequence[MapPicture]) -> dict[str, int]:
    """Count the elements that pictures show and that have no place in them, by category.

    Args:
        pictures: The drawings.
    """
    counts: dict[str, int] = {}
    for picture in pictures:
        for element in picture.shown:
            if element.place is None:
                counts[element.category] = counts.get(element.category, 0) + 1
    return counts


def _compare(name: str, own: Sequence[Round], options: MapsOptions) -> Comparison:
    both = [one for one in own if name in one.others]
    prompts = [one.prompt for one in both]
    level = 1 - (1 - CONFIDENCE_LEVEL) / len(COMPARATORS)
    difference = _mean([one.hit - one.others[name] for one in both], prompts, level, options)
    low, high = difference.confidence_interval or (np.nan, np.nan)
    return Comparison(
        rate=float(np.mean([one.others[name] for one in both])) if both else np.nan,
        difference=difference.statistic,
        low=low,
        high=high,
        n=len(both),
        n_prompts=len(set(prompts)),
    )


def _mean(values: Sequence[float], prompts: Sequence[str], level: float, options: MapsOptions) -> StatisticResult:
    resamples = options.n_resamples if len(set(prompts)) > 1 else 0
    return mean_interval(
        values=values, groups=prompts, n_resamples=resamples, confidence_level=level, rng=options.seed
    )
