"""The small checkpoints that travel in the package."""

from pathlib import Path

_FOLDER = Path(__file__).parent / "checkpoints"
_NAMES = {"fga_blip2": "fga-blip2-mini", "vqa": "pn-vqa-mini"}


def find_checkpoint(name: str, *, family: str = "fga_blip2") -> Path | None:
    """Find a checkpoint that the package carries.

    Args:
        name: `mini` or the name of its folder, such as `fga-blip2-mini`.
        family: Which one `mini` is: `fga_blip2`, or `vqa` for the multimodal model that answers questions.

    Returns:
        Its folder in the form of `save_pretrained`; None if `name` is no packaged checkpoint.
    """
    full = _NAMES[family] if name == "mini" else name
    folder = _FOLDER / full if full in _NAMES.values() else None
    return folder if folder is not None and (folder / "config.json").is_file() else None
