"""One door to the pairs of a data set, wherever it lives."""

import re
from pathlib import Path

import datasets

from evalmuse_hf.data.builder import EvalMuse40K
from evalmuse_hf.data.errors import ReleaseError
from evalmuse_hf.data.features import FOLDERS
from evalmuse_hf.data.workspace import CARD_FILE
from evalmuse_hf.schema import pair_features

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def load_pairs(name: str | Path, split: str) -> datasets.Dataset:
    """Load one split of a data set of pairs.

    Args:
        name: A folder that `build_dataset` wrote, the folder of a raw release (which is built into the cache of
            `datasets`), or the id of a Hub data set in the ``pairs`` format, such as ``"owner/evalmuse-40k"``.
        split: ``"train"``, ``"test"``, or a part such as ``"test[:100]"``.

    Returns:
        Rows with at least the columns of `evalmuse_hf.schema.pair_features`.

    Raises:
        ValueError: If there is no such data set or split, or if columns are missing.
    """
    folder = Path(name).expanduser()
    if not folder.is_dir():
        if folder.exists() or not _HUB_ID.fullmatch(str(name)):
            raise ValueError(
                f"No data set at {str(name)!r}: expected a folder written by `evalmuse dataset build`, the folder of "
                "a raw release, or a Hub id like 'owner/evalmuse-40k'."
            )
        return _checked(_load(str(name), split), name)
    if is_built(folder):
        return _checked(_load(str(folder.resolve()), split), name)
    try:
        builder = EvalMuse40K(config_name="pairs", data_dir=folder)
        builder.download_and_prepare()
    except ReleaseError as error:
        raise ValueError(
            f"The folder {str(name)!r} is neither a built data set (README.md and data/*.parquet) nor a raw release "
            f"({error}); make one with `evalmuse dataset build RAW OUT`."
        ) from error
    _refuse_unknown_split(split, available=list(builder.info.splits), name=str(name))
    return builder.as_dataset(split=split)


def is_built(folder: Path) -> bool:
    """Whether a folder looks like the result of `evalmuse_hf.data.build_dataset`.

    Args:
        folder: Any path.
    """
    return (folder / CARD_FILE).is_file() and any((folder / FOLDERS["pairs"]).glob("*.parquet"))


def _load(path: str, split: str) -> datasets.Dataset:
    try:
        builder = datasets.load_dataset_builder(path)
    except (ConnectionError, FileNotFoundError) as error:
        raise ValueError(
            f"Cannot load the data set {path!r} from the Hub ({error}); check the id and the connection, or give a "
            "folder written by `evalmuse dataset build`."
        ) from error
    if builder.info.splits:
        _refuse_unknown_split(split, available=list(builder.info.splits), name=path)
    return datasets.load_dataset(path, split=split)


def _refuse_unknown_split(split: str, *, available: list[str], name: str) -> None:
    wanted = {part.partition("[")[0].strip() for part in split.split("+")}
    if not wanted <= {*available, "all"}:
        raise ValueError(f"{name!r} has no split {split!r}; it has {' and '.join(available)}.")


def _checked(pairs: datasets.Dataset, name: str | Path) -> datasets.Dataset:
    missing = [column for column in pair_features() if column not in pairs.column_names]
    if missing:
        raise ValueError(
            f"Data set {str(name)!r} lacks the columns {', '.join(missing)}; expected the columns that "
            "`evalmuse dataset build` writes."
        )
    return pairs
