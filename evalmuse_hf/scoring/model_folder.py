"""What a model folder says that it holds, asked before anything heavy is imported."""

import json
from pathlib import Path


class ScorerError(ValueError):
    """A scorer that cannot be loaded; the message says why and what to type instead."""


def read_model_type(folder: Path, *, wanted: str) -> str | None:
    """Read the type of a folder's model.

    Args:
        folder: A folder.
        wanted: What to give instead if it is no model folder, for the message.

    Returns:
        ``model_type`` of its config.json; None if that has none.

    Raises:
        ScorerError: If there is no such file, or it is damaged.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise ScorerError(f"{folder} has no config.json, so it is no model folder; give {wanted}.")
    try:
        config = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ScorerError(f"{path} is not JSON ({error}); write the folder again.") from None
    kind = config.get("model_type") if isinstance(config, dict) else None
    return None if kind is None else str(kind)


def check_weights(folder: Path, hub_id: str) -> None:
    """Refuse what came from the Hub without weights that can be read without running code.

    Args:
        folder: What was fetched.
        hub_id: From where.

    Raises:
        ScorerError: If there is no ``.safetensors`` file.
    """
    if not any(folder.rglob("*.safetensors")):
        raise ScorerError(
            f"{hub_id!r} has no *.safetensors; weights in other files, such as pytorch_model.bin, are not fetched, as "
            "reading them may run code. Save the model in that form and give the folder, or take another Hub id."
        )


def first_line(error: BaseException) -> str:
    """Say in one line what went wrong.

    Args:
        error: What was raised.
    """
    return (str(error).strip().splitlines() or [type(error).__name__])[0].strip()
