"""Whether an element score of 0.7 means that seven of ten people say yes, and which threshold suits each category."""

from evalmuse_hf.meta_evaluation.evaluation_parts.elements import OFF_SCALE, in_order
from evalmuse_hf.meta_evaluation.evaluation_parts.intervals import Intervals
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import FloatArray, Judged, JudgedElements
from evalmuse_hf.meta_evaluation.evaluation_parts.spelling import Record, number, spell, undefined
from evalmuse_hf.stats import StatisticResult
from evalmuse_hf.stats.calibration import calibration
from evalmuse_hf.stats.calibration_maps import CalibrationMethod, cross_validated_calibration
from evalmuse_hf.stats.thresholds import CategoryThreshold, CategoryThresholds, category_thresholds

METHODS: tuple[CalibrationMethod, ...] = ("platt", "isotonic")

_ONE_PROMPT = "all elements are of one prompt, and a map is fitted on other prompts than it is judged on"


def calibration_part(judged: Judged, intervals: Intervals) -> Record:
    """Calibration of the element scores against the share of people who say yes.

    Args:
        judged: What is judged.
        intervals: How many resamples they get.

    Returns:
        ``brier, log_loss, ece``; ``base_brier`` (predicting the mean), ``ece_expected`` (of calibrated scores, by
        chance), ``tie_share`` (scores of exactly 0.5), ``n_clipped`` and ``bins``; and ``after``: the same after each
        of the maps of `METHODS`, fitted on other prompts.
    """
    elements = judged.elements.where(judged.elements.scored)
    status = why_not(elements)
    if status is not None:
        return {name: undefined(status, n=elements.n) for name in ("brier", "log_loss", "ece")}
    record = _calibration(elements, elements.predictions, intervals, "calibration")
    return {**record, "after": {method: _after(method, elements, intervals) for method in METHODS}}


def thresholds_part(judged: Judged, intervals: Intervals) -> Record:
    """Accuracy with a threshold for each category, chosen on other prompts, beside that with 0.5.

    Args:
        judged: What is judged.
        intervals: How many resamples they get.

    Returns:
        ``usual`` (accuracy at 0.5), ``tuned``, ``gain``, ``status``; and ``by_category``, each with the same and
        ``threshold``, chosen on all elements for use on new ones.
    """
    elements = judged.elements.where(judged.elements.scored)
    status = why_not(elements)
    if status is not None:
        nothing = undefined(status, n=elements.n)
        return {"usual": nothing, "tuned": nothing, "gain": nothing, "status": status, "by_category": {}}
    n_resamples = intervals.beside
    found = category_thresholds(
        predictions=elements.predictions,
        references=elements.references,
        categories=elements.categories,
        groups=elements.prompts,
        n_resamples=n_resamples,
        rng=intervals.generator("thresholds"),
    )
    return {
        **_spell_thresholds(found, n_resamples),
        "by_category": {
            name: {
                **_spell_thresholds(found.by_category[name], n_resamples),
                "threshold": found.by_category[name].threshold,
            }
            for name in in_order(found.by_category)
        },
    }


def why_not(elements: JudgedElements) -> str | None:
    """Why element scores cannot be read as probabilities; None if they can.

    Args:
        elements: Those that have a score.
    """
    if not elements.n:
        return "no scored elements"
    return None if elements.on_scale else OFF_SCALE


def _spell_thresholds(found: CategoryThresholds | CategoryThreshold, n_resamples: int) -> Record:
    return {
        "usual": spell(found.usual, n_resamples=n_resamples),
        "tuned": spell(found.tuned, n_resamples=n_resamples),
        "gain": spell(found.gain, n_resamples=n_resamples),
        "status": found.status,
    }


def _after(method: CalibrationMethod, elements: JudgedElements, intervals: Intervals) -> Record:
    if len(set(elements.prompts)) < 2:
        return {name: undefined(_ONE_PROMPT, n=elements.n) for name in ("brier", "log_loss", "ece")}
    mapped = cross_validated_calibration(
        predictions=elements.predictions,
        yes_shares=elements.references,
        groups=elements.prompts,
        method=method,
        rng=intervals.generator("calibration folds"),
    )
    return _calibration(elements, mapped, intervals, f"calibration {method}")


def _calibration(elements: JudgedElements, scores: FloatArray, intervals: Intervals, part: str) -> Record:
    n_resamples = intervals.beside
    result = calibration(
        predictions=scores,
        yes_shares=elements.references,
        groups=elements.prompts,
        n_resamples=n_resamples,
        rng=intervals.generator(part),
    )
    statistics: dict[str, StatisticResult] = {"brier": result.brier, "log_loss": result.log_loss, "ece": result.ece}
    return {
        **{name: spell(statistic, n_resamples=n_resamples) for name, statistic in statistics.items()},
        "ece_expected": number(result.ece_expected),
        "base_brier": number(result.base_brier),
        "tie_share": number(result.tie_share),
        "n_clipped": result.n_clipped,
        "bins": [
            {
                "low": part.low,
                "high": part.high,
                "score": number(part.mean_score),
                "yes_share": number(part.mean_yes_share),
                "standard_error": number(part.standard_error),
                "n": part.n,
            }
            for part in result.bins
        ],
    }
