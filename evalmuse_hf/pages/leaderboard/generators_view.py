"""The tab of generators: a ranking as a table whose rows carry their intervals."""

from collections.abc import Sequence
from urllib.parse import urlencode

from markupsafe import Markup

from evalmuse_hf.pages.leaderboard.generator_lines import (
    OVERALL,
    GeneratorLine,
    arrange,
    lines_of,
    sorts_of,
)
from evalmuse_hf.pages.leaderboard.interval_drawing import Axis, Mark, draw_axis, draw_marks, make_axis
from evalmuse_hf.pages.leaderboard.markup import UNKNOWN, Column, Row, bullets, facts, mark_note, note, spell, table
from evalmuse_hf.pages.leaderboard.rank_records import RankEntry
from evalmuse_hf.ranking.notes import FEW_PROMPTS
from evalmuse_hf.ranking.ranking_sections import LETTERS
from evalmuse_hf.ranking.records import CorrectedMean, GeneratorRank
from evalmuse_hf.ranking.spelling import digits_of, known, spell_interval

MOST_SHOWN = 200
_SKILL_DIGITS = 3
_STRENGTH_DIGITS = 2
_STRENGTH = (
    "Strength: log odds of winning a comparison of pictures of one prompt, against the average generator (Bradley and "
    "Terry); 0 is the average, and 1 wins about 73 of 100."
)
_PLACES = "places that it may truly have: one more than those better by more than noise, to all less those worse"


def render_generators(
    entry: RankEntry, *, skill: str = OVERALL, sort: str = "rank", reverse: bool = False, search: str = ""
) -> Markup:
    """Lay out a ranking.

    Args:
        entry: The ranking.
        skill: `OVERALL`, or a skill that it has.
        sort: One of `evalmuse_hf.pages.leaderboard.generator_lines.SORTS`.
        reverse: Whether to turn the order round.
        search: Part of a name.
    """
    ranking, label = entry.ranking, entry.label
    lines = arrange(lines_of(ranking, skill), sort=sort, reverse=reverse, search=search)
    shown = lines[:MOST_SHOWN]
    if skill == OVERALL:
        body = _overall_table(entry, shown, sort=sort, reverse=reverse)
    else:
        body = _skill_table(entry, shown, skill, sort=sort, reverse=reverse)
    parts = [
        mark_note(label),
        Markup('<p class="lb-described">{}</p>').format(label.description) if label.description else Markup(""),
        facts(_facts(entry)),
        body if shown else note(f"No generator of {len(ranking.rows):,} has “{search.strip()}” in its name."),
    ]
    if len(lines) > len(shown):
        parts.append(note(f"The first {len(shown):,} of {len(lines):,} are shown; search for others by name."))
    parts.append(_explain(entry, skill, shown))
    parts.append(_link(entry, skill, sort, reverse=reverse))
    return Markup("").join(parts)


def _facts(entry: RankEntry) -> list[tuple[str, str]]:
    ranking, label = entry.ranking, entry.label
    listed = [("generators", f"{len(ranking.rows):,}")]
    if ranking.n_prompts:
        counted = ranking.n_shared_prompts if ranking.balance == "shared" else ranking.n_prompts
        listed.append(("prompts that count", f"{counted:,} of {ranking.n_prompts:,}"))
    return [*listed, ("scorer", label.scorer), ("date", label.date)]


def _overall_table(entry: RankEntry, lines: Sequence[GeneratorLine], *, sort: str, reverse: bool) -> Markup:
    ranking = entry.ranking
    every, can = ranking.rows, sorts_of(ranking, OVERALL)
    has_letters, has_counts = any(row.letters for row in every), any(row.n for row in every)
    # A corrected mean is a rating; beside scores of another scale it would stand nowhere.
    corrects = "corrected" in can and any(known(row.normalised) is not None for row in every)
    axis = _axis(lines, corrected=corrects)
    has_places = any(line.places for line in lines)
    digits = digits_of(ranking)
    columns = [
        Column(title="rank", kind="number", sort="rank", hint="1 for the highest mean"),
        Column(title="generator", kind="head", sort="name"),
        Column(title="mean", kind="number", hint="mean overall score over prompts"),
        Column(title="mean with 95 % interval", kind="drawing", extra=draw_axis(axis)),
        Column(title="95 % interval", sort="low" if "low" in can else "", hint="draws whole prompts"),
    ]
    columns += [Column(title="letters", hint=LETTERS)] if has_letters else []
    columns += [Column(title="places", hint=_PLACES)] if has_places else []
    columns += [Column(title="pictures", kind="number", sort="n")] if has_counts else []
    if "preference" in can:
        hint = "log odds against the average, of comparisons within prompts (Bradley and Terry)"
        columns.append(Column(title="strength", kind="number", sort="preference", hint=hint))
    if "corrected" in can:
        columns.append(Column(title="corrected by people", sort="corrected", hint="prediction-powered mean"))
    rows = []
    for line in lines:
        row = line.row
        cells: list[str | Markup] = [
            spell_rank(line),
            row.generator,
            spell(line.mean, digits),
            draw_marks(axis, _marks(line, row.corrected if corrects else None, two=corrects)),
            spell_interval(line.low, line.high, digits),
        ]
        cells += [row.letters] if has_letters else []
        cells += [str(line.places or UNKNOWN)] if has_places else []
        cells += [_count(row)] if has_counts else []
        cells += [_strength(row)] if "preference" in can else []
        cells += [_corrected(row.corrected)] if "corrected" in can else []
        rows.append(Row(cells=tuple(cells), style="lb-soft" if line.rests_on_few else ""))
    caption = "Generators by their mean overall score" + (
        "; the diamond is the mean corrected by ratings of people" if corrects else ""
    )
    return table(columns, rows, caption=caption, sorted_by=sort, ascending=_ascends(sort, reverse=reverse))


def _skill_table(entry: RankEntry, lines: Sequence[GeneratorLine], skill: str, *, sort: str, reverse: bool) -> Markup:
    can, axis = sorts_of(entry.ranking, skill), _axis(lines, corrected=False)
    has_counts = any(line.n for line in lines)
    has_places = any(line.places for line in lines)
    columns = [
        Column(title="rank", kind="number", sort="rank", hint=f"by the mean of {skill}"),
        Column(title="generator", kind="head", sort="name"),
        Column(title="mean", kind="number", hint="mean element score, from 0 to 1"),
        Column(title="mean with 95 % interval", kind="drawing", extra=draw_axis(axis)),
        Column(title="95 % interval", sort="low" if "low" in can else "", hint="draws whole prompts"),
    ]
    columns += [Column(title="places", hint="by intervals that do not touch")] if has_places else []
    columns += [Column(title="elements", kind="number", sort="n"), Column(title="prompts")] if has_counts else []
    rows = []
    for line in lines:
        cells: list[str | Markup] = [
            spell_rank(line),
            line.row.generator,
            spell(line.mean, _SKILL_DIGITS),
            draw_marks(axis, _marks(line, None, two=False)),
            spell_interval(line.low, line.high, _SKILL_DIGITS),
        ]
        cells += [str(line.places or UNKNOWN)] if has_places else []
        few = Markup('<span class="lb-few">{:,}, few</span>').format(line.n_prompts)
        cells += [f"{line.n:,}", few if line.rests_on_few else f"{line.n_prompts:,}"] if has_counts else []
        rows.append(Row(cells=tuple(cells), style="lb-soft" if line.rests_on_few else ""))
    caption = f"Generators by the skill “{skill}”: mean score of its elements"
    return table(columns, rows, caption=caption, sorted_by=sort, ascending=_ascends(sort, reverse=reverse))


def _ascends(sort: str, *, reverse: bool) -> bool:
    return (sort in ("rank", "name")) != reverse


def _axis(lines: Sequence[GeneratorLine], *, corrected: bool) -> Axis:
    values = [value for line in lines for value in (line.mean, line.low, line.high)]
    held = [line.row.corrected for line in lines if line.row.corrected] if corrected else []
    return make_axis([*values, *(value for one in held for value in (known(one.mean), one.low, one.high))])


def _marks(line: GeneratorLine, corrected: CorrectedMean | None, *, two: bool) -> tuple[Mark, ...]:
    first = Mark(line.mean, line.low, line.high)
    if not two:
        return (first,)
    second = Mark(None) if corrected is None else Mark(known(corrected.mean), corrected.low, corrected.high)
    return (first, second)


def spell_rank(line: GeneratorLine) -> str:
    """Spell a rank.

    Args:
        line: Whose.
    """
    return UNKNOWN if line.rank is None else str(line.rank)


def _count(row: GeneratorRank) -> str:
    lacks = [
        f"{number:,} {what}"
        for number, what in ((row.n_unscored, "unscored"), (row.n_missing_prompts, "prompts missing"))
        if number
    ]
    return f"{row.n:,} ({', '.join(lacks)})" if lacks else f"{row.n:,}"


def _strength(row: GeneratorRank) -> str:
    return spell(known(row.preference.strength) if row.preference else None, _STRENGTH_DIGITS)


def _corrected(corrected: CorrectedMean | None) -> str:
    if corrected is None:
        return UNKNOWN
    interval = spell_interval(corrected.low, corrected.high, 2)
    return spell(known(corrected.mean), 2) + ("" if interval == UNKNOWN else f" ({interval})")


def _explain(entry: RankEntry, skill: str, lines: Sequence[GeneratorLine]) -> Markup:
    ranking = entry.ranking
    sentences = []
    if skill == OVERALL and any(line.row.letters for line in lines):
        sentences.append(LETTERS)
    if skill == OVERALL and any(line.places for line in lines):
        sentences.append(f"Places: {_PLACES}.")
    if skill == OVERALL and "preference" in sorts_of(ranking, OVERALL):
        sentences.append(_STRENGTH)
    if skill != OVERALL and any(line.places for line in lines):
        sentences.append(
            "Places of a skill are those that intervals which do not touch leave; the record holds no test of skills."
        )
    if any(line.rests_on_few for line in lines):
        sentences.append(f"Grey lines rest on fewer than {FEW_PROMPTS} prompts: their intervals are rough.")
    said = bullets([*sentences, *ranking.notes, *ranking.methods])
    provenance = facts(entry.label.provenance)
    if not (said or provenance):
        return Markup("")
    return Markup('<details class="lb-details" open><summary>What to know</summary>{}{}</details>').format(
        said, provenance
    )


def _link(entry: RankEntry, skill: str, sort: str, *, reverse: bool) -> Markup:
    query = {"tab": "generators", "record": entry.label.key, "skill": skill, "sort": sort}
    address = urlencode({**query, **({"reverse": "1"} if reverse else {})})
    return Markup('<p class="em-quiet"><a href="?{}">Link to this view</a></p>').format(address)
