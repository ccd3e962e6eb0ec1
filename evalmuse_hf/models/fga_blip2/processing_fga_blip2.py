"""Pictures and prompts as FGA-BLIP2 reads them, and where the elements of a prompt are in what it reads."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from transformers import AutoProcessor, BatchFeature, BlipImageProcessorPil, ProcessorMixin
from transformers.image_processing_utils import BaseImageProcessor
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from evalmuse_hf.elements import (
    PLACED_STATUSES,
    CleanedPrompt,
    ElementSpans,
    SpanStatus,
    clean_prompt,
    find_spans,
    text_problem,
    token_positions,
)
from evalmuse_hf.images import ImageSource, Preparation, load_image
from evalmuse_hf.models.fga_blip2.configuration_fga_blip2 import FGABlip2Config

_BATCH_OF_ARRAYS = 4  # dimensions


@dataclass(frozen=True, slots=True)
class ElementLocation:
    """Where one element is in what the model reads.

    Attributes:
        spans: The element's place in the cleaned and in the raw prompt, and its status.
        occurrences: For each occurrence of the element, the columns of ``input_ids`` that belong to it; empty unless
            the status is one of `evalmuse_hf.elements.PLACED_STATUSES`.
    """

    spans: ElementSpans
    occurrences: tuple[tuple[int, ...], ...]

    @property
    def status(self) -> str:
        """What became of the element, one of `evalmuse_hf.elements.SpanStatus`."""
        return self.spans.status

    @property
    def positions(self) -> tuple[int, ...]:
        """Columns of all occurrences, ascending and without repetition."""
        return tuple(sorted({position for occurrence in self.occurrences for position in occurrence}))


class LocatedPrompts(NamedTuple):
    """Prompts as the model reads them, and where their elements are in them.

    Attributes:
        input_ids: Token ids, padded to the longest prompt; ``B`` lists of ``T``.
        attention_mask: 1 for a token, 0 for padding; ``B`` lists of ``T``.
        locations: For each prompt, the location of each of its elements, in order.
    """

    input_ids: list[list[int]]
    attention_mask: list[list[int]]
    locations: list[list[ElementLocation]]


class FGABlip2Processor(ProcessorMixin):
    """Prepares pictures and prompts for `FGABlip2ForAlignment`, as the official evaluation does.

    Pictures become upright RGB, are resized to a square (the aspect ratio is not kept) by Pillow's bicubic filter and
    normalised with CLIP's mean and deviation; the pixels are the same with and without torchvision. Prompts are
    cleaned by `evalmuse_hf.elements.clean_prompt` (50 words), then tokenised.

    Args:
        image_processor: A BLIP image processor; another backend is replaced by the Pillow one with its options.
        tokenizer: A fast BERT tokenizer, uncased. Its ``model_max_length`` should be the number of positions of the
            model.
    """

    def __init__(self, image_processor: BaseImageProcessor, tokenizer: PreTrainedTokenizerBase):
        if not isinstance(image_processor, BlipImageProcessorPil):
            # A saved processor does not name its backend: where torchvision is installed, loading resolves to that.
            options = image_processor.to_dict()
            image_processor = BlipImageProcessorPil(**{key: options[key] for key in _IMAGE_OPTIONS if key in options})
        super().__init__(image_processor, tokenizer)

    def __call__(
        self,
        images: ImageSource | Sequence[ImageSource] | None = None,
        prompts: str | Sequence[str] | None = None,
        *,
        return_tensors: str | None = None,
        padding: bool | str = True,
        truncation: bool = False,
        max_length: int | None = None,
    ) -> BatchFeature:
        """Prepare pictures, prompts, or both.

        Args:
            images: One picture or a list; anything `evalmuse_hf.images.load_image` opens.
            prompts: One raw prompt or a list.
            return_tensors: ``"pt"`` or ``"np"``; None returns lists.
            padding: True pads to the longest prompt, ``"max_length"`` to ``max_length``, False not at all.
            truncation: Cut prompts at ``max_length`` tokens. The official evaluation, and ours, does not; the official
                ``forward()`` path is ``padding="max_length", max_length=32, truncation=True``.
            max_length: In tokens, ``[CLS]`` and ``[SEP]`` included; None is what the model can read.

        Returns:
            ``pixel_values`` of shape ``(B, 3, S, S)``, and ``input_ids`` and ``attention_mask`` of shape ``(B, T)``.

        Raises:
            ValueError: If neither is given, or if a prompt is empty after cleaning or longer than the model reads.
            evalmuse_hf.images.ImageDecodingError: If a picture cannot be read.
        """
        if images is None and prompts is None:
            raise ValueError("Expected `images`, `prompts` or both, got neither.")
        data: dict[str, Any] = {}
        if images is not None:
            pictures = [load_image(image) for image in _as_list(images)]
            if self.preparation is not None:  # the same pixels whatever the version of Pillow
                pictures = [self.preparation(picture) for picture in pictures]
            data["pixel_values"] = self.image_processor(pictures)["pixel_values"]
        if prompts is not None:
            encoding = self._encode(
                _clean(prompts), padding=padding, truncation=truncation, max_length=max_length, offsets=False
            )
            data["input_ids"] = encoding["input_ids"]
            data["attention_mask"] = encoding["attention_mask"]
        return BatchFeature(data, tensor_type=return_tensors)

    def locate(
        self,
        prompts: str | Sequence[str],
        elements: Sequence[str] | Sequence[Sequence[str]],
        *,
        truncation: bool = False,
        max_length: int | None = None,
    ) -> list[list[ElementLocation]]:
        """Find the elements of each prompt in the columns of its ``input_ids``.

        Args:
            prompts: One raw prompt or a list.
            elements: The texts of the elements (without category): a list for one prompt, a list of lists for several.
            truncation: As in the call that made the ``input_ids``.
            max_length: As in the call that made the ``input_ids``.

        Returns:
            For each prompt, the location of each of its elements, in order. Words that the tokenizer cut, like those
            beyond the 50th, make an element ``"truncated"``.

        Raises:
            ValueError: If prompts and element lists differ in number, or for a prompt that a call would refuse.
        """
        per_prompt = [elements] if isinstance(prompts, str) else elements
        return self.encode_located(
            [prompts] if isinstance(prompts, str) else prompts,
            per_prompt,  # type: ignore[arg-type]
            truncation=truncation,
            max_length=max_length,
        ).locations

    def encode_located(
        self,
        prompts: Sequence[str],
        elements: Sequence[Sequence[str]],
        *,
        truncation: bool = False,
        max_length: int | None = None,
    ) -> LocatedPrompts:
        """Tokenise prompts and find their elements, in one run of the tokenizer.

        Args:
            prompts: Raw prompts.
            elements: For each prompt, the texts of its elements (without category).
            truncation: Cut prompts at ``max_length`` tokens.
            max_length: In tokens, ``[CLS]`` and ``[SEP]`` included; None is what the model can read.

        Returns:
            The ids that a call with ``padding=True`` returns, and the locations that `locate` returns.

        Raises:
            ValueError: If prompts and element lists differ in number, or for a prompt that a call would refuse.
        """
        cleaned = _clean(prompts)
        if len(cleaned) != len(elements):
            raise ValueError(
                f"Expected one list of elements for each prompt, got {len(cleaned)} prompts and {len(elements)} lists."
            )
        encoding = self._encode(cleaned, padding=True, truncation=truncation, max_length=max_length, offsets=True)
        locations = [
            [_locate(spans, offsets) for spans in find_spans(prompt, texts)]
            for prompt, texts, offsets in zip(cleaned, elements, encoding["offset_mapping"], strict=True)
        ]
        return LocatedPrompts(encoding["input_ids"], encoding["attention_mask"], locations)

    def prompt_problem(self, prompt: str) -> str | None:
        """Say why a call would refuse a prompt: None, or a sentence that lacks its subject (``"is empty ..."``)."""
        if not isinstance(prompt, str):
            return f"must be a string, got {type(prompt).__name__}; leave the row out."
        cleaned = clean_prompt(prompt)
        if problem := text_problem(cleaned):
            return problem
        return self._length_problem(cleaned, n_tokens=len(self.tokenizer(cleaned.text, verbose=False)["input_ids"]))

    @property
    def preparation(self) -> Preparation | None:
        """What of the preparation of a picture needs no model: its resizing; None if that is no plain square."""
        options = self.image_processor
        height, width = options.size.get("height"), options.size.get("width")
        if not options.do_resize or height is None or height != width:
            return None
        return Preparation(int(height), resample=int(options.resample))

    def normalize(self, pixels: Tensor) -> Tensor:
        """Turn bytes of resized pictures into ``pixel_values``, on the device where they are.

        Args:
            pixels: uint8, shape ``(B, S, S, 3)``.

        Returns:
            float32, shape ``(B, 3, S, S)``: to the last bit what a call returns.
        """
        values = np.broadcast_to(np.arange(256, dtype=np.uint8), (3, 1, 256))  # (C, 1, 256)
        if self.image_processor.do_rescale:
            values = self.image_processor.rescale(values, self.image_processor.rescale_factor)
        if self.image_processor.do_normalize:
            options = self.image_processor
            values = options.normalize(values, options.image_mean, options.image_std)
        table = torch.from_numpy(np.ascontiguousarray(values[:, 0], dtype=np.float32)).to(pixels.device)  # (C, 256)
        return torch.stack([table[channel][pixels[..., channel].long()] for channel in range(len(table))], dim=1)

    @property
    def model_input_names(self) -> list[str]:
        """Names of what a call returns."""
        return ["pixel_values", "input_ids", "attention_mask"]

    def _encode(
        self,
        cleaned: list[CleanedPrompt],
        *,
        padding: bool | str,
        truncation: bool,
        max_length: int | None,
        offsets: bool,
    ) -> dict[str, list[list[Any]]]:
        for row, prompt in enumerate(cleaned):
            if problem := text_problem(prompt):
                raise ValueError(f"Prompt {row} {problem}")
        encoding: dict[str, list[list[Any]]] = self.tokenizer(
            [prompt.text for prompt in cleaned],
            padding=padding,
            truncation=truncation,
            max_length=max_length,
            return_token_type_ids=False,
            return_attention_mask=True,
            return_offsets_mapping=offsets,
            verbose=False,
        )
        for row, (prompt, mask) in enumerate(zip(cleaned, encoding["attention_mask"], strict=True)):
            if problem := self._length_problem(prompt, n_tokens=sum(mask)):
                raise ValueError(f"Prompt {row} {problem}")
        return encoding

    def _length_problem(self, prompt: CleanedPrompt, *, n_tokens: int) -> str | None:
        longest = self.tokenizer.model_max_length
        if n_tokens <= self.tokenizer.num_special_tokens_to_add():
            return f"has no character that the model reads, got {prompt.raw[:60]!r}; leave the row out."
        if n_tokens > longest:
            return (
                f"has {n_tokens} tokens, and the model reads at most {longest}; shorten it, or cut it with "
                f"truncation=True, max_length={longest}: {prompt.raw[:60]!r}..."
            )
        return None


_IMAGE_OPTIONS = (
    "do_convert_rgb",
    "do_normalize",
    "do_rescale",
    "do_resize",
    "image_mean",
    "image_std",
    "resample",
    "rescale_factor",
    "size",
)


def _as_list(images: ImageSource | Sequence[ImageSource]) -> list[Any]:
    if isinstance(images, np.ndarray):
        return list(images) if images.ndim == _BATCH_OF_ARRAYS else [images]
    if isinstance(images, list | tuple):
        return list(images)
    return [images]


def _clean(prompts: str | Sequence[str]) -> list[CleanedPrompt]:
    return [clean_prompt(prompt) for prompt in ([prompts] if isinstance(prompts, str) else prompts)]


def _locate(spans: ElementSpans, offsets: Sequence[tuple[int, int]]) -> ElementLocation:
    columns = [token_positions(replace(spans, cleaned=(span,)), offsets) for span in spans.cleaned]
    occurrences = tuple(positions for positions in columns if positions)
    if spans.status in PLACED_STATUSES and not occurrences:
        return ElementLocation(replace(spans, status=SpanStatus.TRUNCATED, cleaned=()), ())
    return ElementLocation(spans, occurrences)


AutoProcessor.register(FGABlip2Config, FGABlip2Processor, exist_ok=True)
