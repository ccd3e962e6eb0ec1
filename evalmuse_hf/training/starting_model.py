"""The model that a run starts from."""

from pathlib import Path
from typing import Any

from transformers import PreTrainedConfig

from evalmuse_hf.mini import find_checkpoint
from evalmuse_hf.models.fga_blip2 import FGABlip2Config, FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.models.fga_blip2.adapter_fga_blip2 import is_adapter, load_with_adapter
from evalmuse_hf.models.fga_blip2.loading_fga_blip2 import WeightsError, load_base


def load_for_training(name: str) -> tuple[FGABlip2ForAlignment, FGABlip2Processor]:
    """Load model and processor in float32, from an FGA-BLIP2 or from the BLIP-2 that one starts from.

    Args:
        name: A packaged name such as ``"mini"``, a folder, or a Hub id. A folder of adapters gives the model with them
            merged into it.

    Returns:
        Model and processor. A BLIP-2 has no mask head; the new one is random.

    Raises:
        ValueError: If there is no such model, it is of another architecture, or its weights are damaged, lack a tensor
            or have one of another shape.
    """
    packaged = find_checkpoint(name)
    if packaged is None and not Path(name).is_dir() and name.count("/") != 1:
        raise ValueError(f"There is no model folder at {name!r}; give 'mini', a folder, or a Hub id OWNER/NAME.")
    source = str(packaged or name)
    adapted = is_adapter(source)
    if not adapted:
        _refuse_other_architecture(name, source)
    try:
        model = load_with_adapter(source) if adapted else load_base(source)
        return model, FGABlip2Processor.from_pretrained(source)
    except WeightsError:
        raise
    except Exception as error:  # a damaged folder makes the loaders raise anything
        raise ValueError(f"The model {name!r} cannot be loaded: {_first_line(error)}") from error


def _refuse_other_architecture(name: str, source: str) -> None:
    folder = Path(source)
    if folder.is_dir() and not (folder / "config.json").is_file():  # transformers would take the processor's file
        raise ValueError(f"The folder {source!r} has no config.json; give one that save_pretrained wrote.")
    values: dict[str, Any]
    try:
        values, _ = PreTrainedConfig.get_config_dict(source)
    except (OSError, ValueError) as error:
        where = "has a config.json that is damaged" if folder.is_dir() else "cannot be had from the Hub"
        raise ValueError(
            f"The model {source!r} {where} ({_first_line(error)}); give 'mini', a folder that save_pretrained wrote, "
            "or a Hub id OWNER/NAME."
        ) from error
    kind = values.get("model_type")
    if kind not in (FGABlip2Config.model_type, "blip-2"):
        raise ValueError(f"The model {name!r} is a {kind!r}; expected an FGA-BLIP2, or a BLIP-2 to start from.")


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
