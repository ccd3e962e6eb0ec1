"""Scores pairs by two vectors: each picture and each prompt is encoded once, however many pairs they are in."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from evalmuse_hf.images import load_image
from evalmuse_hf.models.rows import (
    PairRow,
    fail_bad_prompts,
    group_by_picture,
    open_pictures,
    prompt_problem,
    read_rows,
)
from evalmuse_hf.models.scorer import PairScore
from evalmuse_hf.schema import Element


class Towers(Protocol):
    """Vectors of pictures and of prompts; `ClipTowers` has them."""

    max_tokens: int
    model: Any

    def encode_pictures(self, pictures: Sequence[Image.Image]) -> Tensor:
        """Vectors of length 1, shape ``(B, D)``."""

    def encode_prompts(self, prompts: Sequence[str]) -> tuple[Tensor, list[bool]]:
        """Vectors of length 1, shape ``(B, D)``, and whether each prompt was cut."""


class EncoderScorer:
    """The cosine of a picture's and a prompt's vector, times a scale; elements are not scored.

    Args:
        towers: Who encodes.
        name: How records and reports call the scorer.
        scale: What the cosine is multiplied by.
        batch_size: Pictures, or prompts, per pass.

    Raises:
        ValueError: If ``batch_size`` is not positive.
    """

    def __init__(self, towers: Towers, *, name: str, scale: float = 1.0, batch_size: int = 16) -> None:
        if batch_size < 1:
            raise ValueError(f"`batch_size` must be at least 1, got {batch_size}.")
        self.towers = towers
        self.name = name
        self.scale = scale
        self.batch_size = batch_size

    @property
    def model(self) -> Any:
        """The network, for records of what produced the scores."""
        return self.towers.model

    def score(
        self,
        *,
        images: Sequence[Any],
        prompts: Sequence[str],
        elements: Sequence[Sequence[str | Element]] | None = None,
    ) -> list[PairScore]:
        """Score each picture against the prompt in the same row; see `Scorer.score`.

        Args:
            images: Anything `evalmuse_hf.images.load_image` opens.
            prompts: Raw prompts. One that is longer than what the model reads is cut; its score stands, with the
                status ``"truncated"``.
            elements: Kept without a score, with the status ``"unsupported"``.

        Returns:
            One result per row. A row that cannot be scored has nan, a status and a message; the others are scored.

        Raises:
            ValueError: If the inputs differ in length.
        """
        rows = read_rows(images, prompts, elements)
        fail_bad_prompts(rows)
        pictures = self._encode_pictures(rows)
        open_rows = [row for row in rows if row.result is None]
        texts = list(dict.fromkeys(row.prompt for row in open_rows))
        vectors, was_cut = self._encode_prompts(texts)
        places = {text: place for place, text in enumerate(texts)}
        for row in open_rows:
            place = places[row.prompt]
            cosine = float(pictures[row.image_key].double() @ vectors[place].double())
            row.take_overall(self.scale * cosine, cut_at=self.towers.max_tokens if was_cut[place] else None)
        return [row.result for row in rows if row.result is not None]

    def score_all_pairs(self, *, images: Sequence[Any], prompts: Sequence[str]) -> NDArray[np.float64]:
        """Score every picture against every prompt.

        Args:
            images: Anything `evalmuse_hf.images.load_image` opens.
            prompts: Raw prompts.

        Returns:
            Shape ``(len(images), len(prompts))``.

        Raises:
            ImageDecodingError: If a picture cannot be read.
            ValueError: If a prompt cannot, or one of the two lists is empty.
        """
        if not images or not prompts:
            raise ValueError(f"Expected pictures and prompts, got {len(images)} and {len(prompts)}.")
        for number, prompt in enumerate(prompts):
            if problem := prompt_problem(prompt):
                raise ValueError(f"Prompt {number} {problem}")
        starts = range(0, len(images), self.batch_size)
        batches = [[load_image(image) for image in images[start : start + self.batch_size]] for start in starts]
        pictures = torch.cat([self.towers.encode_pictures(batch) for batch in batches])
        vectors, _ = self._encode_prompts(prompts)
        scores: NDArray[np.float64] = (self.scale * (pictures.double() @ vectors.double().T)).numpy()
        return scores

    def _encode_pictures(self, rows: Sequence[PairRow]) -> dict[object, Tensor]:
        """Encode each picture of the rows that have not failed, in batches; a row without a readable one fails."""
        groups = group_by_picture(rows)
        keys = list(groups)
        encoded: dict[object, Tensor] = {}
        for start in range(0, len(keys), self.batch_size):
            opened = open_pictures(groups, keys[start : start + self.batch_size])
            if opened:
                vectors = self.towers.encode_pictures(list(opened.values()))
                encoded.update(zip(opened, vectors, strict=True))
        return encoded

    def _encode_prompts(self, prompts: Sequence[str]) -> tuple[Tensor, list[bool]]:
        if not prompts:
            return torch.empty(0, 0), []
        starts = range(0, len(prompts), self.batch_size)
        parts = [self.towers.encode_prompts(prompts[start : start + self.batch_size]) for start in starts]
        return torch.cat([vectors for vectors, _ in parts]), [cut for _, cuts in parts for cut in cuts]
