"""Do the heat maps of FGA-BLIP2 point at what they are about? The pointing game on drawings with known truth."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.meta_evaluation.studies.maps_game import Round, find_best_points, play
from evalmuse_hf.meta_evaluation.studies.maps_intervals import crossed_interval
from evalmuse_hf.meta_evaluation.studies.maps_peaks import find_all_peaks
from evalmuse_hf.meta_evaluation.studies.maps_places import MapPicture, draw_pictures
from evalmuse_hf.models.fga_blip2.element_maps_fga_blip2 import MAP_FORM
from evalmuse_hf.models.fga_blip2.map_evidence_fga_blip2 import (
    COMPARATORS,
    MIN_SCORE,
    CategoryEvidence,
    Comparison,
    HitRate,
    MapEvidence,
)
from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer
from evalmuse_hf.models.model_files import preprocessing_sha256, weights_sha256
from evalmuse_hf.schema import CATEGORIES
from evalmuse_hf.stats.results import ConfidenceInterval

FORMAT = 2
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
        draws: Random models of each kind; every one maps every drawing.
        seed: Of drawings, random weights and intervals.
        n_resamples: Bootstrap resamples of whole prompts, and of random models.
        quick: Made by `quick_options`.
    """

    model: str | None = "mini"
    pictures: int = 900
    development: int = 450
    draws: int = 10
    seed: int = 0
    n_resamples: int = 10_000
    quick: bool = False

    @property
    def command(self) -> str:
        """What repeats it; a folder is called by its name, so that no path of a machine is told."""
        model = "official" if self.model is None else self.model
        name = Path(model).name if Path(model).is_dir() else model
        words = ["evalmuse", "study", "maps", "--model", name]
        if self.quick:
            return shlex.join([*words, "--quick", "--seed", str(self.seed)])
        words += ["--pictures", str(self.pictures), "--draws", str(self.draws), "--seed", str(self.seed)]
        if self.n_resamples != MapsOptions().n_resamples:
            words += ["--n-resamples", str(self.n_resamples)]
        return shlex.join(words)


@dataclass(frozen=True, slots=True)
class MapsStudy:
    """What came out.

    Attributes:
        options: What was asked for.
        scorer: Name of the scorer.
        grid: Patches per side of a map.
        comparators: By name, how often it hits, over all elements that it could be compared on.
        draws: Of the comparators with random models, how often each of these hits.
        evidence: Hit rates, in the form that is kept beside the weights.
    """

    options: MapsOptions
    scorer: str
    grid: int
    comparators: Mapping[str, HitRate]
    draws: Mapping[str, tuple[float, ...]]
    evidence: MapEvidence

    @property
    def n(self) -> int:
        """Elements that the maps were judged on."""
        return sum(one.n for one in self.evidence.categories.values())

    def record(self) -> dict[str, Any]:
        """Spell everything for JSON; what is undefined is null."""
        return {
            "format": FORMAT,
            "scorer": self.scorer,
            "development": self.options.development,
            "n_resamples": self.options.n_resamples,
            "grid": self.grid,
            "n": self.n,
            "comparators": {name: {"rate": one.rate, "n": one.n} for name, one in self.comparators.items()},
            "draws": {name: list(rates) for name, rates in self.draws.items()},
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
        quick=True,
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
        ValueError: If a number is below 1, the scorer finds elements by the official positions, no drawing shows an
            element with a place, or the folder holds another study.
    """
    for name in ("pictures", "development", "draws"):
        if getattr(options, name) < 1:
            raise ValueError(f"The number of {name} is {getattr(options, name)}, expected 1 or more.")
    if scorer.compat is not None:
        raise ValueError(f"Maps are not studied with compat={scorer.compat!r}; load the scorer without it.")
    pictures = draw_pictures(options.pictures, seed=[options.seed, _TEST])
    best_points = find_best_points(draw_pictures(options.development, seed=[options.seed, _DEVELOPMENT]), CATEGORIES)
    vision: Any = scorer.model.config.vision_config
    grid = vision.image_size // vision.patch_size
    files = _files_of(scorer)
    peaks = find_all_peaks(
        scorer,
        pictures,
        draws=options.draws,
        seed=options.seed,
        folder=out,
        key={**files, "map_form": MAP_FORM, "draws": options.draws, "seed": options.seed},
        progress=progress,
    )
    rounds = list(play(pictures, peaks, best_points=best_points, grid=grid))
    prompts = [one.prompt for one in rounds]
    hits = np.array([one.hit for one in rounds])
    low, high = _interval(hits[:, None], prompts, CONFIDENCE_LEVEL, options)
    return MapsStudy(
        options=options,
        scorer=scorer.name,
        grid=grid,
        comparators={
            name: _rate(np.mean(one.others[name]) for one in rounds if name in one.others) for name in COMPARATORS
        },
        draws={
            name: tuple(np.mean([one.others[name] for one in rounds], axis=0).tolist())
            for name in ("random_qformer", "random_weights")
            if rounds
        },
        evidence=MapEvidence(
            **files,
            map_form=MAP_FORM,
            command=options.command,
            seed=options.seed,
            draws=options.draws,
            n_pictures=options.pictures,
            n_prompts=len({picture.prompt for picture in pictures}),
            hit_rate=_rate(hits).rate,
            low=low,
            high=high,
            found={
                name: _rate(one.hit for one in rounds if (one.score >= MIN_SCORE) is found)
                for name, found in (("yes", True), ("no", False))
            },
            rivals={
                "shown": _rate(hit for one in rounds for hit in one.shown_rivals),
                "missing": _rate(hit for one in rounds for hit in one.missing_rivals),
            },
            categories=judge_categories(rounds, count_placeless(pictures), options),
        ),
    )


def judge_categories(
    rounds: Sequence[Round], placeless: Mapping[str, int], options: MapsOptions
) -> dict[str, CategoryEvidence]:
    """Compare the maps of each category with every comparator, on the same elements.

    Intervals draw whole prompts, and those of differences to random models also these. Intervals of differences share
    the level among the comparators (Bonferroni), which is more than is needed where every one of them must be beaten.

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
        hits = np.array([one.hit for one in own])
        low, high = _interval(hits[:, None], prompts, CONFIDENCE_LEVEL, options)
        comparisons = {name: _compare(name, own, options) for name in COMPARATORS}
        evidence[category] = CategoryEvidence(
            category=category,
            n=len(own),
            n_prompts=len(set(prompts)),
            n_placeless=placeless.get(category, 0),
            hit_rate=_rate(hits).rate,
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
    if not both:
        return Comparison(np.nan, np.nan, np.nan, np.nan, 0, 0)
    others = np.array([one.others[name] for one in both])  # (n, D)
    differences = np.array([one.hit for one in both])[:, None] - others
    level = 1 - (1 - CONFIDENCE_LEVEL) / len(COMPARATORS)
    low, high = _interval(differences, prompts, level, options)
    return Comparison(
        rate=float(others.mean()),
        difference=float(differences.mean()),
        low=low,
        high=high,
        n=len(both),
        n_prompts=len(set(prompts)),
    )


def _interval(
    values: NDArray[np.float64], prompts: Sequence[str], level: float, options: MapsOptions
) -> ConfidenceInterval:
    found = crossed_interval(
        values, prompts, n_resamples=options.n_resamples, confidence_level=level, seed=options.seed
    )
    return found or ConfidenceInterval(np.nan, np.nan)


def _rate(hits: Iterable[Any]) -> HitRate:
    counted = [float(hit) for hit in hits]
    return HitRate(float(np.mean(counted)) if counted else np.nan, len(counted))


def _files_of(scorer: FGABlip2Scorer) -> dict[str, Any]:
    """Digests of the files that a model was loaded from."""
    folder = str(scorer.model.name_or_path or "")
    return {"weights_sha256": weights_sha256(folder) or "", "preprocessing_sha256": preprocessing_sha256(folder)}
