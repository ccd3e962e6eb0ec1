"""Pictures on their way into a reward: checked, and resized as Pillow does it, but with a gradient."""

import torch
import torch.nn.functional as F
from torch import Tensor

from evalmuse_hf.images.preparation import takes_vertical_first

_LEVELS = 255  # of an 8-bit channel, without 0
_OVERSHOOT = 1e-3  # rounding in 16-bit generators leaves [0, 1] by less
_LEVELS_SUSPECTED = 2.0  # a picture with values above this was meant to be 0-255
_BATCH_DIMENSIONS = 4


def check_pictures(pictures: Tensor) -> None:
    """Refuse what is no batch of pictures in [0, 1]; single nan and infinite pixels are the rows' own affair.

    Args:
        pictures: What a caller gave.

    Raises:
        TypeError: If it is no tensor.
        ValueError: If its shape, its kind of number or its range is wrong.
    """
    if not isinstance(pictures, Tensor):
        raise TypeError(
            f"`images` must be a tensor of shape (B, 3, H, W), got {type(pictures).__name__}; "
            "`make_reward_fn` also takes arrays and Pillow pictures."
        )
    if pictures.ndim != _BATCH_DIMENSIONS or pictures.shape[1] != 3 or 0 in pictures.shape[2:]:
        last = pictures.ndim == _BATCH_DIMENSIONS and pictures.shape[3] == 3
        hint = "give images.permute(0, 3, 1, 2)." if last else "give RGB pictures of one size as a batch."
        raise ValueError(f"`images` must have the shape (B, 3, H, W), got {tuple(pictures.shape)}; {hint}")
    if not pictures.is_floating_point():
        raise ValueError(f"`images` must hold floats in [0, 1], got {pictures.dtype}; divide 8-bit levels by 255.")
    _check_range(pictures.detach())


def _check_range(pictures: Tensor) -> None:
    if not len(pictures):
        return
    known = torch.where(pictures.isfinite(), pictures, 0).flatten(1)
    lowest, highest = known.amin(1), known.amax(1)  # (B,)
    outside = (lowest < -_OVERSHOOT) | (highest > 1 + _OVERSHOOT)
    if not bool(outside.any()):
        return
    row = int(outside.nonzero()[0, 0])
    low, high = float(lowest[row]), float(highest[row])
    if high > _LEVELS_SUSPECTED:
        hint = "divide 8-bit levels by 255."
    elif low < -_OVERSHOOT:
        hint = "map [-1, 1] by images / 2 + 0.5, and clamp."
    else:
        hint = "clamp them."
    raise ValueError(f"`images` must be in [0, 1], got {low:.4g} to {high:.4g} in row {row}; {hint}")


def resize_pictures(pictures: Tensor, size: int, *, quantize: bool = False) -> Tensor:
    """Resize pictures to a square by Pillow's bicubic filter, differentiably; the aspect ratio is not kept.

    Pillow resizes 8-bit pictures in two passes, one axis after the other, and clips and rounds after each. So does
    this, in the order that `evalmuse_hf.images.Preparation` takes, without the rounding unless it is asked for. A
    picture of the right size stays as it is.

    Args:
        pictures: In [0, 1], shape ``(B, 3, H, W)``, of any floating type.
        size: Side of the result in pixels.
        quantize: Round to 8 bits where a saved file and Pillow do, and let the gradient pass as if nothing had been
            rounded.

    Returns:
        Shape ``(B, 3, size, size)``, in [0, 1]; float64 if the pictures are, else float32.
    """
    levels = pictures if pictures.dtype == torch.float64 else pictures.float()
    levels = (levels * _LEVELS).clamp(0, _LEVELS)  # whole numbers for what comes from 8 bits, as Pillow sees them
    if quantize:
        levels = _round_through(levels)
    height, width = pictures.shape[2:]
    vertical_first = takes_vertical_first((width, height), (size, size))
    for shape in ((size, width) if vertical_first else (height, size), (size, size)):
        if tuple(levels.shape[2:]) == shape:
            continue
        levels = F.interpolate(levels, shape, mode="bicubic", antialias=True, align_corners=False).clamp(0, _LEVELS)
        if quantize:
            levels = _round_through(levels)
    return levels / _LEVELS


def _round_through(levels: Tensor) -> Tensor:
    """Round halves up, as Pillow does, with the gradient of doing nothing."""
    return levels + (torch.floor(levels + 0.5) - levels).detach()
