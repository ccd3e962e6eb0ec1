"""Opens the networks behind CLIPScore, PickScore, HPSv2, BLIP-2 ITM and ImageReward."""

from pathlib import Path
from typing import Any

from evalmuse_hf.models.scorer import Scorer
from evalmuse_hf.scoring.model_folder import ScorerError, first_line, read_model_type

HUB_IDS = {
    "clip_score": ("openai/clip-vit-large-patch14", "1.7 GB"),
    "pick_score": ("yuvalkirstain/PickScore_v1", "3.9 GB"),
    "blip2_itm": ("Salesforce/blip2-itm-vit-g", "4.7 GB"),
}
"""Models that are taken by default, with their sizes."""
RELEASED_FILES = {
    "hps_v2": (
        *("HPS_v2_compressed.pt or HPS_v2.1_compressed.pt", "about 4 GB, Hub id xswu/HPSv2"),
        "CLIP's bpe_simple_vocab_16e6.txt.gz",
    ),
    "image_reward": ("ImageReward.pt", "1.8 GB, Hub id THUDM/ImageReward", "bert-base-uncased's vocab.txt"),
}
"""Files that have to be converted once, where they are, and what their vocabulary is."""
_MODEL_TYPES = {"blip2_itm": "blip-2", "image_reward": "image_reward"}  # of the others: clip


def open_encoder_scorer(name: str, folder: Path, *, label: str, device: str, batch_size: int | None) -> Scorer:
    """Open a scorer that encodes each picture once.

    Args:
        name: ``"clip_score"``, ``"pick_score"``, ``"hps_v2"``, ``"blip2_itm"`` or ``"image_reward"``.
        folder: Of a CLIP, BLIP-2 or ImageReward model with its tokenizer and, but for HPSv2 and ImageReward, its image
            processor.
        label: How records call the model.
        device: Where to run.
        batch_size: Pictures, prompts or pairs per pass; None takes 16.

    Raises:
        ScorerError: If the folder holds something else.
        ValueError: If ``batch_size`` is not positive.
    """
    wanted = _MODEL_TYPES.get(name, "clip")
    kind = read_model_type(folder, wanted=f"that of a model of type {wanted!r}")
    if kind != wanted:
        raise ScorerError(f"{folder} holds a model of type {kind!r}, expected {wanted!r}; give another folder.")
    options = {"name": f"{name}:{label}", "batch_size": 16 if batch_size is None else batch_size, "remember": True}
    open_one = {"blip2_itm": _open_blip2_itm, "image_reward": _open_image_reward}.get(name, _open_clip)
    if options["batch_size"] < 1:  # type: ignore[operator]
        raise ValueError(f"`batch_size` must be at least 1, got {batch_size}.")
    from evalmuse_hf.models.whole_weights import IncompleteWeightsError
    from evalmuse_hf.models.word_check import NoWordsError

    try:
        return open_one(name, folder, device=device, **options)
    except (IncompleteWeightsError, NoWordsError) as error:
        raise ScorerError(str(error)) from None
    except Exception as error:  # a damaged folder makes the loaders raise anything
        raise ScorerError(f"The model folder {folder} cannot be loaded: {first_line(error)}") from error


def _open_clip(kind: str, folder: Path, *, device: str, **options: Any) -> Scorer:
    from transformers import CLIPImageProcessorPil, CLIPModel, CLIPTokenizer

    from evalmuse_hf.models.encoders import ClipTowers, EncoderScorer, picture_preprocessor, tensor_preprocessor
    from evalmuse_hf.models.whole_weights import load_whole
    from evalmuse_hf.models.word_check import CLIP_ADVICE, check_words

    model = load_whole(CLIPModel, folder)
    tokenizer = CLIPTokenizer.from_pretrained(folder)
    check_words(tokenizer, source=folder, advice=CLIP_ADVICE, vocab_size=model.config.text_config.vocab_size)
    if kind == "hps_v2":
        preprocess = tensor_preprocessor(model.config.vision_config.image_size)
    else:
        preprocess = picture_preprocessor(CLIPImageProcessorPil.from_pretrained(folder))
    towers = ClipTowers(model, tokenizer, preprocess, device=device)
    scale = float(model.logit_scale.exp().detach()) if kind == "pick_score" else 1.0
    return EncoderScorer(towers, scale=scale, **options)


def _open_blip2_itm(_: str, folder: Path, *, device: str, **options: Any) -> Scorer:
    from transformers import Blip2ForImageTextRetrieval, BlipImageProcessorPil

    from evalmuse_hf.models.encoders import picture_preprocessor
    from evalmuse_hf.models.matchers import Blip2Matcher, MatchingScorer
    from evalmuse_hf.models.whole_weights import load_whole

    # Not its processor, which puts one token per query before the prompt.
    preprocess = picture_preprocessor(BlipImageProcessorPil.from_pretrained(folder))
    tokenizer = _bert_tokenizer(folder)
    model = load_whole(Blip2ForImageTextRetrieval, folder)
    return MatchingScorer(Blip2Matcher(model, tokenizer, preprocess, device=device), **options)


def _open_image_reward(_: str, folder: Path, *, device: str, **options: Any) -> Scorer:
    from evalmuse_hf.models.matchers import ImageRewardMatcher, ImageRewardModel, MatchingScorer
    from evalmuse_hf.models.whole_weights import load_whole

    model = load_whole(ImageRewardModel, folder)
    return MatchingScorer(ImageRewardMatcher(model, _bert_tokenizer(folder), device=device), **options)


def _bert_tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    from evalmuse_hf.models.word_check import BERT_ADVICE, NoWordsError, check_words, missing_tokenizer

    if not any((folder / name).is_file() for name in ("tokenizer.json", "vocab.txt")):
        raise NoWordsError(missing_tokenizer(folder, BERT_ADVICE))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    check_words(tokenizer, source=folder, advice=BERT_ADVICE)
    return tokenizer
