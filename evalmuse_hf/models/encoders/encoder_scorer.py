"""Scores pairs by two vectors: each picture and each prompt is encoded once, however many pairs they are in."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from evalmuse_hf.images import Preparation, PreparedPicture, read_picture
from evalmuse_hf.models.memory_limits import FeatureMemory
from evalmuse_hf.models.picture_encoding import PictureEncoder
from evalmuse_hf.models.rows import fail_bad_prompts, prompt_problem, read_rows, reading_ahead
from evalmuse_hf.models.scorer import PairScore
from evalmuse_hf.schema import Element

_MEMORY_BYTES = 2**26  # vectors of pictures, and as much of prompts: some 20,000 of each


class Towers(Protocol):
    """Vectors of pictures and of prompts; `ClipTowers` has them."""

    max_tokens: int
    model: Any
    preparation: Preparation | None

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
        batch_size: Pictures, or prompts, per pass. Pictures that do not fit into memory are taken in smaller batches.
        remember: Keep the vectors of the pictures and prompts that were used last from one call to the next; for
            networks whose weights do not change.

    Raises:
        ValueError: If ``batch_size`` is not positive.
    """

    def __init__(
        self, towers: Towers, *, name: str, scale: float = 1.0, batch_size: int = 16, remember: bool = False
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"`batch_size` must be at least 1, got {batch_size}.")
        self.towers = towers
        self.name = name
        self.scale = scale
        self.batch_size = batch_size
        self.remember = remember
        self.encoder = PictureEncoder(self._run, batch_size=batch_size, memory_bytes=_MEMORY_BYTES)
        self._prompts = FeatureMemory(_MEMORY_BYTES)

    @property
    def preparation(self) -> Preparation | None:
        """How whoever reads pictures for this scorer resizes them."""
        return self.towers.preparation

    def forget(self) -> None:
        """Forget the pictures and prompts that were seen before."""
        self.encoder.memory.clear()
        self._prompts.clear()

    def wants(self, content: str) -> bool:
        """Whether the pixels of a picture are needed.

        Args:
            content: Hash of its content.
        """
        return self.encoder.wants(content)

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
        try:
            with reading_ahead(rows, self.preparation, wanted=self.wants):
                groups = list(self.encoder.encode_groups(rows, device=torch.device("cpu")))
            texts = list(dict.fromkeys(row.prompt for group, _ in groups for row in group))
            vectors, was_cut = self._encode_prompts(texts)
        finally:
            self._forget()
        places = {text: place for place, text in enumerate(texts)}
        for group, picture in groups:
            for row in group:
                place = places[row.prompt]
                cosine = float(picture.double() @ vectors[place].double())
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
        batches = [images[start : start + self.batch_size] for start in starts]
        prepared = [[read_picture(image, self.preparation) for image in batch] for batch in batches]
        pictures = torch.cat([self._run(batch) for batch in prepared])
        try:
            vectors, _ = self._encode_prompts(prompts)
        finally:
            self._forget()
        scores: NDArray[np.float64] = (self.scale * (pictures.double() @ vectors.double().T)).numpy()
        return scores

    def _forget(self) -> None:
        if not self.remember:
            self.encoder.memory.clear()
            self._prompts.clear()

    def _run(self, pictures: Sequence[PreparedPicture]) -> Tensor:
        return self.towers.encode_pictures([picture.to_image() for picture in pictures])

    def _encode_prompts(self, prompts: Sequence[str]) -> tuple[Tensor, list[bool]]:
        """Vectors of different prompts and whether each was cut; what was encoded lately is remembered."""
        known = {prompt: self._prompts.find(prompt) for prompt in prompts}
        new = [prompt for prompt, packed in known.items() if packed is None]
        for start in range(0, len(new), self.batch_size):
            batch = new[start : start + self.batch_size]
            vectors, cuts = self.towers.encode_prompts(batch)
            packed = torch.cat([vectors, torch.tensor(cuts, dtype=vectors.dtype)[:, None]], dim=1)  # (B, D + 1)
            for prompt, row in zip(batch, packed, strict=True):
                known[prompt] = row
                self._prompts.keep(prompt, row)
        if not known:
            return torch.empty(0, 0), []
        stacked = torch.stack([row for prompt in prompts if (row := known[prompt]) is not None])
        return stacked[:, :-1], [bool(cut) for cut in stacked[:, -1]]
