"""Turns a released HPSv2 checkpoint (open_clip names) into a CLIP folder that ``from_pretrained`` reads.

Each tensor of our model asks for its official one; what is left over is an error that names it.
"""

import gzip
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer
from transformers.convert_slow_tokenizer import bytes_to_unicode

from evalmuse_hf.models.converted_card import write_converted_card
from evalmuse_hf.models.official_weights import read_state_dict, rename, take_weights
from evalmuse_hf.models.word_check import check_words

OFFICIAL_SIZES: Mapping[str, Any] = {
    "embed_dim": 1024,
    "vision": {"image_size": 224, "layers": 32, "width": 1280, "head_width": 80, "patch_size": 14},
    "text": {"context_length": 77, "vocab_size": 49408, "width": 1024, "heads": 16, "layers": 24},
}
"""Sizes of CLIP ViT-H/14, which both versions of HPSv2 are."""

TOKENIZER_ID = "openai/clip-vit-large-patch14"

_N_MERGES = 49152 - 256 - 2  # of the published file; what follows is unused
_NAMES = (
    (r"^vision_model\.embeddings\.class_embedding$", "visual.class_embedding"),
    (r"^vision_model\.embeddings\.position_embedding\.weight$", "visual.positional_embedding"),
    (r"^vision_model\.embeddings\.patch_embedding\.", "visual.conv1."),
    (r"^vision_model\.pre_layrnorm\.", "visual.ln_pre."),
    (r"^vision_model\.post_layernorm\.", "visual.ln_post."),
    (r"^vision_model\.encoder\.layers\.", "visual.transformer.resblocks."),
    (r"^text_model\.embeddings\.token_embedding\.", "token_embedding."),
    (r"^text_model\.embeddings\.position_embedding\.weight$", "positional_embedding"),
    (r"^text_model\.encoder\.layers\.", "transformer.resblocks."),
    (r"^text_model\.final_layer_norm\.", "ln_final."),
    (r"^visual_projection\.weight$", "visual.proj"),
    (r"^text_projection\.weight$", "text_projection"),
    (r"\.layer_norm([12])\.", r".ln_\1."),
    (r"\.self_attn\.out_proj\.", ".attn.out_proj."),
    (r"\.mlp\.fc1\.", ".mlp.c_fc."),
    (r"\.mlp\.fc2\.", ".mlp.c_proj."),
)
_SPLIT = re.compile(r"^(.*)\.self_attn\.([qkv])_proj\.(weight|bias)$")


def convert_hps_v2(
    checkpoint: str | Path, out: str | Path, *, config: str | Path | None = None, vocab: str | Path | None = None
) -> CLIPModel:
    """Convert a released HPSv2 checkpoint (2.0 or 2.1) to a folder with model, tokenizer and card.

    Args:
        checkpoint: ``HPS_v2_compressed.pt`` or ``HPS_v2.1_compressed.pt``. No code from it is run.
        out: Folder to write.
        config: JSON with ``embed_dim``, ``vision`` and ``text`` as in `OFFICIAL_SIZES`; None takes those.
        vocab: CLIP's ``bpe_simple_vocab_16e6.txt.gz``, or a tokenizer folder; None takes
            ``openai/clip-vit-large-patch14``'s from the Hub, which is the same.

    Returns:
        The model that was written.

    Raises:
        ValueError: If the file is no such checkpoint, tensors are missing, left over or of another shape, or the
            tokenizer is that of another model.
        OSError: If the tokenizer cannot be had from the Hub.
    """
    sizes = OFFICIAL_SIZES if config is None else json.loads(Path(config).read_text("utf-8"))
    official = read_state_dict(Path(checkpoint), key="state_dict")  # before the model: that one takes half a minute
    model = CLIPModel(build_config(sizes))
    model.load_state_dict(rename_weights(official, model.state_dict()))
    tokenizer = load_tokenizer(vocab, max_length=sizes["text"]["context_length"])
    check_words(
        tokenizer,
        **{"source": vocab or TOKENIZER_ID, "vocab_size": sizes["text"]["vocab_size"]},
        advice="give bpe_simple_vocab_16e6.txt.gz",
    )
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    write_converted_card("hps_v2", Path(out), checkpoint=Path(checkpoint), is_official=config is None)
    return model


def build_config(sizes: Mapping[str, Any]) -> CLIPConfig:
    """Spell open_clip's sizes as transformers does; the activation is the exact GELU.

    Args:
        sizes: As in `OFFICIAL_SIZES`.
    """
    vision, text = sizes["vision"], sizes["text"]
    shared = {"hidden_act": "gelu", "projection_dim": sizes["embed_dim"]}
    return CLIPConfig(
        vision_config={
            **{"hidden_size": vision["width"], "intermediate_size": 4 * vision["width"], **shared},
            **{"num_hidden_layers": vision["layers"], "num_attention_heads": vision["width"] // vision["head_width"]},
            **{"image_size": vision["image_size"], "patch_size": vision["patch_size"]},
        },
        text_config={
            **{"hidden_size": text["width"], "intermediate_size": 4 * text["width"], **shared},
            **{"num_hidden_layers": text["layers"], "num_attention_heads": text["heads"]},
            **{"vocab_size": text["vocab_size"], "max_position_embeddings": text["context_length"]},
            **{"bos_token_id": 49406, "eos_token_id": 49407, "pad_token_id": 49407},
        },
        projection_dim=sizes["embed_dim"],
    )


def rename_weights(official: Mapping[str, Tensor], ours: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give every tensor of our model its official value.

    Args:
        official: Tensors by open_clip's names.
        ours: State of the model to fill, for names and shapes.

    Raises:
        ValueError: If tensors are missing, left over or of another shape; the first is named.
    """
    return take_weights(official, ours, source_of=_official, change=_take_part, model="HPSv2")


def load_tokenizer(vocab: str | Path | None, *, max_length: int = 77) -> Any:
    """Make CLIP's tokenizer.

    Args:
        vocab: See `convert_hps_v2`.
        max_length: Tokens that the model reads.

    Raises:
        ValueError: If the file is no such list of merges, or the folder has no tokenizer.
        OSError: If the tokenizer cannot be had from the Hub.
    """
    if vocab is None:
        return _download()
    if Path(vocab).is_dir():
        tokenizer = CLIPTokenizer.from_pretrained(vocab)
        check_words(tokenizer, source=vocab, advice="give bpe_simple_vocab_16e6.txt.gz, or another folder")
        return tokenizer
    try:
        lines = gzip.decompress(Path(vocab).read_bytes()).decode("utf-8").split("\n")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ValueError(f"{vocab} is no gzip file of merges ({error}); give bpe_simple_vocab_16e6.txt.gz.") from error
    merges = [line for line in lines[1 : _N_MERGES + 1] if line]
    letters = list(bytes_to_unicode().values())
    words = [*letters, *(f"{letter}</w>" for letter in letters), *("".join(merge.split()) for merge in merges)]
    words += ["<|startoftext|>", "<|endoftext|>"]
    ids = {word: place for place, word in enumerate(words)}
    pairs: Any = [tuple(merge.split()) for merge in merges]
    return CLIPTokenizer(vocab=ids, merges=pairs, model_max_length=max_length)


def _download() -> Any:
    try:
        tokenizer = CLIPTokenizer.from_pretrained(TOKENIZER_ID)
        # Without the network transformers gives a tokenizer of no words, and no error.
        check_words(tokenizer, source=TOKENIZER_ID, advice="")
    except (OSError, ValueError) as error:
        raise OSError(
            f"Converting needs the tokenizer {TOKENIZER_ID} (2 MB) from the Hub, which cannot be reached; give CLIP's "
            "bpe_simple_vocab_16e6.txt.gz or a tokenizer folder (`vocab`, or --vocab FILE)."
        ) from error
    return tokenizer


def _official(name: str) -> str:
    if split := _SPLIT.match(name):
        name = f"{split[1]}.attn.in_proj_{split[3]}"
    return rename(name, _NAMES)


def _take_part(name: str, value: Tensor) -> Tensor:
    """Our part of a fused attention weight; projections are stored the other way round."""
    if split := _SPLIT.match(name):
        return value.chunk(3)["qkv".index(split[2])]
    return value.T if name in ("visual_projection.weight", "text_projection.weight") else value
