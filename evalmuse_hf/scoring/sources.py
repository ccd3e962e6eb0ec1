"""One door to the pairs that a run scores: lists, tar shards and data sets, read piece by piece, never as a whole."""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

from evalmuse_hf.data.table_advice import missing_columns, no_rows
from evalmuse_hf.data.tables import TableError, TableRow, read_table
from evalmuse_hf.scoring.lists import REQUIRED_COLUMNS, ListError, ListRow, make_row
from evalmuse_hf.scoring.source_files import find_files, fingerprint_files, is_list_or_tar, is_tar

CHECKED_ROWS = 1000
"""Rows in which each column that a list must have is looked for before the run starts."""

SAVED_FILES = ("dataset_dict.json", "state.json")
"""What `save_to_disk` leaves in its folder."""

_HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")
_CARD = "README.md"
_DATA_FOLDER = "data"


class SourceError(ListError):
    """A source that stopped in the middle; what was scored before stays, and the same command goes on from there."""


class PairSource(Protocol):
    """Pairs to score, in pieces that can be read on their own."""

    @property
    def name(self) -> str:
        """How messages call it, such as ``"pairs.jsonl"`` or ``"owner/name (train)"``."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 that changes when what is to be scored changes, and not with the current folder."""

    @property
    def n_parts(self) -> int:
        """Number of pieces (files, or shards of a data set); their order is fixed."""

    def rows(self, part: int, *, start: int = 0) -> Iterator[ListRow]:
        """Read one piece.

        Args:
            part: Its number, from 0.
            start: Rows to leave out at its beginning.

        Yields:
            Its rows in a fixed order, those that cannot be scored included.

        Raises:
            ListError: If the piece cannot be read, or reading it breaks off.
        """


def open_source(
    what: str | Path,
    *,
    split: str | None = None,
    config: str | None = None,
    image_column: str = "image",
    prompt_column: str = "prompt",
) -> PairSource:
    """Open whatever holds pictures and prompts.

    Args:
        what: A list (``.jsonl``, ``.csv``, ``.parquet``; see `read_list`), a WebDataset ``.tar``, a folder of lists
            or of tars, a pattern of them (``"shards/*.parquet"``, ``"data-{000..010}.tar"``), the folder of a data
            set (with a card, or from ``save_to_disk``), or a Hub id OWNER/NAME.
        split: Split of a data set; None if it has only one.
        config: Configuration of a data set; None for its default.
        image_column: Column of the pictures; for tars, ``image`` is any member with the extension of a picture, and
            anything else is an extension.
        prompt_column: Column of the prompts; for tars, ``prompt`` is the ``.txt`` member, else ``prompt`` or
            ``caption`` in the ``.json`` member, and anything else is a key of the latter.

    Returns:
        The source. Nothing but its beginning has been read.

    Raises:
        ListError: If there is nothing there that can be read, a required column is missing, or ``split`` or
            ``config`` is unknown or given for something else than a data set.
        ImportError: If a data set is asked for and `datasets` is not installed.
    """
    columns = {"image_column": image_column, "prompt_column": prompt_column}
    if image_column == prompt_column:
        raise ListError(f"Pictures and prompts cannot both be in column {image_column!r}; name two columns.")
    path = Path(what).expanduser()
    if path.is_dir() and _is_dataset(path):
        from evalmuse_hf.scoring.dataset_source import open_dataset_folder

        return open_dataset_folder(path, split=split, config=config, **columns)
    if isinstance(what, str) and not path.exists() and _HUB_ID.fullmatch(what) and not is_list_or_tar(path):
        from evalmuse_hf.scoring.dataset_source import open_hub_dataset

        return open_hub_dataset(what, split=split, config=config, **columns)
    if split is not None or config is not None:
        given = "split" if split is not None else "config"
        raise ListError(f"`{given}` is for data sets, and {what} is none; leave it out.")
    files = find_files(path)
    name = path.name or str(path)
    if is_tar(files[0]):
        from evalmuse_hf.scoring.tar_source import TarSource

        return TarSource(files, name=name, **columns)
    return ListSource(files, name=name, **columns)


class ListSource:
    """Lists on disk, one part per file, read row by row.

    Args:
        files: Lists of the kinds in `evalmuse_hf.data.tables.READERS`.
        name: How messages call them together; by default the name of the first.
        image_column: Column of the pictures.
        prompt_column: Column of the prompts.

    Raises:
        ListError: If the first of them that has rows lacks a column, or there is no row in any.
    """

    def __init__(
        self,
        files: Sequence[Path],
        *,
        name: str | None = None,
        image_column: str = "image",
        prompt_column: str = "prompt",
    ) -> None:
        self.name = name or files[0].name
        self.n_parts = len(files)
        self._files = [path.absolute() for path in files]
        self._columns = {"image": image_column, "prompt": prompt_column}
        self._check(str(files[0]) if len(files) == 1 else self.name)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the files and the names of the columns."""
        return fingerprint_files(self._files, self._columns)

    def rows(self, part: int, *, start: int = 0) -> Iterator[ListRow]:
        """Read one file.

        Args:
            part: Its number, from 0.
            start: Rows to leave out at its beginning.

        Yields:
            Its rows in order, those that cannot be scored included.

        Raises:
            ListError: If the file is missing or damaged as a whole.
        """
        path = self._files[part]
        for row in _table_rows(path, start):
            yield make_row(rename_columns(row, self._columns), path.parent)

    def _check(self, name: str) -> None:
        """Refuse lists without rows, or without a column.

        Raises:
            ListError: If so; the sentences are those of `read_list`.
        """
        first = next((rows for path in self._files if (rows := _first_rows(path, self._columns))), None)
        if first is None:
            raise ListError(no_rows(name))
        found = tuple(dict.fromkeys(key for row in first for key in row.values))
        if not found:
            raise ListError(f"No row of {name} can be read: {first[0].problem or 'it has no columns.'}")
        require_columns(found, self._columns, name=name)


def rename_columns(row: TableRow, columns: Mapping[str, str]) -> TableRow:
    """Give the columns of pictures and prompts the names that scoring knows.

    A column that bears such a name and holds something else is left out.

    Args:
        row: As it was read.
        columns: The column that holds ``image``, and that which holds ``prompt``.

    >>> row = TableRow(0, "row 0", {"picture": "cat.png", "prompt": "a cat", "seed": 7})
    >>> rename_columns(row, {"image": "picture", "prompt": "prompt"}).values
    {'image': 'cat.png', 'prompt': 'a cat', 'seed': 7}
    """
    if all(name == column for name, column in columns.items()):
        return row
    names = {column: name for name, column in columns.items()}
    kept = {key: value for key, value in row.values.items() if key in names or key not in columns}
    return TableRow(row.number, row.place, {names.get(key, key): value for key, value in kept.items()}, row.problem)


def require_columns(found: Iterable[str], columns: Mapping[str, str], *, name: str) -> None:
    """Refuse a source that lacks a column.

    Args:
        found: Its columns.
        columns: The column that holds ``image``, and that which holds ``prompt``.
        name: How messages call the source.

    Raises:
        ListError: If one is missing.
    """
    found = tuple(found)
    missing = [columns[required] for required in REQUIRED_COLUMNS if columns[required] not in found]
    if missing:
        raise ListError(missing_columns(missing, found, name=name))


def _is_dataset(folder: Path) -> bool:
    """Whether a folder is a data set rather than a folder of lists or tars."""
    if any((folder / name).is_file() for name in SAVED_FILES):
        return True
    card = folder / _CARD
    if card.is_file():
        before, *header = card.read_text("utf-8", "replace").split("---", 2)
        if not before and header and re.search(r"^(configs|dataset_info):", header[0], re.MULTILINE):
            return True
    plain = any(is_list_or_tar(entry) for entry in folder.iterdir())
    return not plain and (card.is_file() or (folder / _DATA_FOLDER).is_dir())


def _first_rows(path: Path, columns: Mapping[str, str]) -> list[TableRow]:
    """Rows of a list up to the one after which no column is missing any more, or the last that is looked at."""
    rows: list[TableRow] = []
    missing = set(columns.values())
    for row in itertools.islice(_table_rows(path, 0), CHECKED_ROWS):
        missing.difference_update(row.values)
        # Only the names: the values may be pictures.
        rows.append(TableRow(row.number, row.place, dict.fromkeys(row.values), row.problem))
        if not missing:
            break
    return rows


def _table_rows(path: Path, start: int) -> Iterator[TableRow]:
    """Rows of one list from a number on.

    Raises:
        ListError: If it cannot be read.
    """
    try:
        yield from read_table(path, start=start)
    except TableError as error:
        raise ListError(str(error)) from None
