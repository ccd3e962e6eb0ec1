"""Which files of a model folder hold its weights and its preparation of inputs, and their digests."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

WEIGHT_PATTERNS = ("*.safetensors", "*.bin")
PREPROCESSING_PATTERNS = (
    *("*processor_config.json", "tokenizer*.json", "special_tokens_map.json"),
    *("vocab.*", "merges.txt", "chat_template.*"),
)


def weights_sha256(folder: str | Path) -> str | None:
    """SHA-256 of the weights in a model folder; several files are hashed in the order of their names.

    Args:
        folder: A folder that `save_pretrained` wrote; None is returned if it holds no weights.
    """
    return hash_files(folder, WEIGHT_PATTERNS)


def preprocessing_sha256(folder: str | Path) -> str | None:
    """SHA-256 of the files of a model folder that say how pictures and texts are prepared.

    Args:
        folder: A folder that `save_pretrained` wrote; None is returned if it holds no such file.
    """
    found = [hash_files(folder, (pattern,)) for pattern in PREPROCESSING_PATTERNS]
    if not any(found):
        return None
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()


def hash_files(folder: str | Path, patterns: Sequence[str]) -> str | None:
    """SHA-256 of the files that the first pattern with any finds, in the order of their names.

    Args:
        folder: Where to look; None is returned if it is no folder, or no pattern finds anything.
        patterns: Of file names, as for `Path.glob`.
    """
    if not str(folder) or not Path(folder).is_dir():
        return None
    files = next((found for pattern in patterns if (found := sorted(Path(folder).glob(pattern)))), [])
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest() if files else None
