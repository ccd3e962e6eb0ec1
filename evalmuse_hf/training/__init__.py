"""Training of FGA-BLIP2 on ratings: options, losses, variance weights and the Trainer."""

from evalmuse_hf.training.adapters import AdapterArguments, add_adapters
from evalmuse_hf.training.arguments import DataArguments, FGATrainingArguments, ModelArguments
from evalmuse_hf.training.losses import FGALoss, fga_loss
from evalmuse_hf.training.rating_noise import RatingNoise, rating_noise
from evalmuse_hf.training.trainer import FGATrainer
from evalmuse_hf.training.weighting import VarianceWeights, variance_weights

__all__ = [
    "AdapterArguments",
    "DataArguments",
    "FGALoss",
    "FGATrainer",
    "FGATrainingArguments",
    "ModelArguments",
    "RatingNoise",
    "VarianceWeights",
    "add_adapters",
    "fga_loss",
    "rating_noise",
    "variance_weights",
]
