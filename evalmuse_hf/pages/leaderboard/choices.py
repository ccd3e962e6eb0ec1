"""What a visitor chose, made valid: a record that is gone, or a typed address, leads to what there is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evalmuse_hf.pages.leaderboard.generator_lines import OVERALL, SORTS, skills_of, sorts_of
from evalmuse_hf.pages.leaderboard.rank_records import RankEntry
from evalmuse_hf.pages.leaderboard.records import LeaderboardRecords
from evalmuse_hf.pages.leaderboard.scorer_results import FIGURES, ScorerGroup
from evalmuse_hf.pages.leaderboard.scorers_view import figures_of

Choices = list[tuple[str, str]]
"""What a list shows and what it stands for."""

SCORER_SORTS = {"value": "value", "low": "lower end", "name": "name"}
_MAX_SEARCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorsChoice:
    """What is shown of generators, and what else could be.

    Attributes:
        entry: The ranking.
        skill: `OVERALL`, or a skill that it has.
        sort: One of ``sorts``.
        reverse: Whether the order is turned round.
        search: Part of a name.
        skills: All that it has.
        sorts: By what it can be sorted.
    """

    entry: RankEntry
    skill: str
    sort: str
    reverse: bool
    search: str
    skills: Choices
    sorts: Choices


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonChoice:
    """Which two generators are compared.

    Attributes:
        entry: The ranking.
        first: A generator; empty if the ranking has fewer than two.
        second: Another one.
        names: All of the ranking.
    """

    entry: RankEntry
    first: str
    second: str
    names: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorersChoice:
    """What is shown of scorers.

    Attributes:
        group: The data set.
        figure: The statistic that is drawn.
        sort: One of `SCORER_SORTS`.
        reverse: Whether the order is turned round.
        figures: All that it has.
    """

    group: ScorerGroup
    figure: str
    sort: str
    reverse: bool
    figures: Choices


def record_choices(records: LeaderboardRecords) -> Choices:
    """The rankings that can be chosen.

    Args:
        records: All of them.
    """
    return _told_apart([(entry.label.name, entry.label.key) for entry in records.rankings])


def group_choices(records: LeaderboardRecords) -> Choices:
    """The data sets that can be chosen.

    Args:
        records: All of them.
    """
    return _told_apart([(group.name, group.key) for group in records.scorers])


def choose_generators(records: LeaderboardRecords, asked: Mapping[str, Any]) -> GeneratorsChoice:
    """Make a choice of generators valid.

    Args:
        records: All of them.
        asked: ``record, skill, sort, reverse, search``; what is missing or unknown is replaced.
    """
    entry = _entry(records, asked.get("record"))
    skills = (OVERALL, *skills_of(entry.ranking))
    skill = _one_of(asked.get("skill"), skills)
    sorts = sorts_of(entry.ranking, skill)
    search = asked.get("search")
    return GeneratorsChoice(
        entry=entry,
        skill=skill,
        sort=_one_of(asked.get("sort"), sorts),
        reverse=_is_true(asked.get("reverse")),
        search=search[:_MAX_SEARCH] if isinstance(search, str) else "",
        skills=[(name, name) for name in skills],
        sorts=[(SORTS[sort], sort) for sort in sorts],
    )


def choose_comparison(records: LeaderboardRecords, asked: Mapping[str, Any]) -> ComparisonChoice:
    """Make a choice of two generators valid.

    Args:
        records: All of them.
        asked: ``record, first, second``; what is missing or unknown is replaced by the first ones of the ranking.
    """
    entry = _entry(records, asked.get("record"))
    names = [row.generator for row in entry.ranking.rows]
    if len(names) < len(("first", "second")):
        return ComparisonChoice(entry=entry, first="", second="", names=names)
    first = _one_of(asked.get("first"), names)
    second = asked.get("second")
    if not isinstance(second, str) or second not in names:
        second = next(name for name in names if name != first)
    return ComparisonChoice(entry=entry, first=first, second=second, names=names)


def choose_scorers(records: LeaderboardRecords, asked: Mapping[str, Any]) -> ScorersChoice:
    """Make a choice of scorers valid.

    Args:
        records: All of them.
        asked: ``data, figure, sort, reverse``; what is missing or unknown is replaced.
    """
    groups = {group.key: group for group in records.scorers}
    group = groups[_one_of(asked.get("data"), tuple(groups))]
    figures = figures_of(group) or tuple(FIGURES)
    return ScorersChoice(
        group=group,
        figure=_one_of(asked.get("figure"), figures),
        sort=_one_of(asked.get("sort"), tuple(SCORER_SORTS)),
        reverse=_is_true(asked.get("reverse")),
        figures=[(FIGURES[name], name) for name in figures],
    )


def _entry(records: LeaderboardRecords, key: Any) -> RankEntry:
    entries = {entry.label.key: entry for entry in records.rankings}
    return entries[_one_of(key, tuple(entries))]


def _one_of(asked: Any, known: tuple[str, ...] | list[str]) -> str:
    return asked if isinstance(asked, str) and asked in known else known[0]


def _is_true(asked: Any) -> bool:
    return asked is True or asked == "1"


def _told_apart(choices: Choices) -> Choices:
    """Names that occur twice get what they stand for."""
    names = [name for name, _ in choices]
    return [(name if names.count(name) == 1 else f"{name} ({key})", key) for name, key in choices]
