"""Turns the released ``ImageReward.pt`` into a folder that ``from_pretrained`` reads."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor
from transformers import CLIPImageProcessorPil

from evalmuse_hf.models.bert_tokenizer import read_bert_tokenizer
from evalmuse_hf.models.converted_card import write_converted_card
from evalmuse_hf.models.matchers.image_reward import MAX_TOKENS, ImageRewardConfig, ImageRewardModel
from evalmuse_hf.models.official_weights import BLIP_VISION_NAMES, read_state_dict, rename, take_weights

OFFICIAL_SIZES: Mapping[str, Any] = {
    "vision": {
        **{"image_size": 224, "patch_size": 16, "hidden_size": 1024, "num_hidden_layers": 24},
        **{"num_attention_heads": 16, "mlp_ratio": 4},
    },
    "text": {
        **{"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12, "num_hidden_layers": 12},
        **{"vocab_size": 30524, "encoder_width": 1024},
    },
    "reward_mean": 0.16717362830052426,
    "reward_std": 1.0333394966054072,
    "mlp": [768, 1024, 128, 64, 16, 1],
}
"""Sizes of the released checkpoint: a BLIP with a ViT-L/16 and a BERT-base."""

_HEAD_LAYERS = (0, 2, 4, 6, 7)  # dropout is between them
_UNUSED = (r"blip\.text_encoder\.embeddings\.position_ids", r"blip\.(vision|text)_proj\.(weight|bias)")


def convert_image_reward(
    checkpoint: str | Path, out: str | Path, *, config: str | Path | None = None, vocab: str | Path | None = None
) -> ImageRewardModel:
    """Convert the released ImageReward checkpoint to a folder with model, tokenizer, image processor and card.

    Args:
        checkpoint: ``ImageReward.pt``. No code from it is run.
        out: Folder to write.
        config: JSON with the sizes in the form of `OFFICIAL_SIZES`; None takes those.
        vocab: BERT's ``vocab.txt``, or a tokenizer folder; None takes ``google-bert/bert-base-uncased`` from the Hub.

    Returns:
        The model that was written.

    Raises:
        ValueError: If the file is no such checkpoint, or tensors are missing, left over or of another shape.
        OSError: If a file is missing, or the tokenizer cannot be had.
    """
    sizes = OFFICIAL_SIZES if config is None else json.loads(Path(config).read_text("utf-8"))
    official = read_state_dict(Path(checkpoint))  # before the model, which takes seconds to make
    model = ImageRewardModel(build_config(sizes))
    model.load_state_dict(rename_weights(official, model.state_dict()))
    tokenizer = read_bert_tokenizer(
        vocab, vocab_size=sizes["text"]["vocab_size"], max_length=MAX_TOKENS, added=("[DEC]", "[ENC]")
    )
    size = sizes["vision"]["image_size"]
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    CLIPImageProcessorPil(size={"shortest_edge": size}, crop_size=size).save_pretrained(out)
    write_converted_card("image_reward", Path(out), checkpoint=Path(checkpoint), is_official=config is None)
    return model


def build_config(sizes: Mapping[str, Any]) -> ImageRewardConfig:
    """Spell the authors' sizes as transformers does.

    Args:
        sizes: As in `OFFICIAL_SIZES`.

    Raises:
        ValueError: If two of them contradict each other.
    """
    vision, text = dict(sizes["vision"]), dict(sizes["text"])
    if text.pop("encoder_width", vision["hidden_size"]) != vision["hidden_size"]:
        raise ValueError("The text's `encoder_width` must be the vision's `hidden_size`; correct the sizes.")
    if sizes["mlp"][0] != text["hidden_size"] or sizes["mlp"][-1] != 1:
        raise ValueError(f"`mlp` must begin with the text's `hidden_size` and end with 1, got {sizes['mlp']}.")
    vision["intermediate_size"] = vision["hidden_size"] * vision.pop("mlp_ratio")
    return ImageRewardConfig(
        vision_config={**vision, "layer_norm_eps": 1e-6},
        text_config=text,
        head_sizes=tuple(sizes["mlp"][1:-1]),
        reward_mean=sizes["reward_mean"],
        reward_std=sizes["reward_std"],
    )


def rename_weights(official: Mapping[str, Tensor], ours: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give every tensor of our model its official value.

    Args:
        official: Tensors by the authors' names.
        ours: State of the model to fill, for names and shapes.

    Raises:
        ValueError: If tensors are missing, left over or of another shape; the first is named.
    """
    return take_weights(official, ours, source_of=_official, unused=_UNUSED, model="ImageReward")


def _official(name: str) -> str:
    if layer := re.match(r"^head\.(\d+)\.(.*)$", name):
        return f"mlp.layers.{_HEAD_LAYERS[int(layer[1])]}.{layer[2]}"
    name = re.sub(r"^text_model\.", "text_encoder.", name)
    name = re.sub(r"^vision_model\.post_layernorm\.", "visual_encoder.norm.", name)
    return f"blip.{rename(name, BLIP_VISION_NAMES)}"
