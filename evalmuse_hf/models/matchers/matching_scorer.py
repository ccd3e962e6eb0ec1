"""Scores pairs by a network that reads both at once: its vision tower runs once per picture."""

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from PIL import Image
from torch import Tensor

from evalmuse_hf.images import Preparation, PreparedPicture
from evalmuse_hf.models.memory_limits import run_in_batches
from evalmuse_hf.models.picture_encoding import PictureEncoder
from evalmuse_hf.models.rows import PairRow, fail_bad_prompts, read_rows, reading_ahead
from evalmuse_hf.models.scorer import PairScore
from evalmuse_hf.schema import Element

_PASSES_AHEAD = 2  # pairs that wait so that those of one length come together, in passes


class Matcher(Protocol):
    """States of pictures, and scores of pairs; `Blip2Matcher` and `ImageRewardMatcher` have them."""

    max_tokens: int
    model: Any
    preparation: Preparation | None

    def encode_pictures(self, pictures: Sequence[Image.Image]) -> Tensor:
        """Patch states, shape ``(B, P, D)``."""

    def score_pairs(self, states: Tensor, prompts: Sequence[str]) -> tuple[Tensor, list[bool]]:
        """Scores, shape ``(B,)``, and whether each prompt was cut."""


class MatchingScorer:
    """What a matching network says of each pair; elements are not scored.

    Args:
        matcher: Who scores.
        name: How records and reports call the scorer.
        batch_size: Pictures, or pairs, per pass; what does not fit into memory is taken in smaller batches.
        remember: Keep the states of the pictures that were used last from one call to the next; for networks whose
            weights do not change.

    Raises:
        ValueError: If ``batch_size`` is not positive.
    """

    def __init__(self, matcher: Matcher, *, name: str, batch_size: int = 16, remember: bool = False) -> None:
        if batch_size < 1:
            raise ValueError(f"`batch_size` must be at least 1, got {batch_size}.")
        self.matcher = matcher
        self.name = name
        self.batch_size = batch_size
        self.remember = remember
        self.encoder = PictureEncoder(self._run, batch_size=batch_size)

    @property
    def preparation(self) -> Preparation | None:
        """How whoever reads pictures for this scorer resizes them."""
        return self.matcher.preparation

    def forget(self) -> None:
        """Forget the pictures that were seen before."""
        self.encoder.memory.clear()

    def wants(self, content: str) -> bool:
        """Whether the pixels of a picture are needed.

        Args:
            content: Hash of its content.
        """
        return self.encoder.wants(content)

    @property
    def model(self) -> Any:
        """The network, for records of what produced the scores."""
        return self.matcher.model

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
                self._score_rows(rows)
        finally:
            if not self.remember:
                self.encoder.memory.clear()
        return [row.result for row in rows if row.result is not None]

    def _score_rows(self, rows: Sequence[PairRow]) -> None:
        """Score what can be scored; patch states are large, so that those of a few pictures are held at a time."""
        pairs: list[tuple[PairRow, Tensor]] = []
        for group, states in self.encoder.encode_groups(rows, device=torch.device(self.model.device)):
            pairs += [(row, states) for row in group]
            if len(pairs) >= _PASSES_AHEAD * self.batch_size:
                self._score_pairs(pairs)
                pairs = []
        self._score_pairs(pairs)

    def _run(self, pictures: Sequence[PreparedPicture]) -> Tensor:
        return self.matcher.encode_pictures([picture.to_image() for picture in pictures])

    def _score_pairs(self, pairs: Sequence[tuple[PairRow, Tensor]]) -> None:
        """Score pairs, those whose prompts have about the same length together."""
        by_length = sorted(pairs, key=lambda pair: len(pair[0].prompt))
        for _ in run_in_batches(self._score_batch, by_length, self.batch_size):
            pass  # each batch puts its results into its rows

    def _score_batch(self, pairs: Sequence[tuple[PairRow, Tensor]]) -> None:
        rows = [row for row, _ in pairs]
        states = torch.stack([state for _, state in pairs])
        scores, was_cut = self.matcher.score_pairs(states, [row.prompt for row in rows])
        for row, score, cut in zip(rows, scores.tolist(), was_cut, strict=True):
            row.take_overall(score, cut_at=self.matcher.max_tokens if cut else None)
