"""Agreement on which of two pictures is better, or that they are alike."""

from evalmuse_hf.meta_evaluation.evaluation_parts.intervals import Intervals
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import Judged
from evalmuse_hf.meta_evaluation.evaluation_parts.spelling import Record, number, spell, undefined
from evalmuse_hf.meta_evaluation.evaluation_parts.systems import why_no_generators
from evalmuse_hf.stats.pairwise_accuracy import Grouping, pairwise_accuracy

GROUPINGS: tuple[Grouping, ...] = ("all", "prompt", "generator")


def pairwise_part(judged: Judged, intervals: Intervals) -> Record:
    """Pairwise accuracy with tie calibration, over all pairs of pictures, within prompts, and within generators.

    Args:
        judged: What is judged.
        intervals: How many resamples they get.
    """
    pairs = judged.pairs
    nameless = why_no_generators(pairs)
    record: Record = {}
    for grouping in GROUPINGS:
        if grouping == "generator" and nameless is not None:
            record[grouping] = undefined(nameless, n=pairs.n)
            continue
        n_resamples = intervals.beside
        result = pairwise_accuracy(
            predictions=pairs.predictions,
            references=pairs.references,
            grouping=grouping,
            prompts=pairs.prompts,
            generators=pairs.generators if nameless is None else None,
            n_resamples=n_resamples,
            rng=intervals.generator(f"pairwise {grouping}"),
        )
        record[grouping] = spell(
            result,
            n_resamples=n_resamples,
            epsilon=number(result.epsilon),
            n_comparisons=result.n_comparisons,
            n_tied_references=result.n_tied_references,
        )
    return record
