"""Judges scores against ratings: one record with everything that a report or a table needs."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, TypedDict

import numpy as np

from evalmuse_hf.meta_evaluation.joining import Join, Row, join_scores
from evalmuse_hf.schema import ALIGNMENT_SCALE, CATEGORIES
from evalmuse_hf.stats import AccuracyResult, StatisticResult, element_accuracy, krcc, plcc, rmse, srcc

FORMAT = 1
"""Raised when a key of the record changes its meaning or goes away."""

N_NAMED = 10  # pictures that a record names of each kind that did not join

Record = dict[str, Any]


class _Overall(TypedDict):
    """Keyword arguments that all statistics of the overall score share."""

    predictions: list[float]
    references: list[float]
    groups: list[str]


def evaluate_scores(scores: Iterable[Row], pairs: Iterable[Row], *, n_resamples: int = 1000, seed: int = 0) -> Record:
    """Compare scores with the ratings of a data set.

    Intervals are 95 % percentile bootstrap intervals that draw whole prompts. A statistic is an object with ``value``
    (None if it is undefined), ``low`` and ``high`` (None without interval), ``n`` (rows), ``n_groups`` and ``status``
    (``"ok"``, or why there is no value).

    Args:
        scores: Rows of scores; see `evalmuse_hf.scoring.Scores`.
        pairs: Rows of the data set; see `evalmuse_hf.schema.pair_features`. Pictures are not looked at.
        n_resamples: Bootstrap resamples; 0 means no intervals.
        seed: Of the bootstrap.

    Returns:
        Keys ``format``; ``join`` (``n_scores, n_pairs, n_joined`` and, for each of ``missing, unknown, duplicates,
        other_prompts``, ``n`` and the first names); ``coverage`` (share of the rated pairs that have a score);
        ``statuses``; ``overall`` (``srcc, krcc, plcc, plcc_logistic4, rmse``); ``within_prompt`` (``srcc``);
        ``elements`` (``coverage, statuses, micro, balanced`` and ``by_category``: per category ``micro, balanced,
        n_yes``).

    Raises:
        ValueError: If no score belongs to a pair of the data set, or none of those pairs is rated.
    """
    pairs = list(pairs)
    join = join_scores(scores, pairs)
    if not join.pairs:
        example = f", such as {join.unknown[0]!r}" if join.unknown else ""
        raise ValueError(
            f"None of the {join.n_scores} scores belongs to one of the {join.n_pairs} pairs of the data set{example}; "
            "the column image, image_path or id of the scores must end in the image_path of the data set."
        )
    rated = [pair for pair in join.pairs if not math.isnan(_number(pair.pair["overall_score"]))]
    if not rated:
        raise ValueError(f"None of the {len(join.pairs)} scored pairs has ratings; choose another split.")
    scored = [pair for pair in rated if not math.isnan(_number(pair.score["overall_score"]))]
    n_rated = len(rated) + _n_rated_but_missing(join, pairs)
    rng = np.random.default_rng(seed)
    overall: _Overall = {
        "predictions": [_number(pair.score["overall_score"]) for pair in scored],
        "references": [_number(pair.pair["overall_score"]) for pair in scored],
        "groups": [prompt_group(pair.pair) for pair in scored],
    }
    return {
        "format": FORMAT,
        "join": _describe_join(join),
        "coverage": {"scored": len(scored), "rated": n_rated, "share": len(scored) / n_rated},
        "statuses": dict(Counter(str(pair.score.get("status")) for pair in join.pairs)),
        "overall": _overall_statistics(overall, n_resamples=n_resamples, rng=rng),
        "within_prompt": {"srcc": _spell(srcc(**overall, by="within", n_resamples=n_resamples, rng=rng))},
        "elements": _element_statistics(join, n_resamples=n_resamples, rng=rng),
    }


def prompt_group(pair: Row) -> str:
    """Label that the pictures of one prompt share: its id, or else its text."""
    return str(pair["prompt_id"] if pair.get("prompt_id") is not None else pair["prompt"])


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _n_rated_but_missing(join: Join, pairs: Iterable[Row]) -> int:
    missing = {*join.missing}
    return sum(str(pair["image_path"]) in missing and not math.isnan(_number(pair["overall_score"])) for pair in pairs)


def _describe_join(join: Join) -> Record:
    lists = {
        "missing": join.missing,
        "unknown": join.unknown,
        "duplicates": join.duplicates,
        "other_prompts": join.other_prompts,
    }
    named = {kind: {"n": len(names), "first": list(names[:N_NAMED])} for kind, names in lists.items()}
    return {"n_scores": join.n_scores, "n_pairs": join.n_pairs, "n_joined": len(join.pairs), **named}


def _overall_statistics(overall: _Overall, *, n_resamples: int, rng: np.random.Generator) -> Record:
    return {
        "srcc": _spell(srcc(**overall, n_resamples=n_resamples, rng=rng)),
        "krcc": _spell(krcc(**overall, n_resamples=n_resamples, rng=rng)),
        "plcc": _spell(plcc(**overall, n_resamples=n_resamples, rng=rng)),
        # Fitting the map in every resample would take minutes.
        "plcc_logistic4": _spell(plcc(**overall, fit="logistic4")),
        "rmse": _rmse(overall, n_resamples=n_resamples, rng=rng),
    }


def _rmse(overall: _Overall, *, n_resamples: int, rng: np.random.Generator) -> Record:
    """Error in points of the ratings' scale; scores of another scale have none."""
    low, high = ALIGNMENT_SCALE
    record = _spell(rmse(**overall, n_resamples=n_resamples, rng=rng))
    if all(low <= score <= high for score in overall["predictions"]):
        return record
    nothing = {"value": None, "low": None, "high": None}
    return {**record, **nothing, "status": f"scores are not on the ratings' scale of {low:g} to {high:g}"}


def _element_statistics(join: Join, *, n_resamples: int, rng: np.random.Generator) -> Record:
    predictions, references, categories, groups, statuses = [], [], [], [], []
    for pair in join.pairs:
        for rated, scored in zip(pair.pair["elements"] or (), pair.elements, strict=True):
            if rated["score"] is None or math.isnan(rated["score"]):
                continue
            predictions.append(_number(scored["score"]) if scored is not None else float("nan"))
            references.append(float(rated["score"]))
            categories.append(rated["category"])
            groups.append(prompt_group(pair.pair))
            statuses.append(str(scored["status"]) if scored is not None else "not_given")
    micro, balanced = (
        element_accuracy(
            predictions=predictions,
            references=references,
            average=average,
            categories=categories,
            groups=groups,
            nan_policy="omit",
            n_resamples=n_resamples,
            rng=rng,
        )
        for average in ("micro", "balanced")
    )
    present = [category for category in CATEGORIES if category in micro.by_category]
    return {
        "coverage": {"scored": micro.n, "rated": len(references), "share": _share(micro.n, len(references))},
        "statuses": dict(Counter(statuses)),
        "micro": _spell(micro),
        "balanced": _spell(balanced),
        "n_yes": micro.n_yes,
        "by_category": {
            category: _spell_category(micro.by_category[category], balanced.by_category[category])
            for category in present
        },
    }


def _spell_category(micro: AccuracyResult, balanced: AccuracyResult) -> Record:
    return {"micro": _spell(micro), "balanced": _spell(balanced), "n_yes": micro.n_yes}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _spell(result: StatisticResult) -> Record:
    """Spell a statistic for JSON."""
    interval: Sequence[float | None] = result.confidence_interval or (None, None)
    return {
        "value": None if math.isnan(result.statistic) else result.statistic,
        "low": interval[0],
        "high": interval[1],
        "n": result.n,
        "n_groups": result.n_groups,
        "status": result.status,
    }
