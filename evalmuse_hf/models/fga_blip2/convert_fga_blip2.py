"""Turns an official ``fga_blip2.pth`` (LAVIS names) into a folder that ``from_pretrained`` reads.

The names are derived from our model, not from the file: each of our tensors asks for its official one, and what is
left over must be on the list of what is known to be unused. So no tensor is dropped or left random in silence.
"""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from transformers import BlipImageProcessorPil

from evalmuse_hf.models.bert_tokenizer import read_bert_tokenizer
from evalmuse_hf.models.converted_card import write_converted_card
from evalmuse_hf.models.fga_blip2.configuration_fga_blip2 import FGABlip2Config
from evalmuse_hf.models.fga_blip2.modeling_fga_blip2 import FGABlip2ForAlignment
from evalmuse_hf.models.fga_blip2.processing_fga_blip2 import FGABlip2Processor
from evalmuse_hf.models.official_weights import BLIP_VISION_NAMES, read_state_dict, rename

logger = logging.getLogger(__name__)

# Our names to official ones; each rule applies once, in this order.
_OFFICIAL_NAMES = (
    *BLIP_VISION_NAMES,
    (r"^vision_model\.post_layernorm\.", "ln_vision."),
    (r"^embeddings\.", "Qformer.bert.embeddings."),
    (r"^qformer\.layernorm\.", "Qformer.bert.embeddings.LayerNorm."),
    (r"^qformer\.encoder\.", "Qformer.bert.encoder."),
    (r"\.(cross)?attention\.attention\.", r".\1attention.self."),
)
_MASK_HEAD_LAYER = re.compile(r"^mask_head\.layers\.(\d+)\.")
_UNUSED = {
    r"Qformer\.cls\..*": "language-model head of BERT, which no score reads",
    r"Qformer\.bert\.embeddings\.position_ids": "a counter, made anew",
    r"(vision|text)_proj\.(weight|bias)": "contrastive projection of BLIP-2, which no score reads",
    r"temp": "contrastive temperature of BLIP-2, which no score reads",
}
_TOP_LEVEL_SIZES = frozenset({"num_query_tokens", "image_text_hidden_size", "mask_head_sizes"})
_IGNORED_SIZES = frozenset({"vision", "qformer", "max_text_length", "tokenizer"})


@dataclass(frozen=True, slots=True)
class ConversionReport:
    """What became of every tensor of a checkpoint.

    Attributes:
        out: The folder that was written.
        used: Official names of the tensors that went into the model, sorted.
        unused: Official names of those that are known to be of no use, each with the reason.
        n_parameters: Parameters of the model.
    """

    out: Path
    used: tuple[str, ...]
    unused: Mapping[str, str]
    n_parameters: int


def convert_checkpoint(
    checkpoint: str | Path,
    out: str | Path,
    *,
    config: str | Path | None = None,
    vocab: str | Path | None = None,
) -> ConversionReport:
    """Convert an official FGA-BLIP2 checkpoint to a folder with model (safetensors), processor and card.

    Args:
        checkpoint: ``fga_blip2.pth``: a state dict in LAVIS names, or a dict that holds one as ``"model"``. It is read
            with ``weights_only=True``, so that no code in it can run.
        out: Folder to write; files of an earlier conversion in it are replaced.
        config: JSON with the sizes, in the form ``{"vision": {...}, "qformer": {...}, "num_query_tokens": ...}``; None
            means those of the released checkpoint.
        vocab: BERT's ``vocab.txt``, or a folder with a tokenizer; None takes ``google-bert/bert-base-uncased`` from
            the Hub. The token ``[DEC]`` is added to it, as in the official code.

    Returns:
        What was used and what was not.

    Raises:
        ValueError: If the file is not a plain state dict; if a tensor is missing, surplus or wrongly shaped; or if
            sizes and vocabulary do not fit. The message names what is wrong.
        OSError: If a file is missing, or the tokenizer cannot be had.
    """
    checkpoint, out = Path(checkpoint), Path(out)
    if out.exists() and not out.is_dir():
        raise ValueError(f"The output {out} is a file; give a folder.")
    model_config = _read_config(config)
    state_dict = read_state_dict(checkpoint)
    with torch.device("meta"):
        expected = {name: tensor.shape for name, tensor in FGABlip2ForAlignment(model_config).state_dict().items()}
    sources = {name: _official_names(name) for name in expected}
    used = {official for names in sources.values() for official in names}
    unused = _account_for(state_dict, used, checkpoint)
    tensors = {name: _assemble(name, sources[name], state_dict, shape, checkpoint) for name, shape in expected.items()}
    tokenizer = read_bert_tokenizer(
        vocab,
        vocab_size=model_config.qformer_config.vocab_size,
        max_length=model_config.qformer_config.max_position_embeddings,
    )
    size = model_config.vision_config.image_size
    processor = FGABlip2Processor(BlipImageProcessorPil(size={"height": size, "width": size}), tokenizer)

    model = FGABlip2ForAlignment.from_pretrained(None, config=model_config, state_dict=tensors, dtype=torch.float32)
    model.save_pretrained(out)
    processor.save_pretrained(out)
    write_converted_card("fga_blip2", out, checkpoint=checkpoint, is_official=config is None)
    logger.info("Converted %s to %s: %d tensors used, %d known to be unused.", checkpoint, out, len(used), len(unused))
    return ConversionReport(out, tuple(sorted(used)), unused, model.num_parameters())


def _official_names(name: str) -> tuple[str, ...]:
    """Official name of one of our tensors; the attention bias of the vision tower is stored as two."""
    if match := _MASK_HEAD_LAYER.match(name):
        return (name.replace(match[0], f"mask_proj.layers.{2 * int(match[1])}."),)  # every second layer is a ReLU
    name = rename(name, _OFFICIAL_NAMES)
    if name.endswith(".attn.qkv.bias"):
        stem = name.removesuffix("qkv.bias")
        return stem + "q_bias", stem + "v_bias"
    return (name,)


def _account_for(state_dict: Mapping[str, Tensor], used: set[str], checkpoint: Path) -> dict[str, str]:
    """Reasons why the tensors that are not used are not; no other may be missing or left over."""
    missing = sorted(used - state_dict.keys())
    if missing:
        raise ValueError(
            f"{checkpoint} lacks {_listed(missing)}; take a complete FGA-BLIP2 checkpoint, and give the sizes that "
            "belong to it (`config`, or --config JSON)."
        )
    unused: dict[str, str] = {}
    surplus = []
    for name in sorted(state_dict.keys() - used):
        reason = next((reason for pattern, reason in _UNUSED.items() if re.fullmatch(pattern, name)), None)
        if reason is None:
            surplus.append(name)
        else:
            unused[name] = reason
    if surplus:
        raise ValueError(
            f"{checkpoint} has {_listed(surplus)}, for which the model has no place; the sizes (`config`, or --config "
            "JSON) do not fit it, or it is not a checkpoint of FGA-BLIP2."
        )
    return unused


def _assemble(
    name: str, sources: tuple[str, ...], state_dict: Mapping[str, Tensor], shape: torch.Size, checkpoint: Path
) -> Tensor:
    """Our tensor from its official one, or from the two halves of an attention bias."""
    official_shape = shape if len(sources) == 1 else torch.Size([shape[0] // 3])
    for source in sources:
        if state_dict[source].shape != official_shape:
            raise ValueError(
                f"{checkpoint}: {source!r} has the shape {tuple(state_dict[source].shape)}, expected "
                f"{tuple(official_shape)} for {name!r}; give the sizes that belong to the checkpoint (`config`, "
                "or --config JSON)."
            )
    if len(sources) == 1:
        return state_dict[sources[0]].float()
    query_bias, value_bias = (state_dict[source].float() for source in sources)
    return torch.cat([query_bias, torch.zeros_like(query_bias), value_bias])


def _read_config(path: str | Path | None) -> FGABlip2Config:
    """Configuration from a JSON with official sizes, which name the two epsilons of the vision tower apart."""
    if path is None:
        return FGABlip2Config()
    try:
        sizes = json.loads(Path(path).read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON ({error}).") from error
    if not isinstance(sizes, dict):
        raise ValueError(f"{path}: expected an object with the sizes, got {type(sizes).__name__}.")
    default = FGABlip2Config()
    default_vision, default_qformer = default.vision_config.to_dict(), default.qformer_config.to_dict()
    vision, qformer = dict(sizes.get("vision", {})), dict(sizes.get("qformer", {}))
    post_layernorm_eps = vision.pop("ln_vision_eps", default.vision_post_layernorm_eps)
    top_level = {key: value for key, value in sizes.items() if key not in _IGNORED_SIZES}
    unknown = [
        *(vision.keys() - default_vision),
        *(qformer.keys() - default_qformer),
        *(top_level.keys() - _TOP_LEVEL_SIZES),
    ]
    if unknown:
        raise ValueError(f"{path}: unknown sizes {_listed(sorted(unknown))}.")
    return FGABlip2Config(
        vision_config=default_vision | vision,
        qformer_config=default_qformer | qformer,
        vision_post_layernorm_eps=post_layernorm_eps,
        **top_level,
    )


def _listed(names: list[str]) -> str:
    """The first names of a list and the number of the others."""
    shown = ", ".join(repr(name) for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
