"""The lines of a ranking: overall or by one skill, sorted, searched, with the places that they may truly have."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalmuse_hf.ranking.notes import FEW_PROMPTS
from evalmuse_hf.ranking.records import GeneratorRank, Ranking
from evalmuse_hf.ranking.spelling import known
from evalmuse_hf.schema import CATEGORIES

OVERALL = "overall"
SORTS: Mapping[str, str] = {
    "rank": "rank",
    "low": "lower end",
    "name": "name",
    "n": "pictures or elements",
    "preference": "comparisons",
    "corrected": "corrected mean",
}
"""How lines can be sorted, in words; all but names and ranks from high to low."""
_RISING = ("rank", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The places of a ranking that a generator may truly have.

    Attributes:
        best: One more than the generators that are better by more than noise.
        worst: All less those that are worse by more than noise.
    """

    best: int
    worst: int

    def __str__(self) -> str:
        return str(self.best) if self.best == self.worst else f"{self.best} to {self.worst}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorLine:
    """One line of the table.

    Attributes:
        row: Of the ranking.
        rank: By the mean that is shown; None where there is none.
        mean: Overall or of the skill; None where it is not known.
        low: Lower end of its interval; None without one.
        high: Upper end.
        n: Pictures, or elements of the skill.
        n_prompts: Their prompts.
        places: None where nothing was tested.
    """

    row: GeneratorRank
    rank: int | None
    mean: float | None
    low: float | None
    high: float | None
    n: int
    n_prompts: int
    places: Places | None = None

    @property
    def rests_on_few(self) -> bool:
        """Whether there are so few prompts that the interval is rough, or none at all."""
        return 0 < self.n_prompts < FEW_PROMPTS


def skills_of(ranking: Ranking) -> tuple[str, ...]:
    """The skills that a ranking has, in the order of the paper, unknown ones at the end.

    Args:
        ranking: All of it.
    """
    held = {skill for row in ranking.rows for skill in row.categories}
    return (*(skill for skill in CATEGORIES if skill in held), *sorted(held - set(CATEGORIES)))


def sorts_of(ranking: Ranking, skill: str) -> tuple[str, ...]:
    """By what a ranking can be sorted, of `SORTS`.

    Args:
        ranking: All of it.
        skill: `OVERALL`, or a skill.
    """
    overall = skill == OVERALL
    has = {
        "low": any(line.low is not None for line in lines_of(ranking, skill)),
        "n": any(row.n for row in ranking.rows),
        "preference": overall and any(row.preference for row in ranking.rows),
        "corrected": overall and any(row.corrected for row in ranking.rows),
    }
    return tuple(sort for sort in SORTS if has.get(sort, True))


def lines_of(ranking: Ranking, skill: str = OVERALL) -> list[GeneratorLine]:
    """The lines of a ranking, in its order.

    Args:
        ranking: All of it.
        skill: `OVERALL`, or a skill; generators that lack it come last, without a rank.
    """
    if skill == OVERALL:
        places = _tested_places(ranking)
        return [
            GeneratorLine(
                row=row,
                rank=row.rank,
                mean=known(row.mean),
                low=row.low,
                high=row.high,
                n=row.n,
                n_prompts=row.n_prompts,
                places=places.get(row.generator),
            )
            for row in ranking.rows
        ]
    held = [(row, row.categories.get(skill)) for row in ranking.rows]
    means = [mean for _, own in held if own and (mean := known(own.mean)) is not None]
    ends = [(own.low, own.high) for _, own in held if own and own.low is not None and own.high is not None]
    lines = []
    for row, own in held:
        mean = known(own.mean) if own else None
        lines.append(
            GeneratorLine(
                row=row,
                rank=None if mean is None else 1 + sum(other > mean for other in means),
                mean=mean,
                low=own.low if own else None,
                high=own.high if own else None,
                n=own.n if own else 0,
                n_prompts=own.n_prompts if own else 0,
                places=_places_by_intervals(own.low, own.high, ends) if own else None,
            )
        )
    return sorted(lines, key=lambda line: math.inf if line.rank is None else line.rank)


def arrange(
    lines: Sequence[GeneratorLine], *, sort: str = "rank", reverse: bool = False, search: str = ""
) -> list[GeneratorLine]:
    """Sort and search lines; what is not known is last in either direction.

    Args:
        lines: Of a ranking.
        sort: One of `SORTS`; anything else leaves their order.
        reverse: Whether to turn the order round.
        search: Part of a name; case does not matter.
    """
    wanted = search.strip().casefold()
    kept = [line for line in lines if wanted in line.row.generator.casefold()]
    if sort == "name":
        return sorted(kept, key=lambda line: line.row.generator.casefold(), reverse=reverse)
    keyed = [(_sort_value(line, sort), line) for line in kept]
    falls = (sort not in _RISING) != reverse
    listed = sorted(
        ((value, line) for value, line in keyed if value is not None), key=lambda pair: pair[0], reverse=falls
    )
    return [line for _, line in listed] + [line for value, line in keyed if value is None]


def _sort_value(line: GeneratorLine, sort: str) -> float | None:
    row = line.row
    values: dict[str, float | None] = {
        "rank": line.rank,
        "low": line.low,
        "n": line.n,
        "preference": known(row.preference.strength) if row.preference else None,
        "corrected": known(row.corrected.mean) if row.corrected else None,
    }
    return values.get(sort)


def _tested_places(ranking: Ranking) -> dict[str, Places]:
    """Places by the tests of the record, where it has those of every two."""
    tested = [pair for pair in ranking.differences if known(pair.adjusted_p_value) is not None]
    total = len(ranking.rows)
    if len(tested) < total * (total - 1) // 2 or total < 2:
        return {}
    better = dict.fromkeys((row.generator for row in ranking.rows), 0)
    worse = dict(better)
    for pair in tested:
        if pair.separated:
            first, second = (pair.first, pair.second) if pair.difference > 0 else (pair.second, pair.first)
            better[second] += 1
            worse[first] += 1
    return {name: Places(best=1 + better[name], worst=total - worse[name]) for name in better}


def _places_by_intervals(low: float | None, high: float | None, ends: Sequence[tuple[float, float]]) -> Places | None:
    """Places by intervals that do not touch, which is stricter than a test of the difference."""
    if low is None or high is None:
        return None
    return Places(
        best=1 + sum(other_low > high for other_low, _ in ends),
        worst=len(ends) - sum(other_high < low for _, other_high in ends),
    )
