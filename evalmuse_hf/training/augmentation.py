"""Pictures changed at random while a model trains: the official way, on request, because it makes labels untrue."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch.utils.data import Dataset
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from evalmuse_hf.images import load_image

_SCALE = (0.5, 1.0)  # share of the picture's area that is kept; model config of the released training
_RATIO = (3 / 4, 4 / 3)  # width to height of what is kept; default of torchvision's RandomResizedCrop, used there
_N_TRIES = 10  # likewise
_FLIP_SHARE = 0.5


class CropBox(NamedTuple):
    """Part of a picture, in pixels."""

    left: int
    top: int
    right: int
    bottom: int


class AugmentedItems(Dataset[dict[str, Any]]):
    """Training items whose pictures are cropped and mirrored, anew in every epoch.

    What happens to a picture depends on the seed, the epoch and the row only: not on the process that reads it, nor on
    what was read before, so that a resumed run sees what an uninterrupted one would have seen.

    Args:
        items: Rows with ``image``, as `evalmuse_hf.training.rated_pairs.training_items` makes them.
        size: Side of the pictures that the model reads, in pixels.
        seed: Fixes what happens.
    """

    def __init__(self, items: Any, *, size: int, seed: int) -> None:
        self.items = items
        self.size = size
        self.seed = seed
        self._epoch = torch.zeros((), dtype=torch.int64).share_memory_()  # seen by workers that live on

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> dict[str, Any]:
        rng = np.random.default_rng([self.seed, int(self._epoch), index])
        item = dict(self.items[index])
        return {**item, "image": augment_picture(load_image(item["image"]), size=self.size, rng=rng)}

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch is read next.

        Args:
            epoch: Counted from 0.
        """
        self._epoch.fill_(epoch)


class EpochOfItems(TrainerCallback):
    """Tells items which epoch begins.

    Args:
        items: The items that the Trainer reads.
    """

    def __init__(self, items: AugmentedItems) -> None:
        self.items = items

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Pass the epoch on; a resumed run begins within one."""
        self.items.set_epoch(int(state.epoch or 0))


def augment_picture(picture: Image.Image, *, size: int, rng: np.random.Generator) -> Image.Image:
    """Keep a random part of a picture, as a square, and mirror it half of the time.

    As in the released training (RandomResizedCrop of scale 0.5 to 1, bicubic, then RandomHorizontalFlip), by Pillow
    alone. It makes labels untrue: "left of" becomes "right of", letters are mirrored, and things that were counted or
    asked for may be cut off.

    Args:
        picture: RGB.
        size: Side of the result, in pixels.
        rng: Decides.

    Returns:
        RGB, ``size`` by ``size``.
    """
    box = draw_crop(picture.size, rng=rng)
    part = picture.resize((size, size), Image.Resampling.BICUBIC, box=box)
    return part.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < _FLIP_SHARE else part


def draw_crop(sides: Sequence[int], *, rng: np.random.Generator) -> CropBox:
    """Draw the part of a picture that is kept.

    Area and, on a logarithmic scale, ratio of the sides are uniform; a part that does not fit is drawn again, and
    after ten times the middle of the picture is taken, as large as the ratios allow.

    Args:
        sides: Width and height of the picture, in pixels.
        rng: Decides.
    """
    width, height = sides
    for _ in range(_N_TRIES):
        area = width * height * rng.uniform(*_SCALE)
        ratio = math.exp(rng.uniform(math.log(_RATIO[0]), math.log(_RATIO[1])))
        part_width, part_height = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < part_width <= width and 0 < part_height <= height:
            left = int(rng.integers(width - part_width + 1))
            top = int(rng.integers(height - part_height + 1))
            return CropBox(left, top, left + part_width, top + part_height)
    part_width = min(width, max(1, round(height * _RATIO[1])))
    part_height = min(height, max(1, round(width / _RATIO[0])))
    left, top = (width - part_width) // 2, (height - part_height) // 2
    return CropBox(left, top, left + part_width, top + part_height)
