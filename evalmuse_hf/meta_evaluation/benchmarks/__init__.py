"""Data sets of human ratings that others published, read into one form; see ``docs/rated_data``."""

from evalmuse_hf.meta_evaluation.benchmarks.dsg import gated_score
from evalmuse_hf.meta_evaluation.benchmarks.opening import KINDS, open_rated_data, recognise_kind

__all__ = ["KINDS", "gated_score", "open_rated_data", "recognise_kind"]
