"""How well element scores tell what is shown from what is missing: F1 of the verdicts, and the area under the ROC."""

from typing import Any

from evalmuse_hf.meta_evaluation.evaluation_parts.elements import OFF_SCALE, in_order
from evalmuse_hf.meta_evaluation.evaluation_parts.intervals import Intervals
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import Judged
from evalmuse_hf.meta_evaluation.evaluation_parts.spelling import Record, spell, undefined
from evalmuse_hf.stats import StatisticResult
from evalmuse_hf.stats.discrimination import auroc, f1_score


def discrimination_part(judged: Judged, intervals: Intervals) -> Record:
    """F1 of the verdicts and the area under the ROC curve, on the elements that have a score.

    Args:
        judged: What is judged.
        intervals: How many resamples they get.

    Returns:
        ``f1`` (of yes), ``f1_no`` (of no: elements that are missing) and ``auroc``, and ``by_category`` with the same.
    """
    elements = judged.elements.where(judged.elements.scored)
    n_resamples = intervals.beside if elements.n else 0  # nothing there to warn of
    columns: dict[str, Any] = {
        "predictions": elements.predictions,
        "references": elements.references,
        "categories": elements.categories,
        "groups": elements.prompts,
        "n_resamples": n_resamples,
        "rng": intervals.generator("discrimination"),
    }
    results = {
        "f1": f1_score(**columns, positive="yes"),
        "f1_no": f1_score(**columns, positive="no"),
        "auroc": auroc(**columns),
    }
    fine = elements.on_scale
    return {
        **{name: _spell(name, result, n_resamples, fine) for name, result in results.items()},
        "by_category": {
            category: {
                name: _spell(name, result.by_category[category], n_resamples, fine) for name, result in results.items()
            }
            for category in in_order(results["auroc"].by_category)
        },
    }


def _spell(name: str, result: StatisticResult, n_resamples: int, on_scale: bool) -> Record:
    if name != "auroc" and not on_scale:
        return undefined(OFF_SCALE, n=result.n, n_groups=result.n_groups)
    return spell(result, n_resamples=n_resamples)
