"""The two towers of a CLIP model: a vector for every picture, a vector for every prompt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from transformers import CLIPModel
from transformers.utils.constants import OPENAI_CLIP_MEAN, OPENAI_CLIP_STD

from evalmuse_hf.images import Preparation


@dataclass(frozen=True, slots=True)
class PicturePreprocessor:
    """Makes ``pixel_values`` of pictures.

    Attributes:
        run: Makes ``(B, 3, S, S)`` of RGB pictures.
        preparation: The part of it that whoever reads the pictures can do; None for nothing.
    """

    run: Callable[[Sequence[Image.Image]], Tensor]
    preparation: Preparation | None = None

    def __call__(self, pictures: Sequence[Image.Image]) -> Tensor:
        """Make ``pixel_values`` ``(B, 3, S, S)`` of RGB pictures, whether they are prepared or not."""
        return self.run(pictures)


class ClipTowers:
    """Vectors of length 1 from a CLIP model.

    Args:
        model: The network; it is moved to ``device`` and put into evaluation mode.
        tokenizer: A `CLIPTokenizer`.
        preprocess: Makes ``pixel_values`` ``(B, 3, S, S)`` of RGB pictures.
        device: Where to run; None leaves the model where it is.
    """

    def __init__(
        self,
        model: CLIPModel,
        tokenizer: Any,
        preprocess: PicturePreprocessor,
        *,
        device: str | torch.device | None = None,
    ) -> None:
        self.model: Any = (model if device is None else model.to(device)).train(False)  # type: ignore[arg-type]
        self.tokenizer = tokenizer
        self.preprocess = preprocess
        self.preparation = preprocess.preparation
        self.max_tokens = int(self.model.config.text_config.max_position_embeddings)

    @torch.inference_mode()
    def encode_pictures(self, pictures: Sequence[Image.Image]) -> Tensor:
        """Encode pictures.

        Args:
            pictures: RGB pictures.

        Returns:
            Vectors of length 1, float32 on the CPU, shape ``(B, D)``.
        """
        pixels = self.preprocess(pictures).to(self.model.device, self.model.dtype)
        return _normalise(self.model.get_image_features(pixel_values=pixels).pooler_output)

    @torch.inference_mode()
    def encode_prompts(self, prompts: Sequence[str]) -> tuple[Tensor, list[bool]]:
        """Encode prompts; one that is too long is cut before its end token, which is what the vector is read from.

        Args:
            prompts: Texts.

        Returns:
            Vectors of length 1, float32 on the CPU, shape ``(B, D)``, and whether each prompt was cut.
        """
        ids = [self.tokenizer(prompt, verbose=False)["input_ids"] for prompt in prompts]
        was_cut = [len(row) > self.max_tokens for row in ids]
        ids = [[*row[: self.max_tokens - 1], row[-1]] if cut else row for row, cut in zip(ids, was_cut, strict=True)]
        width = max(map(len, ids))
        # What follows the end token is never read: attention is causal and the vector is that of the first end token.
        padded = torch.tensor([[*row, *[row[-1]] * (width - len(row))] for row in ids], device=self.model.device)
        return _normalise(self.model.get_text_features(input_ids=padded).pooler_output), was_cut


def picture_preprocessor(processor: Any) -> PicturePreprocessor:
    """Make the preprocessing of an image processor of transformers.

    Pictures are resized by `evalmuse_hf.images.Preparation`, so that no version of Pillow makes a difference.

    Args:
        processor: Such as `CLIPImageProcessorPil`, which resizes the picture as PIL does, whether torchvision is there
            or not.
    """
    preparation = _preparation_of(processor)

    def preprocess(pictures: Sequence[Image.Image]) -> Tensor:
        images = list(pictures) if preparation is None else [preparation(picture) for picture in pictures]
        pixels: Tensor = processor(images=images, return_tensors="pt")["pixel_values"]
        return pixels

    return PicturePreprocessor(preprocess, preparation)


def tensor_preprocessor(size: int) -> PicturePreprocessor:
    """Make HPSv2's own preprocessing.

    The picture becomes a tensor first; its longest side is resized to ``size`` by bicubic interpolation *of the
    tensor*, with antialiasing; the rest is filled with zeros, which are black *before* the normalisation. Most ports
    resize the picture, crop it, or pad with the mean.

    Args:
        size: Side of what the model reads, in pixels.

    References:
        Wu et al., *Human Preference Score v2*, 2023, and its published code.
    """
    mean, deviation = (torch.tensor(values).view(3, 1, 1) for values in (OPENAI_CLIP_MEAN, OPENAI_CLIP_STD))

    def preprocess(pictures: Sequence[Image.Image]) -> Tensor:
        return torch.stack([(_fit(picture, size) - mean) / deviation for picture in pictures])

    return PicturePreprocessor(preprocess)


def _preparation_of(processor: Any) -> Preparation | None:
    """What a processor does to the size of a picture, if it is one of the two common things."""
    size, crop = processor.size, processor.crop_size if processor.do_center_crop else None
    if not processor.do_resize:
        return None
    if crop is None and size.get("height") and size.get("height") == size.get("width"):
        return Preparation(int(size["height"]), resample=int(processor.resample))
    shortest = size.get("shortest_edge")
    if crop is not None and shortest and (crop.get("height"), crop.get("width")) == (shortest, shortest):
        return Preparation(int(shortest), crop=True, resample=int(processor.resample))
    return None


def _fit(picture: Image.Image, size: int) -> Tensor:
    """Resize the longest side and fill the rest with zeros on both sides; shape ``(3, size, size)``."""
    pixels = torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1).float() / 255
    scale = size / max(pixels.shape[1:])
    if scale != 1:
        height, width = (round(side * scale) for side in pixels.shape[1:])
        resized = torch.nn.functional.interpolate(
            pixels[None], size=(height, width), mode="bicubic", align_corners=False, antialias=True
        )
        pixels = resized[0]
    rest_y, rest_x = size - pixels.shape[1], size - pixels.shape[2]
    border = (rest_x // 2, rest_x - rest_x // 2, rest_y // 2, rest_y - rest_y // 2)
    return torch.nn.functional.pad(pixels, border)


def _normalise(vectors: Tensor) -> Tensor:
    return torch.nn.functional.normalize(vectors.float(), dim=-1).cpu()
