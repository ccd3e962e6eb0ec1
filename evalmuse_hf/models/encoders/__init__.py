"""Scorers that compare one vector of a picture with one of its prompt: CLIPScore, PickScore, HPSv2."""

from evalmuse_hf.models.encoders.clip_towers import (
    ClipTowers,
    PicturePreprocessor,
    picture_preprocessor,
    tensor_preprocessor,
)
from evalmuse_hf.models.encoders.convert_hps_v2 import convert_hps_v2
from evalmuse_hf.models.encoders.encoder_scorer import EncoderScorer

__all__ = [
    "ClipTowers",
    "EncoderScorer",
    "PicturePreprocessor",
    "convert_hps_v2",
    "picture_preprocessor",
    "tensor_preprocessor",
]
