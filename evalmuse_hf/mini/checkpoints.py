"""The small checkpoints that travel in the package."""

from pathlib import Path

_FOLDER = Path(__file__).parent / "checkpoints"
_NAMES = {"mini": "fga-blip2-mini", "fga-blip2-mini": "fga-blip2-mini"}


def find_checkpoint(name: str) -> Path | None:
    """Return the folder of a packaged checkpoint, or None if `name` is not one ("mini" is `fga-blip2-mini`)."""
    folder = _FOLDER / _NAMES[name] if name in _NAMES else None
    return folder if folder is not None and (folder / "config.json").is_file() else None
