"""From pairs to training batches of FGA-BLIP2."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from evalmuse_hf.data.targets import LocatedElement, TokenTargets, official_locations, token_targets

COMPATIBILITIES = (None, "official")
_IMAGE_KEYS = ("image", "pixel_values", "image_embeds")


class LocatedPrompts(Protocol):
    """Tokenised prompts, and where their elements are."""

    @property
    def input_ids(self) -> Sequence[Sequence[int]]:
        """Token ids, padded to one length."""

    @property
    def attention_mask(self) -> Sequence[Sequence[int]]:
        """1 for a token, 0 for padding."""

    @property
    def locations(self) -> Sequence[Sequence[LocatedElement]]:
        """For each prompt, the location of each of its elements."""


class AlignmentProcessor(Protocol):
    """What the collator needs of a processor; `evalmuse_hf.models.fga_blip2.FGABlip2Processor` has it."""

    @property
    def tokenizer(self) -> Any:
        """The tokenizer of the prompts."""

    def __call__(self, images: Any, *, return_tensors: str) -> Mapping[str, Any]:
        """Prepare pictures."""

    def encode_located(
        self,
        prompts: Sequence[str],
        elements: Sequence[Sequence[str]],
        *,
        truncation: bool,
        max_length: int | None,
    ) -> LocatedPrompts:
        """Tokenise prompts and find their elements."""


class EncodedPairs(NamedTuple):
    """Prompts of a batch, and what their tokens should score.

    Attributes:
        input_ids: Token ids, padded to one length; ``B`` lists of ``T``.
        attention_mask: 1 for a token, 0 for padding; ``B`` lists of ``T``.
        targets: Targets of each prompt.
    """

    input_ids: list[list[int]]
    attention_mask: list[list[int]]
    targets: list[TokenTargets]


class AlignmentCollator:
    """Turns pairs into a batch for ``FGABlip2ForAlignment`` and its loss.

    Each item is a mapping with

    - one of ``image`` (anything ``load_image`` opens), ``pixel_values`` of shape ``(3, S, S)``, or ``image_embeds`` of
      shape ``(P, D_v)``; the same kind throughout a batch;
    - ``prompt``, the raw prompt; ``elements``, the texts of its elements; ``element_scores``, their mean ratings in
      [0, 1], with nan or None for an element without ratings;
    - ``overall_score``, the mean overall rating from 1 to 5; ``weight``, optional, how much the pair counts.

    A batch holds ``pixel_values`` ``(B, 3, S, S)`` or ``image_embeds`` ``(B, P, D_v)``, ``input_ids`` and
    ``attention_mask`` ``(B, T)``, ``overall_target`` ``(B,)``, ``token_target`` and ``token_mask`` ``(B, T)`` (see
    `token_targets`), and ``weight`` ``(B,)``, ones where none is given. All but ``input_ids`` and ``attention_mask``
    are float32.

    Args:
        processor: Tokenises prompts, locates elements and prepares pictures.
        max_length: Longest prompt in tokens, ``[CLS]`` and ``[SEP]`` included; None is what the model can read. Longer
            prompts are cut, and their elements beyond the cut have no target.
        cls_target: Whether ``[CLS]`` learns the overall score, as in the official recipe.
        compat: ``"official"`` finds elements in the raw prompt (see `official_locations`), as the official training
            data does, and pads every prompt to ``max_length``, where that is given: a mask may reach into the padding.

    Raises:
        ValueError: If ``compat`` is something else.
    """

    def __init__(
        self,
        processor: AlignmentProcessor,
        *,
        max_length: int | None = None,
        cls_target: bool = True,
        compat: str | None = None,
    ) -> None:
        if compat not in COMPATIBILITIES:
            raise ValueError(f"`compat` must be None or 'official', got {compat!r}.")
        self.processor = processor
        self.max_length = max_length
        self.cls_target = cls_target
        self.compat = compat

    def __call__(self, items: Sequence[Mapping[str, Any]]) -> dict[str, Tensor]:
        """Make one batch.

        Args:
            items: Pairs, at least one; see the class.

        Raises:
            ValueError: If the items do not have the same kind of picture, if an item has not as many scores as
                elements, or if a prompt is empty.
            KeyError: If an item lacks a key.
            evalmuse_hf.images.ImageDecodingError: If a picture cannot be read.
        """
        encoded = self.encode(items)
        overall = [_number(item["overall_score"]) for item in items]
        return {
            **self._pictures(items),
            "input_ids": torch.tensor(encoded.input_ids),
            "attention_mask": torch.tensor(encoded.attention_mask),
            "overall_target": torch.tensor(overall, dtype=torch.float32),
            "token_target": torch.from_numpy(np.stack([target.token_target for target in encoded.targets])),
            "token_mask": torch.from_numpy(np.stack([target.token_mask for target in encoded.targets])),
            "weight": torch.tensor([float(item.get("weight", 1.0)) for item in items], dtype=torch.float32),
        }

    def encode(self, items: Sequence[Mapping[str, Any]]) -> EncodedPairs:
        """Tokenise prompts and make their targets, which also name the elements that have no token.

        Args:
            items: Pairs, at least one; see the class. Pictures and weights are not looked at.

        Raises:
            ValueError: If an item has not as many scores as elements, or if a prompt is empty.
            KeyError: If an item lacks a key.
        """
        prompts = [item["prompt"] for item in items]
        elements = [item["elements"] for item in items]
        located = self.processor.encode_located(prompts, elements, truncation=True, max_length=self.max_length)
        locations: Sequence[Sequence[LocatedElement]] = located.locations
        length = len(located.input_ids[0])
        if self.compat == "official":
            length = max(length, self.max_length or 0)
            tokenizer = self.processor.tokenizer
            locations = [
                official_locations(prompt, texts, tokenizer=tokenizer)
                for prompt, texts in zip(prompts, elements, strict=True)
            ]
        targets = [
            token_targets(
                places,
                [_number(score) for score in item["element_scores"]],
                length=length,
                overall_score=_number(item["overall_score"]),
                cls_target=self.cls_target,
            )
            for item, places in zip(items, locations, strict=True)
        ]
        pad_token_id = self.processor.tokenizer.pad_token_id
        return EncodedPairs(
            _padded(located.input_ids, length, value=pad_token_id),
            _padded(located.attention_mask, length, value=0),
            targets,
        )

    def _pictures(self, items: Sequence[Mapping[str, Any]]) -> dict[str, Tensor]:
        kinds = [tuple(key for key in _IMAGE_KEYS if key in item) for item in items]
        for row, kind in enumerate(kinds):
            if len(kind) != 1 or kind != kinds[0]:
                raise ValueError(
                    f"Item {row} has {' and '.join(kind) or 'no picture'}, item 0 has {' and '.join(kinds[0])}; "
                    f"expected the same one of {', '.join(_IMAGE_KEYS)} in every item."
                )
        (key,) = kinds[0]
        values = [item[key] for item in items]
        if key == "image":
            return {"pixel_values": self.processor(images=values, return_tensors="pt")["pixel_values"]}
        return {key: torch.stack([torch.as_tensor(value, dtype=torch.float32) for value in values])}


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _padded(rows: Sequence[Sequence[int]], length: int, *, value: int) -> list[list[int]]:
    return [[*row, *[value] * (length - len(row))] for row in rows]
