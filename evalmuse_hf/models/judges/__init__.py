"""Judges beyond the paper: multimodal chat models that are asked for a grade instead of yes or no."""

from evalmuse_hf.models.judges.judging_scorer import JudgingScorer, Verdict
from evalmuse_hf.models.judges.level_judge import LevelJudge
from evalmuse_hf.models.judges.vie_score import VIEScore

__all__ = ["JudgingScorer", "LevelJudge", "VIEScore", "Verdict"]
