"""Mean ratings as people would give them, from the scores of all pictures and human ratings of some."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.ranking.human_ratings import MatchedRatings, match_ratings, parse_ratings
from evalmuse_hf.ranking.records import CorrectedMean
from evalmuse_hf.ranking.scored_pictures import ScoredPictures
from evalmuse_hf.ranking.sentences import listed
from evalmuse_hf.stats.prediction_powered import (
    MIN_RATED_PROMPTS,
    PredictionPoweredResult,
    prediction_powered_mean,
)

logger = logging.getLogger(__name__)

Row = Mapping[str, Any]

_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Corrections:
    """Corrected means.

    Attributes:
        by_generator: Of the generators with enough ratings.
        notes: What a reader must know of the ratings, each a sentence.
        methods: How they were used, each a sentence.
    """

    by_generator: Mapping[str, CorrectedMean] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()


def correct_means(
    pictures: ScoredPictures,
    human: Iterable[Row],
    *,
    counting: NDArray[np.bool_],
    scale: tuple[float, float],
) -> Corrections:
    """Correct the mean score of each generator by ratings of a random part of its pictures.

    Args:
        pictures: What was scored.
        human: Rows of ratings; see `evalmuse_hf.ranking.read_human_ratings`.
        counting: Whether each prompt of ``pictures`` counts.
        scale: Lowest and highest rating.

    Raises:
        ValueError: If the ratings cannot be read, or do not belong to these pictures.
    """
    matched = match_ratings(parse_ratings(human, scale=scale), pictures)
    ratings = np.full(len(pictures.rows), np.nan)
    ratings[[*matched.means]] = [*matched.means.values()]
    usable = pictures.scored & counting[pictures.prompt_codes]
    left_out = int((~np.isnan(ratings) & ~usable).sum())
    found: dict[str, PredictionPoweredResult] = {}
    for code, generator in enumerate(pictures.generators):
        own = usable & (pictures.generator_codes == code)
        rated = own & ~np.isnan(ratings)
        if np.unique(pictures.prompt_codes[rated]).size >= MIN_RATED_PROMPTS:
            found[generator] = prediction_powered_mean(
                scores=pictures.scores[own],
                prompts=pictures.prompt_codes[own].tolist(),
                rated_scores=pictures.scores[rated],
                ratings=ratings[rated],
                rated_prompts=pictures.prompt_codes[rated].tolist(),
            )
    same_scale = bool(((pictures.scores[usable] >= scale[0]) & (pictures.scores[usable] <= scale[1])).all())
    few = [name for name in pictures.generators if name not in found]
    notes = (*_notes(matched, left_out=left_out), *_notes_on_few(few, all_of_them=not found))
    for note in notes:
        logger.warning("%s", note)
    return Corrections(_ranked(found, same_scale=same_scale), notes, _methods(matched))


def _ranked(found: Mapping[str, PredictionPoweredResult], *, same_scale: bool) -> dict[str, CorrectedMean]:
    order = sorted((round(result.statistic, _DIGITS) for result in found.values()), reverse=True)
    return {
        name: CorrectedMean(
            mean=result.statistic,
            low=result.confidence_interval.low if result.confidence_interval else None,
            high=result.confidence_interval.high if result.confidence_interval else None,
            rank=order.index(round(result.statistic, _DIGITS)) + 1,
            bias=result.bias if same_scale else float("nan"),
            weight=result.weight,
            n_rated=result.n,
            n_rated_prompts=result.n_rated_prompts,
            human_mean=result.human.statistic,
            human_low=result.human.confidence_interval.low if result.human.confidence_interval else None,
            human_high=result.human.confidence_interval.high if result.human.confidence_interval else None,
        )
        for name, result in found.items()
    }


def _notes(matched: MatchedRatings, *, left_out: int) -> list[str]:
    notes = []
    if matched.unknown:
        notes.append(
            f"{len(matched.unknown)} rated pictures were not scored and are left out: {listed(matched.unknown)}."
        )
    if matched.unscored:
        notes.append(f"{len(matched.unscored)} rated pictures have no score and are left out.")
    if left_out:
        notes.append(f"{left_out} rated pictures belong to prompts that do not count and are left out.")
    return notes


def _methods(matched: MatchedRatings) -> tuple[str, ...]:
    if matched.n_ratings == len(matched.means):
        return ()
    return (
        f"People gave {matched.n_ratings:,} ratings of {len(matched.means):,} pictures; those of one picture are "
        "averaged.",
    )


def _notes_on_few(names: list[str], *, all_of_them: bool) -> list[str]:
    if not names:
        return []
    if all_of_them:
        return [
            f"There are no corrected means, because no generator has ratings of {MIN_RATED_PROMPTS} prompts that all "
            "generators have; others do not count, because means could not be compared."
        ]
    verb = "has" if len(names) == 1 else "have"
    return [
        f"{listed(names)} {verb} ratings of fewer than {MIN_RATED_PROMPTS} prompts and therefore no corrected mean; "
        "ranks of corrected means are among the others."
    ]
