"""How far the raters of a campaign agree: on the first ratings, over all ratings, by category, and without gold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from evalmuse_hf.annotations.aggregation import CountedItem
from evalmuse_hf.annotations.mean_rule import MeanRule
from evalmuse_hf.annotations.rating_tables import RatingTable, element_table, overall_table
from evalmuse_hf.stats.agreement import krippendorff_alpha
from evalmuse_hf.stats.agreement_by import agreement_by
from evalmuse_hf.stats.ceiling import noise_ceiling
from evalmuse_hf.stats.dawid_skene import DawidSkeneResult, dawid_skene
from evalmuse_hf.stats.human_scorer import human_as_scorer
from evalmuse_hf.stats.icc import icc
from evalmuse_hf.stats.kappa import fleiss_kappa
from evalmuse_hf.stats.rater_pairs import pairwise_kappa, pairwise_spearman
from evalmuse_hf.stats.results import AgreementResult
from evalmuse_hf.stats.sample import FloatArray
from evalmuse_hf.stats.share_within import share_within

_NAN = float("nan")

FORMAT = 1
"""Version of the JSON form."""

N_STEPS = 7
"""Steps of `measure_agreement`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementOptions:
    """What is computed, and how.

    Attributes:
        first: First ratings of each item that are compared.
        rule: Of how many ratings the means are by which a scorer is judged, for the ceilings of overall ratings; None
            for ``first`` each.
        n_resamples: Bootstrap resamples of prompts, for the intervals; 0 for none.
        seed: Of resamples and simulation.
    """

    first: int = 3
    rule: MeanRule | None = None
    n_resamples: int = 1000
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryAgreement:
    """Agreement on the elements of one category.

    Attributes:
        category: The category; ``"none"`` for elements without one.
        alpha: Krippendorff's nominal alpha.
        kappa: Fleiss' kappa.
        same: Share of elements that all raters answered alike.
        yes_share: Share of the answers that are yes, in [0, 1].
    """

    category: str
    alpha: AgreementResult
    kappa: AgreementResult
    same: AgreementResult
    yes_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupAgreement:
    """Agreement of the first overall ratings on a group of items.

    Attributes:
        group: Its name; ``"unknown"`` for items of which it is not known.
        alpha: Krippendorff's ordinal alpha. Where the pictures are all about as good, it is low whatever raters do.
        within_1: Share of items whose ratings are all within one point.
        mean: Mean rating, 1 to 5; nan without any.
    """

    group: str
    alpha: AgreementResult
    within_1: AgreementResult
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignAgreement:
    """What came out.

    Attributes:
        n_items: Items.
        n_prompts: Their prompts.
        n_rated_again: Items with ratings beyond the first annotation.
        n_waiting: Items whose re-annotation is not finished: all their first ratings count here, and such further
            ones as there are.
        raters: The raters, in the order of ``model.confusion``; None where ratings are anonymous.
        overall: Statistics of the first overall ratings, by name.
        overall_pooled: Statistics of all overall ratings.
        elements: Statistics of the first answers to elements.
        elements_pooled: Statistics of all answers.
        categories: By category of element, on the first answers.
        generators: By generator, on the first overall ratings.
        prompt_types: By type of prompt: ``real``, or the kind of a synthetic one.
        model: Dawid and Skene's model of all answers to elements.
        n_answers: Answers to elements of each rater, in the order of ``raters``.
        options: How it was computed.
    """

    n_items: int
    n_prompts: int
    n_rated_again: int
    n_waiting: int
    raters: tuple[str, ...] | None
    overall: dict[str, AgreementResult]
    overall_pooled: dict[str, AgreementResult]
    elements: dict[str, AgreementResult]
    elements_pooled: dict[str, AgreementResult]
    categories: tuple[CategoryAgreement, ...]
    generators: tuple[GroupAgreement, ...]
    prompt_types: tuple[GroupAgreement, ...]
    model: DawidSkeneResult
    n_answers: tuple[int, ...]
    options: AgreementOptions

    def record(self, name: Callable[[str], str] | None = None) -> dict[str, Any]:
        """The result as JSON; a number that is undefined is null, and its status says why.

        Args:
            name: What to call a rater; None for the own name.
        """
        named = [rater if name is None else name(rater) for rater in self.raters or ()]
        confusion = self.model.confusion if self.model.confusion.size else None
        return {
            "format": FORMAT,
            "n_items": self.n_items,
            "n_prompts": self.n_prompts,
            "n_rated_again": self.n_rated_again,
            "n_waiting": self.n_waiting,
            "first_ratings": self.options.first,
            "overall": _records(self.overall),
            "overall_pooled": _records(self.overall_pooled),
            "elements": _records(self.elements),
            "elements_pooled": _records(self.elements_pooled),
            "categories": {
                one.category: {
                    **_records({"alpha": one.alpha, "kappa": one.kappa, "same": one.same}),
                    "yes_share": _known(one.yes_share),
                }
                for one in self.categories
            },
            "generators": {one.group: _group_record(one) for one in self.generators},
            "prompt_types": {one.group: _group_record(one) for one in self.prompt_types},
            "dawid_skene": {
                "share_right": _record(self.model),
                "converged": bool(self.model.converged),
                "raters": {}
                if confusion is None
                else {
                    rater: {"n": number, "yes_right": _known(yes), "no_right": _known(no)}
                    for rater, number, yes, no in zip(named, self.n_answers, *rights(self.model), strict=True)
                },
            },
            "n_resamples": self.options.n_resamples,
            "seed": self.options.seed,
        }


def measure_agreement(
    counted: Sequence[CountedItem],
    options: AgreementOptions | None = None,
    *,
    progress: Callable[[], object] | None = None,
) -> CampaignAgreement:
    """Compute every statistic of agreement that the ratings allow.

    Args:
        counted: The items with the ratings that count.
        options: What and how.
        progress: Called after each of the `N_STEPS` steps.
    """
    options, tell = options or AgreementOptions(), progress or (lambda: None)
    first, everything = overall_table(counted, first=options.first), overall_table(counted, first=None)
    drawn: dict[str, Any] = {"n_resamples": options.n_resamples, "rng": options.seed}
    rule = options.rule or MeanRule(first=options.first)
    overall = {**_of_overall(first, drawn), **_ceilings(first, drawn, rule)}
    tell()
    overall_pooled = _of_pooled_overall(everything, drawn)
    tell()
    first_answers, answers = element_table(counted, first=options.first), element_table(counted, first=None)
    elements = _of_elements(first_answers, drawn)
    tell()
    pooled_alpha = krippendorff_alpha(answers.values, level="nominal", groups=answers.prompt_ids, **drawn)
    tell()
    categories = _of_categories(first_answers, drawn)
    tell()
    generators = _of_groups(first, [one.item.generator for one in counted], drawn)
    prompt_types = _of_groups(first, [_prompt_type(one) for one in counted], drawn)
    tell()
    identified = answers.raters is not None
    model = dawid_skene(answers.values, identified=identified, groups=answers.prompt_ids)
    tell()
    return CampaignAgreement(
        n_items=len(counted),
        n_prompts=len(set(first.prompt_ids)),
        n_rated_again=sum(bool(one.further) for one in counted),
        n_waiting=sum(one.status == "further_unfinished" for one in counted),
        raters=answers.raters,
        overall=overall,
        overall_pooled=overall_pooled,
        elements=elements,
        elements_pooled={"alpha_nominal": pooled_alpha},
        categories=categories,
        generators=generators,
        prompt_types=prompt_types,
        model=model,
        n_answers=tuple(int(number) for number in (~np.isnan(answers.values)).sum(axis=0)) if identified else (),
        options=options,
    )


def rights(model: DawidSkeneResult) -> tuple[list[float], list[float]]:  # yes, then no
    """Chance that each rater says yes where yes is true, and no where no is; nan where a class did not occur.

    Args:
        model: A fit to answers of 0 and 1.
    """
    places = {float(value): place for place, value in enumerate(model.classes)}
    unknown = [float("nan")] * len(model.confusion)
    yes, no = (
        [float(share) for share in model.confusion[:, places[value], places[value]]] if value in places else unknown
        for value in (1.0, 0.0)
    )
    return yes, no


def _of_overall(table: RatingTable, drawn: dict[str, Any]) -> dict[str, AgreementResult]:
    values, groups, identified = table.values, table.prompt_ids, table.raters is not None
    shares = share_within(values, tolerance=1, groups=groups, **drawn)
    return {
        "alpha_ordinal": krippendorff_alpha(values, level="ordinal", groups=groups, **drawn),
        "alpha_interval": krippendorff_alpha(values, level="interval", groups=groups, **drawn),
        "icc_1_1": icc(values, form="(1,1)", groups=groups, **drawn),
        "icc_1_k": icc(values, form="(1,k)", groups=groups, **drawn),
        "icc_a_1": icc(values, form="(A,1)", identified=identified, groups=groups, **drawn),
        "icc_a_k": icc(values, form="(A,k)", identified=identified, groups=groups, **drawn),
        "pairwise_spearman": pairwise_spearman(values, identified=identified, groups=groups, **drawn),
        "pairwise_kappa": pairwise_kappa(values, identified=identified, weights="quadratic", groups=groups, **drawn),
        "items_within_1": shares.items,
        "pairs_within_1": shares.pairs,
        "human_as_scorer": human_as_scorer(values, identified=identified, groups=groups, **drawn),
    }


def _ceilings(table: RatingTable, drawn: dict[str, Any], rule: MeanRule) -> dict[str, AgreementResult]:
    """Without intervals: the models behind these would be fitted anew in every resample, which takes minutes."""
    results: dict[str, AgreementResult] = {}
    for name in ("srcc", "plcc", "krcc"):
        ceiling = noise_ceiling(
            table.values,
            statistic=name,
            k=rule.first,
            again_at=rule.again_at,
            scale=(1, 5),
            groups=table.prompt_ids,
            rng=drawn["rng"],
        )
        unknown = ceiling.status == "ok" and rule.status != "ok"
        results[f"ceiling_{name}"] = replace(ceiling, statistic=_NAN, status=rule.status) if unknown else ceiling
    return results


def _of_pooled_overall(table: RatingTable, drawn: dict[str, Any]) -> dict[str, AgreementResult]:
    values, groups = table.values, table.prompt_ids
    return {
        "alpha_ordinal": krippendorff_alpha(values, level="ordinal", groups=groups, **drawn),
        "alpha_interval": krippendorff_alpha(values, level="interval", groups=groups, **drawn),
        "icc_1_1": icc(values, form="(1,1)", groups=groups, **drawn),
        "pairs_within_1": share_within(values, tolerance=1, groups=groups, **drawn).pairs,
    }


def _of_elements(table: RatingTable, drawn: dict[str, Any]) -> dict[str, AgreementResult]:
    values, groups, identified = table.values, table.prompt_ids, table.raters is not None
    return {
        "alpha_nominal": krippendorff_alpha(values, level="nominal", groups=groups, **drawn),
        "fleiss_kappa": fleiss_kappa(values, groups=groups, **drawn),
        "pairwise_kappa": pairwise_kappa(values, identified=identified, groups=groups, **drawn),
        "same": replace(
            share_within(values, tolerance=0, groups=groups, **drawn).items, name="share of elements answered alike"
        ),
        "ceiling_accuracy": noise_ceiling(values, statistic="accuracy", groups=groups, rng=drawn["rng"]),
    }


def _of_categories(table: RatingTable, drawn: dict[str, Any]) -> tuple[CategoryAgreement, ...]:
    shared: dict[str, Any] = {"categories": table.categories, "groups": table.prompt_ids, **drawn}
    alphas = agreement_by(krippendorff_alpha, table.values, level="nominal", **shared)
    kappas = agreement_by(fleiss_kappa, table.values, **shared)
    same = agreement_by(share_within, table.values, tolerance=0, **shared)
    return tuple(
        CategoryAgreement(
            category=category,
            alpha=alphas[category],
            kappa=kappas[category],
            same=same[category].items,
            yes_share=_mean(table.of_category(category).values),
        )
        for category in alphas
    )


def _of_groups(table: RatingTable, groups: Sequence[str], drawn: dict[str, Any]) -> tuple[GroupAgreement, ...]:
    shared: dict[str, Any] = {"categories": groups, "groups": table.prompt_ids, **drawn}
    alphas = agreement_by(krippendorff_alpha, table.values, level="ordinal", **shared)
    within = agreement_by(share_within, table.values, tolerance=1, **shared)
    names = np.asarray(groups)
    return tuple(
        GroupAgreement(
            group=group,
            alpha=alphas[group],
            within_1=within[group].items,
            mean=_mean(table.values[names == group]),
        )
        for group in alphas
    )


def _mean(values: FloatArray) -> float:
    return float(np.nanmean(values)) if np.any(~np.isnan(values)) else _NAN


def _prompt_type(counted: CountedItem) -> str:
    return counted.item.prompt.synthetic_type or counted.item.prompt.source or "unknown"


def _group_record(one: GroupAgreement) -> dict[str, Any]:
    return {"alpha_ordinal": _record(one.alpha), "items_within_1": _record(one.within_1), "mean": _known(one.mean)}


def _records(results: dict[str, AgreementResult]) -> dict[str, Any]:
    return {name: _record(result) for name, result in results.items()}


def _record(result: AgreementResult) -> dict[str, Any]:
    interval = result.confidence_interval
    return {
        "name": result.label,
        "value": _known(result.statistic),
        "low": None if interval is None else _known(interval.low),
        "high": None if interval is None else _known(interval.high),
        "n": result.n,
        "n_dropped": result.n_dropped,
        "n_prompts": result.n_groups,
        "status": result.status,
    }


def _known(number: float) -> float | None:
    return None if np.isnan(number) else float(number)
