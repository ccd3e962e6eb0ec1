"""What a ranking of text-to-image models consists of."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

FORMAT = 1
"""Raised when a key of `Ranking.record` changes its meaning or goes away."""


@dataclass(frozen=True, slots=True)
class CategoryMean:
    """Mean element score of one category (a skill), in [0, 1].

    Attributes:
        mean: Over the elements.
        n: Elements.
        low: Lower end of the 95 % interval over prompts; None without one.
        high: Upper end.
        n_prompts: Prompts that the elements come from.
    """

    mean: float
    n: int
    low: float | None = None
    high: float | None = None
    n_prompts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """Strength of one generator in comparisons within prompts, by the model of Bradley and Terry.

    Attributes:
        strength: Log odds against the average generator; the strengths of all add up to 0.
        low: Lower end of the 95 % interval over prompts; None without one.
        high: Upper end.
        rank: 1 for the strongest; equal ones share a rank.
        win_rate: Share of its comparisons that it won, ties counting half.
        n: Comparisons that it took part in.
    """

    strength: float
    low: float | None
    high: float | None
    rank: int
    win_rate: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedMean:
    """Mean overall rating as people would give it: the scorer's mean, corrected by a rated subset.

    Attributes:
        mean: On the scale of the ratings.
        low: Lower end of the 95 % interval over prompts; None without one.
        high: Upper end.
        rank: 1 for the highest.
        bias: Mean of the scorer less people on the rated pictures; nan where scores are on another scale than ratings.
        weight: How far the scorer is trusted (lambda): 0 people only, 1 a point of score is a point of rating; more
            where scores spread less than ratings do.
        n_rated: Rated pictures.
        n_rated_prompts: Their prompts.
        human_mean: Mean of the rated pictures alone.
        human_low: Lower end of its interval; None without one.
        human_high: Upper end.
    """

    mean: float
    low: float | None
    high: float | None
    rank: int
    bias: float
    weight: float
    n_rated: int
    n_rated_prompts: int
    human_mean: float
    human_low: float | None
    human_high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two generators on the prompts that both have, or by the additive model if that is how prompts are balanced.

    Attributes:
        first: The one with the higher mean.
        second: The other.
        difference: Mean of first less second over prompts, in points of the overall score.
        low: Lower end of the 95 % interval; None without one.
        high: Upper end.
        p_value: Two-sided, of no difference; nan if it cannot be had.
        adjusted_p_value: After Holm, over all pairs of generators.
        n_prompts: Prompts that say something about the difference.
        n_prompts_needed: Prompts with which a true difference of this size would be found in 80 of 100 studies at the
            5 % level, for this pair alone; None where the difference is 0 or has no error.
        neighbours: Whether they stand next to each other in the ranking.
    """

    first: str
    second: str
    difference: float
    low: float | None
    high: float | None
    p_value: float
    adjusted_p_value: float
    n_prompts: int
    n_prompts_needed: int | None
    neighbours: bool

    @property
    def separated(self) -> bool:
        """Whether the difference is more than noise, at 5 % for all pairs together."""
        return self.adjusted_p_value < 0.05


@dataclass(frozen=True, slots=True)
class GeneratorRank:
    """One line of a leaderboard.

    Attributes:
        rank: 1 for the highest mean; equal means share a rank, and the ranks after them are left out (1, 1, 3).
        generator: Name of the model.
        mean: Mean overall score over prompts, 1 to 5, or on the scale of scores that others wrote.
        low: Lower end of the 95 % interval over prompts; None without one.
        high: Upper end.
        normalised: ``(mean - 1) / 4``, as the official leaderboard shows it, in [0, 1]; nan for scores on another
            scale.
        n: Pictures that count.
        n_prompts: Their prompts.
        n_unscored: Pictures that have no score.
        n_missing_prompts: Prompts of other models of which this one has no scored picture.
        categories: Mean element score by category.
        letters: Generators that share a letter are not separated; empty without a test.
        preference: By comparisons within prompts; None if it was not asked for or cannot be had.
        corrected: By a rated subset; None without one.
    """

    rank: int
    generator: str
    mean: float
    low: float | None
    high: float | None
    normalised: float
    n: int
    n_prompts: int
    n_unscored: int
    n_missing_prompts: int
    categories: Mapping[str, CategoryMean] = field(default_factory=dict)
    letters: str = ""
    preference: Preference | None = None
    corrected: CorrectedMean | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """A leaderboard.

    Attributes:
        rows: The generators, best first.
        n_prompts: Prompts that occur.
        n_shared_prompts: Prompts of which every generator has a scored picture.
        balance: ``"shared"``: only the shared prompts count. ``"adjusted"``: all prompts count, and means are those of
            an additive model of generators and prompts.
        differences: Every two generators; empty if it was not asked for.
        agreement: Kendall's tau-b between means and strengths; None without strengths.
        notes: What a reader must know, each a sentence.
        methods: How the data were used beside what every ranking does, each a sentence.
    """

    rows: tuple[GeneratorRank, ...]
    n_prompts: int
    n_shared_prompts: int
    balance: str = "shared"
    differences: tuple[Difference, ...] = ()
    agreement: float | None = None
    notes: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """The ranking for JSON: ``format``, the fields of this class, ``generators`` with its rows; nan is None."""
        return {
            "format": FORMAT,
            "n_prompts": self.n_prompts,
            "n_shared_prompts": self.n_shared_prompts,
            "balance": self.balance,
            "generators": [_plain(asdict(row)) for row in self.rows],
            "differences": [_plain({**asdict(pair), "separated": pair.separated}) for pair in self.differences],
            "agreement": self.agreement,
            "notes": list(self.notes),
            "methods": list(self.methods),
        }


def _plain(value: Any) -> Any:
    """Replace nan, which JSON does not know, by None."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value
