"""Tables of a comparison of scorers on one data set."""

import math
from collections.abc import Iterator

from evalmuse_hf.meta_evaluation.published import published_table
from evalmuse_hf.meta_evaluation.studies.metrics_lines import ScorerLine
from evalmuse_hf.meta_evaluation.studies.metrics_options import Statistic
from evalmuse_hf.meta_evaluation.studies.metrics_pairs import Matrix, PairCell
from evalmuse_hf.meta_evaluation.studies.metrics_references import MAJORITY
from evalmuse_hf.meta_evaluation.studies.metrics_study import DataComparison
from evalmuse_hf.meta_evaluation.studies.metrics_verdict import NAMES, TOO_FEW, spell_ends
from evalmuse_hf.reports import Cell, Table, spell_signed
from evalmuse_hf.stats import StatisticResult

ORIGINS = {
    "run": "run here",
    "file": "a file",
    "shipped": "with the data set",
    "shared": "with another",
    "reference": "reads ratings",
}
IN_DOMAIN = "in-domain"

_SHORT = {"srcc": "SRCC", "krcc": "tau-b", "plcc": "PLCC"}
_PUBLISHED = "alignment"


def agreement_table(comparison: DataComparison, statistic: Statistic) -> Table:
    """Scorers by their agreement, each with its distance from the best; below them reference rows and people.

    Args:
        comparison: All scorers on one data set.
        statistic: In which they are compared.
    """
    by_name = {line.name: line for line in comparison.scorers}
    best = comparison.verdict.best
    rows = [
        (
            name,
            comparison.matrix.letters.get(name),
            *_value_cells(getattr(by_name[name], statistic)),
            *_scorer_cells(comparison, name),
        )
        for name in comparison.matrix.names
    ]
    nothing = (None, None, None, None)
    rows += [
        (
            f"[{line.name}]",
            None,
            *_value_cells(getattr(line, statistic)),
            *_distance_cells(None if best is None else comparison.matrix.between(line.name, best)),
        )
        for line in comparison.references
        if line.name != MAJORITY  # it scores elements alone
    ]
    human, ceiling = comparison.people.human, comparison.people.ceilings[statistic]
    if (drawn := comparison.other_raters) is not None:
        verdict = None if drawn.status == "ok" else drawn.status
        rows.append((f"[{best}, raters drawn too]", None, *_value_cells(drawn), *nothing[:-1], verdict))
    if human is not None and statistic == "srcc":
        rows.append(("[one rater, by the others]", None, *_value_cells(human), *nothing))
    if ceiling is not None:
        rows.append(("[ceiling of these ratings]", None, _three(ceiling), None, *nothing))
    return Table(
        title=f"{NAMES[statistic]} with the mean rating",
        header=(
            *("scorer", "group", _SHORT[statistic], "95 % interval"),
            *("less the best", "95 % interval, all pairs", "p, Holm", "verdict"),
        ),
        rows=tuple(rows),
        note=_agreement_note(comparison),
    )


def matrix_table(matrix: Matrix, statistic: Statistic) -> Table:
    """Every two scorers, row less column; what may be noise stands in brackets.

    Args:
        matrix: All pairs of scorers.
        statistic: In which they are compared.
    """
    compared = [name for name in matrix.names if name not in matrix.left_out]
    rows = []
    for number, name in enumerate(compared, start=1):
        cells = [spell_difference(matrix.between(name, other)) for other in compared]
        rows.append((f"{number} {name}", *cells))
    return Table(
        title=f"Row less column, {NAMES[statistic]}",
        header=("", *(str(number) for number in range(1, len(compared) + 1))),
        rows=tuple(rows),
        note="In brackets: may be noise (Holm over all pairs, 5 %)."
        + (" In square brackets: not tested." if any(not cell.tested for cell in matrix.cells) else ""),
    )


def spell_difference(cell: PairCell | None) -> str:
    """Spell a difference; what may be noise stands in brackets, what was not tested in square ones.

    Args:
        cell: None if nothing was compared.
    """
    if cell is None or math.isnan(cell.difference):
        return ""
    text = spell_signed(cell.difference)
    if not cell.tested:
        return f"[{text}]"
    return text if cell.separated else f"({text})"


def other_table(comparison: DataComparison, statistic: Statistic) -> Table:
    """The other statistics of every scorer, with their intervals.

    Args:
        comparison: All scorers on one data set.
        statistic: The one that stands elsewhere.
    """
    others = [name for name in ("srcc", "krcc", "plcc") if name != statistic]
    with_elements = any(line.accuracy is not None for line in comparison.scorers + comparison.references)
    header = ["scorer", "scores", *(_SHORT[name] for name in others), "SRCC within prompts"]
    header += ["element accuracy", "balanced", "elements scored"] if with_elements else []
    by_name = {line.name: line for line in comparison.scorers}
    lines = [by_name[name] for name in comparison.matrix.names] + list(comparison.references)
    rows = []
    for line in lines:
        row: list[Cell] = [line.name, _source(line), *(spell_statistic(getattr(line, name)) for name in others)]
        # A mean that leaves the picture out stands against the picture's own rating within the prompt.
        row.append(None if line.origin == "reference" else spell_statistic(line.within))
        row += _element_cells(line) if with_elements else []
        rows.append((*row, f"{line.n_scored / line.n_rated:.1%}" if line.n_scored else None))
    note = (
        "Element accuracy counts verdicts on all rated elements; one that is missing is wrong."
        if with_elements
        else ""
    )
    return Table(title="Other statistics", header=(*header, "pictures scored"), rows=tuple(rows), note=note)


def ranking_table(comparison: DataComparison) -> Table:
    """How every scorer orders the generators.

    Args:
        comparison: All scorers on one data set.
    """
    lines = {line.name: line for line in comparison.rankings}
    ordered = [lines[name] for name in comparison.matrix.names if name in lines]
    rows = [
        (
            line.name,
            *_value_cells(line.krcc),
            None if line.decisions.status != "ok" else f"{line.decisions.n_right} of {line.decisions.n_decided}",
            *_value_cells(line.decisions),
        )
        for line in ordered
    ]
    some = max(ordered, key=lambda line: line.decisions.n_decided)
    return Table(
        title="The order of the generators",
        header=("scorer", "Kendall's tau-b", "95 % interval", "decided like people", "share", "95 % interval"),
        rows=tuple(rows),
        note=f"Tau-b between mean scores and mean ratings of {len(some.krcc.generators)} generators, corrected for "
        f"prompts that a generator lacks. People decide {some.decisions.n_decided} of the {some.decisions.n_pairs} "
        "pairs of generators (prompt-paired difference of the ratings, Holm, 5 %); the share is of those that the "
        "scorer puts in the same order, and a coin would reach 0.5.",
    )


def cost_table(comparison: DataComparison) -> Table:
    """What the scorers that ran here cost.

    Args:
        comparison: All scorers on one data set.
    """
    lines = [(line, line.seconds) for line in comparison.scorers if line.seconds is not None]
    cheapest = min(seconds for _, seconds in lines)
    return Table(
        title="Cost",
        header=("scorer", "s per picture", "cost", "parameters"),
        rows=tuple(
            (
                line.name,
                f"{seconds:.4f}",
                f"{seconds / cheapest:.1f}x",
                None if line.parameters is None else f"{line.parameters / 1e6:.1f} M",
            )
            for line, seconds in lines
        ),
        note="Wall time relative to the cheapest, elements included, without loading.",
    )


def published_rows_table(dataset: str) -> Table | None:
    """What the paper reports on a data set; None if it reports nothing.

    Args:
        dataset: Name of the data set.
    """
    table = published_table(_PUBLISHED)
    places = [place for place, column in enumerate(table.columns) if column.dataset == dataset]
    if not places:
        return None
    return Table(
        title="What the paper reports: theirs, not measured here",
        header=("method", *(_SHORT[table.columns[place].statistic] for place in places), "trained on this data set"),
        rows=tuple(
            (row.label, *(row.values[place] for place in places), "yes" if dataset in row.trained_on else "no")
            for row in table.rows
        ),
        note=f"{table.source}. No intervals are published, and which pictures were scored is not known.",
    )


def spell_statistic(result: StatisticResult) -> str | None:
    """Spell a value with its interval.

    Args:
        result: None comes of an undefined one.
    """
    if math.isnan(result.statistic):
        return None
    interval = result.confidence_interval
    ends = "" if interval is None else f" [{interval.low:.3f}, {interval.high:.3f}]"
    return f"{result.statistic:.3f}{ends}"


def _value_cells(result: StatisticResult) -> tuple[Cell, Cell]:
    if math.isnan(result.statistic):
        return None, result.status
    interval = result.confidence_interval
    return _three(result.statistic), None if interval is None else f"{interval.low:.3f} to {interval.high:.3f}"


def _scorer_cells(comparison: DataComparison, name: str) -> tuple[Cell, Cell, Cell, Cell]:
    """Distance of a scorer from the best."""
    best, matrix = comparison.verdict.best, comparison.matrix
    if name in matrix.left_out:
        return None, None, None, TOO_FEW
    return _distance_cells(None if best is None or name == best else matrix.between(name, best))


def _distance_cells(cell: PairCell | None) -> tuple[Cell, Cell, Cell, Cell]:
    if cell is None or math.isnan(cell.difference):
        return None, None, None, None
    ends = None
    if cell.low is not None and cell.high is not None:
        ends = spell_ends(cell.low, cell.high)
    p_value = cell.adjusted_p_value
    spelled = None if math.isnan(p_value) else "< .001" if p_value < 0.001 else f"{p_value:.3f}"
    verdict = "not tested" if spelled is None else "real" if cell.separated else "may be noise"
    return spell_signed(cell.difference, 3), ends, spelled, verdict


def _element_cells(line: ScorerLine) -> Iterator[Cell]:
    for result in (line.accuracy, line.balanced):
        yield None if result is None else spell_statistic(result)
    yield None if line.accuracy is None else f"{line.n_scored_elements / line.n_elements:.1%}"


def _source(line: ScorerLine) -> str:
    in_domain = line.in_domain and line.origin != "reference"
    return f"{ORIGINS[line.origin]}, {IN_DOMAIN}" if in_domain else ORIGINS[line.origin]


def _agreement_note(comparison: DataComparison) -> str:
    matrix = comparison.matrix
    note = (
        "Scorers with a letter in common cannot be told apart. Intervals of differences hold together (Bonferroni); "
        "the verdict is Holm's at 5 %, which finds a little more, so that an interval that just reaches 0 may stand "
        "beside 'real'."
    )
    if not matrix.letters:
        note = "Nothing was tested: that takes two scorers and resamples."
    elif matrix.n < comparison.n_pairs:
        note += f" They are compared on the {matrix.n:,} pictures that all of them scored."
    if (drawn := comparison.other_raters) is not None:
        note += (
            f" The row with raters drawn too has an interval over {drawn.scheme} ({drawn.n_raters} raters): what "
            "other people might have said of other prompts. All other intervals keep the raters."
        )
    if matrix.left_out:
        note += (
            f" Not compared, and never the best, for they scored no more than half as many pictures as another: "
            f"{', '.join(matrix.left_out)}."
        )
    return note


def _three(value: float) -> str:
    return f"{value:.3f}"
