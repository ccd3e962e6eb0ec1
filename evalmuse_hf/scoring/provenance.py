"""What produced a set of scores: versions, weights, precision and device."""

import platform
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from evalmuse_hf import __version__
from evalmuse_hf.models.model_files import preprocessing_sha256, weights_sha256
from evalmuse_hf.models.scorer import Scorer

LIBRARIES = ("torch", "transformers", "tokenizers", "pillow", "numpy")


def provenance_of(scorer: Scorer) -> dict[str, Any]:
    """Describe a scorer so that its scores can be traced back to it.

    Args:
        scorer: Any scorer; what it does not tell is left out.

    Returns:
        Keys ``evalmuse_hf``, ``python``, ``libraries`` (version by name) and ``scorer``; of a network also ``model``
        (name of its folder), ``weights_sha256`` (None if it is not from files), ``preprocessing_sha256`` (of the
        settings that prepare pictures and texts; None if there are no files), ``dtype`` (of FGA-BLIP2 that of the
        vision tower; its Q-Former has float32), ``device`` and ``compat``; of scorers that ask also ``method``, with
        its wording.
    """
    record: dict[str, Any] = {
        "evalmuse_hf": __version__,
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
        "scorer": scorer.name,
    }
    # A scorer need not have a network behind it; the protocol only promises a name and `score`.
    network = getattr(scorer, "model", None)
    if network is not None:
        record["model"] = Path(str(getattr(network, "name_or_path", ""))).name or None
        folder = getattr(network, "name_or_path", "")
        record["weights_sha256"] = weights_sha256(folder)
        record["preprocessing_sha256"] = preprocessing_sha256(folder)
        record["dtype"] = _precision(network)
        record["device"] = str(getattr(network, "device", None)).partition(":")[0]  # which of several does not matter
        record["compat"] = getattr(scorer, "compat", None)
    method = getattr(scorer, "method", None)
    if is_dataclass(method) and not isinstance(method, type):
        record["method"] = {"name": type(method).__name__, **_spell(method)}
    return record


def _precision(network: Any) -> str:
    """Precision of a network, for records; of an FGA-BLIP2 that of its vision tower."""
    tower = getattr(getattr(network, "vision_model", None), "encoder", None)
    parameter = next(tower.parameters(), None) if tower is not None else None
    dtype = getattr(network, "dtype", None) if parameter is None else parameter.dtype
    return str(dtype).removeprefix("torch.")


def _spell(value: Any) -> Any:
    """What JSON holds of a method: its settings, its wording, and the names of functions."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: _spell(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _spell(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_spell(item) for item in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return getattr(value, "__qualname__", None) or str(value)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
