"""The small checkpoints that travel in the package."""

from pathlib import Path

_FOLDER = Path(__file__).parent / "checkpoints"
_NAMES = {"mini": "fga-blip2-mini", "fga-blip2-mini": "fga-blip2-mini"}


def find_checkpoint(name: str) -> Path | None:
    """Find a checkpoint that the package carries.

    Args:
        name: `mini` or, in full, `fga-blip2-mini`.

    Returns:
        Its folder in the form of `save_pretrained`; None if `name` is no packaged checkpoint.
    """
    folder = _FOLDER / _NAMES[name] if name in _NAMES else None
    return folder if folder is not None and (folder / "config.json").is_file() else None
