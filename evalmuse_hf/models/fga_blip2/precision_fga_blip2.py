"""Lower precision where FGA-BLIP2 spends its time: in the vision tower."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from evalmuse_hf.models.fga_blip2.modeling_fga_blip2 import FGABlip2ForAlignment


def set_tower_precision(model: FGABlip2ForAlignment, dtype: torch.dtype) -> None:
    """Let the vision tower compute with another precision, up to and without its last layer norm.

    The tower is 98 % of the cost of a pair. The Q-Former and the heads stay in float32, as in the official evaluation,
    whose tower runs in float16 and whose Q-Former does not.

    Args:
        model: It is changed in place; its Q-Former and heads become float32.
        dtype: float32, bfloat16 or float16.
    """
    model.to(torch.float32)  # type: ignore[arg-type]
    model.vision_model.embeddings.to(dtype)
    model.vision_model.encoder.to(dtype)


def tower_precision(model: FGABlip2ForAlignment) -> torch.dtype:
    """Precision of the vision tower.

    Args:
        model: The model.
    """
    dtype: torch.dtype = next(model.vision_model.encoder.parameters(), model.query_tokens).dtype
    return dtype


@contextmanager
def tensor_cores(*, allowed: bool) -> Iterator[None]:
    """Let float32 products on a GPU round their factors to TF32 meanwhile.

    With a tower in half precision, a Q-Former in full float32 would be far more exact than what it reads, and by the
    arithmetic of docs/scale.md take a fifth of the time; TF32 keeps three more bits than bfloat16.

    Args:
        allowed: False changes nothing.
    """
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = before or allowed
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before
