"""The published ranking on a page, marked as its authors' and not ours."""

from collections.abc import Mapping, Sequence

from evalmuse_hf.ranking.published import PublishedComparison, PublishedMatch, read_published_ranking
from evalmuse_hf.ranking.records import CategoryMean, Ranking
from evalmuse_hf.ranking.spelling import digits_of, known
from evalmuse_hf.reports import Cell, Document, Forest, Section, Series, Table
from evalmuse_hf.schema import CATEGORIES

_COLUMNS = 6


def published_comparison_section(ranking: Ranking, comparison: PublishedComparison) -> Section:
    """A ranking beside the published one.

    Args:
        ranking: Ours.
        comparison: Which generators both have.
    """
    means = {row.generator: known(row.mean) for row in ranking.rows}
    text = [
        "Theirs, not ours: other prompts, other pictures, perhaps another scorer, and no intervals were published. "
        "Only the order can be compared; ranks count the generators that both rankings have."
    ]
    if comparison.agreement is not None:
        text.append(
            f"Kendall's tau-b between the two orders of these {len(comparison.matches)} generators: "
            f"{comparison.agreement:.3f}."
        )
    table = Table(
        title="",
        header=("generator", "published as", "rank", "theirs", "mean", "theirs", "theirs, 0 to 1"),
        rows=tuple(
            (
                match.generator,
                match.published.generator,
                match.rank,
                match.published_rank,
                means[match.generator],
                match.published.mean,
                match.published.normalised,
            )
            for match in comparison.matches
        ),
        digits=(0, 0, 0, 0, digits_of(ranking), 2, 4),
        note=f"Source: {comparison.source}.",
        plot=_ranks_plot(comparison) if len(comparison.matches) > 2 else None,
    )
    return Section(
        title="Beside the published ranking",
        text=tuple(text),
        tables=(table, *_skill_tables(ranking, comparison)),
    )


def _skill_tables(ranking: Ranking, comparison: PublishedComparison) -> tuple[Table, ...]:
    """Our and their skills, one line below the other, of the generators and the skills that both have."""
    ours = {row.generator: row.categories for row in ranking.rows}
    skills = [
        skill
        for skill in CATEGORIES
        if any(skill in ours[match.generator] and skill in match.published.skills for match in comparison.matches)
    ]
    pieces = [skills[start : start + _COLUMNS] for start in range(0, len(skills), _COLUMNS)]
    return tuple(
        Table(
            title="Skills beside the published ones" if number == 0 else "",
            header=("generator", "whose", *piece),
            rows=tuple(row for match in comparison.matches for row in _both(match, ours[match.generator], piece)),
            digits=(0, 0, *(3 for _ in piece)),
            note="Theirs: as published, of other pictures, without intervals." if number == len(pieces) - 1 else "",
        )
        for number, piece in enumerate(pieces)
    )


def _both(
    match: PublishedMatch, categories: Mapping[str, CategoryMean], skills: Sequence[str]
) -> tuple[tuple[Cell, ...], ...]:
    ours = (known(categories[skill].mean) if skill in categories else None for skill in skills)
    theirs = (match.published.skills.get(skill) for skill in skills)
    return (match.generator, "ours", *ours), (match.generator, "theirs", *theirs)


def _ranks_plot(comparison: PublishedComparison) -> Forest:
    """Ranks, because the means may be on different scales."""
    return Forest(
        title="Rank here and published rank",
        labels=tuple(match.generator for match in comparison.matches),
        series=(
            Series(name="rank here", values=tuple(float(match.rank) for match in comparison.matches)),
            Series(name="published rank", values=tuple(float(match.published_rank) for match in comparison.matches)),
        ),
        axis="rank among these models, 1 is best",
        digits=None,
    )


def published_sections() -> tuple[Section, ...]:
    """The published ranking as it was printed, with its skills."""
    ranking = read_published_ranking()
    overall = Table(
        title="Overall",
        header=("rank", "generator", "mean", "0 to 1", "also called"),
        rows=tuple(
            (row.rank, row.generator, row.mean, row.normalised, ", ".join(row.aliases)) for row in ranking.rows
        ),
        digits=(0, 0, 2, 4, 0),
        note=f"Ranks follow the normalised mean, which has more digits. Source: {ranking.source}.",
    )
    skills = tuple(
        Table(
            title="Skills" if start == 0 else "",
            header=("generator", *CATEGORIES[start : start + _COLUMNS]),
            rows=tuple(
                (row.generator, *(row.skills[skill] for skill in CATEGORIES[start : start + _COLUMNS]))
                for row in ranking.rows
            ),
        )
        for start in range(0, len(CATEGORIES), _COLUMNS)
    )
    text = (f"Theirs, not ours: {ranking.method}.",)
    return (Section(title="The published ranking", text=text, tables=(overall, *skills)),)


def published_document() -> Document:
    """The published ranking alone."""
    ranking = read_published_ranking()
    return Document(
        title="The published ranking of EvalMuse-40K",
        summary=f"{len(ranking.rows)} generators as their authors ranked them with FGA-BLIP2. Nothing was run here.",
        sections=published_sections(),
        source=(("source", ranking.source), ("address", ranking.address)),
    )
