"""One door to the pairs of a data set, wherever it lives."""

import hashlib
import logging
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import datasets
import filelock

from evalmuse_hf import __version__
from evalmuse_hf.data.build import build_dataset
from evalmuse_hf.data.builder import EvalMuse40K
from evalmuse_hf.data.errors import ReleaseError
from evalmuse_hf.data.features import FOLDERS
from evalmuse_hf.data.own_data import convert_list
from evalmuse_hf.data.report import FORMAT
from evalmuse_hf.data.tables import READERS
from evalmuse_hf.data.workspace import CARD_FILE
from evalmuse_hf.schema import PAIR_COLUMNS

logger = logging.getLogger(__name__)

_OWN_FOLDER = "evalmuse_own"
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def load_pairs(name: str | Path, split: str) -> datasets.Dataset:
    """Load one split of a data set of pairs.

    Args:
        name: A folder that `build_dataset` wrote; the folder of a raw release, or a list of one's own ratings (see
            `evalmuse_hf.data.own_data`), which are built into the cache of `datasets`; or the id of a Hub data set in
            the ``pairs`` format, such as ``"owner/evalmuse-40k"``.
        split: ``"train"``, ``"test"``, or a part such as ``"test[:100]"``.

    Returns:
        Rows with at least the columns of `evalmuse_hf.schema.pair_features`.

    Raises:
        ValueError: If there is no such data set or split, or if columns are missing.
    """
    pairs = _load_config(name, "pairs", split)
    missing = [column for column in PAIR_COLUMNS if column not in pairs.column_names]
    if missing:
        raise ValueError(
            f"Data set {str(name)!r} lacks the columns {', '.join(missing)}; expected the columns that "
            "`evalmuse dataset build` writes."
        )
    return pairs


def load_ratings(name: str | Path, split: str) -> datasets.Dataset | None:
    """Load the single ratings that belong to a split of a data set, with who gave them and in which round.

    Args:
        name: As in `load_pairs`.
        split: As in `load_pairs`; for a part of a split, the ratings of all of it.

    Returns:
        Rows with the columns of `evalmuse_hf.data.features.rating_features`; None if the data set has no configuration
        ``ratings``, or none for this split.

    Raises:
        ValueError: If there is no such data set.
    """
    whole = "+".join(dict.fromkeys(_split_names(split)))
    try:
        return _load_config(name, "ratings", whole)
    except _AbsentError:
        return None


class _AbsentError(ValueError):
    """A configuration or a split that a data set does not have."""


def _load_config(name: str | Path, config: str, split: str) -> datasets.Dataset:
    """Load a split of a configuration from wherever the data set is."""
    folder = Path(name).expanduser()
    if folder.suffix.lower() in READERS and not folder.is_dir():
        return _load(str(build_list(folder)), config, split)
    if not folder.is_dir():
        if folder.exists() or not _HUB_ID.fullmatch(str(name)):
            raise ValueError(
                f"No data set at {str(name)!r}: expected a folder written by `evalmuse dataset build`, the folder of "
                "a raw release, a list of ratings (.csv, .jsonl, .parquet), or a Hub id like 'owner/evalmuse-40k'."
            )
        return _load(str(name), config, split)
    if is_built(folder):
        return _load(str(folder.resolve()), config, split)
    try:
        builder = EvalMuse40K(config_name=config, data_dir=folder)
        builder.download_and_prepare()
    except ReleaseError as error:
        raise ValueError(
            f"The folder {str(name)!r} is neither a built data set (README.md and data/*.parquet) nor a raw release "
            f"({error}); make one with `evalmuse dataset build RAW OUT`."
        ) from error
    _refuse_unknown_split(split, available=list(builder.info.splits), name=str(name))
    with _one_sentence(name, split):
        return builder.as_dataset(split=split)


def build_list(path: Path) -> Path:
    """Build a list of one's own ratings into the cache of `datasets`, once for every state of list and pictures.

    Args:
        path: The list, see `evalmuse_hf.data.own_data.convert_list`.

    Returns:
        Folder of the data set.

    Raises:
        ReleaseError: If the list cannot be read, or nothing of a split is left.
    """
    cache = Path(datasets.config.HF_DATASETS_CACHE) / _OWN_FOLDER
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        own = convert_list(path, Path(scratch))
        digest = hashlib.sha256(f"{FORMAT} {__version__}".encode())
        for split, file in sorted(own.files.items()):  # records name their pictures, with size and time of change
            digest.update(split.encode() + file.read_bytes().replace(scratch.encode(), b""))
    folder = cache / f"{path.stem}-{digest.hexdigest()[:16]}"
    with filelock.FileLock(f"{folder}.lock"):
        if not is_built(folder):
            build_dataset(path, folder, num_proc=None, progress=True)
            logger.info("Built %s into %s.", path, folder)
    return folder


def is_built(folder: Path) -> bool:
    """Whether a folder looks like the result of `evalmuse_hf.data.build_dataset`.

    Args:
        folder: Any path.
    """
    return (folder / CARD_FILE).is_file() and any((folder / FOLDERS["pairs"]).glob("*.parquet"))


def _load(path: str, config: str, split: str) -> datasets.Dataset:
    """Load a split from a built folder or the Hub; a data set without configurations is one of pairs."""
    try:
        configs = datasets.get_dataset_config_names(path)
        chosen = config if config in configs else None
        if chosen is None and config != "pairs":
            raise _AbsentError(f"{path!r} has no configuration {config!r}; it has {' and '.join(configs)}.")
        builder = datasets.load_dataset_builder(path, chosen)
    except (ConnectionError, FileNotFoundError) as error:
        raise ValueError(
            f"Cannot load the data set {path!r} from the Hub ({error}); check the id and the connection, or give a "
            "folder written by `evalmuse dataset build`."
        ) from error
    if builder.info.splits:
        _refuse_unknown_split(split, available=list(builder.info.splits), name=path)
    with _one_sentence(path, split):
        return datasets.load_dataset(path, chosen, split=split)


@contextmanager
def _one_sentence(name: str | Path, split: str) -> Iterator[None]:
    """Say what is wrong with a split whose name is right."""
    try:
        yield
    except (ValueError, AssertionError) as error:
        raise ValueError(f"The split {split!r} of {str(name)!r} is empty, or no part of one ({error}).") from error


def _refuse_unknown_split(split: str, *, available: list[str], name: str) -> None:
    if not set(_split_names(split)) <= {*available, "all"}:
        raise _AbsentError(f"{name!r} has no split {split!r}; it has {' and '.join(available)}; name one of them.")


def _split_names(split: str) -> list[str]:
    """Names in an expression such as ``"train[:50%]+test"``."""
    return [part.partition("[")[0].strip() for part in split.split("+")]
