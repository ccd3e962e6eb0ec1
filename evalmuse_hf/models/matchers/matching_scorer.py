"""Scores pairs by a network that reads both at once: its vision tower runs once per picture."""

from collections.abc import Sequence
from typing import Any, Protocol

from PIL import Image
from torch import Tensor

from evalmuse_hf.models.rows import fail_bad_prompts, group_by_picture, open_pictures, read_rows
from evalmuse_hf.models.scorer import PairScore
from evalmuse_hf.schema import Element


class Matcher(Protocol):
    """States of pictures, and scores of pairs; `Blip2Matcher` and `ImageRewardMatcher` have them."""

    max_tokens: int
    model: Any

    def encode_pictures(self, pictures: Sequence[Image.Image]) -> Tensor:
        """Patch states, shape ``(B, P, D)``."""

    def score_pairs(self, states: Tensor, prompts: Sequence[str]) -> tuple[Tensor, list[bool]]:
        """Scores, shape ``(B,)``, and whether each prompt was cut."""


class MatchingScorer:
    """What a matching network says of each pair; elements are not scored.

    Args:
        matcher: Who scores.
        name: How records and reports call the scorer.
        batch_size: Pictures, or pairs, per pass.

    Raises:
        ValueError: If ``batch_size`` is not positive.
    """

    def __init__(self, matcher: Matcher, *, name: str, batch_size: int = 16) -> None:
        if batch_size < 1:
            raise ValueError(f"`batch_size` must be at least 1, got {batch_size}.")
        self.matcher = matcher
        self.name = name
        self.batch_size = batch_size

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
        groups = group_by_picture(rows)
        keys = list(groups)
        # Patch states are large, so that those of a few pictures are held at a time.
        for start in range(0, len(keys), self.batch_size):
            opened = open_pictures(groups, keys[start : start + self.batch_size])
            if not opened:
                continue
            states = self.matcher.encode_pictures(list(opened.values()))
            pairs = [(place, row) for place, key in enumerate(opened) for row in groups[key]]
            for first in range(0, len(pairs), self.batch_size):
                places, batch = zip(*pairs[first : first + self.batch_size], strict=True)
                scores, was_cut = self.matcher.score_pairs(states[list(places)], [row.prompt for row in batch])
                for row, score, cut in zip(batch, scores.tolist(), was_cut, strict=True):
                    row.take_overall(score, cut_at=self.matcher.max_tokens if cut else None)
        return [row.result for row in rows if row.result is not None]
