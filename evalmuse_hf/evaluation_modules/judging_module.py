"""Statistics of agreement as `evaluate` modules: predictions and human ratings in, figures with intervals out."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import datasets

from evalmuse_hf.evaluation_modules.evaluation_module import EvaluationModule
from evalmuse_hf.stats import StatisticResult, element_accuracy, krcc, plcc, rmse, srcc

# `evaluate` refuses a null as the first value of a "string", and only of that.
_LABEL = datasets.Value("large_string")
_NUMBERS = {"predictions": datasets.Value("float64"), "references": datasets.Value("float64")}

CORRELATION_INPUTS = """
Args:
    predictions: Scores; None or nan is left out and counted.
    references: Mean human ratings, as many.
    groups: For each row the prompt it belongs to (optional): intervals draw whole prompts, and the correlation within
        prompts is computed too.
    n_resamples: Bootstrap resamples for the 95 % intervals (1000); 0 for none.
    seed: Of the bootstrap (0).

Returns:
    ``srcc``, ``krcc`` (tau-b), ``plcc``, ``plcc_logistic4`` (after a fit by a logistic function of four parameters),
    ``rmse`` (in the units of the ratings; it means something only where both have the same), with groups also
    ``srcc_within``; for each, ``NAME_interval`` (``[low, high]``, None where there is none); ``statuses`` (``"ok"``,
    or why a value is nan), ``n`` and ``n_dropped``.
"""

ACCURACY_INPUTS = """
Args:
    predictions: Element scores from 0 to 1; None or nan is left out and counted.
    references: Shares of raters who said yes, as many.
    groups: For each row the prompt it belongs to (optional): intervals draw whole prompts.
    categories: For each row the element's category (optional).
    threshold: At least this is a yes, for both (0.5).
    n_resamples: Bootstrap resamples for the 95 % intervals (1000); 0 for none.
    seed: Of the bootstrap (0).

Returns:
    ``accuracy`` (micro), ``balanced_accuracy`` (mean of both classes), ``accuracy_interval`` and
    ``balanced_accuracy_interval`` (``[low, high]`` or None), ``by_category`` (accuracy of each), ``statuses``, ``n``,
    ``n_dropped``.
"""


class CorrelationModule(EvaluationModule):
    """Base class of the module that correlates overall scores with ratings."""

    required_inputs: ClassVar[Mapping[str, Any]] = _NUMBERS
    optional_inputs: ClassVar[Mapping[str, Any]] = {"groups": _LABEL}
    inputs_text = CORRELATION_INPUTS

    def _compute(
        self, *, predictions: Any, references: Any, groups: Any, n_resamples: int = 1000, seed: int = 0
    ) -> dict[str, Any]:
        given: dict[str, Any] = {
            **{"predictions": _numbers(predictions), "references": _numbers(references), "nan_policy": "omit"},
            **{"groups": _labels(groups, "groups")},
        }
        drawn: dict[str, Any] = {"n_resamples": n_resamples, "rng": seed}
        results: dict[str, StatisticResult] = {
            "srcc": srcc(**given, **drawn),
            "krcc": krcc(**given, **drawn),
            "plcc": plcc(**given, **drawn),
            "plcc_logistic4": plcc(**given, fit="logistic4"),  # a fit in every resample would take minutes
            "rmse": rmse(**given, **drawn),
        }
        if given["groups"] is not None:
            results["srcc_within"] = srcc(**given, by="within", **drawn)
        return {**_lay_out(results), "n": results["srcc"].n, "n_dropped": results["srcc"].n_dropped}


class AccuracyModule(EvaluationModule):
    """Base class of the module that compares verdicts on elements."""

    required_inputs: ClassVar[Mapping[str, Any]] = _NUMBERS
    optional_inputs: ClassVar[Mapping[str, Any]] = {
        "groups": _LABEL,
        "categories": _LABEL,
    }
    inputs_text = ACCURACY_INPUTS

    def _compute(self, *, predictions: Any, references: Any, groups: Any, categories: Any, **options: Any) -> Any:
        seed = options.pop("seed", 0)
        given: dict[str, Any] = {
            **{"predictions": _numbers(predictions), "references": _numbers(references), "nan_policy": "omit"},
            **{"groups": _labels(groups, "groups"), "categories": _labels(categories, "categories")},
            **{"n_resamples": 1000, "rng": seed, **options},
        }
        plain = element_accuracy(**given)
        balanced = element_accuracy(**given, average="balanced")
        by_category = {name: found.statistic for name, found in plain.by_category.items()}
        return {
            **_lay_out({"accuracy": plain, "balanced_accuracy": balanced}),
            **{"by_category": by_category, "n": plain.n, "n_dropped": plain.n_dropped},
        }


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [math.nan if value is None else value for value in values]


def _labels(values: Sequence[str | None], name: str) -> list[str] | None:
    known = [value for value in values if value is not None]
    if known and len(known) < len(values):
        raise ValueError(f"{len(values) - len(known)} of {len(values)} `{name}` are missing; give all or none.")
    return known or None


def _lay_out(results: Mapping[str, StatisticResult]) -> dict[str, Any]:
    """Value and interval of each, and why a value is missing."""
    table: dict[str, Any] = {}
    for name, found in results.items():
        interval = found.confidence_interval
        table[name] = found.statistic
        table[f"{name}_interval"] = None if interval is None else list(interval)
    return {**table, "statuses": {name: found.status for name, found in results.items()}}
