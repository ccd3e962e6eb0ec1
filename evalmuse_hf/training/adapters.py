"""Low-rank adapters (LoRA): train a few weights beside frozen ones, save them alone, or merge them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from evalmuse_hf.models.fga_blip2.adapter_fga_blip2 import (
    TRAINED_WHOLE,
    base_name,
    base_version,
    load_with_adapter,
    merge,
)
from evalmuse_hf.models.fga_blip2.modeling_fga_blip2 import FGABlip2ForAlignment

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import ProcessorMixin

__all__ = ["AdapterArguments", "add_adapters", "load_with_adapter", "merge", "save_adapter"]

# Whole names, because a bare `query` would also hit the modules `intermediate_query` and `output_query`.
QFORMER_LAYERS = r"qformer\.encoder\.layer\.\d+\.(cross)?attention\.(attention\.(query|key|value)|output\.dense)"
VISION_LAYERS = r"vision_model\.encoder\.layers\.\d+\.self_attn\.(qkv|projection)"


@dataclass
class AdapterArguments:
    """Whether, and how, a run trains low-rank adapters instead of the weights themselves.

    Raises:
        ValueError: If an option is out of range, or asks for an adapter while there is none.
    """

    _argument_group_name: ClassVar[str] = "adapters"

    lora_rank: int = field(
        default=0,
        metadata={
            "help": "Rank of low-rank adapters on the attention of the Q-Former, such as 8: they are trained in place "
            "of its weights; 0 trains the weights."
        },
    )
    lora_alpha: int = field(
        default=16, metadata={"help": "What an adapter adds is scaled by `lora_alpha / lora_rank`."}
    )
    lora_dropout: float = field(default=0.0, metadata={"help": "Dropout of what goes into an adapter, in [0, 1)."})
    lora_vision: bool = field(
        default=False,
        metadata={"help": "Adapters on the attention of the vision tower too; rules out `feature_cache`."},
    )

    def __post_init__(self) -> None:
        """Refuse options that cannot be meant."""
        if self.lora_rank < 0:
            raise ValueError(f"`lora_rank` must be 0 (no adapters) or more, got {self.lora_rank!r}.")
        if self.lora_alpha < 1:
            raise ValueError(f"`lora_alpha` must be at least 1, got {self.lora_alpha!r}.")
        if not 0 <= self.lora_dropout < 1:
            raise ValueError(f"`lora_dropout` must be at least 0 and below 1, got {self.lora_dropout!r}.")
        if self.lora_vision and not self.lora_rank:
            raise ValueError("`lora_vision` needs adapters; give `lora_rank` too, such as 8.")


def add_adapters(model: FGABlip2ForAlignment, arguments: AdapterArguments, *, base: str | None = None) -> "PeftModel":
    r"""Freeze a model and put low-rank adapters beside its attention.

    A layer W of shape ``(n, m)`` becomes :math:`W + \frac{\alpha}{r} B A` with :math:`A` of shape ``(r, m)`` and
    :math:`B`, zero at the start, of shape ``(n, r)``. Adapted are query, key, value and output of the Q-Former's
    self- and cross-attention, and with ``lora_vision`` those of the vision tower. The match head, the mask head and
    the last layer norm of the vision tower, which the official training adapts, are small and are trained whole; their
    copies travel with the adapters. Feed-forward layers, embeddings and the learned queries stay frozen: an adapter
    needs a layer to stand beside, and those of the first attention change what the queries ask anyway.

    Args:
        model: It is changed in place, and is part of the result.
        arguments: Options of the adapters, with a rank of at least 1.
        base: What to write into the adapter's folder as the model to put it on: a packaged name, a folder, or a Hub
            id; None takes what the model was loaded from.

    Returns:
        The model with adapters, for `evalmuse_hf.FGATrainer` or anything else.

    Raises:
        ValueError: If the rank is 0, or the model carries adapters already.

    References:
        Hu et al., *LoRA: Low-Rank Adaptation of Large Language Models*, 2021. https://huggingface.co/papers/2106.09685
    """
    from peft import LoraConfig
    from peft.tuners.tuners_utils import BaseTunerLayer

    from evalmuse_hf.training.adapted_model import AdaptedModel

    if arguments.lora_rank < 1:
        raise ValueError(f"`lora_rank` must be at least 1 to add adapters, got {arguments.lora_rank!r}.")
    if any(isinstance(module, BaseTunerLayer) for module in model.modules()):
        raise ValueError("The model carries adapters already; `merge` them into it first.")
    targets = f"{QFORMER_LAYERS}|{VISION_LAYERS}" if arguments.lora_vision else QFORMER_LAYERS
    config = LoraConfig(
        r=arguments.lora_rank,
        lora_alpha=arguments.lora_alpha,
        lora_dropout=arguments.lora_dropout,
        target_modules=targets,
        modules_to_save=list(TRAINED_WHOLE),
        base_model_name_or_path=base_name(base or model.name_or_path or ""),
        revision=base_version(model),
    )
    return AdaptedModel(model, config)


def save_adapter(model: "PeftModel", folder: str | Path, *, processor: "ProcessorMixin | None" = None) -> None:
    """Write adapters without the model that they are on; `FGATrainer` writes the same files.

    Args:
        model: From `add_adapters`.
        folder: Folder to write, for ``load_scorer("fga_blip2", model=folder)`` and `load_with_adapter`.
        processor: Written beside them; `load_scorer` needs one.
    """
    model.save_pretrained(str(folder), save_embedding_layers=False)
    if processor is not None:
        processor.save_pretrained(folder)
