"""Agreement on which of two generators is better, and on their order."""

from collections import Counter
from typing import Any

from evalmuse_hf.meta_evaluation.evaluation_parts.intervals import Intervals
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import Judged, JudgedPairs
from evalmuse_hf.meta_evaluation.evaluation_parts.spelling import Record, number, spell, undefined
from evalmuse_hf.stats.pairwise_decisions import pairwise_decisions
from evalmuse_hf.stats.system_level import Missing, SystemStatistic, system_correlation

NO_GENERATORS = "no generators named"
UNNAMED_GENERATORS = "not every picture names its generator"
FEW_GENERATORS = "fewer than 3 generators"

STATISTICS: tuple[SystemStatistic, ...] = ("srcc", "krcc", "plcc")


def system_part(judged: Judged, intervals: Intervals) -> Record:
    """Agreement on the generators.

    Args:
        judged: What is judged.
        intervals: How many resamples they get.

    Returns:
        ``srcc, krcc, plcc`` over the generators' means; ``means`` (``"plain"``, or ``"adjusted"`` for the prompts
        where not every generator drew every prompt); ``generators`` with the mean score and rating of each; and
        ``decisions``: of the pairs of generators that people tell apart, the share that the scorer orders alike.
    """
    pairs = judged.pairs
    status = why_no_generators(pairs) or _why_too_few(pairs)
    if status is not None:
        nothing = undefined(status, n=pairs.n)
        return {**dict.fromkeys((*STATISTICS, "decisions"), nothing), "means": None, "generators": []}
    missing: Missing = "refuse" if _balanced(pairs) else "adjusted"
    columns: dict[str, Any] = {
        "predictions": pairs.predictions,
        "references": pairs.references,
        "generators": pairs.generators,
        "prompts": pairs.prompts,
    }
    n_resamples = intervals.beside
    results = {
        statistic: system_correlation(
            **columns,
            statistic=statistic,
            missing=missing,
            n_resamples=n_resamples,
            rng=intervals.generator("system"),
        )
        for statistic in STATISTICS
    }
    decisions = pairwise_decisions(**columns, n_resamples=n_resamples, rng=intervals.generator("decisions"))
    first = results["srcc"]
    table = zip(first.generators, first.prediction_means, first.reference_means, strict=True)
    return {
        **{name: spell(result, n_resamples=n_resamples) for name, result in results.items()},
        "means": "plain" if missing == "refuse" else "adjusted",
        "generators": [
            {"generator": str(name), "score": number(score), "rating": number(rating)} for name, score, rating in table
        ],
        "decisions": spell(
            decisions,
            n_resamples=n_resamples,
            n_generator_pairs=decisions.n_pairs,
            n_decided=decisions.n_decided,
            n_right=decisions.n_right,
        ),
    }


def why_no_generators(pairs: JudgedPairs) -> str | None:
    """Why nothing can be said of generators; None if each picture names its own.

    Args:
        pairs: The pairs.
    """
    if None not in pairs.generators:
        return None
    return UNNAMED_GENERATORS if any(name is not None for name in pairs.generators) else NO_GENERATORS


def _why_too_few(pairs: JudgedPairs) -> str | None:
    return FEW_GENERATORS if len(set(pairs.generators)) < 3 else None


def _balanced(pairs: JudgedPairs) -> bool:
    """Whether every generator has a picture of every prompt."""
    cells = Counter(zip(pairs.generators, pairs.prompts, strict=True))
    return len(cells) == len(set(pairs.generators)) * len(set(pairs.prompts))
