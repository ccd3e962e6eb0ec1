"""Turns a ranking into a document: page, plain text or Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalmuse_hf.ranking.published import PublishedComparison
from evalmuse_hf.ranking.published_section import published_comparison_section, published_sections
from evalmuse_hf.ranking.ranking_sections import (
    correction_section,
    could_be_tested,
    differences_section,
    means_section,
    preferences_section,
)
from evalmuse_hf.ranking.records import GeneratorRank, Ranking
from evalmuse_hf.ranking.sentences import listed
from evalmuse_hf.ranking.skill_sections import skills_section
from evalmuse_hf.ranking.spelling import digits_of, known, spell_interval
from evalmuse_hf.reports import Cell, Document, Section


def ranking_document(
    ranking: Ranking,
    *,
    provenance: Mapping[str, Any] | None = None,
    comparison: PublishedComparison | None = None,
    profiles: Sequence[str] = (),
    whole_published_ranking: bool = False,
) -> Document:
    """Lay a ranking out.

    Args:
        ranking: All of it.
        provenance: What produced the scores; see `evalmuse_hf.scoring.provenance_of`.
        comparison: The ranking beside the published one; None leaves it out.
        profiles: Generators on the radar, six at most; empty takes the best.
        whole_published_ranking: Whether the published ranking stands at the end, as it was printed.

    Raises:
        ValueError: If ``profiles`` names too many generators, or one that is not ranked.
    """
    provenance = provenance or {}
    sections = [
        means_section(ranking),
        differences_section(ranking),
        correction_section(ranking),
        preferences_section(ranking),
        skills_section(ranking, profiles),
        published_comparison_section(ranking, comparison) if comparison else None,
    ]
    n_generators = len(ranking.rows)
    return Document(
        title=f"Ranking of {n_generators} text-to-image {'model' if n_generators == 1 else 'models'}",
        summary=headline(ranking),
        figures=tuple(_figures(ranking)),
        warnings=ranking.notes,
        sections=(
            *(section for section in sections if section is not None),
            *(published_sections() if whole_published_ranking else ()),
            _method_section(ranking),
        ),
        source=tuple(_spell_provenance(provenance)),
    )


def headline(ranking: Ranking) -> str:
    """Say in a sentence or two who leads, and whether that is more than noise.

    Args:
        ranking: All of it.
    """
    best, digits = ranking.rows[0], digits_of(ranking)
    interval = f" (95 %: {spell_interval(best.low, best.high, digits)})" if best.low is not None else ""
    leading = [row.generator for row in ranking.rows if row.rank == 1]
    if len(ranking.rows) == 1:
        return f"{best.generator} has a mean overall score of {best.mean:.{digits}f}{interval}."
    start = f"{listed(leading)} {'leads' if len(leading) == 1 else 'lead together'} with a mean overall score of "
    sentence = f"{start}{best.mean:.{digits}f}{interval}"
    if not ranking.differences or not best.letters:
        return f"{sentence}. Whether that is more than noise was not tested."
    others = [row for row in ranking.rows if row.rank > 1]
    tied = [row.generator for row in others if set(row.letters) & set(best.letters)]
    if tied:
        sentence += f", but cannot be told from {listed(tied)}"
    elif others:
        whom = others[0].generator if len(ranking.rows) == 2 else "all others"
        sentence += f", ahead of {whom} by more than noise"
    return f"{sentence}. {_told_apart(ranking)}"


def _told_apart(ranking: Ranking) -> str:
    n, separated = len(ranking.differences), sum(pair.separated for pair in ranking.differences)
    if not could_be_tested(ranking):
        return "No pair could be tested."
    if n == 1:
        return f"The two models are {'told apart' if separated else 'not told apart'}."
    if separated == 0:
        return "No two models are told apart."
    if separated == n:
        return "Every two models are told apart."
    return f"Of {n} pairs of models, {separated} {'is' if separated == 1 else 'are'} told apart."


def _figures(ranking: Ranking) -> Iterator[tuple[str, Cell, str]]:
    best, digits = ranking.rows[0], digits_of(ranking)
    yield (
        f"Best mean: {best.generator}",
        f"{best.mean:.{digits}f}",
        "" if best.low is None else f"95 %: {spell_interval(best.low, best.high, digits)}",
    )
    if ranking.differences:
        separated = sum(pair.separated for pair in ranking.differences)
        if could_be_tested(ranking) and len(ranking.differences) == 1:
            yield "The two are told apart", "yes" if separated else "no", "at 5 %"
        elif could_be_tested(ranking):
            yield "Pairs told apart", f"{separated} of {len(ranking.differences)}", "at 5 % for all pairs together"
        else:
            yield "Pairs told apart", None, "no pair could be tested"
    if known(ranking.agreement) is not None:
        yield "Means and comparisons agree", known(ranking.agreement), "Kendall's tau-b of the two rankings"
    counted = ranking.n_prompts if ranking.balance == "adjusted" else ranking.n_shared_prompts
    yield "Prompts that count", counted, f"of {ranking.n_prompts:,}"
    yield "Pictures that count", sum(row.n for row in ranking.rows), _unscored(ranking.rows)


def _unscored(rows: Sequence[GeneratorRank]) -> str:
    n_unscored = sum(row.n_unscored for row in rows)
    return f"{n_unscored:,} more have no score" if n_unscored else "all have a score"


def _method_section(ranking: Ranking) -> Section:
    if ranking.balance == "adjusted":
        balance = (
            f"All {ranking.n_prompts:,} prompts count, {ranking.n_shared_prompts:,} of them shared by all generators. "
            "Means are those of an additive model of generators and prompts, so that nobody gains by easy prompts."
        )
    else:
        balance = (
            f"{ranking.n_shared_prompts:,} of {ranking.n_prompts:,} prompts are shared by all generators and count; "
            "the others would favour whoever has the easier ones."
        )
    text = [balance, "Pictures without a score count nowhere; they are never 0."]
    if ranking.differences:
        what = (
            "those of the adjusted means, to which a prompt adds wherever it compares two generators, also by way of "
            "third ones, with errors over prompts,"
            if ranking.balance == "adjusted"
            else "means over prompts of the difference within a prompt,"
        )
        holm = ", with Holm's adjustment over all pairs" if len(ranking.differences) > 1 else ""
        text.append(f"Differences are {what} tested by Student's t{holm}.")
    return Section(title="How the numbers were made", text=(*text, *ranking.methods))


def _spell_provenance(provenance: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in provenance.items():
        if isinstance(value, Mapping):
            yield name.replace("_", " "), ", ".join(f"{key} {item}" for key, item in value.items())
        elif value is not None:
            yield name.replace("_", " "), str(value)
