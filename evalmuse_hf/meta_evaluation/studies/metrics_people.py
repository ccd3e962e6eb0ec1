"""People beside the scorers: what their noise allows, and what one of them reaches."""

import math
from dataclasses import dataclass
from typing import Literal

from evalmuse_hf.meta_evaluation.evaluation_parts.judged import judge
from evalmuse_hf.meta_evaluation.evaluation_parts.rating_tables import find_rule, overall_ratings
from evalmuse_hf.meta_evaluation.references import ratings_as_scores
from evalmuse_hf.meta_evaluation.studies.metrics_data import StudyData
from evalmuse_hf.meta_evaluation.studies.metrics_lines import Record, ScorerLine, spell
from evalmuse_hf.meta_evaluation.studies.metrics_options import MetricsOptions
from evalmuse_hf.stats import (
    HumanScorerResult,
    PromptRaterResult,
    StatisticResult,
    human_as_scorer,
    noise_ceiling,
    prompt_rater_interval,
)

_CORRELATIONS: tuple[Literal["srcc", "krcc", "plcc"], ...] = ("srcc", "krcc", "plcc")
_LEAST_ITEMS = 30  # pictures with two ratings, below which the fitted model says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """What bounds and what accompanies a scorer's figure.

    Attributes:
        ceilings: What a scorer that knows the expected rating would reach against these mean ratings, by ``"srcc"``,
            ``"krcc"`` and ``"plcc"``; None where it cannot be had.
        human: SRCC of one rating with the mean of the others; None without single ratings.
        identified: Whether the raters are known.
        note: Why something is missing; empty if nothing is.
    """

    ceilings: dict[str, float | None]
    human: HumanScorerResult | None
    identified: bool
    note: str = ""

    def record(self) -> Record:
        """Spell it for JSON."""
        human = None if self.human is None else {"srcc": spell(self.human)}
        return {
            "ceilings": dict(self.ceilings),
            "human_as_scorer": human,
            "raters_identified": self.identified,
            "note": self.note,
        }


NOBODY: dict[str, float | None] = {"srcc": None, "krcc": None, "plcc": None}


def judge_people(data: StudyData, options: MetricsOptions) -> People:
    """Compute the noise ceiling, and the place of one rater among the scorers.

    Args:
        data: A data set.
        options: Resamples and seed.
    """
    pairs = judge(ratings_as_scores(data.rows), data.rated).pairs
    table = overall_ratings(pairs, data.raters)
    n_items = 0 if table is None else int((table.sizes >= 2).sum())
    if table is None or n_items < _LEAST_ITEMS:
        note = f"No ceiling: {n_items:,} of {len(data.rows):,} pictures have two single ratings or more."
        return People(ceilings=NOBODY, human=None, identified=False, note=note)
    rule = find_rule(table)
    modelled = {"srcc", "krcc"} | ({"plcc"} if rule.again_at is not None else set())
    low, high = data.facts.rating_scale
    ceilings: dict[str, float | None] = {
        name: _known(
            noise_ceiling(
                table.values,
                statistic=name,
                k=rule.first,
                again_at=rule.again_at,
                scale=(int(low), int(high)) if name in modelled else None,
                groups=table.prompts,
                rng=options.seed,
            )
        )
        for name in _CORRELATIONS
        if table.whole or name not in modelled
    }
    human = human_as_scorer(
        table.values,
        identified=table.identified,
        groups=table.prompts,
        n_resamples=options.n_resamples,
        rng=options.seed,
    )
    note = "" if table.whole else "Ratings that are no whole numbers have no ceiling of rank correlations."
    return People(ceilings={**NOBODY, **ceilings}, human=human, identified=table.identified, note=note)


def judge_by_other_raters(line: ScorerLine, data: StudyData, options: MetricsOptions) -> PromptRaterResult | None:
    """Draw raters, too, for one scorer: what other people might have said of it.

    Args:
        line: The scorer.
        data: The data set.
        options: Statistic, resamples and seed.

    Returns:
        The scorer's agreement with an interval over prompts and raters; None where raters are not known, or nothing
        is drawn.
    """
    pairs = judge(ratings_as_scores(data.rows), data.rated).pairs
    table = overall_ratings(pairs, data.raters)
    if table is None or not table.identified or options.n_resamples == 0:
        return None
    scores = dict(zip((str(row["image_path"]) for row in data.rows), line.scores.tolist(), strict=True))
    return prompt_rater_interval(
        predictions=[scores[path] for path in pairs.paths],
        ratings=table.values,
        groups=table.prompts,
        statistic=options.statistic,
        n_resamples=options.n_resamples,
        rng=options.seed,
    )


def _known(result: StatisticResult) -> float | None:
    return None if math.isnan(result.statistic) else float(result.statistic)
