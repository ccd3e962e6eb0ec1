"""Pairs in a Hugging Face data set: a folder, an id on the Hub, or an object in memory; pictures stay files."""

import hashlib
import itertools
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmuse_hf.data.table_advice import no_rows
from evalmuse_hf.data.tables import TableRow
from evalmuse_hf.optional import require
from evalmuse_hf.scoring.lists import ListError, ListRow, make_row
from evalmuse_hf.scoring.model_folder import first_line
from evalmuse_hf.scoring.source_files import fingerprint_files
from evalmuse_hf.scoring.sources import SAVED_FILES, SourceError, rename_columns, require_columns
from evalmuse_hf.scoring.tar_source import MAX_PICTURE_BYTES

if TYPE_CHECKING:
    import datasets

ROWS_PER_PART = 1000
"""Rows in each piece of a data set whose rows can be read in any order."""

_HUB_FILES = "hf://datasets/"


class DatasetSource:
    """A data set that is loaded already.

    One that is iterable has as many parts as shards; one that is not, a part for every `ROWS_PER_PART` rows. Formats
    and transforms that are set on it are ignored; columns with other pictures or bytes are left out.

    Args:
        dataset: Its order must be the same whenever it is read.
        name: How messages call it.
        fingerprint: Changes when its content does, such as the hash of a revision. None takes what `datasets` keeps
            for a data set that is not iterable.
        n_parts: 1 reads an iterable one as a whole, as after ``take`` or ``skip``, which `datasets` would apply to
            each shard; None has a part per shard.
        folder: Where relative paths of pictures start; None if no file of this machine may be read (what somebody
            else wrote into a data set could name any).
        hub_files: Start of the addresses on the Hub from which pictures may be fetched that are not embedded.
        image_column: Column of the pictures: `datasets.Image`, bytes or paths.
        prompt_column: Column of the prompts.

    Raises:
        ListError: If a column is missing, or it is known to have no rows.
        ValueError: If an iterable data set comes without a fingerprint.
    """

    def __init__(
        self,
        dataset: "datasets.Dataset | datasets.IterableDataset",
        *,
        name: str = "the data set",
        fingerprint: str | None = None,
        n_parts: int | None = None,
        folder: str | Path | None = ".",
        hub_files: str = _HUB_FILES,
        image_column: str = "image",
        prompt_column: str = "prompt",
    ) -> None:
        library = _library()
        self.name = name
        self._columns = {"image": image_column, "prompt": prompt_column}
        self._folder = None if folder is None else Path(folder).absolute()
        self._hub_files = hub_files
        self._any_order = isinstance(dataset, library.Dataset)
        if fingerprint is None and not self._any_order:
            raise ValueError("An iterable data set does not know its content: give `fingerprint`, such as a revision.")
        self._identity = dataset._fingerprint if fingerprint is None else fingerprint
        self._dataset = _undecoded(dataset, image_column)
        features = self._dataset.features or {}
        self._left_out = {key for key, feature in features.items() if key != image_column and _holds_content(feature)}
        self._check()
        if self._any_order:
            self.n_parts = -(-len(self._dataset) // ROWS_PER_PART)
        else:
            self.n_parts = int(self._dataset.num_shards) if n_parts is None else n_parts

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of what identifies the data set, and of the names of the columns."""
        return hashlib.sha256(repr((self._identity, sorted(self._columns.items()))).encode()).hexdigest()

    def rows(self, part: int, *, start: int = 0) -> Iterator[ListRow]:
        """Read one shard.

        Args:
            part: Its number, from 0.
            start: Rows to leave out at its beginning.

        Yields:
            Its rows in order, those that cannot be scored included.

        Raises:
            SourceError: If reading breaks off, as when the Hub stops answering.
        """
        first = part * ROWS_PER_PART if self._any_order else 0
        where = f" of part {part}" if self.n_parts > 1 and not self._any_order else ""
        records = self._records(part, start)
        for number in itertools.count(first + start):
            place = f"row {number}{where} of {self.name}"
            try:
                record = next(records, None)
                row = None if record is None else self._row(TableRow(number, place, record))
            except Exception as error:  # of the network, of the disk, of any library that decodes
                raise SourceError(
                    f"Reading {self.name} broke off at row {number}{where} ({_reason(error)}); the same command goes "
                    "on from what is on disk."
                ) from error
            if row is None:
                return
            yield row

    def _records(self, part: int, start: int) -> Iterator[dict[str, Any]]:
        """Rows of one part as `datasets` gives them.

        Raises:
            RuntimeError: In a worker of a torch `DataLoader`, where `datasets` would give a share of them only.
        """
        if self._any_order:
            first, last = part * ROWS_PER_PART, min((part + 1) * ROWS_PER_PART, len(self._dataset))
            if first + start < last:  # `select` refuses an empty range at the end
                yield from self._dataset.select(range(first + start, last))
            return
        torch = sys.modules.get("torch")
        if torch is not None and torch.utils.data.get_worker_info() is not None:
            raise RuntimeError("a stream is not to be read in a worker of a DataLoader")
        shard = self._dataset if self.n_parts == 1 else self._dataset.shard(num_shards=self.n_parts, index=part)
        yield from shard.skip(start) if start else shard

    def _row(self, row: TableRow) -> ListRow:
        """Make it a row to score, with the content of its picture."""
        kept = {
            key: value
            for key, value in row.values.items()
            if key == self._columns["image"] or not (key in self._left_out or _is_content(value))
        }
        row = rename_columns(TableRow(row.number, row.place, kept), self._columns)
        image = _as_file(row.values.get("image"))
        values = {**row.values, "image": image}
        path = image.get("path") if isinstance(image, Mapping) and image.get("bytes") is None else image
        if isinstance(path, str) and self._is_on_hub(path):
            content = _fetch(path)
            if isinstance(content, str):
                return ListRow(row.place, {**values, "image": path}, problem=f"The picture of {row.place} {content}")
            values["image"] = {"bytes": content, "path": path}
        elif isinstance(path, str) and path and self._folder is None:
            problem = f"`image` of {row.place} names a file outside the data set, which is not read; embed it."
            return ListRow(row.place, {**values, "image": path}, problem=problem)
        return make_row(TableRow(row.number, row.place, values), self._folder or Path())

    def _is_on_hub(self, path: str) -> bool:
        """Whether it is the address of a file of the data set, or of one in a zip archive there."""
        inner, _, outer = path.rpartition("::")
        return outer.startswith(self._hub_files) and (not inner or (inner.startswith("zip://") and "::" not in inner))

    def _check(self) -> None:
        """Refuse a data set that lacks a column, or rows.

        Raises:
            ListError: If it does.
        """
        found = self._dataset.column_names
        try:
            empty = len(self._dataset) == 0 if self._any_order else False
            if found is None:  # a generator, or text whose columns nobody has declared
                record = next(iter(self._dataset), None)
                found, empty = list(record or ()), record is None
        except Exception as error:
            raise SourceError(f"The first row of {self.name} cannot be read ({_reason(error)}).") from error
        if empty:
            raise ListError(no_rows(self.name))
        require_columns(found, self._columns, name=self.name)


def open_dataset_folder(
    folder: Path, *, split: str | None, config: str | None, image_column: str, prompt_column: str
) -> DatasetSource:
    """Open a data set on disk.

    Args:
        folder: One with a card, or one that ``save_to_disk`` wrote.
        split: As in `open_source`.
        config: As in `open_source`.
        image_column: As in `open_source`.
        prompt_column: As in `open_source`.

    Returns:
        The source; with a card, it is streamed.

    Raises:
        ListError: If it cannot be opened, or lacks the split, the configuration or a column.
        ImportError: If `datasets` is not installed.
    """
    folder, asked = folder.absolute(), config
    if any((folder / name).is_file() for name in SAVED_FILES):
        if config is not None:
            raise ListError(f"{folder} was written by `save_to_disk` and has no configurations; leave `config` out.")
        dataset, chosen = _load_saved(folder, split)
        files = sorted((folder / chosen if (folder / chosen).is_dir() else folder).glob("*.arrow"))
    else:
        builder, splits = _open_builder(str(folder), config, name=folder.name)
        chosen = _choose(split, list(splits), what="split", name=folder.name)
        dataset = splits[chosen]
        config = builder.config.name
        files = sorted(path for path in map(Path, (builder.config.data_files or {}).get(chosen, ())) if path.is_file())
    return DatasetSource(
        dataset,
        name=_labelled(folder.name, asked, chosen),
        fingerprint=fingerprint_files(files, {"config": config, "split": chosen}, hashed_bytes=0),
        folder=folder,
        image_column=image_column,
        prompt_column=prompt_column,
    )


def open_hub_dataset(
    hub_id: str, *, split: str | None, config: str | None, image_column: str, prompt_column: str
) -> DatasetSource:
    """Open a data set on the Hub at its newest revision, as a stream.

    Args:
        hub_id: OWNER/NAME.
        split: As in `open_source`.
        config: As in `open_source`.
        image_column: As in `open_source`.
        prompt_column: As in `open_source`.

    Returns:
        The source. It stays at that revision, whatever is pushed meanwhile.

    Raises:
        ListError: If the Hub does not give it, or it lacks the split, the configuration or a column.
        ImportError: If `datasets` is not installed.
    """
    _library()
    from huggingface_hub import HfApi

    try:
        revision = HfApi().dataset_info(hub_id).sha
    except Exception as error:  # the client below `huggingface_hub` has errors of its own
        raise ListError(
            f"{hub_id!r} is no list or folder here and cannot be had from the Hub ({_reason(error)}); give the path "
            "of a list, a tar or a data set."
        ) from error
    builder, splits = _open_builder(hub_id, config, name=hub_id, revision=revision)
    chosen = _choose(split, list(splits), what="split", name=hub_id)
    return DatasetSource(
        splits[chosen],
        name=_labelled(hub_id, config, chosen),
        fingerprint=repr((hub_id, builder.config.name, chosen, revision)),
        folder=None,
        hub_files=f"{_HUB_FILES}{hub_id}@{revision}/",
        image_column=image_column,
        prompt_column=prompt_column,
    )


def _labelled(name: str, config: str | None, split: str) -> str:
    parts = ", ".join(filter(None, (config, split)))
    return f"{name} ({parts})" if parts else name


def _library() -> Any:
    return require("datasets", purpose="Reading a data set", extra="dev")


def _load_saved(folder: Path, split: str | None) -> tuple[Any, str]:
    """What `save_to_disk` wrote, and the name of the split; empty if there are none."""
    library = _library()
    try:
        saved = library.load_from_disk(str(folder))
    except Exception as error:  # a damaged folder makes it raise anything
        raise ListError(f"The data set {folder} cannot be loaded: {first_line(error)}") from error
    if isinstance(saved, library.Dataset):
        if split is not None and split != str(saved.split):
            raise ListError(f"{folder.name} has no splits; leave `split` out.")
        return saved, ""
    chosen = _choose(split, list(saved), what="split", name=folder.name)
    return saved[chosen], chosen


def _open_builder(path: str, config: str | None, *, name: str, revision: str | None = None) -> tuple[Any, Any]:
    """Builder of a configuration, and its splits as streams.

    Raises:
        ListError: If there is no such configuration, or the data set cannot be opened.
    """
    library = _library()
    try:
        builder = library.load_dataset_builder(path, config, revision=revision)
        return builder, builder.as_streaming_dataset()
    except Exception as error:  # of the network, or whatever a card or file that is no data set makes it raise
        if isinstance(error, ValueError):
            _choose(config, library.get_dataset_config_names(path, revision=revision), what="configuration", name=name)
        raise ListError(f"The data set {name} cannot be opened ({_reason(error)}).") from error


def _choose(asked: str | None, available: list[str], *, what: str, name: str) -> str:
    """The one that was asked for, or the only one.

    Raises:
        ListError: If there is no such one, or none was asked for and there are several.
    """
    if asked in available:
        return asked
    if asked is not None:
        raise ListError(f"{name} has no {what} {asked!r}; it has {' and '.join(available)}.")
    if len(available) != 1:
        raise ListError(f"{name} has more than one {what} ({', '.join(available)}); name one.")
    return available[0]


def _undecoded(dataset: Any, image_column: str) -> Any:
    """The data set with its pictures as files."""
    library = _library()
    dataset = dataset.with_format(None)
    if dataset.features is None:
        return dataset
    if not isinstance(dataset, library.Dataset):
        return dataset.decode(False)
    others = [key for key, feature in dataset.features.items() if key != image_column and _holds_content(feature)]
    dataset = dataset.remove_columns(others)
    if isinstance(dataset.features.get(image_column), library.Image):
        dataset = dataset.cast_column(image_column, library.Image(decode=False))
    return dataset


def _holds_content(feature: Any) -> bool:
    """Whether a column, or something in it, is a picture, a sound or bytes."""
    import datasets
    from datasets.features.features import require_decoding

    if isinstance(feature, dict):
        return any(map(_holds_content, feature.values()))
    if isinstance(feature, datasets.List | datasets.LargeList):
        return _holds_content(feature.feature)
    if isinstance(feature, datasets.Value):
        return "binary" in feature.dtype
    return bool(require_decoding(feature, ignore_decode_attribute=True))


def _is_content(value: Any) -> bool:
    """Whether a value of an undeclared column is a picture or bytes."""
    from PIL import Image

    return isinstance(value, bytes | bytearray | Image.Image)


def _as_file(image: Any) -> Any:
    """A picture as a mapping with ``bytes``; a path, or what is none, as it is."""
    import numpy as np
    from PIL import Image

    if isinstance(image, bytes | bytearray):
        return {"bytes": bytes(image), "path": None}
    if isinstance(image, Image.Image | np.ndarray):
        return _library().Image().encode_example(image)
    return image


def _fetch(path: str) -> bytes | str:
    """Content of a file on the Hub, or what is wrong with it; the words go on after "The picture of row 3"."""
    import fsspec  # type: ignore[import-untyped]

    try:
        with fsspec.open(path, "rb") as file:
            content = bytes(file.read(MAX_PICTURE_BYTES + 1))
    except FileNotFoundError:
        return f"is not on the Hub ({path})."
    return content if len(content) <= MAX_PICTURE_BYTES else f"has more than {MAX_PICTURE_BYTES:,} bytes."


def _reason(error: BaseException) -> str:
    """Why nothing came, in a few words."""
    from huggingface_hub.errors import OfflineModeIsEnabled

    if any(isinstance(cause, OfflineModeIsEnabled) for cause in (error, error.__cause__, error.__context__)):
        return "HF_HUB_OFFLINE is set"
    return f"{type(error).__name__}: {first_line(error)}".removesuffix(".")
