"""Base classes of the `evaluate` modules, from which the scripts in `metrics` inherit."""

from evalmuse_hf.evaluation_modules.scoring_module import ScoringModule

__all__ = ["ScoringModule"]
