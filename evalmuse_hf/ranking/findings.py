"""Everything that a report says about one scorer on one data set: agreement, ceiling, parts, ranking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalmuse_hf.meta_evaluation import (
    Join,
    evaluate_scores,
    join_scores,
    ratings_as_scores,
    truth_as_ratings,
    truth_as_scores,
)
from evalmuse_hf.ranking.leaderboard import rank_generators
from evalmuse_hf.ranking.records import Ranking

Row = Mapping[str, Any]
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subset:
    """Agreement on a part of the pairs.

    Attributes:
        name: Which part.
        record: Of the scorer; see `evalmuse_hf.meta_evaluation.evaluate_scores`.
        ceiling: Of the drawn truth on the same part.
    """

    name: str
    record: Record
    ceiling: Record


@dataclass(frozen=True, slots=True)
class Findings:
    """What came out.

    Attributes:
        join: Scores and ratings, picture by picture.
        record: Agreement of the scorer with people.
        ceiling: Agreement of the drawn truth with people; None without a truth.
        against_truth: Agreement of the scorer with the drawn truth; None without a truth.
        subsets: Agreement on prompts with and without a combination that training never shows; empty without a truth.
        ranking: Generators by the scorer.
        people: Generators by people.
    """

    join: Join
    record: Record
    ceiling: Record | None
    against_truth: Record | None
    subsets: tuple[Subset, ...]
    ranking: Ranking
    people: Ranking


def collect_findings(
    scores: Sequence[Row],
    pairs: Sequence[Row],
    *,
    truth: Mapping[str, Record] | None = None,
    n_resamples: int = 1000,
    seed: int = 0,
) -> Findings:
    """Judge a scorer and rank the generators.

    Args:
        scores: Rows of scores.
        pairs: Rows of the data set with ratings.
        truth: What is true of drawn pictures; see `evalmuse_hf.meta_evaluation.read_drawn_truth`.
        n_resamples: Bootstrap resamples for every interval.
        seed: Of the bootstrap.

    Raises:
        ValueError: If scores and pairs do not belong together, or there is nothing to rank.
    """
    known = truth or {}
    subsets = []
    for name, novel in (("familiar", False), ("novel", True)):
        part = [pair for pair in pairs if known.get(pair["image_path"], {}).get("novel") is novel]
        if part:
            record, ceiling = (
                evaluate_scores(rows, part, n_resamples=0, parts=()) for rows in (scores, truth_as_scores(part, known))
            )
            subsets.append(Subset(name, record, ceiling))
    return Findings(
        join=join_scores(scores, pairs),
        record=evaluate_scores(scores, pairs, n_resamples=n_resamples, seed=seed, parts=()),
        ceiling=evaluate_scores(truth_as_scores(pairs, known), pairs, n_resamples=0, parts=()) if known else None,
        against_truth=(
            evaluate_scores(scores, truth_as_ratings(pairs, known), n_resamples=0, parts=()) if known else None
        ),
        subsets=tuple(subsets),
        ranking=rank_generators(scores, n_resamples=n_resamples, seed=seed),
        people=rank_generators(ratings_as_scores(pairs), n_resamples=n_resamples, seed=seed),
    )
