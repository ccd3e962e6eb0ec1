"""Candidates and what is known of each: its labels along some dimensions, and numbers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.elements import LONE_SURROGATE
from evalmuse_hf.prompts.tables import TableRow

ID_COLUMNS = ("id", "prompt_id")
"""Columns that hold the identifier, the first that a table has."""

STATUS_COLUMN = "label_status"
"""Column that says whether labelling a row went well: "ok", or something else. A table need not have it."""

_OK = "ok"
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class LabelColumn:
    """One dimension along which candidates are labelled.

    Attributes:
        bins: Its labels, sorted.
        members: Whether each candidate carries each label, shape ``(N, H)``; any number per candidate.
    """

    bins: tuple[str, ...]
    members: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LabelTable:
    """Candidates in the order of their identifiers, so that nothing depends on how a file was sorted.

    Attributes:
        ids: Identifiers, sorted, each once.
        labels: By dimension.
        features: By name, one finite number per candidate.
        id_column: Column that the identifiers were read from; empty if from none.
        left_out: Status of the rows that are no candidates since their labelling failed, by identifier.
    """

    ids: tuple[str, ...]
    labels: Mapping[str, LabelColumn]
    features: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    id_column: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def from_arrays(
        cls,
        ids: Sequence[str],
        *,
        labels: Mapping[str, tuple[Sequence[str], NDArray[np.bool_]]],
        features: Mapping[str, NDArray[np.float64]] | None = None,
    ) -> "LabelTable":
        """Make a table from arrays in any order.

        Args:
            ids: One per candidate.
            labels: By dimension, the names of its labels and who carries them, shape ``(N, H)``.
            features: By name, one number per candidate.

        Raises:
            ValueError: If an identifier is empty or comes twice, a shape is wrong, or a number is not finite.
        """
        order = sorted(range(len(ids)), key=ids.__getitem__)
        names = tuple(ids[place] for place in order)
        _check_ids(names)
        columns = {}
        for dimension, (bins, members) in labels.items():
            if members.shape != (len(ids), len(bins)):
                raise ValueError(
                    f"`labels` of {dimension!r} has the shape {members.shape}, expected {(len(ids), len(bins))}: "
                    "one row per candidate, one column per label."
                )
            places = sorted(range(len(bins)), key=bins.__getitem__)
            columns[dimension] = LabelColumn(
                tuple(bins[place] for place in places), np.ascontiguousarray(members[order][:, places])
            )
        numbers = {name: np.asarray(values, dtype=np.float64)[order] for name, values in (features or {}).items()}
        for name, values in numbers.items():
            if wrong := np.flatnonzero(~np.isfinite(values)).tolist():
                raise ValueError(f"Feature {name!r} of id {names[wrong[0]]!r} is not a finite number; correct it.")
        return cls(names, columns, numbers)

    @classmethod
    def from_rows(
        cls,
        rows: Iterable[TableRow],
        *,
        dimensions: Sequence[str],
        features: Sequence[str] = (),
        binned: Mapping[str, int] | None = None,
        id_column: str | None = None,
        separator: str = ";",
        include_failed: bool = False,
    ) -> "LabelTable":
        """Make a table from the rows of a file.

        A cell holds a list of labels, or a text of one or more labels; an absent, null or empty one means none. A row
        with another `STATUS_COLUMN` than "ok" is left out: it has no labels because nobody knows them, and would fill
        a sample without counting anywhere.

        Args:
            rows: The rows.
            dimensions: Columns with labels.
            features: Columns with numbers.
            binned: Columns with numbers that become a dimension each, with so many bins of equal width.
            id_column: Column with the identifier; None takes the first of `ID_COLUMNS` that the first row has.
            separator: What stands between the labels of a text.
            include_failed: Whether rows whose labelling failed are candidates as well.

        Raises:
            ValueError: If there is no row, all are left out, no row has a column, an identifier is missing or comes
                twice, or a number is none.
        """
        binned = binned or {}
        reader = _RowReader(dimensions, (*features, *binned), id_column, separator, include_failed)
        for row in rows:
            reader.read(row)
        labels, numbers = reader.arrays()
        for name, bins in binned.items():
            labels[name] = _cut(numbers[name], bins, name)
        table = cls.from_arrays(reader.ids, labels=labels, features={name: numbers[name] for name in features})
        return replace(table, id_column=reader.id_column or "", left_out=reader.left_out)

    def places(self, ids: Iterable[str], *, what: str) -> NDArray[np.int64]:
        """Where candidates stand.

        Args:
            ids: Their identifiers, in any order.
            what: What they are, for the message, such as ``"to keep"``.

        Raises:
            ValueError: If one is not in the table, or was left out.
        """
        known = {name: place for place, name in enumerate(self.ids)}
        wanted = sorted(set(ids))
        if failed := [name for name in wanted if name in self.left_out]:
            raise ValueError(
                f"{len(failed)} of the {len(wanted)} ids {what} are left out because their labelling failed: "
                f"{_first(failed)}; label them again, or keep what failed with --include-failed (`include_failed`)."
            )
        if unknown := [name for name in wanted if name not in known]:
            raise ValueError(
                f"{len(unknown)} of the {len(wanted)} ids {what} are not in the table: {_first(unknown)}."
            )
        return np.array([known[name] for name in wanted], dtype=np.int64)

    def lots(self, seed: int) -> NDArray[np.uint64]:
        """A number for each candidate that depends on its identifier and the seed alone: who goes first in a tie.

        Args:
            seed: Another seed, other lots.
        """
        key = str(seed).encode()
        names = (name.encode("utf-8", "surrogatepass") for name in self.ids)
        digests = b"".join(blake2b(name, digest_size=8, key=key).digest() for name in names)
        return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


class _RowReader:
    """What has been read so far: identifiers, labels as numbers, and features."""

    def __init__(
        self,
        dimensions: Sequence[str],
        numbers: Sequence[str],
        id_column: str | None,
        separator: str,
        include_failed: bool,
    ) -> None:
        self.ids: list[str] = []
        self.left_out: dict[str, str] = {}
        self._include_failed = include_failed
        self.id_column, self._separator = id_column, separator
        self._names: dict[str, dict[str, int]] = {name: {} for name in dimensions}
        self._labels: dict[str, list[tuple[int, int]]] = {name: [] for name in dimensions}
        self._numbers: dict[str, list[float]] = {name: [] for name in numbers}
        self._seen: set[str] = set()
        self._columns: dict[str, None] = {}

    def read(self, row: TableRow) -> None:
        if self.id_column is None:
            self.id_column = next((name for name in ID_COLUMNS if name in row.values), None)
        if self.id_column is None:
            raise ValueError(
                f"{row.place} has no column {' or '.join(ID_COLUMNS)}, only {', '.join(row.values)}; name the column "
                "of the identifiers."
            )
        name = row.values.get(self.id_column)
        if name is None or not str(name).strip():
            raise ValueError(f"{row.place} has no {self.id_column}; give every row one of its own.")
        if str(name) in self._seen:
            raise ValueError(
                f"{row.place} has the {self.id_column} {str(name)!r} a second time; every row needs its own."
            )
        self._seen.add(str(name))
        self._columns.update(dict.fromkeys(row.values))
        status = str(row.values.get(STATUS_COLUMN, _OK) or "missing").strip()
        if status != _OK and not self._include_failed:
            self.left_out[str(name)] = status
            return
        place = len(self.ids)
        self.ids.append(str(name))
        for dimension, known in self._names.items():
            for label in _labels_of(row.values.get(dimension), self._separator):
                self._labels[dimension].append((place, known.setdefault(label, len(known))))
        for column, numbers in self._numbers.items():
            numbers.append(_number(row, column))

    def arrays(
        self,
    ) -> tuple[dict[str, tuple[Sequence[str], NDArray[np.bool_]]], dict[str, NDArray[np.float64]]]:
        if self.left_out and not self.ids:
            raise ValueError(
                f"All {len(self.left_out)} rows of the table are left out because their labelling failed "
                f"({STATUS_COLUMN} of the first: {next(iter(self.left_out.values()))!r}); label them again, or keep "
                "what failed with --include-failed (`include_failed`)."
            )
        if not self.ids:
            raise ValueError("The table has no rows; nothing can be chosen from it.")
        labels: dict[str, tuple[Sequence[str], NDArray[np.bool_]]] = {}
        for dimension, names in self._names.items():
            if not names:
                absent = "has no label in any row" if dimension in self._columns else "is no column of the table"
                raise ValueError(f"{dimension!r} {absent}; its columns are {', '.join(self._columns)}.")
            members = np.zeros((len(self.ids), len(names)), dtype=np.bool_)
            places = np.array(self._labels[dimension], dtype=np.int64)
            members[places[:, 0], places[:, 1]] = True
            labels[dimension] = (list(names), members)
        return labels, {name: np.array(values) for name, values in self._numbers.items()}


def _labels_of(cell: Any, separator: str) -> Iterator[str]:
    if cell is None:
        return
    if isinstance(cell, str):
        parts: Iterable[Any] = cell.split(separator)
    else:
        parts = cell if isinstance(cell, list | tuple) else [cell]
    for part in parts:
        if part is not None and (label := str(part).strip()):
            yield LONE_SURROGATE.sub("\ufffd", label)


def _first(ids: Sequence[str]) -> str:
    return f"{', '.join(map(repr, ids[:_SHOWN]))}{', ...' if len(ids) > _SHOWN else ''}"


def _number(row: TableRow, column: str) -> float:
    if column not in row.values:
        raise ValueError(f"{row.place} has no column {column!r}, only {', '.join(row.values)}; name one.")
    value = row.values[column]
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not np.isfinite(number):
        raise ValueError(f"{row.place} has {value!r} in {column!r}, expected a finite number; correct it.")
    return number


def _cut(values: NDArray[np.float64], bins: int, name: str) -> tuple[Sequence[str], NDArray[np.bool_]]:
    """Cut numbers into bins of equal width; their names sort as their numbers do."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        raise ValueError(f"Every {name!r} is {low:g}; it cannot be cut into bins.")
    edges = np.linspace(low, high, bins + 1)
    places = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, bins - 1)
    width = len(str(bins - 1))
    names = [f"{place:0{width}}: {edges[place]:g} to {edges[place + 1]:g}" for place in range(bins)]
    return names, places[:, None] == np.arange(bins)


def _check_ids(ids: Sequence[str]) -> None:
    """Refuse sorted identifiers of which one is empty or comes twice."""
    if ids and not ids[0].strip():
        raise ValueError("An id is empty; give every candidate one of its own.")
    for first, second in pairwise(ids):
        if first == second:
            raise ValueError(f"The id {first!r} comes twice; every candidate needs its own.")
