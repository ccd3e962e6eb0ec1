"""Adapters of FGA-BLIP2 in a folder of their own: which model they belong to, and how both are put together."""

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from evalmuse_hf.models.fga_blip2.loading_fga_blip2 import WeightsError, load_base
from evalmuse_hf.models.fga_blip2.modeling_fga_blip2 import FGABlip2ForAlignment

if TYPE_CHECKING:
    from peft import PeftModel

ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
# Small modules that a training with adapters trains and saves whole.
TRAINED_WHOLE = ("itm_head", "mask_head", "vision_model.post_layernorm")

_DIGEST = "sha256:"
_HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")
_PACKAGED = "mini"


def is_adapter(folder: str | Path) -> bool:
    """Whether a folder holds adapters, which need a model to be put on.

    Args:
        folder: Any path.
    """
    return (Path(folder) / ADAPTER_CONFIG).is_file()


def load_with_adapter(folder: str | Path, *, base: str | Path | None = None) -> FGABlip2ForAlignment:
    """Load a model with the adapters in a folder merged into it.

    Args:
        folder: Folder that `evalmuse_hf.training.adapters.save_adapter`, or a training with adapters, wrote.
        base: The model that they were trained on, if it is elsewhere now: a packaged name, a folder, or a Hub id; None
            is the one that the folder names.

    Returns:
        The model, in float32 and evaluation mode.

    Raises:
        WeightsError: If the folder does not hold LoRA adapters of FGA-BLIP2, whole; or if the base has other weights
            than those that the adapters were trained on.
        ValueError: If there is no such base.
        OSError: If a file of the folder or of the base is missing.
    """
    from peft import LoraConfig, PeftModel

    folder = Path(folder)
    if (folder / "config.json").is_file():
        raise WeightsError(f"{folder} holds a model and adapters; move one of them to a folder of its own.")
    values = _read_config(folder / ADAPTER_CONFIG)
    name, version = str(base or values.get("base_model_name_or_path") or ""), values.get("revision")
    if not name:
        raise WeightsError(
            f"{folder / ADAPTER_CONFIG} does not name the model that the adapters belong to; write its folder or Hub "
            "id there as `base_model_name_or_path`."
        )
    source = _find_base(name, folder)
    model = load_with_adapter(source) if is_adapter(source) else load_base(source)
    if version is not None and version != base_version(model):
        raise WeightsError(
            f"The adapters in {folder} were trained on other weights than those of {name!r} here; write the folder or "
            f"Hub id of the right ones into {ADAPTER_CONFIG} as `base_model_name_or_path`."
        )
    adapted = PeftModel(model, LoraConfig.from_pretrained(str(folder)))
    _fill(adapted, folder / ADAPTER_WEIGHTS)
    merged = merge(adapted)
    merged.eval()
    merged.name_or_path = str(folder)
    return merged


def merge(model: "PeftModel") -> FGABlip2ForAlignment:
    """Work adapters into the weights: a plain model with the same scores, up to rounding, and no extra cost.

    Args:
        model: From `evalmuse_hf.training.adapters.add_adapters`; it is used up.

    Returns:
        The model, of which every parameter can be trained, as after loading.
    """
    merged: FGABlip2ForAlignment = model.merge_and_unload()
    for parameter in merged.parameters():
        parameter.requires_grad = True
    return merged


def base_name(name: str) -> str | None:
    """How to name a model so that it is found from anywhere: short if it is packaged, else a whole path or a Hub id.

    Args:
        name: A packaged name, a folder, or a Hub id; None is returned for the empty name of a model made in memory.
    """
    from evalmuse_hf.mini import find_checkpoint

    if not name:
        return None
    packaged, folder = find_checkpoint(_PACKAGED), find_checkpoint(name) or Path(name)
    if packaged is not None and folder.resolve() == packaged.resolve():
        return _PACKAGED
    return str(folder.resolve()) if folder.is_dir() else name


def base_version(model: FGABlip2ForAlignment) -> str | None:
    """Name the very weights that adapters build on, so that they are not put on others.

    Args:
        model: A model without adapters.

    Returns:
        ``"sha256:"`` and the digest of all tensors, in float32, but those of `TRAINED_WHOLE`; or, since merging rounds
        differently on every machine, of the file of the adapters that were merged into the model when it was loaded.
        None on the meta device, where there are no weights.
    """
    source = model.name_or_path
    if source and is_adapter(source):
        return _DIGEST + hashlib.sha256((Path(source) / ADAPTER_WEIGHTS).read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        if tensor.is_meta:
            return None
        if not name.startswith(tuple(f"{module}." for module in TRAINED_WHOLE)):
            digest.update(f"{name} {tuple(tensor.shape)}\n".encode())
            digest.update(tensor.float().cpu().contiguous().view(-1).view(torch.uint8).numpy())
    return _DIGEST + digest.hexdigest()


def _read_config(path: Path) -> dict[str, Any]:
    """Options of adapters, checked for being LoRA ones."""
    try:
        values = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise WeightsError(f"{path} is not JSON ({error}); save the adapters again.") from None
    kind = values.get("peft_type") if isinstance(values, dict) else None
    if kind != "LORA":
        raise WeightsError(f"{path} describes adapters of type {kind!r}, expected 'LORA'; give another folder.")
    return dict(values)


def _find_base(name: str, folder: Path) -> str:
    """Folder or Hub id of the model that adapters belong to."""
    from evalmuse_hf.mini import find_checkpoint

    packaged = find_checkpoint(name)
    if packaged is None and not Path(name).is_dir() and not _HUB_ID.fullmatch(name):
        raise WeightsError(
            f"The adapters in {folder} belong to {name!r}, and there is no such model here; write its folder or Hub "
            f"id into {ADAPTER_CONFIG} as `base_model_name_or_path`."
        )
    return str(packaged or name)


def _fill(model: "PeftModel", path: Path) -> None:
    """Load the weights of adapters, all of them and nothing else; peft would go on with those that it finds."""
    from peft import get_peft_model_state_dict, set_peft_model_state_dict
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise WeightsError(f"{path} is damaged ({error}); save the adapters again.") from None
    stored = get_peft_model_state_dict(model, save_embedding_layers=False)  # else peft asks the Hub for the base
    expected = {name: tensor.shape for name, tensor in stored.items()}
    found = {name: tensor.shape for name, tensor in tensors.items()}
    wrong = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    if wrong:
        kind = "missing" if wrong[0] not in found else "mismatched" if wrong[0] in expected else "unexpected"
        others = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise WeightsError(
            f"The adapters in {path} do not fit the model: {kind} tensor {wrong[0]!r}{others}; save them again."
        )
    set_peft_model_state_dict(model, tensors)
