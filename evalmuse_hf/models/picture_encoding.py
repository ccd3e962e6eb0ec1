"""Encodes the pictures of many pairs: each content once, in batches that fit into memory, read ahead by others."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor

from evalmuse_hf.images import PreparedPicture
from evalmuse_hf.models.memory_limits import (
    FeatureMemory,
    fitting_batch,
    free_memory,
    is_out_of_memory,
    measured_memory,
    run_in_batches,
)
from evalmuse_hf.models.rows import IMAGE_ERROR, PairRow, group_by_picture

BATCH_SIZE = 16
"""Pictures per pass where memory does not limit it: from here on a processor does not become faster."""

MEMORY_BYTES = 2**29
"""Of FGA-BLIP2 at its official sizes, the tower outputs of 140 pictures."""

_TRIED_FIRST = 2  # pictures, to see how much memory of a GPU one takes


class KeptFeatures(Protocol):
    """Features of pictures from earlier runs; `evalmuse_hf.scoring.features.FeatureCache` has them."""

    def __contains__(self, content: object) -> bool:
        """Whether there are features of a content; asked by other threads."""

    def find(self, content: str) -> Tensor | None:
        """Look up the features of one picture; None if they are not there."""

    def keep(self, content: str, features: Tensor) -> Tensor:
        """Keep features, and return what `find` will give."""


class PictureEncoder:
    """What a network says of pictures, asked once per content however many pairs have it.

    Args:
        run: Encodes a batch: features of shape ``(B, ...)``, on the device of the network.
        batch_size: Pictures per pass, at least 1; None finds out what fits into the memory of a GPU, and takes 16
            elsewhere. One that does not fit is halved.
        memory_bytes: Size of the features that are kept in memory, those of the pictures that were used last.
        kept: Features from earlier runs, which are used and added to.

    Raises:
        ValueError: If a number is outside its range.
    """

    def __init__(
        self,
        run: Callable[[Sequence[PreparedPicture]], Tensor],
        *,
        batch_size: int | None,
        memory_bytes: int = MEMORY_BYTES,
        kept: KeptFeatures | None = None,
    ) -> None:
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"`batch_size` must be at least 1, got {batch_size}.")
        self.batch_size = batch_size
        self.kept = kept
        self.memory = FeatureMemory(memory_bytes)
        self._run = run
        self._pixels_needed = False

    def wants(self, content: str) -> bool:
        """Whether the pixels of a picture are needed; may be asked by any thread.

        Args:
            content: Hash of its content.
        """
        if self._pixels_needed:
            return True
        return content not in self.memory and (self.kept is None or content not in self.kept)

    def encode_groups(
        self, rows: Sequence[PairRow], *, device: torch.device
    ) -> Iterator[tuple[list[PairRow], Tensor]]:
        """Encode the pictures of the rows that have not failed, in the order in which they first appear.

        Args:
            rows: Of `read_rows`; those whose picture cannot be read fail.
            device: Where the features are wanted.

        Yields:
            The rows of one picture and its features. Pictures that need the network come a batch later than others.

        Raises:
            RuntimeError: If not even one picture fits into memory.
        """
        waiting: list[tuple[PreparedPicture, list[PairRow]]] = []
        for group in group_by_picture(rows).values():
            picture = group[0].read_picture()
            features = self._recall(picture, device)
            if features is not None:
                yield group, features
                continue
            if picture.problem is None and picture.pixels is None:
                # The features were there when they were asked for, and are no longer.
                picture = self._read_again(group[0])
            if picture.problem is not None:
                for row in group:
                    row.fail(IMAGE_ERROR, picture.problem)
                continue
            waiting.append((picture, group))
            if len(waiting) >= (self.batch_size or (_TRIED_FIRST if device.type == "cuda" else BATCH_SIZE)):
                yield from self._encode(waiting, device)
                waiting = []
        yield from self._encode(waiting, device)

    def _recall(self, picture: PreparedPicture, device: torch.device) -> Tensor | None:
        features = self.memory.find(picture.content)
        if features is None and self.kept is not None and picture.content is not None:
            stored = self.kept.find(picture.content)
            if stored is not None:
                features = stored.to(device)
                self.memory.keep(picture.content, features)
        return features

    def _read_again(self, row: PairRow) -> PreparedPicture:
        self._pixels_needed = True
        try:
            return row.read_picture()
        finally:
            self._pixels_needed = False

    def _encode(
        self, waiting: Sequence[tuple[PreparedPicture, list[PairRow]]], device: torch.device
    ) -> Iterator[tuple[list[PairRow], Tensor]]:
        pictures = list({picture.content: picture for picture, _ in waiting}.values())
        if not pictures:
            return
        if self.batch_size is None:
            self.batch_size = self._find_batch_size(pictures, device)
        encoded: dict[object, Tensor] = {}
        for batch, output, fitting in run_in_batches(self._run, pictures, self.batch_size):
            self.batch_size = min(self.batch_size, fitting)
            for picture, features in zip(batch, output, strict=True):
                if self.kept is not None and picture.content is not None:
                    features = self.kept.keep(picture.content, features)
                self.memory.keep(picture.content, features)
                encoded[picture.content] = features
        for picture, group in waiting:
            yield group, encoded[picture.content]

    def _find_batch_size(self, pictures: Sequence[PreparedPicture], device: torch.device) -> int:
        if device.type != "cuda":
            return BATCH_SIZE
        tried = pictures[:_TRIED_FIRST]
        try:
            with measured_memory(device) as used:
                self._run(tried)
                of_one = used() // len(tried)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return 1
        return fitting_batch(free_bytes=free_memory(device), bytes_of_one=of_one)
