"""Agreement on parts of the prompts, as the paper's tables have them: real, synthetic, and each synthetic type."""

from dataclasses import dataclass

import numpy as np

from evalmuse_hf.meta_evaluation.evaluation_parts.elements import OFF_SCALE
from evalmuse_hf.meta_evaluation.evaluation_parts.intervals import Intervals
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import (
    BoolArray,
    FloatArray,
    Judged,
    JudgedElements,
    JudgedPairs,
)
from evalmuse_hf.meta_evaluation.evaluation_parts.overall import PairColumns, columns_of
from evalmuse_hf.meta_evaluation.evaluation_parts.rating_tables import (
    AgainRule,
    RatingTable,
    find_rule,
    overall_ratings,
)
from evalmuse_hf.meta_evaluation.evaluation_parts.shared_draws import Correlation, correlations
from evalmuse_hf.meta_evaluation.evaluation_parts.spelling import Record, spell, undefined
from evalmuse_hf.meta_evaluation.evaluation_parts.trivial_predictions import majority_shares, prompt_oracle
from evalmuse_hf.stats import element_accuracy, noise_ceiling

SOURCES = ("real", "synthetic")

SYNTHETIC_TYPES = (
    "attribute_spatial_composition",
    "navie_WritingSymbols",
    "attribute_object_activity_persepective_view",
    "object_location_weather_timeline_style",
    "object_color_material",
    "naive_object_counts",
)
"""The six types of EvalMuse-40K, in the order of its leaderboard and with its spelling."""


N_SIMULATED = 20_000  # for the ceiling of a subset: a Monte-Carlo error of about .003

NO_CEILING = "no single ratings in whole numbers, which the model behind this ceiling needs"

_ONE: tuple[Correlation, ...] = ("srcc",)


def subsets_part(judged: Judged, intervals: Intervals) -> Record:
    """Agreement on real and synthetic prompts and on each type of synthetic prompt that occurs.

    Args:
        judged: What is judged.
        intervals: How many resamples they get; what is trivial and what is possible has no
                interval here.

    Returns:
        ``source`` and ``synthetic_type``, each by name with ``n_pairs, n_prompts, srcc, krcc, plcc, accuracy`` and
        ``element_mean_srcc`` (the mean element score in the place of the overall score); and, what is trivial and
        what is possible there, ``prompt_oracle`` and ``ceiling`` (SRCC) and ``majority_class`` (accuracy).
    """
    pairs, elements = judged.pairs, judged.elements
    oracle = prompt_oracle(judged)
    majority = majority_shares(elements, rng=intervals.generator("majority_class"))
    ceiling = _Ceilings.of(judged, intervals)
    sources = np.array([row.get("source") for row in pairs.rows], dtype=object)
    kinds = np.array([row.get("synthetic_type") for row in pairs.rows], dtype=object)
    found = [kind for kind in dict.fromkeys(kinds) if kind is not None and kind not in SYNTHETIC_TYPES]
    record: Record = {"source": {}, "synthetic_type": {}}
    for key, names, of_pairs, of_elements in (
        ("source", SOURCES, sources, np.array(elements.sources, dtype=object)),
        ("synthetic_type", (*SYNTHETIC_TYPES, *found), kinds, np.array(elements.kinds, dtype=object)),
    ):
        for name in names:
            kept: BoolArray = of_pairs == name
            if not kept.any():
                continue
            own, rng = of_elements == name, intervals.generator(f"subsets {name}")
            record[key][name] = {
                **_of_pairs(pairs.where(kept), oracle[kept], intervals, rng),
                **_of_elements(elements.where(own), majority[own], intervals, rng),
                "ceiling": ceiling(kept),
            }
    return record


def _of_pairs(pairs: JudgedPairs, oracle: FloatArray, intervals: Intervals, rng: np.random.Generator) -> Record:
    n_resamples = intervals.beside
    shared = correlations(**columns_of(pairs), n_resamples=n_resamples, rng=rng, beside=True)
    others: Record = {}
    for key, values in (("element_mean_srcc", pairs.element_means), ("prompt_oracle", oracle)):
        known = ~np.isnan(values)
        columns: PairColumns = {**columns_of(pairs.where(known)), "predictions": values[known]}
        drawn = n_resamples if key == "element_mean_srcc" else 0
        result = correlations(**columns, names=_ONE, n_resamples=drawn, rng=rng)["srcc"]
        others[key] = spell(result, n_resamples=n_resamples)
    return {
        "n_pairs": pairs.n,
        "n_prompts": len(set(pairs.prompts)),
        **{name: spell(result, n_resamples=n_resamples) for name, result in shared.items()},
        **others,
    }


def _of_elements(
    elements: JudgedElements, majority: FloatArray, intervals: Intervals, rng: np.random.Generator
) -> Record:
    n_resamples = intervals.beside
    record = {}
    for key, values in (("accuracy", elements.predictions), ("majority_class", majority)):
        result = element_accuracy(
            predictions=values,
            references=elements.references,
            groups=elements.prompts,
            nan_policy="omit",
            n_resamples=n_resamples if elements.n and key == "accuracy" else 0,
            rng=rng,
        )
        record[key] = spell(result, n_resamples=n_resamples)
    if not elements.on_scale:
        record["accuracy"] = undefined(OFF_SCALE, n=record["accuracy"]["n"])
    return record


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ceilings:
    """Makes the noise ceiling of SRCC of some of the pairs."""

    table: RatingTable | None
    rule: AgainRule
    scale: tuple[float, float]
    intervals: Intervals

    @classmethod
    def of(cls, judged: Judged, intervals: Intervals) -> "_Ceilings":
        table = overall_ratings(judged.pairs, judged.raters)
        rule = AgainRule() if table is None else find_rule(table)
        return cls(table=table, rule=rule, scale=judged.scale, intervals=intervals)

    def __call__(self, kept: BoolArray) -> Record:
        if self.table is None or not self.table.whole:
            return undefined(NO_CEILING, n=int(kept.sum()))
        result = noise_ceiling(
            self.table.values[kept],
            statistic="srcc",
            k=self.rule.first,
            again_at=self.rule.again_at,
            scale=(int(self.scale[0]), int(self.scale[1])),
            n_simulated=N_SIMULATED,
            rng=self.intervals.generator("ceiling srcc"),
        )
        return spell(result, n_resamples=0, method=result.method, label=result.label)
