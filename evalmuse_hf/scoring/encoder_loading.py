"""Opens the encoders behind CLIPScore, PickScore and HPSv2."""

import json
from pathlib import Path
from typing import Any

from evalmuse_hf.models.scorer import Scorer

HUB_IDS = {
    "clip_score": ("openai/clip-vit-large-patch14", "1.7 GB"),
    "pick_score": ("yuvalkirstain/PickScore_v1", "3.9 GB"),
}
"""Models that are taken by default, with their sizes; HPSv2 is released in a form that has to be converted."""


class EncoderLoadingError(ValueError):
    """A folder that holds no CLIP model, or a damaged one."""


def open_encoder_scorer(name: str, folder: Path, *, label: str, device: str, batch_size: int | None) -> Scorer:
    """Open a scorer that compares vectors.

    Args:
        name: ``"clip_score"``, ``"pick_score"`` or ``"hps_v2"``.
        folder: Of a CLIP model with its tokenizer and, but for HPSv2, its image processor.
        label: How records call the model.
        device: Where to run.
        batch_size: Pictures, or prompts, per pass; None takes 16.

    Raises:
        EncoderLoadingError: If the folder holds something else.
        ValueError: If ``batch_size`` is not positive.
    """
    from transformers import CLIPImageProcessorPil, CLIPModel, CLIPTokenizer

    from evalmuse_hf.models.encoders import ClipTowers, EncoderScorer, picture_preprocessor, tensor_preprocessor

    _check_folder(folder)
    try:
        model: Any = CLIPModel.from_pretrained(folder)
        tokenizer = CLIPTokenizer.from_pretrained(folder)
        if name == "hps_v2":
            preprocess = tensor_preprocessor(model.config.vision_config.image_size)
        else:
            preprocess = picture_preprocessor(CLIPImageProcessorPil.from_pretrained(folder))
    except Exception as error:  # a damaged folder makes the loaders raise anything
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise EncoderLoadingError(f"The model folder {folder} cannot be loaded: {reason}") from error
    towers = ClipTowers(model, tokenizer, preprocess, device=device)
    scale = float(model.logit_scale.exp().detach()) if name == "pick_score" else 1.0
    return EncoderScorer(towers, name=f"{name}:{label}", scale=scale, batch_size=batch_size or 16)


def _check_folder(folder: Path) -> None:
    path = folder / "config.json"
    if not path.is_file():
        raise EncoderLoadingError(f"{folder} has no config.json, so it is no model folder; give that of a CLIP model.")
    try:
        config: Any = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise EncoderLoadingError(f"{path} is not JSON ({error}); write the folder again.") from None
    kind = config.get("model_type") if isinstance(config, dict) else None
    if kind != "clip":
        raise EncoderLoadingError(f"{folder} holds a model of type {kind!r}, expected 'clip'; give another folder.")
