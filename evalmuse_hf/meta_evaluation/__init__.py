"""Judging of scorers: scores and ratings in, one record of agreement out."""

from evalmuse_hf.meta_evaluation.evaluation import evaluate_scores, prompt_group
from evalmuse_hf.meta_evaluation.joining import Join, JoinedPair, join_scores
from evalmuse_hf.meta_evaluation.references import (
    ratings_as_scores,
    read_drawn_truth,
    truth_as_ratings,
    truth_as_scores,
)

__all__ = [
    "Join",
    "JoinedPair",
    "evaluate_scores",
    "join_scores",
    "prompt_group",
    "ratings_as_scores",
    "read_drawn_truth",
    "truth_as_ratings",
    "truth_as_scores",
]
