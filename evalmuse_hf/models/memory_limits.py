"""What fits into memory: tower outputs that are kept, and batches that become smaller when they do not fit."""

import gc
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor

logger = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_BATCH = 256
"""Pictures per pass beyond which no accelerator becomes faster."""

_SHARE_OF_FREE_MEMORY = 0.7
_SIGNS = ("out of memory", "not enough memory", "can't allocate memory", "status_alloc_failed")


class FeatureMemory:
    """Tower outputs of the pictures that were used last, by content, up to a size; safe to ask from any thread.

    Args:
        max_bytes: Size of all that is kept; 0 keeps nothing.
    """

    def __init__(self, max_bytes: int) -> None:
        if max_bytes < 0:
            raise ValueError(f"`max_bytes` must be at least 0, got {max_bytes}.")
        self.max_bytes = max_bytes
        self._n_bytes = 0
        self._kept: OrderedDict[str, Tensor] = OrderedDict()
        self._lock = threading.Lock()

    def __contains__(self, content: str) -> bool:
        with self._lock:
            return content in self._kept

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, content: str | None) -> Tensor | None:
        """Look up a tower output.

        Args:
            content: Hash of the picture's content; None for one that has none.

        Returns:
            What `keep` was given; None if it is not there (any more).
        """
        with self._lock:
            features = self._kept.get(content) if content is not None else None
            if features is not None and content is not None:
                self._kept.move_to_end(content)
            return features

    def keep(self, content: str | None, features: Tensor) -> None:
        """Keep a tower output in the place of those that were not used for the longest time.

        Args:
            content: Hash of the picture's content.
            features: Of any shape; it is cut loose from the batch that it is a part of.
        """
        size = features.numel() * features.element_size()
        if content is None or size > self.max_bytes:
            return
        with self._lock:
            self._forget(content)
            while self._n_bytes + size > self.max_bytes:
                self._forget(next(iter(self._kept)))
            self._kept[content] = features.clone()
            self._n_bytes += size

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._n_bytes = 0

    def _forget(self, content: str) -> None:
        features = self._kept.pop(content, None)
        if features is not None:
            self._n_bytes -= features.numel() * features.element_size()


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that memory is full, on whatever device.

    Args:
        error: What a network raised.
    """
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _SIGNS)


def run_in_batches(
    run: Callable[[Sequence[Item]], Result], items: Sequence[Item], size: int
) -> Iterator[tuple[Sequence[Item], Result, int]]:
    """Run a network over items, with smaller batches once one does not fit into memory.

    Args:
        run: Takes a batch.
        items: All of them.
        size: Items per batch, at least 1.

    Yields:
        Each batch, what came of it, and the size that fits from now on.

    Raises:
        RuntimeError: If a single item does not fit.
    """
    start = 0
    while start < len(items):
        batch = items[start : start + size]
        fits = True
        try:
            result = run(batch)
        except (RuntimeError, MemoryError) as error:
            if len(batch) == 1 or not is_out_of_memory(error):
                raise
            fits = False
        if fits:
            yield batch, result, size
            start += len(batch)
        else:
            size = max(1, len(batch) // 2)
            logger.warning("A batch of %d does not fit into memory; going on with %d.", len(batch), size)
            release_memory()  # not while the error is handled: it holds what the network had computed so far


def release_memory() -> None:
    """Give back what nobody uses, so that a smaller batch finds it in one piece."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def fitting_batch(*, free_bytes: int, bytes_of_one: int) -> int:
    """How many items fit: a power of two, at most `MAX_BATCH`.

    Args:
        free_bytes: Memory that nobody uses.
        bytes_of_one: What one more item takes.

    >>> fitting_batch(free_bytes=10 * 2**30, bytes_of_one=2**28)
    16
    """
    fits = int(_SHARE_OF_FREE_MEMORY * free_bytes / max(1, bytes_of_one))
    return min(MAX_BATCH, 1 << (max(1, fits).bit_length() - 1))


@contextmanager
def measured_memory(device: torch.device) -> Iterator[Callable[[], int]]:
    """Measure how much memory of a CUDA device a block takes at its peak, above what was in use before.

    Args:
        device: The device.

    Yields:
        What says it, in bytes, once the block has run.
    """
    torch.cuda.synchronize(device)
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)

    def used() -> int:
        torch.cuda.synchronize(device)
        return int(torch.cuda.max_memory_allocated(device)) - before

    yield used


def free_memory(device: Any) -> int:
    """Bytes that a CUDA device has left, what this process keeps in reserve included.

    Args:
        device: The device.
    """
    free, _ = torch.cuda.mem_get_info(device)
    return int(free) + int(torch.cuda.memory_reserved(device)) - int(torch.cuda.memory_allocated(device))
