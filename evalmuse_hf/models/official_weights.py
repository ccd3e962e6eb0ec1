"""Released checkpoints: read without running code from them, every tensor accounted for."""

import pickle
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import torch
from torch import Tensor

BLIP_VISION_NAMES = (
    (r"^vision_model\.embeddings\.class_embedding$", "visual_encoder.cls_token"),
    (r"^vision_model\.embeddings\.position_embedding$", "visual_encoder.pos_embed"),
    (r"^vision_model\.embeddings\.patch_embedding\.", "visual_encoder.patch_embed.proj."),
    (r"^vision_model\.encoder\.layers\.", "visual_encoder.blocks."),
    (r"\.layer_norm([12])\.", r".norm\1."),
    (r"\.self_attn\.projection\.", ".attn.proj."),
    (r"\.self_attn\.qkv\.", ".attn.qkv."),
)
"""Names of a vision tower of BLIP and BLIP-2 in transformers, and those of their authors; see `rename`."""


def rename(name: str, rules: Iterable[tuple[str, str]]) -> str:
    """Apply rules to the name of a tensor.

    Args:
        name: The name.
        rules: Patterns with their replacements; each applies once, in this order.
    """
    for pattern, replacement in rules:
        name = re.sub(pattern, replacement, name)
    return name


def read_state_dict(checkpoint: Path, *, key: str = "model") -> dict[str, Tensor]:
    """Read the tensors of a checkpoint; nothing in the file is executed.

    Args:
        checkpoint: A file of `torch.save`.
        key: Where the tensors are if they are not at the top.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it holds something else.
    """
    if not checkpoint.is_file():
        raise FileNotFoundError(f"There is no checkpoint file at {checkpoint}.")
    try:
        content = torch.load(checkpoint, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ValueError(
            f"{checkpoint} holds more than tensors (or is no checkpoint) and was refused, since loading it could run "
            "foreign code; save its state dict alone with torch.save and convert that."
        ) from error
    except Exception as error:  # a file in the old format that was cut makes torch raise anything
        if isinstance(error, OSError) and error.filename is not None:
            raise
        raise ValueError(f"{checkpoint} is truncated or not a torch checkpoint; download it again.") from error
    state_dict = content.get(key, content) if isinstance(content, dict) else content
    if not isinstance(state_dict, dict) or not state_dict:
        raise ValueError(f"{checkpoint} holds no state dict; expected names and tensors, or those under {key!r}.")
    for name, tensor in state_dict.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise ValueError(f"{checkpoint}: expected a tensor for {name!r}, got {type(tensor).__name__}.")
    return state_dict


def take_weights(
    official: Mapping[str, Tensor],
    ours: Mapping[str, Tensor],
    *,
    source_of: Callable[[str], str],
    model: str,
    change: Callable[[str, Tensor], Tensor] | None = None,
    unused: Iterable[str] = (),
) -> dict[str, Tensor]:
    """Give every tensor of our model its official value, as float32.

    Args:
        official: Tensors by their authors' names.
        ours: State of the model to fill, for names and shapes.
        source_of: Official name of one of our names.
        model: What the checkpoint should be, for messages.
        change: Makes our tensor of the official one, given our name; None takes it as it is.
        unused: Patterns of official names that are known to be of no use.

    Raises:
        ValueError: If tensors are missing, left over or of another shape; the first is named.
    """
    taken: dict[str, Tensor] = {}
    used: set[str] = set()
    for name, current in ours.items():
        source = source_of(name)
        if source not in official:
            raise ValueError(f"The checkpoint lacks {source!r}, which becomes {name!r}; is it {model}?")
        value = official[source] if change is None else change(name, official[source])
        if value.shape != current.shape:
            raise ValueError(
                f"{source!r} gives a shape of {tuple(value.shape)} for {name!r}, expected {tuple(current.shape)}; "
                "give the sizes of this checkpoint as the configuration."
            )
        taken[name] = value.float().contiguous()
        used.add(source)
    patterns = list(unused)
    left_over = sorted(
        name for name in set(official) - used if not any(re.fullmatch(pattern, name) for pattern in patterns)
    )
    if left_over:
        raise ValueError(f"The checkpoint has {len(left_over)} tensors that {model} does not, first {left_over[0]!r}.")
    return taken
