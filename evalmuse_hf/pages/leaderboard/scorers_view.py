"""The tab of scorers: how far each agrees with people on one data set, beside what is trivial and what is possible."""

from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from markupsafe import Markup

from evalmuse_hf.pages.leaderboard.interval_drawing import Axis, Mark, draw_axis, draw_marks, make_axis
from evalmuse_hf.pages.leaderboard.markup import UNKNOWN, Column, Row, bullets, facts, mark_note, note, spell, table
from evalmuse_hf.pages.leaderboard.scorer_results import FIGURES, BesideRow, ScorerGroup, ScorerResult, Statistic
from evalmuse_hf.ranking.notes import FEW_PROMPTS
from evalmuse_hf.ranking.spelling import spell_interval

SORTS = (*FIGURES, "low", "name")
_DIGITS = 3
_KINDS = {"trivial": "no picture", "person": "one rater", "ceiling": "possible"}


def figures_of(group: ScorerGroup) -> tuple[str, ...]:
    """The statistics that a group has, of `FIGURES`.

    Args:
        group: Results on one data set.
    """
    return tuple(
        name
        for name in FIGURES
        if any(name in result.figures and result.figures[name].value is not None for result in group.results)
    )


def arrange_results(group: ScorerGroup, *, figure: str, sort: str = "", reverse: bool = False) -> list[ScorerResult]:
    """Sort results from high to low; what is not known is last in either direction.

    Args:
        group: Results on one data set.
        figure: By which of `FIGURES`.
        sort: ``"low"`` sorts by the lower end of its interval, ``"name"`` by the names; anything else by its value.
        reverse: Whether to turn the order round.
    """
    if sort == "name":
        return sorted(group.results, key=lambda result: result.scorer.casefold(), reverse=reverse)
    keyed = [(_sort_value(result.figures.get(figure), sort), result) for result in group.results]
    known = [(value, result) for value, result in keyed if value is not None]
    known.sort(key=lambda pair: pair[0], reverse=not reverse)
    return [result for _, result in known] + [result for value, result in keyed if value is None]


def render_scorers(group: ScorerGroup, *, figure: str = "srcc", sort: str = "", reverse: bool = False) -> Markup:
    """Lay out the scorers of one data set.

    Args:
        group: Results on one data set.
        figure: The statistic that is drawn, and by which is sorted.
        sort: As in `arrange_results`.
        reverse: Whether to turn the order round.
    """
    held = figures_of(group)
    if not held:
        return note("No scorer of this data set has a figure that is defined.")
    drawn = figure if figure in held else held[0]
    results = arrange_results(group, figure=drawn, sort=sort, reverse=reverse)
    marks = {result.label.mark: result.label for result in results}
    query = {"tab": "scorers", "data": group.key, "figure": drawn, "sort": sort}
    address = urlencode({**query, **({"reverse": "1"} if reverse else {})})
    return Markup("").join(
        [
            *(mark_note(label) for label in marks.values()),
            facts(group.facts),
            _table(group, results, held, drawn=drawn, sort=sort, reverse=reverse),
            _explain(group, results, drawn),
            Markup('<p class="em-quiet"><a href="?{}">Link to this view</a></p>').format(address),
        ]
    )


def join_beside(results: Iterable[ScorerResult]) -> list[tuple[BesideRow, str]]:
    """The rows beside scorers, each once; where scorers scored other pictures, with the scorer's name.

    Args:
        results: On one data set.
    """
    by_name: dict[str, list[tuple[BesideRow, list[str]]]] = {}
    for result in results:
        for row in result.beside:
            held = by_name.setdefault(row.name, [])
            same = next((names for other, names in held if _agree(other, row)), None)
            if same is None:
                held.append((row, [result.scorer]))
            else:
                same.append(result.scorer)
    return [
        (row, f"on the pictures of {', '.join(names)}" if len(held) > 1 else "")
        for held in by_name.values()
        for row, names in held
    ]


def _agree(one: BesideRow, other: BesideRow) -> bool:
    """Whether two rows say the same to the digits that are shown."""
    return {name: _spell(own) for name, own in one.figures.items()} == {
        name: _spell(own) for name, own in other.figures.items()
    }


def _sort_value(statistic: Statistic | None, sort: str) -> float | None:
    if statistic is None:
        return None
    return statistic.low if sort == "low" else statistic.value


def _table(
    group: ScorerGroup, results: Sequence[ScorerResult], held: Sequence[str], *, drawn: str, sort: str, reverse: bool
) -> Markup:
    beside = join_beside(results)
    shown = [*(result.figures.get(drawn) for result in results), *(row.figures.get(drawn) for row, _ in beside)]
    axis = make_axis(value for one in shown if one is not None for value in (one.value, one.low, one.high))
    letters = any(result.letters for result in results)
    covered = any(result.rated for result in results)
    has_intervals = any(one is not None and one.low is not None for one in shown)
    columns = [
        Column(title="scorer", kind="head", sort="name"),
        Column(title=f"{FIGURES[drawn]}, drawn", kind="drawing", extra=draw_axis(axis)),
        *(Column(title=FIGURES[name], kind="text", sort=name) for name in held),
    ]
    columns += [
        Column(title="letters", hint="scorers of one comparison that share a letter are not separated")
    ] * letters
    columns += [Column(title="scored")] * covered
    rows = [_result_row(result, axis, held, drawn, letters=letters, covered=covered) for result in results]
    rows += [_beside_row(row, said, axis, held, drawn, extra=letters + covered) for row, said in beside]
    ends = "with 95 % intervals" if has_intervals else "without intervals"
    return table(
        columns,
        rows,
        caption=f"{group.title}: agreement with people, {ends}",
        sorted_by="name" if sort == "name" else drawn,
        ascending=(sort == "name") != reverse,
    )


def _result_row(
    result: ScorerResult, axis: Axis, held: Sequence[str], drawn: str, *, letters: bool, covered: bool
) -> Row:
    marks = [("trained on these ratings", result.in_domain), ("published", result.label.published)]
    said = Markup("").join(Markup('<span class="lb-tag">{}</span>').format(text) for text, is_so in marks if is_so)
    cells: list[str | Markup] = [
        Markup("{} {}").format(result.scorer, said),
        _draw(axis, result.figures.get(drawn)),
        *(_cell(result.figures.get(name)) for name in held),
    ]
    cells += [result.letters or UNKNOWN] if letters else []
    cells += [_coverage(result)] if covered else []
    return Row(cells=tuple(cells), style="lb-soft" if _rests_on_few(result.figures.get(drawn)) else "")


def _beside_row(row: BesideRow, said: str, axis: Axis, held: Sequence[str], drawn: str, *, extra: int) -> Row:
    tag = Markup('<span class="lb-tag">{}</span>').format(_KINDS[row.kind])
    name = Markup("{} {}{}").format(row.name, tag, f" {said}" if said else "")
    figures = (_cell(row.figures.get(key)) for key in held)
    return Row(
        cells=(name, _draw(axis, row.figures.get(drawn)), *figures, *([UNKNOWN] * extra)),
        style=f"lb-beside lb-{row.kind}",
    )


def _draw(axis: Axis, statistic: Statistic | None) -> Markup:
    if statistic is None:
        return draw_marks(axis, (Mark(None),))
    return draw_marks(axis, (Mark(statistic.value, statistic.low, statistic.high),))


def _cell(statistic: Statistic | None) -> str | Markup:
    if statistic is None or statistic.value is None:
        return UNKNOWN
    value, interval = spell(statistic.value, _DIGITS), spell_interval(statistic.low, statistic.high, _DIGITS)
    if interval == UNKNOWN:
        return value
    return Markup('{} <span class="lb-ends">{}</span>').format(value, interval)


def _spell(statistic: Statistic) -> tuple[str, str]:
    return spell(statistic.value, _DIGITS), spell_interval(statistic.low, statistic.high, _DIGITS)


def _coverage(result: ScorerResult) -> str:
    if result.scored is None or not result.rated:
        return UNKNOWN
    return "all" if result.scored == result.rated else f"{result.scored:,} of {result.rated:,}"


def _rests_on_few(statistic: Statistic | None) -> bool:
    return statistic is not None and statistic.n_prompts is not None and statistic.n_prompts < FEW_PROMPTS


def _explain(group: ScorerGroup, results: Sequence[ScorerResult], drawn: str) -> Markup:
    sentences = [
        "Scorers are compared on one data set only. Intervals draw whole prompts; two scorers whose intervals overlap "
        "may still differ, which evalmuse study metrics tests on the same pictures."
    ]
    if any(result.beside for result in results):
        sentences.append(
            "Rows marked “no picture” know ratings and never look at the picture; “possible” is where noise in the "
            "ratings caps every scorer."
        )
    if "accuracy" in figures_of(group) and not group.published:
        sentences.append("Element accuracy counts an element without a score as wrong.")
    partial = [result for result in results if result.scored is not None and result.scored != result.rated]
    sentences += [f"{result.scorer} scored {_coverage(result)} rated pictures only." for result in partial]
    sentences += [
        f"{result.scorer}: {FIGURES[drawn]} is not defined ({statistic.status})."
        for result in results
        if (statistic := result.figures.get(drawn)) is not None and statistic.value is None
    ]
    if any(_rests_on_few(result.figures.get(drawn)) for result in results):
        sentences.append(f"Grey lines rest on fewer than {FEW_PROMPTS} prompts: their intervals are rough.")
    sentences += [f"{result.scorer}: {warning}" for result in results for warning in result.warnings]
    provenance = [facts([("record", result.label.key), *result.label.provenance]) for result in results]
    said = [] if group.published else list(dict.fromkeys(provenance))
    return Markup('<details class="lb-details" open><summary>What to know</summary>{}{}</details>').format(
        bullets(dict.fromkeys([*sentences, *group.notes])), Markup("").join(said)
    )
