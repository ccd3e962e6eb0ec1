"""The splitting study as a document: tables of agreement, of all prompts and of each kind apart."""

from collections.abc import Mapping, Sequence

import numpy as np

from evalmuse_hf.meta_evaluation.studies.splitting_study import GroupFigures, SplittingStudy
from evalmuse_hf.reports import Bars, Cell, Document, Section, Table
from evalmuse_hf.schema import CATEGORIES
from evalmuse_hf.stats.results import StatisticResult

_LEAST_PROMPTS = 100
_TITLES = {"all": "All prompts", "real": "Real prompts", "synthetic": "Prompts from templates", "unknown": "Others"}


def make_splitting_document(study: SplittingStudy) -> Document:
    """Lay the study out.

    Args:
        study: What came out.
    """
    names = _short_names(study.splitters)
    whole = study.groups[0]
    where = "prompts made from templates" if study.options.data is None else f"prompts of {study.options.data.name}"
    figures: list[tuple[str, Cell, str]] = [
        ("alpha", _value(whole.alpha), "labels of words: none or one of 12 categories"),
        ("alpha, in an element or not", _value(whole.presence), "the same words"),
    ]
    return Document(
        title="How far do splitters agree?",
        summary=f"{whole.n_prompts} {where}, {whole.n_words} content words, split by {', '.join(names.values())}.",
        figures=tuple(figures),
        warnings=tuple(_warnings(study, names)),
        sections=(*(_make_section(group, names) for group in study.groups), _make_status_section(study, names)),
        source=(
            *((short, name) for name, short in names.items() if short != name),
            ("seed", str(study.options.seed)),
            ("resamples", str(study.options.n_resamples)),
        ),
    )


def _make_section(group: GroupFigures, names: Mapping[str, str]) -> Section:
    return Section(
        title=_TITLES[group.kind],
        text=(
            f"{group.n_prompts} prompts, {group.n_words} content words. Krippendorff's nominal alpha over all "
            f"splitters: {_spell(group.alpha)} for the category of a word, {_spell(group.presence)} for whether it "
            "is in any element. Intervals draw whole prompts.",
        ),
        tables=(_make_pair_table(group, names), _make_category_table(group), _make_count_table(group, names)),
    )


def _make_pair_table(group: GroupFigures, names: Mapping[str, str]) -> Table:
    header = ("pair", "prompts", "alpha", "alpha, in or out", "span F1", "with category", "category accuracy")
    rows = [
        (
            f"{names[pair.first]} - {names[pair.second]}",
            pair.spans.n_prompts,
            _spell(pair.alpha),
            _spell(pair.presence),
            _spell(pair.spans.f1),
            _spell(pair.spans.labelled_f1),
            _spell(pair.spans.category_accuracy),
        )
        for pair in group.pairs
    ]
    note = "Spans are matched one to one where their characters overlap by half; category accuracy is that of matches."
    return Table(title="Pairs of splitters", header=header, rows=tuple(rows), note=note)


def _make_category_table(group: GroupFigures) -> Table:
    ranked = sorted(group.categories.items(), key=lambda item: -np.nan_to_num(item[1].statistic, nan=-2.0))
    rows = tuple((name, _value(result), _interval(result)) for name, result in ranked)
    bars = Bars(
        labels=tuple(row[0] for row in rows),
        values=tuple(_value(result) for _, result in ranked),
        axis="alpha",
        low=min([0.0, *(result.statistic for _, result in ranked if not np.isnan(result.statistic))]),
        high=1.0,
    )
    return Table(
        title="Alpha of each category over all splitters: is a word in an element of it?",
        header=("category", "alpha", "95 % interval"),
        rows=rows,
        bars=bars if rows else None,
    )


def _make_count_table(group: GroupFigures, short: Mapping[str, str]) -> Table:
    names = [name for name in ("none", *CATEGORIES) if any(counts.get(name) for counts in group.counts.values())]
    rows: list[tuple[Cell, ...]] = [
        (name, *(counts.get(name, 0) for counts in group.counts.values())) for name in names
    ]
    return Table(
        title="Content words with each label",
        header=("label", *(short[name] for name in group.counts)),
        rows=tuple(rows),
    )


def _make_status_section(study: SplittingStudy, short: Mapping[str, str]) -> Section:
    rows = tuple(
        (short[name], status, number)
        for name, counts in study.statuses.items()
        for status, number in sorted(counts.items())
    )
    return Section(
        title="Prompts that could not be split",
        text=("A failed prompt is left out where its splitter is compared; one without elements counts as it is.",),
        tables=(Table(title="", header=("splitter", "status", "prompts"), rows=rows),),
    )


def _warnings(study: SplittingStudy, short: Mapping[str, str]) -> list[str]:
    warnings = []
    whole = study.groups[0]
    if whole.n_prompts < _LEAST_PROMPTS:
        warnings.append(f"{whole.n_prompts} prompts show that it works; intervals of so few are wide.")
    if study.options.data is None:
        warnings.append("Prompts from templates are short and regular; real ones are split with less agreement.")
    failed = {short[name]: counts.get("failed", 0) for name, counts in study.statuses.items() if counts.get("failed")}
    warnings += [f"{name} failed on {number} prompts; its figures leave them out." for name, number in failed.items()]
    return warnings


def _short_names(names: Sequence[str]) -> dict[str, str]:
    """Each name without its model, where that leaves no two alike: "spacy" for "spacy:en_core_web_sm"."""
    heads = [name.partition(":")[0] for name in names]
    return {name: head if heads.count(head) == 1 else name for name, head in zip(names, heads, strict=True)}


def _value(result: StatisticResult) -> float | None:
    return None if np.isnan(result.statistic) else float(result.statistic)


def _interval(result: StatisticResult) -> str | None:
    interval = result.confidence_interval
    return None if interval is None else f"[{interval[0]:.2f}, {interval[1]:.2f}]"


def _spell(result: StatisticResult) -> str:
    if np.isnan(result.statistic):
        return "undefined"
    interval = _interval(result)
    return f"{result.statistic:.3f}" + (f" {interval}" if interval else "")
