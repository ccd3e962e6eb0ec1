"""The parts of a ranking's page: means, differences, preferences, and what a rated subset corrects."""

from collections.abc import Sequence

from evalmuse_hf.ranking.records import CorrectedMean, Difference, GeneratorRank, Preference, Ranking
from evalmuse_hf.ranking.spelling import digits_of, known, spell_interval, spell_p
from evalmuse_hf.reports import Cell, Forest, Heat, Section, Series, Table

LETTERS = (
    "Generators that share a letter cannot be told apart: their difference within prompts may be noise, at 5 % "
    "for all pairs together."
)
_NEEDED = (
    "Prompts needed: with that many, a true difference of this size would be found in 80 of 100 studies, testing this "
    "pair alone at 5 %."
)
_P_OF_ONE = "p: of Student's t over prompts."
_P_OF_MANY = "p: after Holm, over all {} pairs of generators; the interval is that of the pair alone."
_LARGEST_MATRIX = 40
_LARGEST_PLAN = 1_000_000


def means_section(ranking: Ranking) -> Section:
    """The ranking itself, with letters.

    Args:
        ranking: All of it.
    """
    rows, digits = ranking.rows, digits_of(ranking)
    lettered = any(row.letters for row in rows)
    plot = Forest(
        title="Mean overall score of each generator with its 95 % interval",
        labels=tuple(f"{row.rank}  {row.generator}" for row in rows),
        series=(
            Series(
                name="mean",
                values=tuple(known(row.mean) for row in rows),
                lows=tuple(row.low for row in rows),
                highs=tuple(row.high for row in rows),
            ),
        ),
        axis="mean overall score",
        notes=tuple(row.letters for row in rows) if lettered else (),
        digits=digits,
    )
    note = "95 % intervals draw whole prompts."
    return Section(
        title="Ranking",
        text=(LETTERS,) if lettered else (),
        tables=(_means_table(ranking, digits, lettered=lettered, note=note, plot=plot),),
    )


def _means_table(ranking: Ranking, digits: int, *, lettered: bool, note: str, plot: Forest) -> Table:
    rows = ranking.rows
    columns: list[tuple[str, int, list[Cell]]] = [
        ("rank", 0, [row.rank for row in rows]),
        ("generator", 0, [row.generator for row in rows]),
        ("mean", digits, [known(row.mean) for row in rows]),
        ("95 % interval", 0, [spell_interval(row.low, row.high, digits) for row in rows]),
    ]
    if lettered:
        columns.append(("letters", 0, [row.letters for row in rows]))
    if any(known(row.normalised) is not None for row in rows):
        columns.append(("0 to 1", 3, [known(row.normalised) for row in rows]))
        note += " 0 to 1: (mean - 1) / 4, as the official leaderboard shows it."
    if any(row.preference for row in rows):
        columns.append(("preferred", 0, [row.preference.rank if row.preference else None for row in rows]))
        note += " Preferred: rank by comparisons within prompts, below."
    columns.append(("pictures", 0, [row.n for row in rows]))
    columns += [
        (name, 0, list(counts))
        for name, counts in (
            ("unscored", [row.n_unscored for row in rows]),
            ("missing prompts", [row.n_missing_prompts for row in rows]),
        )
        if any(counts)
    ]
    return Table(
        title="",
        header=tuple(name for name, _, _ in columns),
        rows=tuple(zip(*(cells for _, _, cells in columns), strict=True)),
        digits=tuple(column_digits for _, column_digits, _ in columns),
        note=note,
        plot=plot,
    )


def differences_section(ranking: Ranking) -> Section | None:
    """Which generators can be told apart; None if they were not compared.

    Args:
        ranking: All of it.
    """
    if not ranking.differences:
        return None
    digits = digits_of(ranking)
    neighbours = [pair for pair in ranking.differences if pair.neighbours]
    what_p_is = _P_OF_ONE if len(ranking.differences) == 1 else _P_OF_MANY.format(len(ranking.differences))
    table = Table(
        title="Neighbours in the ranking",
        header=("first", "second", "difference", "95 % interval", "p", "more than noise", "prompts", "prompts needed"),
        rows=tuple(
            (
                pair.first,
                pair.second,
                known(pair.difference),
                spell_interval(pair.low, pair.high, digits),
                spell_p(pair.adjusted_p_value),
                ("yes" if pair.separated else "no") if known(pair.adjusted_p_value) is not None else None,
                pair.n_prompts,
                _needed(pair),
            )
            for pair in neighbours
        ),
        digits=(0, 0, digits, 0, 0, 0, 0, 0),
        note=f"{what_p_is} {_NEEDED}",
    )
    separated = sum(pair.separated for pair in ranking.differences)
    how = "prompt by prompt" if ranking.balance == "shared" else "prompt by prompt, also by way of third ones"
    told = f"{separated} of {len(ranking.differences)} pairs of generators are told apart."
    if len(ranking.differences) == 1:
        told = f"The two generators are {'told apart' if separated else 'not told apart'}."
    if not could_be_tested(ranking):
        told = "No pair could be tested."
    text = f"{told} Two generators are compared {how}, which is sharper than comparing their intervals."
    plots = (_matrix(ranking, digits),) if 2 < len(ranking.rows) <= _LARGEST_MATRIX else ()
    return Section(title="Which differences are more than noise", text=(text,), plots=plots, tables=(table,))


def could_be_tested(ranking: Ranking) -> bool:
    """Whether any two generators could be tested; with one prompt none can.

    Args:
        ranking: All of it.
    """
    return any(known(pair.adjusted_p_value) is not None for pair in ranking.differences)


def _matrix(ranking: Ranking, digits: int) -> Heat:
    names = tuple(row.generator for row in ranking.rows)
    pairs = {(pair.first, pair.second): pair for pair in ranking.differences}
    lines = [[pairs.get((row, column)) or pairs.get((column, row)) for column in names] for row in names]
    return Heat(
        title="Difference of the means, row less column",
        rows=names,
        columns=names,
        values=tuple(tuple(_signed(pair, row) for pair in line) for row, line in zip(names, lines, strict=True)),
        noise=tuple(tuple(pair is not None and not pair.separated for pair in line) for line in lines),
        details=tuple(tuple(_detail(pair, digits) for pair in line) for line in lines),
        positive="row is better",
        negative="row is worse",
    )


def _signed(pair: Difference | None, row: str) -> float | None:
    if pair is None:
        return None
    return known(pair.difference if pair.first == row else -pair.difference)


def _detail(pair: Difference | None, digits: int) -> str:
    if pair is None:
        return ""
    interval = spell_interval(pair.low, pair.high, digits)
    return (
        f"{pair.first} less {pair.second}: {pair.difference:.{digits}f} ({interval}), p after Holm "
        f"{spell_p(pair.adjusted_p_value)}, {pair.n_prompts:,} prompts"
    )


def _needed(pair: Difference) -> Cell:
    needed = pair.n_prompts_needed
    if needed is None and (pair.low is None or pair.difference == 0):
        return None  # no error, or nothing to find; else more prompts than anybody searches for
    return needed if needed is not None and needed <= _LARGEST_PLAN else "over a million"


def preferences_section(ranking: Ranking) -> Section | None:
    """The ranking by comparisons within prompts; None without.

    Args:
        ranking: All of it.
    """
    held = sorted(
        ((row, row.preference) for row in ranking.rows if row.preference),
        key=lambda pair: (pair[1].rank, pair[0].rank),
    )
    if not held:
        return None
    plot = Forest(
        title="Strength of each generator in comparisons within prompts, with its 95 % interval",
        labels=tuple(f"{preference.rank}  {row.generator}" for row, preference in held),
        series=(
            Series(
                name="strength",
                values=tuple(known(preference.strength) for _, preference in held),
                lows=tuple(preference.low for _, preference in held),
                highs=tuple(preference.high for _, preference in held),
            ),
        ),
        axis="log odds against the average",
        reference=0.0,
        reference_name="average",
    )
    table = Table(
        title="",
        header=("rank", "generator", "strength", "95 % interval", "won", "matches", "by mean"),
        rows=tuple(_preference_row(row, preference) for row, preference in held),
        digits=(0, 0, 2, 0, 3, 0, 0),
        note="Won: share of the matches, ties counting half. By mean: rank by means. Intervals draw whole prompts.",
        plot=plot,
    )
    text = [
        "Model of Bradley and Terry: every two pictures of one prompt are a match that the higher score wins. A mean "
        "can be carried by a few prompts; this ranking asks how often a generator is the better one."
    ]
    if known(ranking.agreement) is not None:
        text.append(f"Agreement with the ranking by means: Kendall's tau-b {ranking.agreement:.3f}.")
    return Section(title="Comparisons within prompts", text=tuple(text), tables=(table,))


def _preference_row(row: GeneratorRank, preference: Preference) -> tuple[Cell, ...]:
    return (
        preference.rank,
        row.generator,
        known(preference.strength),
        spell_interval(preference.low, preference.high, 2),
        known(preference.win_rate),
        preference.n,
        row.rank,
    )


def correction_section(ranking: Ranking) -> Section | None:
    """The means as people would give them, by a rated subset; None without.

    Args:
        ranking: All of it.
    """
    held = sorted(
        ((row, row.corrected) for row in ranking.rows if row.corrected), key=lambda pair: (pair[1].rank, pair[0].rank)
    )
    if not held:
        return None
    plot = Forest(
        title="Mean rating of each generator: corrected, people alone, and the scorer",
        labels=tuple(f"{corrected.rank}  {row.generator}" for row, corrected in held),
        series=_correction_series(held),
        axis="mean overall rating",
    )
    table = Table(
        title="",
        header=(
            *("rank", "generator", "corrected", "95 % interval", "people alone", "95 % interval of people"),
            *("scorer", "scorer less people", "weight", "rated pictures", "rated prompts"),
        ),
        rows=tuple(_correction_row(row, corrected) for row, corrected in held),
        digits=(0, 0, 2, 0, 2, 0, 2, 2, 2, 0, 0),
        note="Scorer less people: on the rated pictures. Weight: how far the scorer is trusted, 0 is people alone; "
        "above 1, a point of the score stands for more than a point of the rating.",
        plot=plot,
    )
    text = (
        "A scorer may favour a generator, and no number of pictures averages that out. Here people rated some of the "
        "pictures, and the scorer's mean is corrected by what it got wrong on these (prediction-powered inference). "
        "The intervals are for what people would say of all pictures; those of the scorer alone are not.",
        "It holds if the rated prompts are a random part of all prompts.",
    )
    return Section(title="Corrected by ratings of people", text=text, tables=(table,))


def _correction_series(held: Sequence[tuple[GeneratorRank, CorrectedMean]]) -> tuple[Series, ...]:
    return (
        Series(
            name="corrected",
            values=tuple(known(corrected.mean) for _, corrected in held),
            lows=tuple(corrected.low for _, corrected in held),
            highs=tuple(corrected.high for _, corrected in held),
        ),
        Series(
            name="people alone",
            values=tuple(known(corrected.human_mean) for _, corrected in held),
            lows=tuple(corrected.human_low for _, corrected in held),
            highs=tuple(corrected.human_high for _, corrected in held),
        ),
        Series(
            name="scorer alone",
            values=tuple(known(row.mean) for row, _ in held),
            lows=tuple(row.low for row, _ in held),
            highs=tuple(row.high for row, _ in held),
        ),
    )


def _correction_row(row: GeneratorRank, corrected: CorrectedMean) -> tuple[Cell, ...]:
    return (
        corrected.rank,
        row.generator,
        known(corrected.mean),
        spell_interval(corrected.low, corrected.high, 2),
        known(corrected.human_mean),
        spell_interval(corrected.human_low, corrected.human_high, 2),
        known(row.mean),
        known(corrected.bias),
        known(corrected.weight),
        corrected.n_rated,
        corrected.n_rated_prompts,
    )
