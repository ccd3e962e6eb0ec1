"""Scoring of lists: load a scorer, read a list, score it, write what came out.

Features on disk are in `evalmuse_hf.scoring.features` and `.feature_store`, which import NumPy; this package is
imported by the parser of the command line, which must not.
"""

from evalmuse_hf.models.model_files import weights_sha256
from evalmuse_hf.scoring.lists import ListError, ListRow, ScoreList, list_from_records, read_list
from evalmuse_hf.scoring.loading import cache_folder, load_scorer
from evalmuse_hf.scoring.model_folder import ScorerError
from evalmuse_hf.scoring.provenance import provenance_of
from evalmuse_hf.scoring.scores import Scores, read_scores, write_scores
from evalmuse_hf.scoring.scoring import score_list

__all__ = [
    "ListError",
    "ListRow",
    "ScoreList",
    "ScorerError",
    "Scores",
    "cache_folder",
    "list_from_records",
    "load_scorer",
    "provenance_of",
    "read_list",
    "read_scores",
    "score_list",
    "weights_sha256",
    "write_scores",
]
