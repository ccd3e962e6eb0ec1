"""What is possible: the noise ceiling of the ratings, one person as a scorer, and intervals that also draw raters."""

from typing import Literal

import numpy as np

from evalmuse_hf.meta_evaluation.evaluation_parts.elements import in_order
from evalmuse_hf.meta_evaluation.evaluation_parts.intervals import Intervals
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import FloatArray, Judged
from evalmuse_hf.meta_evaluation.evaluation_parts.rating_tables import (
    AgainRule,
    RatingTable,
    element_ratings,
    find_rule,
    overall_ratings,
)
from evalmuse_hf.meta_evaluation.evaluation_parts.spelling import Record, spell, undefined
from evalmuse_hf.stats import human_as_scorer, noise_ceiling
from evalmuse_hf.stats.prompt_rater import prompt_rater_interval

Correlation = Literal["srcc", "krcc", "plcc"]

NO_LISTS = "the data set has no single ratings, at most their means"
ANONYMOUS = "the raters are not identified: a place in a list is not a person"

_CORRELATIONS: tuple[Correlation, ...] = ("srcc", "krcc", "plcc")


def ceilings_part(judged: Judged, intervals: Intervals) -> Record:
    """Ceilings of the overall score and of the verdicts, and what one person would reach.

    Args:
        judged: What is judged.
        intervals: How many resamples they get. The ceilings of SRCC, KRCC and accuracy come of a fitted model and have
            no interval.

    Returns:
        ``overall`` and ``human_as_scorer`` with ``srcc, krcc, plcc``; ``prompt_rater`` with the scorer's ``srcc`` and
        an interval that draws prompts and raters; ``accuracy`` with ``micro`` and ``by_category``.
    """
    table = overall_ratings(judged.pairs, judged.raters)
    verdicts = element_ratings(judged.pairs.rows, judged.pairs.prompts)
    return {
        "overall": _of_overall(table, judged, intervals),
        "human_as_scorer": _of_person(table, judged, intervals),
        "prompt_rater": _of_raters(table, judged, intervals),
        "accuracy": _of_verdicts(verdicts, intervals),
    }


def _of_overall(table: RatingTable | None, judged: Judged, intervals: Intervals) -> Record:
    if table is None:
        return {name: undefined(NO_LISTS, n=0) for name in _CORRELATIONS}
    rule = find_rule(table)
    return {name: _ceiling(name, table, rule, judged, intervals) for name in _CORRELATIONS}


def _ceiling(name: Correlation, table: RatingTable, rule: AgainRule, judged: Judged, intervals: Intervals) -> Record:
    modelled = name != "plcc" or rule.again_at is not None
    if modelled and not table.whole:
        return undefined("the model behind this ceiling needs ratings that are whole numbers", n=len(table.values))
    low, high = judged.scale
    n_resamples = 0 if modelled else intervals.beside
    result = noise_ceiling(
        table.values,
        statistic=name,
        k=rule.first,
        again_at=rule.again_at,
        scale=(int(low), int(high)) if modelled else None,
        groups=table.prompts,
        n_resamples=n_resamples,
        rng=intervals.generator(f"ceiling {name}"),
    )
    return spell(result, n_resamples=n_resamples, method=result.method, label=result.label)


def _of_person(table: RatingTable | None, judged: Judged, intervals: Intervals) -> Record:
    if table is None:
        return {name: undefined(NO_LISTS, n=0) for name in _CORRELATIONS}
    record: Record = {}
    for name in _CORRELATIONS:
        # For one statistic only: every resample is drawn for every rater or place.
        n_resamples = intervals.beside if name == "srcc" else 0
        result = human_as_scorer(
            table.values,
            identified=table.identified,
            statistic=name,
            groups=table.prompts,
            n_resamples=n_resamples,
            rng=intervals.generator(f"human {name}"),
        )
        record[name] = spell(result, n_resamples=n_resamples, n_raters=result.n_raters, label=result.label)
    return record


def _of_raters(table: RatingTable | None, judged: Judged, intervals: Intervals) -> Record:
    if table is None or not table.identified:
        return {"srcc": undefined(NO_LISTS if table is None else ANONYMOUS, n=0)}
    n_resamples = intervals.beside
    result = prompt_rater_interval(
        predictions=judged.pairs.predictions,
        ratings=table.values,
        groups=table.prompts,
        statistic="srcc",
        n_resamples=n_resamples,
        rng=intervals.generator("prompt_rater"),
    )
    return {"srcc": spell(result, n_resamples=n_resamples, scheme=result.scheme, n_raters=result.n_raters)}


def _of_verdicts(table: RatingTable | None, intervals: Intervals) -> Record:
    if table is None:
        return {"micro": undefined(NO_LISTS, n=0), "by_category": {}}
    names = np.array(table.categories, dtype=object)
    categories = in_order(dict.fromkeys(table.categories))
    return {
        "micro": _accuracy(table.values, intervals),
        "by_category": {category: _accuracy(table.values[names == category], intervals) for category in categories},
    }


def _accuracy(values: FloatArray, intervals: Intervals) -> Record:
    result = noise_ceiling(values, statistic="accuracy", rng=intervals.generator("ceiling accuracy"))
    return spell(result, n_resamples=0, method=result.method, label=result.label)
