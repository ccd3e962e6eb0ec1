"""Statistics of the protocol: correlation, error, accuracy, agreement, adjusted means, challenge scores, intervals."""

from evalmuse_hf.stats.additive import AdjustedMeans, adjusted_means
from evalmuse_hf.stats.agreement import krippendorff_alpha
from evalmuse_hf.stats.challenge import ntire_track1
from evalmuse_hf.stats.citation import CITATION
from evalmuse_hf.stats.classification import element_accuracy
from evalmuse_hf.stats.correlation import krcc, plcc, rmse, srcc
from evalmuse_hf.stats.detection import DetectionResult, problem_detection
from evalmuse_hf.stats.equivalence import EquivalenceResult, equivalence_test, minimum_detectable_difference
from evalmuse_hf.stats.logistic import Logistic4, fit_logistic4
from evalmuse_hf.stats.multiplicity import holm
from evalmuse_hf.stats.paired import PairedResult, paired_difference
from evalmuse_hf.stats.resampling import mean_interval
from evalmuse_hf.stats.results import (
    AccuracyResult,
    ConfidenceInterval,
    CorrelationResult,
    NtireTrack1Result,
    StatisticResult,
)

__all__ = [
    "CITATION",
    "AccuracyResult",
    "AdjustedMeans",
    "ConfidenceInterval",
    "CorrelationResult",
    "DetectionResult",
    "EquivalenceResult",
    "Logistic4",
    "NtireTrack1Result",
    "PairedResult",
    "StatisticResult",
    "adjusted_means",
    "element_accuracy",
    "equivalence_test",
    "fit_logistic4",
    "holm",
    "krcc",
    "krippendorff_alpha",
    "mean_interval",
    "minimum_detectable_difference",
    "ntire_track1",
    "paired_difference",
    "plcc",
    "problem_detection",
    "rmse",
    "srcc",
]
