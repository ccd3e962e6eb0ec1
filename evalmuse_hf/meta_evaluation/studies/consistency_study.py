"""How far people repeat their ratings: the third experiment that this project was founded with.

A random part of the prompts is rated again by people who never saw them. Old and new means say how reliable a mean is,
and who or what is rated differently. Ratings that the range rule asked for are kept apart: an item gets those because
its first raters disagreed, so such items are no sample of all.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from evalmuse_hf.meta_evaluation.studies.consistency_biases import Bias, find_biases
from evalmuse_hf.meta_evaluation.studies.consistency_measures import Repetition, measure_repetition
from evalmuse_hf.meta_evaluation.studies.consistency_precision import Precision
from evalmuse_hf.meta_evaluation.studies.consistency_ratings import (
    ANONYMOUS_RATER,
    FURTHER,
    NEW,
    OLD,
    StudyItem,
    StudyRating,
    make_log,
)
from evalmuse_hf.stats.clustered import ClusteredEstimate
from evalmuse_hf.stats.resampling import Resampling
from evalmuse_hf.stats.results import StatisticResult

FORMAT = 1
"""Raised when a key of the record changes its meaning or goes away."""

WITHIN = 1.0
"""Means of overall ratings that differ by at most so many points are close."""

WITHIN_SHARE = 1 / 3
"""Shares of yes that differ by at most so much are close: one answer of three."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsistencyStudy:
    """What came out.

    Attributes:
        source: Where the ratings are from.
        seed: Of the intervals.
        n_resamples: Bootstrap resamples of whole prompts.
        n_items: Items with ratings of both rounds.
        n_prompts: Their prompts.
        n_old: Ratings of the first round.
        n_new: Ratings of the second round.
        n_raters: Different raters in both; 0 where ratings are anonymous.
        n_raters_twice: Those who rated in each of the two.
        n_unfinished: Items that are left out because ratings are still to come.
        n_unmatched: Items that are left out because only one of two tables has them.
        overall: Of the mean overall rating.
        elements: Of the share of yes of an element.
        further: Mean overall rating of the first three against that of the three which the range rule asked for; None
            without any.
        biases: Every bias that was looked for.
        provisional: Ratings are still to come. Then there are no p-values and nothing is found: whoever looks again
            and again until something is found would find it sooner or later.
        old_guidelines: Versions of the instructions of the first ratings, as far as they are known.
        new_guidelines: Likewise, of the second ones.
        promised: The precision that the design had stated; None if it is not known.
    """

    source: str
    seed: int
    n_resamples: int
    n_items: int
    n_prompts: int
    n_old: int
    n_new: int
    n_raters: int
    n_raters_twice: int
    n_unfinished: int
    n_unmatched: int
    overall: Repetition
    elements: Repetition
    further: Repetition | None
    biases: tuple[Bias, ...]
    provisional: bool = False
    old_guidelines: tuple[str, ...] = ()
    new_guidelines: tuple[str, ...] = ()
    promised: Precision | None = None

    @property
    def findings(self) -> tuple[Bias, ...]:
        """The biases that were found, after Holm's adjustment; none while the study is provisional."""
        return tuple(bias for bias in self.biases if bias.found)

    def record(self) -> dict[str, Any]:
        """Spell everything for JSON; what is undefined is null."""
        names = ("seed", "n_resamples", "n_items", "n_prompts", "n_old", "n_new", "n_raters", "n_raters_twice")
        more = ("n_unfinished", "n_unmatched", "provisional", "old_guidelines", "new_guidelines")
        return {
            "format": FORMAT,
            "study": "consistency",
            "source": self.source,
            **{name: getattr(self, name) for name in names},
            **{name: _known(getattr(self, name)) for name in more},
            "overall": _repetition_record(self.overall),
            "elements": _repetition_record(self.elements),
            "range_rule": None if self.further is None else _repetition_record(self.further),
            "biases": [_bias_record(bias) for bias in self.biases],
            "promised": None if self.promised is None else _known(asdict(self.promised)),
        }


def measure_consistency(
    items: Sequence[StudyItem],
    ratings: Sequence[StudyRating],
    *,
    source: str,
    seed: int = 0,
    n_resamples: int = 1000,
    n_unfinished: int = 0,
    n_unmatched: int = 0,
    is_closed: bool = False,
    promised: Precision | None = None,
) -> ConsistencyStudy:
    """Compare the rounds.

    Args:
        items: Items; those without ratings of the second round only enter the comparison of the range rule.
        ratings: Their ratings.
        source: Where they are from.
        seed: Of the intervals.
        n_resamples: Bootstrap resamples of whole prompts; 0 for no bootstrap intervals.
        n_unfinished: Items left out because ratings are still to come.
        n_unmatched: Items left out because only one of two tables has them.
        is_closed: No more ratings will come, though some items are unfinished.
        promised: The precision that the design had stated.

    Raises:
        ValueError: If no item has ratings of both rounds.
    """
    of_phase = {phase: {one.item for one in ratings if one.phase == phase} for phase in (OLD, NEW, FURTHER)}
    twice = of_phase[OLD] & of_phase[NEW]
    chosen = [item for item in items if item.key in twice]
    if not chosen:
        raise ValueError(
            f"No item of {source} has ratings of both rounds yet ({n_unfinished} are unfinished); let raters go on, "
            "and come back."
        )
    log = make_log(chosen, [rating for rating in ratings if rating.phase != FURTHER])
    resampling = Resampling(n_resamples, rng=seed)
    rated_again = [item for item in items if item.key in of_phase[FURTHER] & of_phase[OLD]]
    further = None
    if rated_again:
        rule_log = make_log(rated_again, [rating for rating in ratings if rating.phase != NEW])
        further = measure_repetition(
            rule_log.overall_means(OLD),
            rule_log.overall_means(FURTHER),
            rule_log.prompts,
            within=WITHIN,
            resampling=resampling,
        )
    people = [set(log.rating_raters[log.rating_phases == phase].tolist()) for phase in (OLD, NEW)]
    study = ConsistencyStudy(
        source=source,
        seed=seed,
        n_resamples=n_resamples,
        n_items=len(chosen),
        n_prompts=log.n_prompts,
        n_old=int((log.rating_phases == OLD).sum()),
        n_new=int((log.rating_phases == NEW).sum()),
        n_raters=len(log.raters),
        n_raters_twice=len((people[0] & people[1]) - {ANONYMOUS_RATER}),
        n_unfinished=n_unfinished,
        n_unmatched=n_unmatched,
        overall=measure_repetition(
            log.overall_means(OLD), log.overall_means(NEW), log.prompts, within=WITHIN, resampling=resampling
        ),
        elements=measure_repetition(
            log.yes_shares(OLD), log.yes_shares(NEW), log.element_prompts, within=WITHIN_SHARE, resampling=resampling
        ),
        further=further,
        biases=find_biases(log),
        old_guidelines=_guidelines(ratings, OLD, twice),
        new_guidelines=_guidelines(ratings, NEW, twice),
        promised=promised,
    )
    return _provisional(study) if n_unfinished and not is_closed else study


def _guidelines(ratings: Sequence[StudyRating], phase: int, keys: Collection[str]) -> tuple[str, ...]:
    own = {one.guideline_version for one in ratings if one.phase == phase and one.item in keys}
    return tuple(sorted(version for version in own if version is not None))


def _provisional(study: ConsistencyStudy) -> ConsistencyStudy:
    """The study without any p-value."""
    nan = float("nan")
    return replace(
        study,
        provisional=True,
        overall=replace(study.overall, shift=replace(study.overall.shift, p_value=nan)),
        elements=replace(study.elements, shift=replace(study.elements.shift, p_value=nan)),
        biases=tuple(
            replace(bias, estimate=replace(bias.estimate, p_value=nan), p_adjusted=nan) for bias in study.biases
        ),
    )


def _repetition_record(found: Repetition) -> dict[str, Any]:
    return {
        "n": found.n,
        "n_prompts": found.n_prompts,
        **_known({"old_mean": found.old_mean, "new_mean": found.new_mean, "deviation": found.deviation}),
        "within": found.within,
        **{name: _result_record(getattr(found, name)) for name in ("icc", "lower", "upper", "close")},
        "shift": _estimate_record(found.shift),
    }


def _result_record(result: StatisticResult) -> dict[str, Any]:
    low, high = result.confidence_interval or (None, None)
    return {**_known({"value": result.statistic}), "low": low, "high": high, "n": result.n, "status": result.status}


def _estimate_record(estimate: ClusteredEstimate) -> dict[str, Any]:
    low, high = estimate.confidence_interval or (None, None)
    numbers = {
        "value": estimate.statistic,
        "standard_error": estimate.standard_error,
        "degrees_of_freedom": estimate.degrees_of_freedom,
        "p_value": estimate.p_value,
    }
    return {**_known(numbers), "low": low, "high": high, "n_prompts": estimate.n_clusters, "status": estimate.status}


def _bias_record(bias: Bias) -> dict[str, Any]:
    return {
        "kind": bias.kind,
        "name": bias.name,
        "n": bias.n,
        **_estimate_record(bias.estimate),
        **_known({"p_adjusted": bias.p_adjusted}),
        "found": bias.found,
    }


def _known(value: Any) -> Any:
    """The same with null for what is nan."""
    if isinstance(value, dict):
        return {name: _known(own) for name, own in value.items()}
    if isinstance(value, list | tuple):
        return [_known(own) for own in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
