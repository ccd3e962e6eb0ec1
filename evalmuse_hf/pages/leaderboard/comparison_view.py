"""The tab of two generators: their difference, whether it is more than noise, and their skills side by side."""

from urllib.parse import urlencode

from markupsafe import Markup

from evalmuse_hf.pages.leaderboard.generator_lines import OVERALL, lines_of, skills_of
from evalmuse_hf.pages.leaderboard.interval_drawing import Mark, draw_axis, draw_marks, make_axis
from evalmuse_hf.pages.leaderboard.markup import UNKNOWN, Column, Row, facts, mark_note, note, spell, table
from evalmuse_hf.pages.leaderboard.rank_records import RankEntry
from evalmuse_hf.ranking.notes import FEW_PROMPTS
from evalmuse_hf.ranking.records import CategoryMean, Difference, GeneratorRank
from evalmuse_hf.ranking.spelling import digits_of, known, spell_interval, spell_p

_LARGEST_PLAN = 1_000_000
_SKILL_DIGITS = 3


def render_comparison(entry: RankEntry, first: str, second: str) -> Markup:
    """Lay out two generators of a ranking beside each other.

    Args:
        entry: The ranking.
        first: Name of a generator.
        second: Name of another one.
    """
    rows = {row.generator: row for row in entry.ranking.rows}
    if first not in rows or second not in rows:
        return note("Choose two generators of this ranking.")
    if first == second:
        return note("Choose two different generators.")
    query = urlencode({"tab": "two", "record": entry.label.key, "first": first, "second": second})
    return Markup("").join(
        [
            mark_note(entry.label),
            Markup('<div class="lb-verdict">{}</div>').format(_verdict(entry, rows[first], rows[second])),
            _sides(entry, rows[first], rows[second]),
            Markup('<p class="em-quiet"><a href="?{}">Link to this view</a></p>').format(query),
        ]
    )


def _verdict(entry: RankEntry, first: GeneratorRank, second: GeneratorRank) -> Markup:
    ranking = entry.ranking
    pair = find_difference(ranking.differences, first.generator, second.generator)
    if pair is None:
        gap = first.mean - second.mean
        told = f"The record holds no test of their difference ({spell(known(gap), 2)} points of the mean)"
        return Markup("<p>{}, so nothing says whether it is more than noise.</p>").format(told)
    digits, size = digits_of(ranking), abs(pair.difference)
    better, worse = (pair.first, pair.second) if pair.difference >= 0 else (pair.second, pair.first)
    low, high = (pair.low, pair.high) if pair.difference >= 0 else (_minus(pair.high), _minus(pair.low))
    interval = spell_interval(low, high, digits)
    ends = "" if interval == UNKNOWN else f" (95 % interval {interval})"
    tested = known(pair.adjusted_p_value) is not None
    if tested and pair.separated:
        sentence = Markup(
            "<p><strong>{}</strong> scores higher than <strong>{}</strong> by {} points{}: more than noise.</p>"
        )
        head = sentence.format(better, worse, spell(size, digits), ends)
    elif tested:
        sentence = Markup(
            "<p><strong>{}</strong> and <strong>{}</strong> cannot be told apart: the difference of {} points{} may "
            "be noise.</p>"
        )
        head = sentence.format(first.generator, second.generator, spell(known(size), digits), ends)
    else:
        sentence = Markup("<p>{} and {} differ by {} points{}, and the difference could not be tested.</p>")
        head = sentence.format(first.generator, second.generator, spell(known(size), digits), ends)
    needed = _needed(pair)
    n_pairs = len(ranking.differences)
    return (
        head
        + facts(
            [
                (
                    "p after Holm over all pairs",
                    f"{spell_p(pair.adjusted_p_value)} ({n_pairs:,} pairs)" if tested else "",
                ),
                ("p of this pair alone", spell_p(pair.p_value) if tested else ""),
                ("prompts compared", f"{pair.n_prompts:,}"),
                ("prompts needed", needed),
            ]
        )
        + Markup('<p class="em-quiet">{}</p>').format(
            "Compared prompt by prompt. Prompts needed: with so many, a true difference of this size would be found "
            "in 80 of 100 studies of this pair alone."
            if needed
            else "Compared prompt by prompt."
        )
    )


def find_difference(differences: tuple[Difference, ...], first: str, second: str) -> Difference | None:
    """Find the difference of two generators, whichever was named first.

    Args:
        differences: Of a ranking.
        first: A name.
        second: Another one.
    """
    wanted = {first, second}
    return next((pair for pair in differences if {pair.first, pair.second} == wanted), None)


def _minus(value: float | None) -> float | None:
    return None if value is None else -value


def _needed(pair: Difference) -> str:
    needed = pair.n_prompts_needed
    if needed is None:
        return ""
    return f"{needed:,}" if needed <= _LARGEST_PLAN else "over a million"


def _sides(entry: RankEntry, first: GeneratorRank, second: GeneratorRank) -> Markup:
    ranking = entry.ranking
    digits = digits_of(ranking)
    names = f"{first.generator} (circle)", f"{second.generator} (diamond)"
    lines = {line.row.generator: line for line in lines_of(ranking, OVERALL)}
    rows = [
        ("rank", *(str(row.rank) for row in (first, second))),
        ("places", *(str(lines[row.generator].places or UNKNOWN) for row in (first, second))),
        ("letters", *(row.letters or UNKNOWN for row in (first, second))),
        ("mean", *(_spell_mean(known(row.mean), row.low, row.high, digits) for row in (first, second))),
        ("share of comparisons won", *(_won(row) for row in (first, second))),
        ("mean corrected by people", *(_corrected(row) for row in (first, second))),
    ]
    kept = [row for row in rows if set(row[1:]) != {UNKNOWN}]
    overall = table(
        [Column(title="overall", kind="head"), Column(title=first.generator), Column(title=second.generator)],
        [Row(cells=row) for row in kept],
        caption="Overall",
        cards=False,
    )
    return overall + _skills(entry, first, second, names)


def _skills(entry: RankEntry, first: GeneratorRank, second: GeneratorRank, names: tuple[str, str]) -> Markup:
    skills = [(skill, first.categories.get(skill), second.categories.get(skill)) for skill in skills_of(entry.ranking)]
    held = [(skill, one, two) for skill, one, two in skills if one is not None and two is not None]
    if not held:
        return note("The record holds no skill that both have.")
    axis = make_axis(
        value for _, one, two in held for own in (one, two) for value in (known(own.mean), own.low, own.high)
    )
    rows = [
        Row(
            cells=(
                skill,
                draw_marks(axis, (_mark(one), _mark(two))),
                _spell_mean(known(one.mean), one.low, one.high, _SKILL_DIGITS),
                _spell_mean(known(two.mean), two.low, two.high, _SKILL_DIGITS),
                _apart(one, two),
            ),
            style="lb-soft" if _few(one) or _few(two) else "",
        )
        for skill, one, two in held
    ]
    columns = [
        Column(title="skill", kind="head"),
        Column(title="mean with 95 % interval", kind="drawing", extra=draw_axis(axis)),
        Column(title=names[0]),
        Column(title=names[1]),
        Column(title="intervals", hint="intervals that touch may still belong to a true difference"),
    ]
    return table(columns, rows, caption="Skills side by side: mean score of the elements, from 0 to 1")


def _mark(own: CategoryMean) -> Mark:
    return Mark(known(own.mean), own.low, own.high)


def _few(own: CategoryMean) -> bool:
    return 0 < own.n_prompts < FEW_PROMPTS


def _apart(one: CategoryMean, two: CategoryMean) -> str:
    told = UNKNOWN
    if one.low is not None and one.high is not None and two.low is not None and two.high is not None:
        told = "apart" if one.low > two.high or two.low > one.high else "overlap"
    fewest = min(one.n_prompts, two.n_prompts)
    return f"{told}; few prompts ({fewest:,})" if _few(one) or _few(two) else told


def _spell_mean(mean: float | None, low: float | None, high: float | None, digits: int) -> str:
    interval = spell_interval(low, high, digits)
    return spell(mean, digits) + ("" if interval == UNKNOWN else f" ({interval})")


def _won(row: GeneratorRank) -> str:
    return UNKNOWN if row.preference is None else f"{spell(known(row.preference.win_rate), 3)} of {row.preference.n:,}"


def _corrected(row: GeneratorRank) -> str:
    own = row.corrected
    return UNKNOWN if own is None else _spell_mean(known(own.mean), own.low, own.high, 2)
