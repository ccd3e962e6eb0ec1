"""A scorer judged by what it is used for: the order in which it puts generators."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evalmuse_hf.meta_evaluation.rated_data import known_generator
from evalmuse_hf.meta_evaluation.studies.metrics_data import StudyData
from evalmuse_hf.meta_evaluation.studies.metrics_lines import Record, ScorerLine, spell
from evalmuse_hf.meta_evaluation.studies.metrics_options import MetricsOptions
from evalmuse_hf.stats import PairwiseDecisions, SystemCorrelation, pairwise_decisions, system_correlation

FEWEST = 3
"""Generators, below which there is no order to speak of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingLine:
    """How well one scorer orders generators.

    Attributes:
        name: Of the scorer.
        krcc: Kendall's tau-b between the generators' mean scores and their mean ratings, both corrected for prompts
            that a generator lacks.
        decisions: Of the pairs of generators that people decide, which the scorer decides the same way.
    """

    name: str
    krcc: SystemCorrelation
    decisions: PairwiseDecisions

    def record(self) -> Record:
        """Spell it for JSON."""
        return {
            "name": self.name,
            "krcc": spell(self.krcc),
            "n_generators": len(self.krcc.generators),
            "decided_right": spell(self.decisions),
            "n_right": self.decisions.n_right,
            "n_decided": self.decisions.n_decided,
            "n_pairs": self.decisions.n_pairs,
        }


def judge_rankings(lines: Sequence[ScorerLine], data: StudyData, options: MetricsOptions) -> tuple[RankingLine, ...]:
    """Compare the order in which each scorer puts the generators with that of people.

    Args:
        lines: The scorers.
        data: The data set.
        options: Resamples and seed.

    Returns:
        One line per scorer; none where fewer than three generators are known.
    """
    generators = [known_generator(row) for row in data.rows]
    known = np.array([generator is not None for generator in generators])
    if len({generator for generator in generators if generator is not None}) < FEWEST:
        return ()
    return tuple(_judge(line, data, generators, known, options) for line in lines)


def _judge(
    line: ScorerLine,
    data: StudyData,
    generators: Sequence[str | None],
    known: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]",
    options: MetricsOptions,
) -> RankingLine:
    used = np.flatnonzero(known & ~np.isnan(line.scores)).tolist()
    groups, ratings = data.groups, data.ratings
    pictures: dict[str, Any] = {
        "predictions": line.scores[used],
        "references": ratings[used],
        "generators": [generators[number] for number in used],
        "prompts": [groups[number] for number in used],
        "n_resamples": options.n_resamples,
        "rng": options.seed,
    }
    return RankingLine(
        name=line.name,
        krcc=system_correlation(**pictures, statistic="krcc", missing="adjusted"),
        decisions=pairwise_decisions(**pictures),
    )
