"""What a statistic returns: a number, its interval, and how many rows it stands on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple


class ConfidenceInterval(NamedTuple):
    """Bootstrap interval, on the scale of the statistic."""

    low: float
    high: float


@dataclass(frozen=True)
class StatisticResult:
    """One number and what it rests on.

    Attributes:
        statistic: The number; nan when it is undefined.
        confidence_interval: None when no resampling was asked for, when the statistic is undefined, or when there are
            fewer than two rows (or groups) to draw from.
        n: Rows used.
        n_dropped: Rows left out because a value was nan (``nan_policy="omit"``).
        status: ``"ok"``, or why the statistic is nan.
        n_groups: Groups behind the statistic, clusters of the interval; None when no groups were given.
        n_failed: Resamples in which the statistic was undefined, or a fit failed; the interval rests on the others.
        interval_method: ``"percentile"`` or ``"bca"``; empty without an interval.
    """

    statistic: float
    confidence_interval: ConfidenceInterval | None
    n: int
    n_dropped: int
    status: str = "ok"
    n_groups: int | None = None
    n_failed: int = 0
    interval_method: str = ""


@dataclass(frozen=True)
class CorrelationResult(StatisticResult):
    """A correlation in [-1, 1].

    Attributes:
        n_groups_dropped: With ``by="within"``, groups left out because they have fewer than three pairs or constant
            references, and are therefore not in ``n_groups``; else 0.
        n_groups_constant: With ``by="within"``, groups among ``n_groups`` with constant predictions, which count 0.
    """

    n_groups_dropped: int = 0
    n_groups_constant: int = 0


@dataclass(frozen=True)
class AccuracyResult(StatisticResult):
    """Agreement of yes/no verdicts, in [0, 1].

    Attributes:
        n_yes: Rows whose reference is yes; with ``n`` it gives the base rate.
        recall_yes: Share of the yes rows that were predicted yes; nan without such rows.
        recall_no: Share of the no rows that were predicted no; nan without such rows.
        by_category: The same per category, in alphabetical order; empty unless categories were given.
        n_unscored: Rows among ``n`` without a score that count as wrong verdicts (``unscored="wrong"``).
    """

    n_yes: int = 0
    recall_yes: float = float("nan")
    recall_no: float = float("nan")
    by_category: Mapping[str, "AccuracyResult"] = field(default_factory=dict)
    n_unscored: int = 0


@dataclass(frozen=True)
class AgreementResult(StatisticResult):
    """How far raters agree; ``n`` counts the items with enough ratings, ``n_dropped`` the others.

    Attributes:
        name: What was computed, with its form, such as ``"ICC(1,1)"``.
        fewest_ratings: Ratings of the item that has fewest, among those used; 0 without items.
        most_ratings: Ratings of the item that has most.
    """

    name: str = ""
    fewest_ratings: int = 0
    most_ratings: int = 0
    # What a label says of unequal numbers of ratings; measured by benchmarks/agreement.py.
    pooled_note: ClassVar[str] = "biased, as a rule downward, where items that disagreed were rated again"

    @property
    def pooled(self) -> bool:
        """Whether some items have more ratings than others, as where a rule had items rated again."""
        return self.most_ratings > self.fewest_ratings

    @property
    def label(self) -> str:
        """Name and basis, for a table: says so where the number rests on unequal numbers of ratings.

        >>> AgreementResult(0.5, None, 40, 0, name="ICC(1,1)", fewest_ratings=3, most_ratings=3).label
        'ICC(1,1), 3 ratings an item'
        """
        if not self.pooled:
            return f"{self.name}, {self.most_ratings} ratings an item"
        basis = f"pooled over {self.fewest_ratings} to {self.most_ratings} ratings an item"
        return f"{self.name}, {basis} ({self.pooled_note})"


@dataclass(frozen=True)
class NtireTrack1Result:
    """Scores of a submission to track 1 of the NTIRE 2025 challenge.

    Attributes:
        srcc: Spearman correlation of the overall scores.
        plcc: Pearson correlation of the overall scores after the logistic map.
        accuracy: Share of agreeing element verdicts, pooled over all elements.
        final: ``0.25 srcc + 0.25 plcc + 0.5 accuracy``.
        n: Pictures compared.
        n_elements: Elements compared.
        n_unused: Predicted pictures that the references do not hold.
        status: ``"ok"``, or why one of the numbers is nan.
    """

    srcc: float
    plcc: float
    accuracy: float
    final: float
    n: int
    n_elements: int
    n_unused: int = 0
    status: str = "ok"
