"""Agreement of the element verdicts: accuracy twice and balanced, in all and by category."""

from collections import Counter
from collections.abc import Mapping
from typing import Literal

import numpy as np

from evalmuse_hf.meta_evaluation.evaluation_parts.intervals import Intervals
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import Judged, JudgedElements
from evalmuse_hf.meta_evaluation.evaluation_parts.spelling import Record, spell, undefined
from evalmuse_hf.schema import CATEGORIES
from evalmuse_hf.stats import AccuracyResult, StatisticResult, element_accuracy

Average = Literal["micro", "balanced"]

AVERAGES: tuple[Average, ...] = ("micro", "balanced")

NO_ELEMENT_SCORES = "no element scores given"
"""Status of everything about elements where no row of scores has any."""

OFF_SCALE = "element scores are not in [0, 1]"
"""Status of everything that needs a threshold or a probability."""


def elements_part(judged: Judged, intervals: Intervals, rng: np.random.Generator) -> Record:
    """Accuracy of the verdicts, on the elements that have a score and on all.

    Args:
        judged: What is judged.
        intervals: How many resamples they get.
        rng: Random numbers of the statistics that every record has.

    Returns:
        ``coverage``, ``statuses``, ``micro``, ``balanced``, ``n_yes``; ``unscored_as_wrong`` with ``micro`` and
        ``balanced`` over every rated element of the data set, an element without a score counting as a wrong verdict;
        and ``by_category``, per category ``micro, balanced, n_yes, n_groups`` and ``unscored_as_wrong``.
        A scorer that gives no element scores at all has no accuracy, and no categories.
    """
    elements, everything = judged.elements, judged.all_elements
    n_scored = int(elements.scored.sum())
    if everything.n and not judged.gives_elements:
        return _without_scores(elements)
    micro, balanced = (_accuracy(elements, average, intervals, rng) for average in AVERAGES)
    as_wrong = {"micro": micro, "balanced": balanced}
    if everything.n > n_scored:
        apart = intervals.generator("unscored_as_wrong")
        as_wrong = {name: _accuracy(everything, name, intervals, apart, unscored="wrong") for name in AVERAGES}
    fine = elements.on_scale
    return {
        "coverage": {"scored": n_scored, "rated": elements.n, "share": _share(n_scored, elements.n)},
        "statuses": dict(Counter(elements.statuses)),
        "micro": _spell(micro, intervals, fine),
        "balanced": _spell(balanced, intervals, fine),
        "n_yes": micro.n_yes,
        "unscored_as_wrong": {average: _spell(result, intervals, fine) for average, result in as_wrong.items()},
        "by_category": {
            category: {
                "micro": _spell(micro.by_category[category], intervals, fine),
                "balanced": _spell(balanced.by_category[category], intervals, fine),
                "n_yes": micro.by_category[category].n_yes,
                "unscored_as_wrong": {
                    average: _spell(result.by_category[category], intervals, fine)
                    for average, result in as_wrong.items()
                },
            }
            for category in in_order(micro.by_category)
        },
    }


def _without_scores(elements: JudgedElements) -> Record:
    averages: Record = {average: undefined(NO_ELEMENT_SCORES, n=0) for average in AVERAGES}
    return {
        "coverage": {"scored": 0, "rated": elements.n, "share": _share(0, elements.n)},
        "statuses": dict(Counter(elements.statuses)),
        **averages,
        "n_yes": 0,
        "unscored_as_wrong": averages,
        "by_category": {},
    }


def in_order(categories: Mapping[str | None, object] | Mapping[str, object]) -> list[str]:
    """Names of categories, those of the schema first and in its order.

    Args:
        categories: By name; None is left out.

    >>> in_order({"weather": 1, "counting": 2, "color": 3})
    ['color', 'counting', 'weather']
    """
    known = [category for category in CATEGORIES if category in categories]
    return [*known, *(name for name in categories if name is not None and name not in CATEGORIES)]


def _accuracy(
    elements: JudgedElements,
    average: Average,
    intervals: Intervals,
    rng: np.random.Generator,
    *,
    unscored: Literal["wrong"] | None = None,
) -> AccuracyResult:
    return element_accuracy(
        predictions=elements.predictions,
        references=elements.references,
        average=average,
        categories=elements.categories,
        groups=elements.prompts,
        nan_policy="omit",
        unscored=unscored,
        # Without elements there is nothing to warn of.
        n_resamples=intervals.affordable(elements.n, "sums") if elements.n else 0,
        rng=rng,
    )


def _spell(result: StatisticResult, intervals: Intervals, on_scale: bool) -> Record:
    if not on_scale:
        return undefined(OFF_SCALE, n=result.n, n_groups=result.n_groups)
    return spell(result, n_resamples=intervals.affordable(result.n, "sums"))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
