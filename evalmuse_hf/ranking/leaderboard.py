"""Ranks text-to-image models by the scores of their pictures."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from evalmuse_hf.schema import ALIGNMENT_SCALE, CATEGORIES
from evalmuse_hf.stats import mean_interval

FORMAT = 1
"""Raised when a key of `Ranking.record` changes its meaning or goes away."""

Row = Mapping[str, Any]

_MEAN_DIGITS = 12


@dataclass(frozen=True, slots=True)
class CategoryMean:
    """Mean element score of one category, in [0, 1], over ``n`` elements."""

    mean: float
    n: int


@dataclass(frozen=True, slots=True)
class GeneratorRank:
    """One line of a leaderboard.

    Attributes:
        rank: 1 for the highest mean; equal means share a rank, and the ranks after them are left out (1, 1, 3).
        generator: Name of the model.
        mean: Mean overall score, 1 to 5.
        low: Lower end of the 95 % interval over prompts; None without one.
        high: Upper end.
        normalised: ``(mean - 1) / 4``, as the official leaderboard shows it, in [0, 1].
        n: Pictures that count.
        n_prompts: Their prompts.
        n_unscored: Pictures that have no score.
        n_missing_prompts: Prompts of other models of which this one has no scored picture.
        categories: Mean element score by category.
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


@dataclass(frozen=True, slots=True)
class Ranking:
    """A leaderboard.

    Attributes:
        rows: The generators, best first.
        n_prompts: Prompts that occur.
        n_shared_prompts: Prompts of which every generator has a scored picture; only these count.
    """

    rows: tuple[GeneratorRank, ...]
    n_prompts: int
    n_shared_prompts: int

    def record(self) -> dict[str, Any]:
        """The ranking for JSON: ``format``, ``n_prompts``, ``n_shared_prompts``, and ``generators`` with its rows."""
        return {
            "format": FORMAT,
            "n_prompts": self.n_prompts,
            "n_shared_prompts": self.n_shared_prompts,
            "generators": [asdict(row) for row in self.rows],
        }


def rank_generators(scores: Iterable[Row], *, n_resamples: int = 1000, seed: int = 0) -> Ranking:
    """Rank generators by their mean overall score on the prompts that all of them have.

    Args:
        scores: Rows with ``generator``, ``overall_score``, ``prompt_id`` (or ``prompt``), and ``elements``.
        n_resamples: Bootstrap resamples, which draw whole prompts; 0 means no intervals.
        seed: Of the bootstrap.

    Returns:
        The leaderboard. Pictures without a score count nowhere but in ``n_unscored``.

    Raises:
        ValueError: If no row names a generator, or the generators share no prompt.

    >>> rows = [{"generator": name, "prompt_id": "1", "overall_score": score} for name, score in [("A", 2), ("B", 4)]]
    >>> [(row.rank, row.generator, row.normalised) for row in rank_generators(rows, n_resamples=0).rows]
    [(1, 'B', 0.75), (2, 'A', 0.25)]
    """
    by_generator: defaultdict[str, list[Row]] = defaultdict(list)
    n_unscored: defaultdict[str, int] = defaultdict(int)
    for row in scores:
        if row.get("generator") is None:
            continue
        by_generator[str(row["generator"])].append(row)
        n_unscored[str(row["generator"])] += not _is_scored(row)
    if not by_generator:
        raise ValueError("The scores name no generator; add a column generator to the list before it is scored.")
    prompts = {
        generator: {_prompt(row) for row in rows if _is_scored(row)} for generator, rows in by_generator.items()
    }
    every, shared = set.union(*prompts.values()), set.intersection(*prompts.values())
    if not shared:
        raise ValueError(
            f"The {len(prompts)} generators have no prompt in common on which all have a score; "
            f"{min(prompts, key=lambda name: len(prompts[name]))} has scores for the fewest; leave it out, or score "
            "more of its pictures."
        )
    rng = np.random.default_rng(seed)
    unranked = [
        _rank_one(
            generator,
            [row for row in rows if _is_scored(row) and _prompt(row) in shared],
            n_unscored=n_unscored[generator],
            n_missing_prompts=len(every - prompts[generator]),
            n_resamples=n_resamples,
            rng=rng,
        )
        for generator, rows in sorted(by_generator.items())
    ]
    ordered = sorted(unranked, key=lambda row: (-round(row["mean"], _MEAN_DIGITS), row["generator"]))
    # The order of summation may differ in the last digits, which is no better picture.
    means = [round(row["mean"], _MEAN_DIGITS) for row in ordered]
    rows = tuple(GeneratorRank(rank=means.index(mean) + 1, **row) for mean, row in zip(means, ordered, strict=True))
    return Ranking(rows, len(every), len(shared))


def _is_scored(row: Row) -> bool:
    score = row.get("overall_score")
    return score is not None and not math.isnan(score)


def _prompt(row: Row) -> str:
    return str(row["prompt_id"] if row.get("prompt_id") is not None else row["prompt"])


def _rank_one(
    generator: str, rows: list[Row], *, n_resamples: int, rng: np.random.Generator, **counts: int
) -> dict[str, Any]:
    """Everything of a `GeneratorRank` but its rank."""
    groups = [_prompt(row) for row in rows]
    result = mean_interval(
        values=[row["overall_score"] for row in rows], groups=groups, n_resamples=n_resamples, rng=rng
    )
    interval = result.confidence_interval
    low, high = ALIGNMENT_SCALE
    return {
        "generator": generator,
        "mean": result.statistic,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "normalised": (result.statistic - low) / (high - low),
        "n": len(rows),
        "n_prompts": len(set(groups)),
        "categories": _category_means(rows),
        **counts,
    }


def _category_means(rows: list[Row]) -> dict[str, CategoryMean]:
    scores: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        for element in row.get("elements") or ():
            if element["category"] is not None and element["score"] is not None:
                scores[element["category"]].append(float(element["score"]))
    return {
        category: CategoryMean(float(np.mean(scores[category])), len(scores[category]))
        for category in CATEGORIES
        if category in scores
    }
