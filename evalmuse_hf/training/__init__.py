"""Training of FGA-BLIP2 on ratings: options, losses, variance weights and the Trainer."""

from evalmuse_hf.training.arguments import DataArguments, FGATrainingArguments, ModelArguments
from evalmuse_hf.training.losses import FGALoss, fga_loss
from evalmuse_hf.training.trainer import FGATrainer
from evalmuse_hf.training.weighting import VarianceWeights, rating_noise, variance_weights

__all__ = [
    "DataArguments",
    "FGALoss",
    "FGATrainer",
    "FGATrainingArguments",
    "ModelArguments",
    "VarianceWeights",
    "fga_loss",
    "rating_noise",
    "variance_weights",
]
