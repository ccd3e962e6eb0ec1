"""Whether the disk has room for what visitors send; uploads pass no queue, so that nothing else would bound them."""

import math
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.uploads import upload_folder

MIN_FREE_BYTES = 512 * 1024**2
"""Bytes that stay free on the disk, for the log and for what else runs there."""

FULL = "This server has no room for more files now; older ones go within {minutes} min, so try again later."

_MEASURED_FOR_S = 5.0
_PAUSES = 20  # times as long as measuring took, so that many small files do not keep the server busy
_BLOCK_BYTES = 4_096  # what the smallest file and each folder take


class DiskSpace:
    """Measures the folder of uploads now and then, and counts what comes in between.

    Args:
        limits: Bytes that the folder may hold.
        clock: Seconds that only go forward.
    """

    def __init__(self, limits: PageLimits, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._clock = limits, clock
        self._used = 0
        self._valid_until = float("-inf")

    def add(self, n_bytes: int) -> None:
        """Count what comes in.

        Args:
            n_bytes: Of one piece.
        """
        self._used += n_bytes

    @property
    def is_over(self) -> bool:
        """Whether what was measured and what came since are more than the folder may hold; nothing is measured."""
        return self._used > self._limits.max_upload_bytes

    @property
    def sentence(self) -> str:
        """What is said when there is no room."""
        return FULL.format(minutes=math.ceil(self._limits.keep_uploads_s / 60))

    def find_refusal(self) -> str | None:
        """Say why nothing more is taken, in one sentence for visitors; None if there is room."""
        now = self._clock()
        if now >= self._valid_until:
            self._valid_until = float("inf")  # one measures, and the others take what is known
            self._used = measure_folder(upload_folder())
            self._valid_until = self._clock() + max(_MEASURED_FOR_S, _PAUSES * (self._clock() - now))
        if self.is_over or free_bytes(upload_folder()) < MIN_FREE_BYTES:
            return self.sentence
        return None


def measure_folder(folder: Path) -> int:
    """Add up what the files and folders below one take on the disk; what goes meanwhile is left out.

    Args:
        folder: It may be missing.
    """
    total = 0
    for parent, folders, names in os.walk(folder):
        total += _BLOCK_BYTES * len(folders)
        for name in names:
            try:
                total += max(_BLOCK_BYTES, os.lstat(os.path.join(parent, name)).st_size)
            except OSError:  # deleted meanwhile
                continue
    return total


def free_bytes(folder: Path) -> int:
    """Free bytes of the disk on which a folder lies, or will lie.

    Args:
        folder: It may be missing.
    """
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(there).free
