"""Base classes of the `evaluate` modules, from which the scripts in `metrics` inherit."""

from evalmuse_hf.evaluation_modules.evaluation_module import EvaluationModule
from evalmuse_hf.evaluation_modules.judging_module import AccuracyModule, CorrelationModule
from evalmuse_hf.evaluation_modules.scoring_module import ScoringModule
from evalmuse_hf.evaluation_modules.structure_module import StructureModule

__all__ = ["AccuracyModule", "CorrelationModule", "EvaluationModule", "ScoringModule", "StructureModule"]
