"""What is trivial: predictors that never look at the picture, judged as scorers on the same pairs."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from evalmuse_hf.meta_evaluation.evaluation_parts.elements import in_order
from evalmuse_hf.meta_evaluation.evaluation_parts.intervals import Intervals
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import BoolArray, FloatArray, Judged, JudgedPairs
from evalmuse_hf.meta_evaluation.evaluation_parts.overall import PairColumns, columns_of
from evalmuse_hf.meta_evaluation.evaluation_parts.paired_differences import adjust_p_values, spell_difference
from evalmuse_hf.meta_evaluation.evaluation_parts.shared_draws import correlations
from evalmuse_hf.meta_evaluation.evaluation_parts.spelling import Record, spell, undefined
from evalmuse_hf.meta_evaluation.evaluation_parts.systems import NO_GENERATORS
from evalmuse_hf.meta_evaluation.evaluation_parts.trivial_predictions import MIN_ROWS, majority_shares, prompt_oracle
from evalmuse_hf.meta_evaluation.joining import Row
from evalmuse_hf.meta_evaluation.reference_rows import ReferenceKind, reference_scores
from evalmuse_hf.stats import element_accuracy, scorer_differences, srcc

KINDS: tuple[ReferenceKind, ...] = ("generator_mean", "prompt_oracle", "both")

BY_CONSTRUCTION = (
    "negative by construction: within a prompt, the mean of the other pictures falls as the picture's own rating rises"
)
TOO_FEW = f"no prompt or generator has {MIN_ROWS} rated pictures to take a mean of"
ONE_GENERATOR = "one generator: its mean tells no pictures apart"
ONE_PROMPT = "one prompt: negative by construction"

_COLUMNS = ("image_path", "prompt_id", "prompt", "generator", "overall_score")
_SCORER = "scorer"


def references_part(judged: Judged, intervals: Intervals) -> Record:
    """Reference rows, each with the scorer on the same pairs and the paired difference of the two.

    Args:
        judged: What is judged.
        intervals: How many resamples they get.

    Returns:
        ``prompt_oracle`` (mean rating of the prompt's other pictures), ``generator_mean``, ``both``, each with
        ``srcc, krcc, plcc, within_prompt``, ``scorer`` (SRCC of the scorer on these pairs) and ``difference`` (scorer
        less reference: ``value, low, high, standard_error, p_value``, its adjustment ``p_holm`` over the three, and
        the ``detectable`` difference of so many prompts and of twice as many, ``detectable_twice``); and
        ``majority_class`` with ``micro`` and ``by_category``.
    """
    record: Record = {}
    # Over all rated pairs, scored or not; the elements would only take time.
    rows = [{**{column: row.get(column) for column in _COLUMNS}, "elements": ()} for row in judged.rated]
    columns = {
        kind: prompt_oracle(judged) if kind == "prompt_oracle" else _predictions(judged.pairs, rows, kind)
        for kind in KINDS
    }
    for kind, values in columns.items():
        known = ~np.isnan(values)
        status = _why_not(kind, judged.pairs, known)
        if status is not None:
            record[kind] = {name: undefined(status, n=int(known.sum())) for name in ("srcc", "krcc", "plcc")}
            continue
        record[kind] = _of_reference(kind, judged.pairs.where(known), values[known], intervals)
    record = adjust_p_values(record)
    record["majority_class"] = _majority(judged, intervals)
    return record


def _why_not(kind: ReferenceKind, pairs: JudgedPairs, known: BoolArray) -> str | None:
    """Why a reference row says nothing; None if it does."""
    if kind != "prompt_oracle":
        names = {name for name in pairs.generators if name is not None}
        if len(names) < 2:
            return ONE_GENERATOR if names else NO_GENERATORS
    if not known.any():
        return TOO_FEW
    one_prompt = len(set(pairs.where(known).prompts)) < 2
    return ONE_PROMPT if one_prompt and kind != "generator_mean" else None


def _predictions(pairs: JudgedPairs, rows: Sequence[Row], kind: ReferenceKind) -> FloatArray:
    """What a reference row predicts for each pair."""
    scored = reference_scores(rows, kind=kind, min_rows=MIN_ROWS)
    by_path = {str(row["image_path"]): row["overall_score"] for row in scored}
    values = [by_path[path] for path in pairs.paths]
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _of_reference(kind: str, pairs: JudgedPairs, values: FloatArray, intervals: Intervals) -> Record:
    own: PairColumns = {**columns_of(pairs), "predictions": values}
    n_resamples = intervals.beside
    table = scorer_differences(
        scores={_SCORER: pairs.predictions, kind: values},
        references=pairs.references,
        groups=pairs.prompts,
        n_resamples=n_resamples,
        n_permutations=0,
        rng=intervals.generator(f"references {kind}"),
    )
    difference = table.between(_SCORER, kind).difference
    beside = correlations(
        **own,
        names=("krcc", "plcc"),
        n_resamples=n_resamples,
        rng=intervals.generator(f"references {kind}"),
        beside=True,
    )
    within = undefined(BY_CONSTRUCTION, n=pairs.n) if kind != "generator_mean" else _within(own)
    return {
        "srcc": spell(table.scorers[kind], n_resamples=n_resamples),
        **{name: spell(result, n_resamples=n_resamples) for name, result in beside.items()},
        "within_prompt": within,
        "scorer": spell(table.scorers[_SCORER], n_resamples=n_resamples),
        "difference": spell_difference(difference, n_resamples=n_resamples),
    }


def _within(columns: PairColumns) -> Record:
    return spell(srcc(**columns, by="within"), n_resamples=0)


def _majority(judged: Judged, intervals: Intervals) -> Record:
    elements, rng = judged.elements, intervals.generator("majority_class")
    shares = majority_shares(elements, rng=rng)
    if not elements.n or np.isnan(shares).all():
        nothing = undefined("no rated elements, or all of one prompt", n=0)
        return {"micro": nothing, "balanced": nothing, "by_category": {}}
    n_resamples = intervals.beside
    columns: dict[str, Any] = {
        "predictions": shares,
        "references": elements.references,
        "categories": elements.categories,
        "groups": elements.prompts,
        "n_resamples": n_resamples,
        "rng": rng,
    }
    micro = element_accuracy(**columns)
    balanced = element_accuracy(**columns, average="balanced")
    return {
        "micro": spell(micro, n_resamples=n_resamples),
        "balanced": spell(balanced, n_resamples=n_resamples),
        "by_category": {
            name: spell(micro.by_category[name], n_resamples=n_resamples) for name in in_order(micro.by_category)
        },
    }
