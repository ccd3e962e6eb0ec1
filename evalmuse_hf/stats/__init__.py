"""Statistics of the protocol: correlation, error, accuracy, agreement, adjusted means, challenge scores, intervals."""

from evalmuse_hf.stats.additive import AdjustedMeans, adjusted_means
from evalmuse_hf.stats.agreement import krippendorff_alpha
from evalmuse_hf.stats.agreement_by import agreement_by
from evalmuse_hf.stats.ceiling import CeilingResult, noise_ceiling
from evalmuse_hf.stats.challenge import ntire_track1
from evalmuse_hf.stats.citation import CITATION
from evalmuse_hf.stats.classification import element_accuracy
from evalmuse_hf.stats.correlation import krcc, plcc, rmse, srcc
from evalmuse_hf.stats.dawid_skene import DawidSkeneResult, dawid_skene
from evalmuse_hf.stats.detection import DetectionResult, problem_detection
from evalmuse_hf.stats.equivalence import EquivalenceResult, equivalence_test, minimum_detectable_difference
from evalmuse_hf.stats.first_ratings import first_ratings
from evalmuse_hf.stats.human_scorer import HumanScorerResult, human_as_scorer
from evalmuse_hf.stats.icc import IccResult, icc
from evalmuse_hf.stats.kappa import cohen_kappa, fleiss_kappa
from evalmuse_hf.stats.logistic import Logistic4, fit_logistic4
from evalmuse_hf.stats.multiplicity import holm
from evalmuse_hf.stats.paired import PairedResult, paired_difference
from evalmuse_hf.stats.rater_pairs import PairwiseResult, pairwise_kappa, pairwise_spearman
from evalmuse_hf.stats.resampling import mean_interval
from evalmuse_hf.stats.results import (
    AccuracyResult,
    AgreementResult,
    ConfidenceInterval,
    CorrelationResult,
    NtireTrack1Result,
    StatisticResult,
)
from evalmuse_hf.stats.share_within import ShareWithin, share_within
from evalmuse_hf.stats.structure_challenge import NtireTrack2Result, ntire_track2

__all__ = [
    "CITATION",
    "AccuracyResult",
    "AdjustedMeans",
    "AgreementResult",
    "CeilingResult",
    "ConfidenceInterval",
    "CorrelationResult",
    "DawidSkeneResult",
    "DetectionResult",
    "EquivalenceResult",
    "HumanScorerResult",
    "IccResult",
    "Logistic4",
    "NtireTrack1Result",
    "NtireTrack2Result",
    "PairedResult",
    "PairwiseResult",
    "ShareWithin",
    "StatisticResult",
    "adjusted_means",
    "agreement_by",
    "cohen_kappa",
    "dawid_skene",
    "element_accuracy",
    "equivalence_test",
    "first_ratings",
    "fit_logistic4",
    "fleiss_kappa",
    "holm",
    "human_as_scorer",
    "icc",
    "krcc",
    "krippendorff_alpha",
    "mean_interval",
    "minimum_detectable_difference",
    "noise_ceiling",
    "ntire_track1",
    "ntire_track2",
    "paired_difference",
    "pairwise_kappa",
    "pairwise_spearman",
    "plcc",
    "problem_detection",
    "rmse",
    "share_within",
    "srcc",
]
