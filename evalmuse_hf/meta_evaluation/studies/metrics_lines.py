"""One scorer on one data set: how far it agrees with people."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.meta_evaluation.evaluation_parts.judged import JudgedElements, judge
from evalmuse_hf.meta_evaluation.studies.metrics_data import StudyData
from evalmuse_hf.meta_evaluation.studies.metrics_options import MetricsOptions
from evalmuse_hf.meta_evaluation.studies.metrics_scores import Origin, ScoredRows
from evalmuse_hf.stats import AccuracyResult, CorrelationResult, StatisticResult, element_accuracy, krcc, plcc, srcc

FloatArray = NDArray[np.float64]
Record = dict[str, Any]

NO_SCORES = CorrelationResult(math.nan, None, 0, 0, "no overall scores")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorerLine:
    """How far one scorer agrees with people on one data set.

    Attributes:
        name: Of the scorer.
        origin: Where its scores come from.
        in_domain: Whether it was trained on data of this kind, or, for a reference row, reads the ratings.
        scores: Overall score of each row of the data set; nan where it has none.
        n_rated: Rows of the data set.
        srcc: Over all pictures that it scored.
        krcc: The same, tau-b.
        plcc: The same, without a fitted map.
        within: Mean over prompts of the SRCC within the prompt.
        accuracy: Of its element verdicts, one that is missing counting as wrong, so that it does not pay to leave out
            what is hard; None if people rated no elements, or it scored none.
        balanced: The same, balanced.
        n_elements: Rated elements of the data set.
        n_scored_elements: Those of them that it scored.
        seconds: Wall time per picture, where it ran here.
        parameters: Of its network, if it shows one.
    """

    name: str
    origin: Origin
    in_domain: bool
    scores: FloatArray
    n_rated: int
    srcc: CorrelationResult
    krcc: CorrelationResult
    plcc: CorrelationResult
    within: CorrelationResult
    accuracy: AccuracyResult | None = None
    balanced: AccuracyResult | None = None
    n_elements: int = 0
    n_scored_elements: int = 0
    seconds: float | None = None
    parameters: int | None = None

    @property
    def n_scored(self) -> int:
        """Rows with a score."""
        return int((~np.isnan(self.scores)).sum())

    def record(self) -> Record:
        """Spell it for JSON; keys that `evalmuse evaluate` has too mean the same."""
        elements = None
        if self.accuracy is not None and self.balanced is not None:
            elements = {
                "micro": spell(self.accuracy),
                "balanced": spell(self.balanced),
                "coverage": {"scored": self.n_scored_elements, "rated": self.n_elements},
            }
        return {
            "name": self.name,
            "origin": self.origin,
            "in_domain": self.in_domain,
            "coverage": {"scored": self.n_scored, "rated": self.n_rated, "share": self.n_scored / self.n_rated},
            "overall": {"srcc": spell(self.srcc), "krcc": spell(self.krcc), "plcc": spell(self.plcc)},
            "within_prompt": {"srcc": spell(self.within)},
            "elements": elements,
            "seconds": self.seconds,
            "parameters": self.parameters,
        }


def judge_scorer(scored: ScoredRows, data: StudyData, options: MetricsOptions) -> ScorerLine:
    """Compare the scores of one scorer with the ratings of a data set.

    Args:
        scored: Its scores.
        data: The data set.
        options: Resamples, seed, and what is in-domain.

    Raises:
        ValueError: If no score belongs to a picture of the data set.
    """
    judged = judge(scored.rows, data.rated)
    by_path = dict(zip(judged.pairs.paths, judged.pairs.predictions, strict=True))
    scores = np.array([by_path.get(str(row["image_path"]), math.nan) for row in data.rows], dtype=np.float64)
    pairs: dict[str, Any] = {
        "predictions": judged.pairs.predictions,
        "references": judged.pairs.references,
        "groups": judged.pairs.prompts,
        "n_resamples": options.n_resamples,
        "rng": options.seed,
    }
    accuracy, balanced = _accuracies(judged.all_elements, options)
    return ScorerLine(
        name=scored.name,
        origin=scored.origin,
        in_domain=scored.origin == "reference" or is_in_domain(scored.name, data, options),
        scores=scores,
        n_rated=len(data.rows),
        srcc=srcc(**pairs) if judged.pairs.n else NO_SCORES,
        krcc=krcc(**pairs) if judged.pairs.n else NO_SCORES,
        plcc=plcc(**pairs) if judged.pairs.n else NO_SCORES,
        within=srcc(**pairs, by="within") if judged.pairs.n else NO_SCORES,
        accuracy=accuracy,
        balanced=balanced,
        n_elements=judged.all_elements.n,
        n_scored_elements=int(judged.all_elements.scored.sum()),
        seconds=scored.seconds,
        parameters=scored.parameters,
    )


def is_in_domain(name: str, data: StudyData, options: MetricsOptions) -> bool:
    """Tell whether a scorer was trained on ratings of a data set.

    A data set names scorers as `load_scorer` does. A scorer with the packaged ``mini`` checkpoint, which knows
    drawings only, is not what such a name means.

    Args:
        name: Of the scorer.
        data: The data set.
        options: With further names.
    """
    known, base = set(data.facts.in_domain), name.partition(":")
    for text in options.in_domain:
        dataset, sign, scorer = text.partition("=")
        if not sign or dataset == data.facts.name:
            known.add(scorer if sign else text)
    return name in known or (base[0] in known and base[2] != "mini")


def spell(result: StatisticResult) -> Record:
    """Spell a statistic for JSON.

    Args:
        result: The statistic.
    """
    interval = result.confidence_interval
    return {
        "value": None if math.isnan(result.statistic) else result.statistic,
        "low": None if interval is None else interval.low,
        "high": None if interval is None else interval.high,
        "n": result.n,
        "n_groups": result.n_groups,
        "status": result.status,
    }


def _accuracies(
    elements: JudgedElements, options: MetricsOptions
) -> tuple[AccuracyResult, AccuracyResult] | tuple[None, None]:
    """Micro and balanced accuracy of all rated elements; nothing if there are none, or none was scored."""
    if not elements.scored.any():
        return None, None
    micro, balanced = (
        element_accuracy(
            predictions=elements.predictions,
            references=elements.references,
            average=average,
            groups=elements.prompts,
            unscored="wrong",
            n_resamples=options.n_resamples,
            rng=options.seed,
        )
        for average in ("micro", "balanced")
    )
    return micro, balanced
