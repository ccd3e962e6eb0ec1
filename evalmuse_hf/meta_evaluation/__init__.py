"""Judging of scorers: scores and ratings in, one record of agreement out."""

from evalmuse_hf.meta_evaluation.benchmarks import open_rated_data
from evalmuse_hf.meta_evaluation.evaluation import PARTS, Evaluation, evaluate, evaluate_scores, prompt_group
from evalmuse_hf.meta_evaluation.evaluation_report import (
    ReadPicture,
    make_evaluation_document,
    pictures_in_dataset,
    pictures_in_folder,
)
from evalmuse_hf.meta_evaluation.joining import Join, JoinedPair, join_scores
from evalmuse_hf.meta_evaluation.rated_data import DataFacts, RatedData
from evalmuse_hf.meta_evaluation.reference_rows import majority_class, reference_scores
from evalmuse_hf.meta_evaluation.references import (
    ratings_as_scores,
    read_drawn_truth,
    truth_as_ratings,
    truth_as_scores,
)

__all__ = [
    "PARTS",
    "DataFacts",
    "Evaluation",
    "Join",
    "JoinedPair",
    "RatedData",
    "ReadPicture",
    "evaluate",
    "evaluate_scores",
    "join_scores",
    "majority_class",
    "make_evaluation_document",
    "open_rated_data",
    "pictures_in_dataset",
    "pictures_in_folder",
    "prompt_group",
    "ratings_as_scores",
    "read_drawn_truth",
    "reference_scores",
    "truth_as_ratings",
    "truth_as_scores",
]
