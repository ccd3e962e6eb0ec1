"""Statistics of the protocol: correlation, error, accuracy, agreement, adjusted means, challenge scores, intervals."""

from evalmuse_hf.stats.accuracy_difference import accuracy_difference, accuracy_differences
from evalmuse_hf.stats.additive import AdjustedMeans, adjusted_means
from evalmuse_hf.stats.agreement import krippendorff_alpha
from evalmuse_hf.stats.agreement_by import agreement_by
from evalmuse_hf.stats.block_contrasts import block_contrasts
from evalmuse_hf.stats.block_means import block_means
from evalmuse_hf.stats.bradley_terry import BradleyTerryResult, bradley_terry, wins_within
from evalmuse_hf.stats.calibration import CalibrationBin, CalibrationResult, calibration
from evalmuse_hf.stats.calibration_maps import (
    CalibrationMap,
    IsotonicMap,
    PlattMap,
    cross_validated_calibration,
    fit_isotonic,
    fit_platt,
    read_calibration_map,
)
from evalmuse_hf.stats.ceiling import CeilingResult, noise_ceiling
from evalmuse_hf.stats.challenge import ntire_track1
from evalmuse_hf.stats.citation import CITATION
from evalmuse_hf.stats.classification import element_accuracy
from evalmuse_hf.stats.correlation import krcc, plcc, rmse, srcc
from evalmuse_hf.stats.dawid_skene import DawidSkeneResult, dawid_skene
from evalmuse_hf.stats.dependent_correlations import DependentCorrelationTest, steiger_test, williams_test
from evalmuse_hf.stats.detectable import detectable_difference, prompts_needed
from evalmuse_hf.stats.detection import DetectionResult, problem_detection
from evalmuse_hf.stats.discrimination import DiscriminationResult, auroc, f1_score
from evalmuse_hf.stats.equivalence import EquivalenceResult, equivalence_test, minimum_detectable_difference
from evalmuse_hf.stats.first_ratings import first_ratings
from evalmuse_hf.stats.folds import grouped_folds
from evalmuse_hf.stats.human_scorer import HumanScorerResult, human_as_scorer
from evalmuse_hf.stats.icc import IccResult, icc
from evalmuse_hf.stats.kappa import cohen_kappa, fleiss_kappa
from evalmuse_hf.stats.logistic import Logistic4, fit_logistic4
from evalmuse_hf.stats.multiplicity import holm
from evalmuse_hf.stats.paired import PairedResult, paired_difference
from evalmuse_hf.stats.pairwise_accuracy import PairwiseAccuracy, pairwise_accuracy
from evalmuse_hf.stats.pairwise_decisions import PairDecision, PairwiseDecisions, pairwise_decisions
from evalmuse_hf.stats.pairwise_differences import NamedDifference, PairwiseDifferences, ScorerDifference
from evalmuse_hf.stats.prediction_powered import PredictionPoweredResult, prediction_powered_mean
from evalmuse_hf.stats.prompt_rater import PromptRaterResult, prompt_rater_interval
from evalmuse_hf.stats.rank_exchange import ExchangeResult, rank_exchange_test
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
from evalmuse_hf.stats.scorer_difference import scorer_difference, scorer_differences
from evalmuse_hf.stats.separation import significance_letters
from evalmuse_hf.stats.share_within import ShareWithin, share_within
from evalmuse_hf.stats.structure_challenge import NtireTrack2Result, ntire_track2
from evalmuse_hf.stats.system_level import SystemCorrelation, system_correlation
from evalmuse_hf.stats.thresholds import CategoryThreshold, CategoryThresholds, best_threshold, category_thresholds

__all__ = [
    "CITATION",
    "AccuracyResult",
    "AdjustedMeans",
    "AgreementResult",
    "BradleyTerryResult",
    "CalibrationBin",
    "CalibrationMap",
    "CalibrationResult",
    "CategoryThreshold",
    "CategoryThresholds",
    "CeilingResult",
    "ConfidenceInterval",
    "CorrelationResult",
    "DawidSkeneResult",
    "DependentCorrelationTest",
    "DetectionResult",
    "DiscriminationResult",
    "EquivalenceResult",
    "ExchangeResult",
    "HumanScorerResult",
    "IccResult",
    "IsotonicMap",
    "Logistic4",
    "NamedDifference",
    "NtireTrack1Result",
    "NtireTrack2Result",
    "PairDecision",
    "PairedResult",
    "PairwiseAccuracy",
    "PairwiseDecisions",
    "PairwiseDifferences",
    "PairwiseResult",
    "PlattMap",
    "PredictionPoweredResult",
    "PromptRaterResult",
    "ScorerDifference",
    "ShareWithin",
    "StatisticResult",
    "SystemCorrelation",
    "accuracy_difference",
    "accuracy_differences",
    "adjusted_means",
    "agreement_by",
    "auroc",
    "best_threshold",
    "block_contrasts",
    "block_means",
    "bradley_terry",
    "calibration",
    "category_thresholds",
    "cohen_kappa",
    "cross_validated_calibration",
    "dawid_skene",
    "detectable_difference",
    "element_accuracy",
    "equivalence_test",
    "f1_score",
    "first_ratings",
    "fit_isotonic",
    "fit_logistic4",
    "fit_platt",
    "fleiss_kappa",
    "grouped_folds",
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
    "pairwise_accuracy",
    "pairwise_decisions",
    "pairwise_kappa",
    "pairwise_spearman",
    "plcc",
    "prediction_powered_mean",
    "problem_detection",
    "prompt_rater_interval",
    "prompts_needed",
    "rank_exchange_test",
    "read_calibration_map",
    "rmse",
    "scorer_difference",
    "scorer_differences",
    "share_within",
    "significance_letters",
    "srcc",
    "steiger_test",
    "system_correlation",
    "williams_test",
    "wins_within",
]
