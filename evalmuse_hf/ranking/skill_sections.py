"""The skills of generators: mean element scores by category, as a radar and as tables."""

import math
from collections.abc import Sequence

from evalmuse_hf.ranking.records import CategoryMean, GeneratorRank, Ranking
from evalmuse_hf.ranking.spelling import UNKNOWN, count_range, known, spell_interval
from evalmuse_hf.reports import Cell, Radar, Section, Series, Table
from evalmuse_hf.schema import CATEGORIES

MOST_PROFILES = 6
_DEFAULT_PROFILES = 4
_COLUMNS = 6  # skills beside one another in a table


def skills_section(ranking: Ranking, profiles: Sequence[str] = ()) -> Section | None:
    """The skills of every generator; None without element scores.

    Args:
        ranking: All of it.
        profiles: Generators on the radar, six at most; empty takes the best four, or all if they are few.

    Raises:
        ValueError: If ``profiles`` names too many, or one that is not ranked.
    """
    chosen = choose_profiles(ranking, profiles)
    held = {skill: None for row in ranking.rows for skill in row.categories}
    skills = (*(skill for skill in CATEGORIES if skill in held), *sorted(held.keys() - set(CATEGORIES)))
    if not skills:
        return None
    tables = [
        _means_table(ranking, skills[start : start + _COLUMNS], first=start == 0)
        for start in range(0, len(skills), _COLUMNS)
    ]
    text = (
        "A skill is the mean score, from 0 to 1, of all elements of its category; ± is half of the 95 % interval over "
        "prompts. Skills of few elements say little.",
    )
    return Section(title="Skills", text=text, tables=(_basis_table(ranking, skills, chosen), *tables))


def choose_profiles(ranking: Ranking, names: Sequence[str] = ()) -> tuple[GeneratorRank, ...]:
    """Choose whose profiles are drawn.

    Args:
        ranking: All of it.
        names: Generators, six at most; empty takes the best four, or all if they are few.

    Raises:
        ValueError: If there are too many, or one is not ranked.
    """
    if not names:
        return ranking.rows if len(ranking.rows) <= MOST_PROFILES else ranking.rows[:_DEFAULT_PROFILES]
    rows = {row.generator: row for row in ranking.rows}
    unknown = [name for name in names if name not in rows]
    if unknown:
        raise ValueError(f"No generator is called {unknown[0]!r}; the scores name {', '.join(rows)}.")
    if len(names) > MOST_PROFILES:
        raise ValueError(f"A radar shows {MOST_PROFILES} generators at most, got {len(names)}; name fewer.")
    return tuple(rows[name] for name in dict.fromkeys(names))


def _radar(chosen: Sequence[GeneratorRank], skills: tuple[str, ...]) -> Radar:
    values = [[_mean(row, skill) for skill in skills] for row in chosen]
    low = min((value for line in values for value in line if value is not None), default=0.0)
    centre = max(math.floor(low * 4 - 1e-9) / 4, 0.0)
    return Radar(
        title="Skills" if centre == 0 else f"Skills; the centre is {centre:g}, the rim 1",
        axes=skills,
        series=tuple(
            Series(name=f"{row.rank}  {row.generator}", values=tuple(line))
            for row, line in zip(chosen, values, strict=True)
        ),
        low=centre,
        high=1.0,
    )


def _basis_table(ranking: Ranking, skills: tuple[str, ...], chosen: Sequence[GeneratorRank]) -> Table:
    rows = []
    for skill in skills:
        held = [(row, row.categories[skill]) for row in ranking.rows if skill in row.categories]
        best, mean = max(held, key=lambda pair: pair[1].mean)
        rows.append(
            (
                skill,
                best.generator,
                known(mean.mean),
                spell_interval(mean.low, mean.high, 2),
                count_range(category.n for _, category in held),
                count_range(category.n_prompts for _, category in held),
            )
        )
    return Table(
        title="Best at each skill",
        header=("skill", "highest mean", "mean", "95 % interval", "elements", "prompts"),
        rows=tuple(rows),
        digits=(0, 0, 3, 0, 0, 0),
        note="Elements and prompts: of each generator, from the fewest to the most. The highest mean need not be "
        "better than the next one: compare the intervals.",
        plot=_radar(chosen, skills) if len(skills) >= 3 else None,
    )


def _means_table(ranking: Ranking, skills: tuple[str, ...], *, first: bool) -> Table:
    return Table(
        title="Every generator" if first else "",
        header=("rank", "generator", *skills),
        rows=tuple(
            (row.rank, row.generator, *(_spell_mean(row.categories.get(skill)) for skill in skills))
            for row in ranking.rows
        ),
    )


def _spell_mean(category: CategoryMean | None) -> Cell:
    if category is None or known(category.mean) is None:
        return UNKNOWN
    if category.low is None or category.high is None:
        return f"{category.mean:.3f}"
    return f"{category.mean:.3f} ±{(category.high - category.low) / 2:.3f}"


def _mean(row: GeneratorRank, skill: str) -> float | None:
    return known(row.categories[skill].mean) if skill in row.categories else None
