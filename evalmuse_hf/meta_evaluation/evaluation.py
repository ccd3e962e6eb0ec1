"""Judges scores against ratings: one record with everything that a report or a table needs."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
from tqdm import tqdm

from evalmuse_hf.meta_evaluation.evaluation_parts.calibration_part import calibration_part, thresholds_part
from evalmuse_hf.meta_evaluation.evaluation_parts.ceilings import ceilings_part
from evalmuse_hf.meta_evaluation.evaluation_parts.discrimination import discrimination_part
from evalmuse_hf.meta_evaluation.evaluation_parts.elements import elements_part
from evalmuse_hf.meta_evaluation.evaluation_parts.input_warnings import find_warnings
from evalmuse_hf.meta_evaluation.evaluation_parts.intervals import Intervals
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import Judged, judge, prompt_group
from evalmuse_hf.meta_evaluation.evaluation_parts.overall import (
    between_part,
    element_mean_part,
    overall_part,
    within_part,
)
from evalmuse_hf.meta_evaluation.evaluation_parts.pairwise import pairwise_part
from evalmuse_hf.meta_evaluation.evaluation_parts.reference_part import references_part
from evalmuse_hf.meta_evaluation.evaluation_parts.spelling import Record
from evalmuse_hf.meta_evaluation.evaluation_parts.subsets import subsets_part
from evalmuse_hf.meta_evaluation.evaluation_parts.systems import system_part
from evalmuse_hf.meta_evaluation.joining import Join, Row
from evalmuse_hf.meta_evaluation.rated_data import RatedData

__all__ = ["FORMAT", "PARTS", "Evaluation", "Record", "evaluate", "evaluate_scores", "prompt_group"]

FORMAT = 1
"""Raised when a key of the record changes its meaning or goes away."""

WORKERS, MANY_PAIRS = 2, 5_000  # threads, and the pairs from which on there is more than one

N_NAMED = 10  # pictures that a record names of each kind that did not join

_PARTS: Mapping[str, Callable[[Judged, Intervals], Record]] = {
    "between_prompt": between_part,
    "pairwise": pairwise_part,
    "system": system_part,
    "element_mean": element_mean_part,
    "subsets": subsets_part,
    "discrimination": discrimination_part,
    "calibration": calibration_part,
    "thresholds": thresholds_part,
    "ceilings": ceilings_part,
    "references": references_part,
}

PARTS = tuple(_PARTS)
"""Parts of the record beyond those that every record has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A scorer, judged.

    Attributes:
        judged: Scores and ratings, brought together.
        record: What came out; see `evaluate_scores`.
    """

    judged: Judged
    record: Record


def evaluate(
    scores: Iterable[Row],
    data: Iterable[Row] | RatedData,
    *,
    n_resamples: int = 1000,
    seed: int = 0,
    parts: Collection[str] = PARTS,
    progress: bool = False,
) -> Evaluation:
    """Compare scores with the ratings of a data set, and keep what was compared.

    Args:
        scores: See `evaluate_scores`.
        data: See ``pairs`` of `evaluate_scores`.
        n_resamples: See `evaluate_scores`.
        seed: See `evaluate_scores`.
        parts: See `evaluate_scores`.
        progress: Show a bar on standard error if it takes longer than two seconds.

    Raises:
        ValueError: See `evaluate_scores`.
    """
    unknown = [part for part in parts if part not in _PARTS]
    if unknown:
        raise ValueError(f"`parts` must be of {', '.join(PARTS)}, got {unknown[0]!r}.")
    judged = judge(scores, data)
    intervals = Intervals(n_resamples=n_resamples, seed=seed)
    rng = np.random.default_rng(seed)
    # Those that every record has share one stream of random numbers, so that they do not depend on the other parts.
    tasks: list[Callable[[], Record]] = [
        lambda: {
            "overall": overall_part(judged, intervals, rng),
            "within_prompt": within_part(judged, intervals, rng),
            "elements": elements_part(judged, intervals, rng),
        },
        *(partial(_named, name, judged, intervals) for name in PARTS if name in parts),
    ]
    record: Record = {
        "format": FORMAT,
        "data": asdict(judged.facts) if judged.facts is not None else None,
        "join": _describe_join(judged.join),
        "coverage": _describe_coverage(judged),
        "statuses": dict(Counter(str(pair.score.get("status")) for pair in judged.join.pairs)),
    }
    # Half of the time is spent in NumPy, which lets another thread run; few pairs are not worth it.
    workers = WORKERS if judged.pairs.n >= MANY_PAIRS else 1
    with ThreadPoolExecutor(workers) as pool:
        results = pool.map(lambda task: task(), tasks)
        for result in tqdm(results, "evaluating", len(tasks), unit="part", delay=2, disable=not progress):
            record.update(result)
    record["warnings"] = find_warnings(judged, record)
    return Evaluation(judged=judged, record=record)


def evaluate_scores(
    scores: Iterable[Row],
    pairs: Iterable[Row] | RatedData,
    *,
    n_resamples: int = 1000,
    seed: int = 0,
    parts: Collection[str] = PARTS,
) -> Record:
    """Compare scores with the ratings of a data set.

    Intervals are 95 % percentile bootstrap intervals that draw whole prompts. A statistic is an object with ``value``
    (None if it is undefined), ``low`` and ``high`` (None without interval), ``n`` (rows), ``n_groups``, ``status``
    (``"ok"``, or why there is no value) and ``n_resamples`` (behind its interval: as asked for, or fewer where they
    would take long; see `evalmuse_hf.meta_evaluation.evaluation_parts.intervals`).

    Args:
        scores: Rows of scores; see `evalmuse_hf.scoring.Scores`.
        pairs: Rows of the data set, see `evalmuse_hf.schema.pair_features`, or the data set with its facts. Pictures
            are not looked at.
        n_resamples: Bootstrap resamples; 0 means no intervals.
        seed: Of the bootstrap.
        parts: Which parts the record gets beyond those that it always has; ``()`` is quick.

    Returns:
        Keys ``format``; ``data`` (facts of the data set, or None); ``join`` (``n_scores, n_pairs, n_joined`` and, for
        each of ``missing, unknown, duplicates, other_prompts, repeated_pairs``, ``n`` and the first names);
        ``coverage`` (share of the rated pairs that have a score); ``statuses``; ``overall`` (``srcc, krcc, plcc,
        plcc_logistic4, rmse``); ``within_prompt`` (``srcc, krcc``); ``elements`` (see `elements_part`); ``warnings``
        (sentences); and those of `PARTS` that were asked for, each described by the function of its name.

    Raises:
        ValueError: If no score belongs to a pair of the data set, none of those pairs is rated, or a part is unknown.
    """
    return evaluate(scores, pairs, n_resamples=n_resamples, seed=seed, parts=parts).record


def _named(name: str, judged: Judged, intervals: Intervals) -> Record:
    return {name: _PARTS[name](judged, intervals)}


def _describe_join(join: Join) -> Record:
    lists = {
        "missing": join.missing,
        "unknown": join.unknown,
        "duplicates": join.duplicates,
        "other_prompts": join.other_prompts,
        "repeated_pairs": join.repeated_pairs,
    }
    named = {kind: {"n": len(names), "first": list(names[:N_NAMED])} for kind, names in lists.items()}
    return {"n_scores": join.n_scores, "n_pairs": join.n_pairs, "n_joined": len(join.pairs), **named}


def _describe_coverage(judged: Judged) -> Record:
    scored, rated = judged.pairs.n, len(judged.rated)
    return {"scored": scored, "rated": rated, "share": scored / rated}
