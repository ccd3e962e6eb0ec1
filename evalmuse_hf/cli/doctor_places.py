"""What `evalmuse doctor` says of folders and of the network."""

import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

OFFLINE_VARIABLES = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE", "HF_EVALUATE_OFFLINE")
HUB = "https://huggingface.co"
_TRUE = {"1", "ON", "YES", "TRUE"}  # as huggingface_hub reads its variables
_TIMEOUT_S = 4.0


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that the package or a library writes to.

    Attributes:
        path: Where it is, or will be.
        size_bytes: Of all files in it; None if it cannot be read, 0 if it is not there yet.
        is_whole: Whether all files were counted; a count that takes long is cut off.
        free_bytes: What its disk has left; None if that is not known.
        is_writable: Whether it can be written, or made.
    """

    path: Path
    size_bytes: int | None
    is_whole: bool
    free_bytes: int | None
    is_writable: bool


def cache_folders() -> dict[str, str]:
    """Name the folders that the Hugging Face libraries will use, by the rules that they document.

    Returns:
        Path of each, by its variable.
    """
    cache = _home(os.environ.get("XDG_CACHE_HOME", "~/.cache"))
    home = _home(os.environ.get("HF_HOME", str(cache / "huggingface")))
    return {
        "HF_HOME": str(home),
        "HF_HUB_CACHE": os.environ.get("HF_HUB_CACHE", str(home / "hub")),
        "HF_DATASETS_CACHE": os.environ.get("HF_DATASETS_CACHE", str(home / "datasets")),
        "HF_MODULES_CACHE": os.environ.get("HF_MODULES_CACHE", str(home / "modules")),
    }


def examine_place(path: Path, *, seconds: float) -> Place:
    """Look at a folder.

    Args:
        path: The folder; it need not exist, and nothing is written.
        seconds: How long its files may be counted.
    """
    existing = path
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    try:
        free = shutil.disk_usage(existing).free
    except OSError:
        free = None
    writable = existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
    size, whole = _size(path, seconds) if path.is_dir() else (0, True)
    return Place(path, size, whole, free, writable)


def offline_variables() -> dict[str, str | None]:
    """Values of the variables that forbid the network; None where one is not set."""
    return {name: os.environ.get(name) for name in OFFLINE_VARIABLES}


def is_offline(variables: Mapping[str, str | None]) -> bool:
    """Whether the Hub may not be asked.

    Args:
        variables: See `offline_variables`.
    """
    return any((variables.get(name) or "").upper() in _TRUE for name in OFFLINE_VARIABLES[:2])


def try_hub() -> str | None:
    """Ask the Hub, or what ``HF_ENDPOINT`` names, for its first page.

    Returns:
        Why it cannot be reached; None if it answers.
    """
    address = os.environ.get("HF_ENDPOINT", HUB)
    try:
        request = urllib.request.Request(address, method="HEAD")
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S):
            return None
    except urllib.error.HTTPError:
        return None  # it answers
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        return (
            f"{address} cannot be reached ({reason}); behind a proxy set HTTPS_PROXY, "
            "for a mirror HF_ENDPOINT, and HF_HUB_OFFLINE=1 where there is no network, so that nothing waits for it."
        )


def _home(text: str) -> Path:
    """Write out the user's folder, as far as it is known."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def _size(folder: Path, seconds: float) -> tuple[int | None, bool]:
    """Bytes of all files, links not followed, and whether all were counted."""
    end, total, waiting = time.monotonic() + seconds, 0, [folder]
    try:
        while waiting:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                    elif not entry.is_symlink():
                        total += entry.stat(follow_symlinks=False).st_size
            if time.monotonic() > end:
                return total, not waiting
    except OSError:
        return (total or None), False
    return total, True
