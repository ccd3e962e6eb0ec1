"""The consistency study as documents: what was drawn and can be expected, and what came out."""

from collections.abc import Sequence

import numpy as np

from evalmuse_hf.meta_evaluation.studies.consistency_biases import BIAS_KINDS, LEVEL, MIN_PROMPTS, Bias, BiasKind
from evalmuse_hf.meta_evaluation.studies.consistency_design import LEAST_PROMPTS, TRAITS, ConsistencyDesign
from evalmuse_hf.meta_evaluation.studies.consistency_measures import Repetition
from evalmuse_hf.meta_evaluation.studies.consistency_precision import CHANCE, DetectableBias, Precision
from evalmuse_hf.meta_evaluation.studies.consistency_study import ConsistencyStudy
from evalmuse_hf.reports import Cell, Document, Section, Table
from evalmuse_hf.stats.results import ConfidenceInterval, StatisticResult

_KIND_TITLES: dict[BiasKind, tuple[str, str, str]] = {
    "round": (
        "The whole round",
        "shift",
        "Second round less first, in points or in the share of yes, without what is found below. It is that of the "
        "people who rated as much as of the time.",
    ),
    "rater": ("Raters", "leniency", "In points, against the others on the same items in the same round."),
    "category": (
        "Categories of elements",
        "shift of yes",
        "Shift of the share of yes, against that of the other categories.",
    ),
    "generator": (
        "Generators",
        "shift",
        "Of the mean overall rating, in points, against that of the other generators.",
    ),
    "prompt type": (
        "Kinds of prompts",
        "shift",
        "Likewise: real prompts against synthetic ones, and a type of synthetic prompts against the other types.",
    ),
}
_SMALLEST_P = 0.001  # that is spelled out
_RANGE_RULE = (
    "These items were chosen because their first raters disagreed. They are no sample: their means are the least "
    "certain ones, so the figures are worse than those of all items, and they say nothing about the rest."
)


def make_design_document(design: ConsistencyDesign) -> Document:
    """Lay out what was drawn, and what can be expected of it.

    Args:
        design: The design.
    """
    expected = design.precision
    figures: tuple[tuple[str, Cell, str], ...] = (
        ("items", len(design.items), f"of {len(design.prompt_ids)} prompts, {design.per_item} new raters each"),
        ("half-width of the shift", _number(expected.shift), "95 % interval, in points"),
        ("half-width of the ICC", _number(expected.icc), f"95 % interval, around {_spell(expected.expected_icc)}"),
    )
    return Document(
        title="Design of the consistency study",
        summary=(
            f"{len(design.prompt_ids)} of {design.n_prompts:,} prompts with finished items, drawn at random; "
            f"{len(design.items):,} of {design.n_items:,} items, to be rated by {design.per_item} people each who "
            "never saw them."
        ),
        figures=figures,
        warnings=design.warnings,
        sections=(_precision_section(expected), _sample_section(design)),
        source=(
            ("share", f"{design.share:g}"),
            ("seed", str(design.seed)),
            ("finished items", design.population),
            ("round", design.round_name or "none opened"),
        ),
    )


def make_study_document(study: ConsistencyStudy) -> Document:
    """Lay out what came out.

    Args:
        study: The study.
    """
    found = [f"{bias.kind} {bias.name}" for bias in study.findings]
    tested = sum(not np.isnan(bias.p_adjusted) for bias in study.biases)
    counted: tuple[str, Cell, str] = ("biases found", len(found), f"of {tested} tested, after Holm's adjustment")
    if study.provisional:
        counted = ("biases found", None, "nothing is tested before all ratings are there")
    figures: tuple[tuple[str, Cell, str], ...] = (
        ("ICC(1,1) of the means", _number(study.overall.icc.statistic), "old against new mean overall rating"),
        ("mean shift", _number(study.overall.shift.statistic), "new less old, in points"),
        ("within 1 point", _number(study.overall.close.statistic), "share of items"),
        counted,
    )
    sections = [_repetition_section(study)]
    if study.promised is not None:
        sections.append(_promise_section(study, study.promised))
    sections += [_bias_section(study, found, tested)]
    if study.further is not None:
        table = _repetition_table([("overall rating", study.further)], first="first raters", second="further raters")
        sections.append(
            Section(title="Items that the range rule had rated again", text=(_RANGE_RULE,), tables=(table,))
        )
    return Document(
        title="Annotation consistency",
        summary=(
            f"{study.n_items:,} items of {study.n_prompts} prompts, rated again: {study.n_old:,} old and "
            f"{study.n_new:,} new ratings by {study.n_raters or 'an unknown number of'} raters."
        ),
        figures=figures,
        warnings=tuple(_warnings(study)),
        sections=tuple(sections),
        source=(("ratings", study.source), ("seed", str(study.seed)), ("resamples", str(study.n_resamples))),
    )


def _repetition_section(study: ConsistencyStudy) -> Section:
    rows = [("overall rating", study.overall)]
    if study.elements.n:
        rows.append(("yes-share of an element", study.elements))
    return Section(
        title="Does the second round repeat the first?",
        text=(
            "ICC(1,1) is the share of the variance of a mean that is the item's and not its raters'. Limits are those "
            "of Bland and Altman: 95 % of differences lie between them, were they normal. Intervals at 95 % draw "
            "whole prompts; that of the shift is Student's t over prompts.",
        ),
        tables=(_repetition_table(rows, first="first round", second="second round"),),
    )


def _repetition_table(rows: Sequence[tuple[str, Repetition]], *, first: str, second: str) -> Table:
    header = ("of the", "n", "prompts", first, second, "shift", "ICC(1,1)", "lower limit", "upper limit", "close")
    cells = tuple(
        (
            name,
            one.n,
            one.n_prompts,
            _number(one.old_mean),
            _number(one.new_mean),
            _estimate(one.shift.statistic, one.shift.confidence_interval),
            _result(one.icc),
            _result(one.lower),
            _result(one.upper),
            _result(one.close),
        )
        for name, one in rows
    )
    close = "; ".join(f"{name}: at most {_spell(one.within, 2)} apart" for name, one in rows)
    return Table(title="", header=header, rows=cells, note=f"Close, {close}.")


def _bias_section(study: ConsistencyStudy, found: Sequence[str], tested: int) -> Section:
    what = f"{len(found)} of {tested} possible biases are found" + (f": {', '.join(found)}." if found else ".")
    how = (
        f"All are tested together: Holm's adjustment keeps the chance of any false finding at {LEVEL:.0%}. The "
        f"intervals are not adjusted. What rests on fewer than {MIN_PROMPTS} prompts is not tested."
    )
    if study.provisional:
        what = "Provisional: ratings are still to come, so nothing is tested yet."
        how = (
            "Whoever tests again and again while ratings come in finds something sooner or later. Tests come when all "
            "ratings are there, or the round is closed for good. The intervals are not adjusted."
        )
    return Section(
        title="Systematic biases",
        text=(what, how),
        tables=tuple(
            _bias_table(kind, [bias for bias in study.biases if bias.kind == kind], tested=not study.provisional)
            for kind in BIAS_KINDS
            if any(bias.kind == kind for bias in study.biases)
        ),
    )


def _bias_table(kind: BiasKind, biases: Sequence[Bias], *, tested: bool) -> Table:
    title, column, note = _KIND_TITLES[kind]
    ranked = sorted(biases, key=lambda bias: (np.nan_to_num(bias.p_adjusted, nan=2.0), bias.name))
    unit = {"rater": "ratings", "category": "elements", "round": "n"}.get(kind, "items")
    rows = tuple(
        (
            bias.name,
            bias.n,
            bias.estimate.n_clusters,
            _signed(bias.estimate.statistic),
            _interval(bias.estimate.confidence_interval, signed=True),
            *((_p_value(bias.p_adjusted),) if tested else ()),
            "found" if bias.found else "" if bias.estimate.status == "ok" else bias.estimate.status,
        )
        for bias in ranked
    )
    return Table(
        title=title,
        header=(kind, unit, "prompts", column, "95 % interval", *(("p (Holm)",) if tested else ()), ""),
        rows=rows,
        note=note,
    )


def _promise_section(study: ConsistencyStudy, promised: Precision) -> Section:
    rows: tuple[tuple[Cell, ...], ...] = (
        ("shift of the overall rating", _number(promised.shift), _half(study.overall.shift.confidence_interval)),
        ("shift of the yes-share", _number(promised.yes_shift), _half(study.elements.shift.confidence_interval)),
        ("ICC(1,1) of the means", _number(promised.icc), _half(study.overall.icc.confidence_interval)),
    )
    table = Table(title="", header=("half-width of the 95 % interval", "stated before", "reached"), rows=rows)
    return Section(
        title="Precision", text=("What the design stated from the first ratings, and what came.",), tables=(table,)
    )


def _precision_section(expected: Precision) -> Section:
    rows: tuple[tuple[Cell, ...], ...] = (
        ("shift of the mean overall rating, in points", _number(expected.shift)),
        ("shift of the share of yes", _number(expected.yes_shift)),
        (
            "ICC(1,1) of the means"
            + ("" if np.isnan(expected.expected_icc) else f", expected at {_spell(expected.expected_icc)}"),
            _number(expected.icc),
        ),
    )
    least = [expected.rater, *expected.categories]
    return Section(
        title="Precision to expect",
        text=(
            "From the ratings that there are: each item lends one of its ratings as if it were new, scaled to the "
            f"number of ratings to come. A bias of the size below is found with a chance of {CHANCE:.0%} after Holm's "
            f"adjustment over {expected.n_tests} tests.",
        ),
        tables=(
            Table(title="", header=("95 % interval of", "half-width"), rows=rows),
            Table(
                title="Smallest bias that will be found",
                header=("bias of", "prompts", "size", ""),
                rows=tuple(_detectable_row(one) for one in least),
                note="Of a rater in points, of a category in the share of yes.",
            ),
        ),
    )


def _detectable_row(one: DetectableBias) -> tuple[Cell, ...]:
    number = None if np.isnan(one.n_prompts) else round(one.n_prompts)
    return one.name, number, _number(one.difference), "" if one.status == "ok" else one.status


def _sample_section(design: ConsistencyDesign) -> Section:
    tables = []
    for trait in TRAITS:
        own = [count for count in design.counts if count.trait == trait]
        whole, drawn = sum(count.population for count in own), sum(count.sample for count in own)
        if own:
            rows = tuple(
                (one.name, one.population, one.sample, _share(one.population, whole), _share(one.sample, drawn))
                for one in own
            )
            header = (trait, "finished", "drawn", "share of finished", "share of drawn")
            tables.append(Table(title="", header=header, rows=rows))
    return Section(
        title="What was drawn",
        text=("Prompts were drawn alike, without strata; the shares may differ by chance.",),
        tables=tuple(tables),
    )


def _warnings(study: ConsistencyStudy) -> list[str]:
    warnings = []
    if study.n_prompts < LEAST_PROMPTS:
        warnings.append(f"{study.n_prompts} prompts show that it works; intervals of so few are wide.")
    if study.provisional:
        warnings.append(
            f"{study.n_unfinished} items are left out: some of their ratings are still to come. All figures are "
            "provisional, and nothing is tested."
        )
    elif study.n_unfinished:
        warnings.append(f"{study.n_unfinished} items are left out: the round was closed before they were finished.")
    old, new = (", ".join(versions) or "unknown" for versions in (study.old_guidelines, study.new_guidelines))
    if old != new:
        warnings.append(
            f"The instructions were others: version {old} in the first round, {new} in the second; a shift may be "
            "theirs."
        )
    if study.n_old != study.n_new:
        warnings.append(
            f"An item has {study.n_old / study.n_items:.3g} ratings in the first round and "
            f"{study.n_new / study.n_items:.3g} in the second: means of different numbers of ratings do not vary "
            "alike, as ICC(1,1) takes them to."
        )
    if study.n_raters and not study.n_raters_twice:
        warnings.append("Nobody rated in both rounds, so a shift of the round may be that of its raters.")
    if study.n_unmatched:
        warnings.append(f"{study.n_unmatched} items are left out: only one of the tables has them.")
    if not study.n_raters:
        warnings.append("Ratings are anonymous, so biases of raters cannot be told.")
    return warnings


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _spell(value: float, digits: int = 3) -> str:
    return "undefined" if np.isnan(value) else f"{value:.{digits}f}"


def _signed(value: float) -> str | None:
    return None if np.isnan(value) else f"{value:+.3f}"


def _p_value(value: float) -> str | None:
    if np.isnan(value):
        return None
    return f"{value:.3f}" if value >= _SMALLEST_P else f"< {_SMALLEST_P}"


def _interval(interval: ConfidenceInterval | None, *, signed: bool = False) -> str | None:
    if interval is None:
        return None
    return f"{interval.low:+.3f} to {interval.high:+.3f}" if signed else f"[{interval.low:.3f}, {interval.high:.3f}]"


def _estimate(value: float, interval: ConfidenceInterval | None) -> str | None:
    if np.isnan(value):
        return None
    return f"{value:+.3f}" + ("" if interval is None else f" [{interval.low:+.3f}, {interval.high:+.3f}]")


def _result(result: StatisticResult) -> str | None:
    if np.isnan(result.statistic):
        return result.status
    return f"{result.statistic:.3f}" + (
        f" {_interval(result.confidence_interval)}" if result.confidence_interval else ""
    )


def _half(interval: ConfidenceInterval | None) -> float | None:
    return None if interval is None else (interval.high - interval.low) / 2


def _share(count: int, total: int) -> str:
    return f"{count / total:.1%}" if total else "–"
