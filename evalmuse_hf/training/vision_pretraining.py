"""Teaches a small vision tower to name what lies under each patch of a drawn picture.

The official FGA-BLIP2 starts from a vision tower that has seen millions of pictures and keeps it frozen. The mini
checkpoint has no such tower, so its recipe makes one from the drawn world's exact truth, where every patch has a
label. The heads are thrown away afterwards.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset
from transformers.utils.constants import OPENAI_CLIP_MEAN, OPENAI_CLIP_STD

from evalmuse_hf.mini.pool import OFFSET_UNIT, PATCH_LABELS, SCENE_LABELS, ScenePool
from evalmuse_hf.mini.vocabulary import is_held_out
from evalmuse_hf.models.fga_blip2.modeling_fga_blip2 import FGABlip2ForAlignment

_NOUN_WEIGHT = 2.0  # ours: the longest word list, and the label on which the others depend
_WAVE_HEIGHT = 0.4  # felt beside the embeddings of untrained patches, and not above them
_PROPERTIES = ("color", "material", "shape", "activity", "state")  # of which pairs with nouns are held out
_OCTAVES = 4  # wavelengths run from 2 patches to nearly 32


class PatchLabeller(nn.Module):
    """A vision tower with linear heads for `PATCH_LABELS`, the distance to the thing's middle, and `SCENE_LABELS`.

    No training picture shows a held-out pair. That is the experimenter's doing and no fact of the drawn world, so it
    must not be learnt: each softmax leaves out the words that are held out with what else is known of the thing.
    Otherwise a red patch would be evidence against every noun that is never drawn in red.

    Args:
        model: Its vision tower is trained in place; the rest is not touched.
    """

    def __init__(self, model: FGABlip2ForAlignment):
        super().__init__()
        width = model.config.vision_config.hidden_size
        self.tower = model.vision_model
        self.encode = model.encode_images
        self.norm = nn.LayerNorm(width)
        self.patch_heads = nn.ModuleDict(
            {name: nn.Linear(width, 1 + len(words)) for name, words in PATCH_LABELS.items()}
        )
        self.scene_heads = nn.ModuleDict(
            {name: nn.Linear(width, 1 + len(words)) for name, words in SCENE_LABELS.items()}
        )
        self.offset_head = nn.Linear(width, 2)
        for name in _PROPERTIES:
            self.register_buffer(f"held_out_{name}", _held_out_pairs(name), persistent=False)

    def forward(self, pixels: Tensor, patch_labels: Tensor, scene_labels: Tensor) -> dict[str, Tensor]:
        """Compare predictions with labels.

        Args:
            pixels: uint8, shape ``(B, S, S, 3)``.
            patch_labels: As in `evalmuse_hf.mini.pool.ScenePool`, int8, shape ``(B, G * G, 9)``.
            scene_labels: Likewise, int8, shape ``(B, 2)``.

        Returns:
            ``loss``, a scalar: the sum of the cross-entropies (nouns twice, over all patches; properties over patches
            that show a thing; place and weather once per picture) and of the smooth distance error, in patches; and
            ``correct``, shape ``(9, 2)``: for each name in `PATCH_LABELS` and `SCENE_LABELS`, the number of right
            answers among the labels that are not "none", and the number of such labels.
        """
        states = self.norm(self.encode(normalize(pixels)))  # (B, 1 + G * G, D)
        shows = patch_labels[..., 0] > 0
        patches = states[:, 1:]
        losses, correct = [], []
        for index, (name, head) in enumerate(self.patch_heads.items()):
            chosen = torch.ones_like(shows) if name == "noun" else shows
            logits, labels = head(patches[chosen]), patch_labels[..., index][chosen].long()
            logits = logits.masked_fill(self._held_out(name, patch_labels[chosen]), -torch.inf)
            losses.append(F.cross_entropy(logits, labels) * (_NOUN_WEIGHT if name == "noun" else 1.0))
            correct.append(_count(logits, labels))
        for index, head in enumerate(self.scene_heads.values()):
            logits, labels = head(states[:, 0]), scene_labels[:, index].long()
            losses.append(F.cross_entropy(logits, labels))
            correct.append(_count(logits, labels))
        distances = patch_labels[..., -2:][shows].float() / OFFSET_UNIT
        losses.append(F.smooth_l1_loss(self.offset_head(patches[shows]), distances))
        return {"loss": torch.stack(losses).sum(), "correct": torch.stack(correct)}

    def _held_out(self, name: str, labels: Tensor) -> Tensor:
        """Which words of a head no training picture pairs with the other labels; labels (N, 9), result (N, W)."""
        nouns = labels[:, 0].long()
        if name == "noun":
            pairs = [
                self.get_buffer(f"held_out_{other}")[labels[:, index].long()]  # (N, nouns)
                for index, other in enumerate(PATCH_LABELS)
                if other in _PROPERTIES
            ]
            return torch.stack(pairs).any(dim=0)
        if name in _PROPERTIES:
            return self.get_buffer(f"held_out_{name}").T[nouns]
        return torch.zeros(1, dtype=torch.bool, device=labels.device)


class LabelledPictures(Dataset[int]):
    """Pictures of a pool with their labels, read a batch at a time.

    Args:
        pool: The pool; it is not copied.
    """

    def __init__(self, pool: ScenePool):
        self.pixels = torch.from_numpy(pool.pixels)
        self.patch_labels = torch.from_numpy(pool.patch_labels)
        self.scene_labels = torch.from_numpy(pool.scene_labels)

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, index: int) -> int:
        """Return the index itself; `collate` does the reading."""
        return index

    def collate(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """Read a batch as `PatchLabeller.forward` takes it.

        Args:
            indices: Rows of the pool.
        """
        chosen = torch.as_tensor(indices)
        return {
            "pixels": self.pixels[chosen],
            "patch_labels": self.patch_labels[chosen],
            "scene_labels": self.scene_labels[chosen],
        }


def normalize(pixels: Tensor) -> Tensor:
    """Prepare stored pixels as the processor does, with CLIP's mean and deviation.

    Args:
        pixels: uint8, shape ``(B, S, S, 3)``.

    Returns:
        ``pixel_values``, float32, shape ``(B, 3, S, S)``.
    """
    mean, std = (torch.tensor(values, device=pixels.device) for values in (OPENAI_CLIP_MEAN, OPENAI_CLIP_STD))
    return ((pixels.float() / 255 - mean) / std).permute(0, 3, 1, 2)


@torch.no_grad()
def set_sinusoidal_positions(model: FGABlip2ForAlignment) -> None:
    """Start the patches' position embeddings as waves of both axes, so that neighbours resemble each other at once.

    Args:
        model: Changed in place. The width of its vision tower must be divisible by 4.
    """
    config = model.config.vision_config
    side = config.image_size // config.patch_size
    quarter = config.hidden_size // 4
    rows, columns = torch.meshgrid(torch.arange(side).float(), torch.arange(side).float(), indexing="ij")
    frequencies = math.pi / 2 ** (torch.arange(quarter) / quarter * _OCTAVES)
    waves = [
        wave(axis.flatten()[:, None] * frequencies) for axis in (columns, rows) for wave in (torch.sin, torch.cos)
    ]
    model.vision_model.embeddings.position_embedding[0, 1:] = _WAVE_HEIGHT * torch.cat(waves, dim=1)


@torch.no_grad()
def encode_pool(model: FGABlip2ForAlignment, pixels: np.ndarray, *, batch_size: int = 256) -> Tensor:
    """Run the frozen vision tower once over a pool.

    Args:
        model: Its vision tower is used; the model is left in evaluation mode.
        pixels: uint8, shape (N, S, S, 3).
        batch_size: Pictures at a time.

    Returns:
        What `FGABlip2ForAlignment.encode_images` returns, on the CPU and in float16 to save memory, shape
        ``(N, 1 + G * G, D)``.
    """
    model.eval()
    device = next(model.parameters()).device
    batches = []
    for first in range(0, len(pixels), batch_size):
        chunk = torch.from_numpy(pixels[first : first + batch_size]).to(device)
        batches.append(model.encode_images(normalize(chunk)).half().cpu())
    return torch.cat(batches)


def _held_out_pairs(name: str) -> Tensor:
    """Which values of a property are held out with which nouns; index 0 is "none" on both sides."""
    table = torch.zeros(1 + len(PATCH_LABELS[name]), 1 + len(PATCH_LABELS["noun"]), dtype=torch.bool)
    for row, value in enumerate(PATCH_LABELS[name], start=1):
        for column, noun in enumerate(PATCH_LABELS["noun"], start=1):
            table[row, column] = is_held_out(value, noun)
    return table


def _count(logits: Tensor, labels: Tensor) -> Tensor:
    named = labels > 0
    return torch.stack([((logits.argmax(dim=-1) == labels) & named).sum(), named.sum()])
