"""What produced a set of scores: versions, weights, precision and device."""

import hashlib
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from evalmuse_hf import __version__
from evalmuse_hf.models.scorer import Scorer

LIBRARIES = ("torch", "transformers", "tokenizers", "pillow", "numpy")
WEIGHT_PATTERNS = ("*.safetensors", "*.bin")


def provenance_of(scorer: Scorer) -> dict[str, Any]:
    """Describe a scorer so that its scores can be traced back to it.

    Args:
        scorer: Any scorer; what it does not tell is left out.

    Returns:
        Keys ``evalmuse_hf``, ``python``, ``libraries`` (version by name) and ``scorer``; of a network also ``model``
        (name of its folder), ``weights_sha256`` (None if it is not from files), ``dtype``, ``device`` and ``compat``.
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
        record["weights_sha256"] = weights_sha256(getattr(network, "name_or_path", ""))
        record["dtype"] = str(getattr(network, "dtype", None)).removeprefix("torch.")
        record["device"] = str(getattr(network, "device", None))
        record["compat"] = getattr(scorer, "compat", None)
    return record


def weights_sha256(folder: str | Path) -> str | None:
    """SHA-256 of the weights in a model folder; several files are hashed in the order of their names.

    Args:
        folder: A folder that `save_pretrained` wrote; None is returned if it holds no weights.
    """
    if not str(folder) or not Path(folder).is_dir():
        return None
    files = next((found for pattern in WEIGHT_PATTERNS if (found := sorted(Path(folder).glob(pattern)))), [])
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest() if files else None


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
