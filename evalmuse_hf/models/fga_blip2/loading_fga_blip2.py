"""Loads FGA-BLIP2 weights, and refuses those that would leave a tensor random or unread."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import transformers

from evalmuse_hf.models.fga_blip2.configuration_fga_blip2 import FGABlip2Config
from evalmuse_hf.models.fga_blip2.modeling_fga_blip2 import FGABlip2ForAlignment

_SHARED_SIZES = ("vision_config", "qformer_config", "num_query_tokens", "image_text_hidden_size")


class WeightsError(ValueError):
    """Weights that do not fit the model; the message names the first tensor."""


def load_model(source: str | Path, *, may_lack: str | None = None, **options: Any) -> FGABlip2ForAlignment:
    """Load a model of which every tensor is in the file and every tensor of the file is in the model.

    transformers would leave a tensor that is missing or has another shape at random values, drop one that it has no
    place for, and go on.

    Args:
        source: A folder or a Hub id.
        may_lack: Pattern of the names that may be missing, and are drawn at random: what a training adds to the model
            that it starts from.
        **options: As for ``from_pretrained``, such as ``config`` and ``dtype``.

    Returns:
        The model, in evaluation mode.

    Raises:
        WeightsError: If a tensor is missing, wrongly shaped or surplus.
        OSError: If there are no weights.
    """
    with _quiet_transformers():
        loaded: Any = FGABlip2ForAlignment.from_pretrained(
            source, output_loading_info=True, ignore_mismatched_sizes=True, **options
        )
    model: FGABlip2ForAlignment
    model, report = loaded
    for kind in ("missing", "mismatched", "unexpected"):
        names = sorted(str(key[0] if isinstance(key, tuple) else key) for key in report.get(f"{kind}_keys") or ())
        if kind == "missing" and may_lack is not None:
            names = [name for name in names if not re.match(may_lack, name)]
        if names:
            others = f" and {len(names) - 1} more" if len(names) > 1 else ""
            raise WeightsError(
                f"The weights in {source} do not fit the model: {kind} tensor {names[0]!r}{others}; "
                "save or convert the model again."
            )
    return model


def load_base(source: str | Path) -> FGABlip2ForAlignment:
    """Load what a training starts from in float32: an FGA-BLIP2, or the BLIP-2 that one is made from.

    Args:
        source: A folder or a Hub id.

    Returns:
        The model, in evaluation mode. A BLIP-2 has no mask head; the new one is random.

    Raises:
        WeightsError: If the model is of another architecture, or as in `load_model`.
        OSError: If there is no such model.
    """
    values, _ = transformers.PreTrainedConfig.get_config_dict(source)
    kind = values.get("model_type")
    if kind == FGABlip2Config.model_type:
        return load_model(source, dtype=torch.float32)
    if kind != "blip-2":
        raise WeightsError(f"The model {str(source)!r} is a {kind!r}; expected an FGA-BLIP2, or a BLIP-2.")
    config = FGABlip2Config(**{key: values[key] for key in _SHARED_SIZES if key in values})
    return load_model(source, may_lack=r"mask_head\.", config=config, dtype=torch.float32)


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Keep the bar and the report of loading off the screen: what is wrong becomes one sentence here."""
    switches: Any = transformers.utils.logging  # without annotations
    verbosity, bars = switches.get_verbosity(), switches.is_progress_bar_enabled()
    switches.set_verbosity_error()
    switches.disable_progress_bar()
    try:
        yield
    finally:
        switches.set_verbosity(verbosity)
        if bars:
            switches.enable_progress_bar()
