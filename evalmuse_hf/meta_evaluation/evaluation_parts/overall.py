"""Agreement of the overall score with the mean rating: over all pairs, within prompts, between prompts."""

from typing import TypedDict

import numpy as np

from evalmuse_hf.meta_evaluation.evaluation_parts.intervals import Intervals
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import FloatArray, Judged, JudgedPairs
from evalmuse_hf.meta_evaluation.evaluation_parts.shared_draws import correlations
from evalmuse_hf.meta_evaluation.evaluation_parts.spelling import Record, spell, undefined
from evalmuse_hf.stats import CorrelationResult, krcc, plcc, rmse, srcc


class PairColumns(TypedDict):
    """Keyword arguments that the statistics of pairs share."""

    predictions: FloatArray
    references: FloatArray
    groups: tuple[str, ...]


def columns_of(pairs: JudgedPairs) -> PairColumns:
    """The columns that the statistics of pairs share.

    Args:
        pairs: The pairs.
    """
    return {"predictions": pairs.predictions, "references": pairs.references, "groups": pairs.prompts}


def overall_part(judged: Judged, intervals: Intervals, rng: np.random.Generator) -> Record:
    """Correlations and error over all pairs.

    Args:
        judged: What is judged.
        intervals: How many resamples they get.
        rng: Random numbers of the statistics that every record has.
    """
    columns, n = columns_of(judged.pairs), judged.pairs.n
    ranks, sums, fits = (intervals.affordable(n, cost) for cost in ("ranks", "sums", "fit"))
    apart = intervals.generator("plcc_logistic4")
    shared = correlations(**columns, n_resamples=ranks, rng=rng)
    return {
        **{name: spell(result, n_resamples=ranks) for name, result in shared.items()},
        "plcc_logistic4": spell(plcc(**columns, fit="logistic4", n_resamples=fits, rng=apart), n_resamples=fits),
        "rmse": _rmse(judged, n_resamples=sums, rng=rng),
    }


def within_part(judged: Judged, intervals: Intervals, rng: np.random.Generator) -> Record:
    """Mean over prompts of the correlation among the pictures of one prompt.

    Args:
        judged: What is judged.
        intervals: How many resamples they get.
        rng: Random numbers of the statistics that every record has.
    """
    columns, sums = columns_of(judged.pairs), intervals.n_resamples  # a resample costs one sum a prompt
    apart = intervals.generator("within_prompt")
    return {
        "srcc": _spell_within(srcc(**columns, by="within", n_resamples=sums, rng=rng), sums),
        "krcc": _spell_within(krcc(**columns, by="within", n_resamples=sums, rng=apart), sums),
    }


def between_part(judged: Judged, intervals: Intervals) -> Record:
    """Correlation of the prompts' means.

    Args:
        judged: What is judged.
        intervals: How many resamples they get.
    """
    columns = columns_of(judged.pairs)
    rng, n_resamples = intervals.generator("between_prompt"), intervals.beside
    return {
        "srcc": spell(srcc(**columns, by="between", n_resamples=n_resamples, rng=rng), n_resamples=n_resamples),
        "krcc": spell(krcc(**columns, by="between", n_resamples=n_resamples, rng=rng), n_resamples=n_resamples),
    }


def element_mean_part(judged: Judged, intervals: Intervals) -> Record:
    """Agreement of the mean over a pair's elements with its overall rating, for the scorer and for people.

    Args:
        judged: What is judged.
        intervals: How many resamples they get.

    Returns:
        ``scorer`` and ``people``, each with ``srcc, krcc, plcc``. For people, the mean element rating takes the place
        of the score: the paper's row Element-GT.
    """
    record: Record = {}
    for name, values in (("scorer", judged.pairs.element_means), ("people", judged.pairs.element_ratings)):
        known = ~np.isnan(values)
        columns: PairColumns = {**columns_of(judged.pairs.where(known)), "predictions": values[known]}
        n_resamples = intervals.beside if known.any() else 0
        rng = intervals.generator(f"element_mean {name}")
        shared = correlations(**columns, n_resamples=n_resamples, rng=rng, beside=True)
        record[name] = {key: spell(result, n_resamples=n_resamples) for key, result in shared.items()}
    return record


def _spell_within(result: CorrelationResult, n_resamples: int) -> Record:
    return spell(
        result,
        n_resamples=n_resamples,
        n_groups_dropped=result.n_groups_dropped,
        n_groups_constant=result.n_groups_constant,
    )


def _rmse(judged: Judged, *, n_resamples: int, rng: np.random.Generator) -> Record:
    """Error in points of the ratings' scale; scores of another scale have none."""
    (low, high), scores = judged.scale, judged.pairs.predictions
    if ((scores < low) | (scores > high)).any():
        n_prompts = len(set(judged.pairs.prompts))
        return undefined(
            f"scores are not on the ratings' scale of {low:g} to {high:g}", n=judged.pairs.n, n_groups=n_prompts
        )
    return spell(rmse(**columns_of(judged.pairs), n_resamples=n_resamples, rng=rng), n_resamples=n_resamples)
