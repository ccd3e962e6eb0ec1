"""What a reader wants to know of a comparison first: who is ahead, by how much, and whether that is noise."""

import math
from dataclasses import dataclass

from evalmuse_hf.meta_evaluation.studies.metrics_lines import ScorerLine
from evalmuse_hf.meta_evaluation.studies.metrics_pairs import Matrix, PairCell
from evalmuse_hf.reports import spell_signed

PROMPT_ORACLE = "prompt oracle"
TOO_FEW = "too few pictures"
NAMES = {"srcc": "SRCC", "krcc": "Kendall's tau-b", "plcc": "PLCC"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Who is ahead on one data set.

    Attributes:
        best: Name of the scorer with the highest value, of those of enough pictures; None if there is none.
        value: Its value.
        lead: Its difference from the next; None without one.
        tied: Scorers that cannot be told from it.
        in_domain: Whether it was trained on data of this kind.
        best_other: The highest of those that were not, if it is another one.
        oracle: The prompt oracle less the best; None without one.
    """

    best: str | None
    value: float = float("nan")
    lead: PairCell | None = None
    tied: tuple[str, ...] = ()
    in_domain: bool = False
    best_other: str | None = None
    oracle: PairCell | None = None

    @property
    def is_noise(self) -> bool | None:
        """Whether the lead may be noise; None if that was not tested."""
        if self.lead is None or math.isnan(self.lead.adjusted_p_value):
            return None
        return not self.lead.separated


def find_verdict(matrix: Matrix, lines: tuple[ScorerLine, ...]) -> Verdict:
    """Find who is ahead.

    Args:
        matrix: All pairs of scorers.
        lines: The scorers.
    """
    known = matrix.ranked
    if not known:
        return Verdict(best=None)
    trained = {line.name for line in lines if line.in_domain}
    best = known[0]
    fair = [name for name in known if name not in trained]
    return Verdict(
        best=best,
        value=matrix.values[best],
        lead=matrix.between(best, known[1]) if len(known) > 1 else None,
        tied=matrix.tied_with(best),
        in_domain=best in trained,
        best_other=fair[0] if best in trained and fair else None,
        oracle=matrix.between(PROMPT_ORACLE, best),
    )


def spell_verdict(verdict: Verdict, *, statistic: str) -> str:
    """Say it in sentences.

    Args:
        verdict: Who is ahead.
        statistic: In what.
    """
    if verdict.best is None:
        return "No scorer has a value here."
    mark = " It is in-domain: it was trained on data of this kind." if verdict.in_domain else ""
    start = f"{verdict.best} agrees best with people: {NAMES[statistic]} {verdict.value:.3f}."
    oracle = "" if verdict.oracle is None else f" {_spell_oracle(verdict.oracle)}"
    lead = verdict.lead
    if lead is None:
        return f"{start}{mark}{oracle}"
    if math.isnan(lead.difference):
        return f"{start}{mark} How far it is ahead of {lead.second} is not known: {lead.status}.{oracle}"
    ends = "" if lead.low is None or lead.high is None else f" (95 % interval {spell_ends(lead.low, lead.high)})"
    ahead = f" It is {lead.difference:.3f} ahead of {lead.second}{ends}: {spell_noise(verdict.is_noise)}."
    tied = f" Not to be told from it: {join_names(verdict.tied)}." if verdict.tied else ""
    other = f" Best of those that were not: {verdict.best_other}." if verdict.best_other else ""
    return f"{start}{mark}{ahead}{tied}{other}{oracle}"


def _spell_oracle(cell: PairCell) -> str:
    """What the best scorer adds to knowing the prompt."""
    known = "Knowing how people rated the prompt's other pictures, without a look at this one,"
    distance = abs(cell.difference)
    if math.isnan(distance):
        return f"{known} was not compared with it: {cell.status}."
    if not cell.tested:
        return f"{known} differs from it by {distance:.3f}, which was not tested."
    if not cell.separated:
        return f"{known} cannot be told from it (difference {distance:.3f}, which may be noise)."
    return f"{known} does {'better' if cell.difference > 0 else 'worse'} by {distance:.3f}, more than noise."


def spell_noise(is_noise: bool | None) -> str:
    """Say whether a difference is noise.

    Args:
        is_noise: None if it was not tested.
    """
    if is_noise is None:
        return "not tested"
    return "that may be noise" if is_noise else "more than noise"


def spell_ends(low: float, high: float) -> str:
    """Spell the interval of a difference.

    Args:
        low: Its lower end.
        high: Its upper end.

    >>> spell_ends(-0.0684, 0.1374)
    '−0.068 to +0.137'
    """
    return f"{spell_signed(low, 3)} to {spell_signed(high, 3)}"


def join_names(names: tuple[str, ...]) -> str:
    """Spell a list of names.

    Args:
        names: At least one.

    >>> join_names(("a", "b", "c"))
    'a, b and c'
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
