"""Lays a comparison of scorers out: the verdict first, then what it rests on."""

import math
from collections.abc import Iterator

from evalmuse_hf.meta_evaluation.studies.metrics_headline import headline
from evalmuse_hf.meta_evaluation.studies.metrics_options import Statistic
from evalmuse_hf.meta_evaluation.studies.metrics_plots import agreement_plot, matrix_plot
from evalmuse_hf.meta_evaluation.studies.metrics_precision import spell_precision
from evalmuse_hf.meta_evaluation.studies.metrics_references import EXPLANATION
from evalmuse_hf.meta_evaluation.studies.metrics_study import DataComparison, MetricsStudy
from evalmuse_hf.meta_evaluation.studies.metrics_tables import (
    IN_DOMAIN,
    agreement_table,
    cost_table,
    matrix_table,
    other_table,
    published_rows_table,
    ranking_table,
)
from evalmuse_hf.meta_evaluation.studies.metrics_verdict import NAMES, TOO_FEW, spell_verdict
from evalmuse_hf.reports import Document, Plot, Section, Table

_LEAST_PROMPTS = 100


def make_metrics_document(study: MetricsStudy, *, page: bool = False) -> Document:
    """Lay the comparison out.

    Args:
        study: What came out.
        page: For a page, which shows the matrix of differences as a plot instead of a table.
    """
    statistic = study.options.statistic
    several = len(study.comparisons) > 1
    return Document(
        title="Which scorer agrees with people?",
        summary=_summary(study),
        figures=headline(study.comparisons, statistic),
        warnings=tuple(_warnings(study)),
        sections=(
            *((_overview(study),) if several else ()),
            *(_section(comparison, statistic, page=page, several=several) for comparison in study.comparisons),
        ),
        source=tuple({**study.machine, "resamples": f"{study.options.n_resamples:,}"}.items()),
    )


def _summary(study: MetricsStudy) -> str:
    names = {line.name for comparison in study.comparisons for line in comparison.scorers}
    where = "; ".join(comparison.facts.title for comparison in study.comparisons)
    who = {0: "No scorer, only rows that never look at a picture", 1: "1 scorer"}.get(
        len(names), f"{len(names)} scorers"
    )
    return (
        f"{who}, compared in {NAMES[study.options.statistic]} with the mean ratings of people: {where}. Intervals "
        "draw whole prompts. Differences are of the same pictures; their tests and intervals hold for all pairs of a "
        "data set together."
    )


def _warnings(study: MetricsStudy) -> Iterator[str]:
    for comparison in study.comparisons:
        if comparison.n_prompts == 1:
            yield f"{comparison.facts.title}: of a single prompt there are no intervals and no tests; rate more."
        elif comparison.n_prompts < _LEAST_PROMPTS:
            yield (
                f"{comparison.facts.title}: {comparison.n_prompts} prompts show that it works; intervals of so few "
                "are wide, and somewhat too narrow."
            )
        if trained := [line.name for line in comparison.scorers if line.in_domain]:
            yield (
                f"{comparison.facts.title}: {', '.join(trained)} {'was' if len(trained) == 1 else 'were'} trained on "
                f"data of this kind ({IN_DOMAIN}, *); such figures say little about other pictures."
            )


def _overview(study: MetricsStudy) -> Section:
    """All scorers by all data sets."""
    statistic = study.options.statistic
    names = list(dict.fromkeys(name for comparison in study.comparisons for name in comparison.matrix.names))
    rows = [(name, *(_overview_cell(comparison, name) for comparison in study.comparisons)) for name in names]
    references = list(dict.fromkeys(line.name for comparison in study.comparisons for line in comparison.references))
    rows += [
        (f"[{name}]", *(_reference_cell(comparison, name, statistic) for comparison in study.comparisons))
        for name in references
    ]
    ceilings = [comparison.people.ceilings[statistic] for comparison in study.comparisons]
    rows.append(("[ceiling of these ratings]", *(None if value is None else f"{value:.3f}" for value in ceilings)))
    return Section(
        title="At a glance",
        text=(
            *(
                f"{comparison.facts.title}: {spell_verdict(comparison.verdict, statistic=statistic)}"
                for comparison in study.comparisons
            ),
            EXPLANATION,
        ),
        tables=(
            Table(
                title=NAMES[statistic],
                header=("scorer", *(comparison.facts.title for comparison in study.comparisons)),
                rows=tuple(rows),
                note=f"Scorers with a letter in common cannot be told apart on that data set. *: {IN_DOMAIN}.",
            ),
        ),
    )


def _overview_cell(comparison: DataComparison, name: str) -> str | None:
    value = comparison.matrix.values.get(name, math.nan)
    if math.isnan(value):
        return None
    trained = any(line.name == name and line.in_domain for line in comparison.scorers)
    mark = f"({TOO_FEW})" if name in comparison.matrix.left_out else comparison.matrix.letters.get(name, "")
    return f"{value:.3f}{'*' if trained else ''} {mark}".strip()


def _reference_cell(comparison: DataComparison, name: str, statistic: Statistic) -> str | None:
    found = [getattr(line, statistic).statistic for line in comparison.references if line.name == name]
    return f"{found[0]:.3f}" if found and not math.isnan(found[0]) else None


def _section(comparison: DataComparison, statistic: Statistic, *, page: bool, several: bool) -> Section:
    tables = [agreement_table(comparison, statistic)]
    if comparison.matrix.cells and not page:
        tables.append(matrix_table(comparison.matrix, statistic))
    if comparison.rankings:
        tables.append(ranking_table(comparison))
    tables.append(other_table(comparison, statistic))
    if any(line.seconds is not None for line in comparison.scorers):
        tables.append(cost_table(comparison))
    if (published := published_rows_table(comparison.facts.name)) is not None:
        tables.append(published)
    plots: list[Plot] = [agreement_plot(comparison, statistic)] if comparison.scorers or comparison.references else []
    plots += [matrix_plot(comparison, statistic)] if comparison.matrix.cells else []
    return Section(
        title=comparison.facts.title,
        text=tuple(_text(comparison, statistic, several=several)),
        tables=tuple(tables),
        plots=tuple(plots),
    )


def _text(comparison: DataComparison, statistic: Statistic, *, several: bool) -> Iterator[str]:
    if not several:
        yield spell_verdict(comparison.verdict, statistic=statistic)
    facts = comparison.facts
    low, high = facts.rating_scale
    yield (
        f"{comparison.n_pairs:,} pictures of {comparison.n_prompts:,} prompts, rated {low:g} to {high:g}; "
        f"{facts.aggregation}. Source: {facts.source}."
    )
    if comparison.precision is not None:
        yield spell_precision(comparison.precision)
    notes = [*comparison.notes, *filter(None, [comparison.people.note])]
    if notes:
        yield " ".join(notes)
    if comparison.references and not several:
        yield EXPLANATION
