"""Reading of the inputs that all statistics share: float64 arrays, groups, and a policy for nan."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
NanPolicy = Literal["raise", "omit"]


@dataclass(frozen=True)
class Sample:
    """Rows that a statistic may use.

    Attributes:
        columns: The inputs by argument name, float64, each of shape ``(n,)``, all values finite.
        codes: Cluster of every row, shape ``(n,)``, integers from 0; without groups every row is its own cluster.
        n_clusters: Number of different codes.
        n_dropped: Rows left out because a value was nan.
        grouped: Whether groups were given.
    """

    columns: dict[str, FloatArray]
    codes: IntArray
    n_clusters: int
    n_dropped: int
    grouped: bool

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.codes)

    @property
    def n_groups(self) -> int | None:
        """Number of groups, None when no groups were given."""
        return self.n_clusters if self.grouped else None

    def __getitem__(self, name: str) -> FloatArray:
        return self.columns[name]

    def sums(self, values: ArrayLike) -> FloatArray:
        """Add up the rows of each cluster: shape ``(n, k)`` or ``(n,)`` in, ``(n_clusters, k)`` out."""
        table = np.asarray(values, dtype=np.float64)
        table = table[:, None] if table.ndim == 1 else table
        columns = [np.bincount(self.codes, weights=column, minlength=self.n_clusters) for column in table.T]
        return np.stack(columns, axis=1)


def read_sample(
    columns: dict[str, ArrayLike], *, groups: Sequence[Hashable] | None, nan_policy: NanPolicy = "raise"
) -> Sample:
    """Check the inputs of a statistic and bring them to float64.

    Args:
        columns: Inputs by argument name, each of shape ``(n,)``; None counts as nan.
        groups: One hashable label per row, or None for independent rows.
        nan_policy: ``"raise"`` refuses nan, ``"omit"`` leaves out every row with one and counts it.

    Raises:
        ValueError: If the lengths differ, an input is not flat, a value is infinite, a value is nan under ``"raise"``,
            or a row has no group.
        TypeError: If an input is not numeric.
    """
    require_choice("nan_policy", nan_policy, ("raise", "omit"))
    arrays = {name: float_vector(name, values) for name, values in columns.items()}
    lengths = {name: len(values) for name, values in arrays.items()}
    if groups is not None:
        lengths["groups"] = len(groups)
    if len(set(lengths.values())) > 1:
        described = ", ".join(f"`{name}` has {length}" for name, length in lengths.items())
        raise ValueError(f"Expected inputs of one length, but {described}; give one value per row in each.")
    missing = np.zeros(next(iter(lengths.values())), dtype=bool)
    for name, values in arrays.items():
        missing |= _nan_rows(name, values, nan_policy)
    codes = _group_codes(groups, keep=~missing) if groups is not None else np.arange(int((~missing).sum()))
    return Sample(
        columns={name: values[~missing] for name, values in arrays.items()},
        codes=codes,
        n_clusters=int(codes.max()) + 1 if len(codes) else 0,
        n_dropped=int(missing.sum()),
        grouped=groups is not None,
    )


def float_vector(name: str, values: ArrayLike) -> FloatArray:
    """Bring an input to float64; None becomes nan.

    Raises:
        TypeError: If it is not numeric.
        ValueError: If it is not flat.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"`{name}` must be a flat sequence of numbers: {error}.") from None
    if array.ndim != 1:
        raise ValueError(f"`{name}` must be a flat sequence of numbers, got an array of shape {array.shape}.")
    return array


def require_choice(name: str, value: object, choices: Iterable[object]) -> None:
    """Refuse an option that is not one of ``choices``.

    Raises:
        ValueError: If ``value`` is none of them.
    """
    expected = tuple(choices)
    if value not in expected:
        raise ValueError(f"`{name}` must be one of {', '.join(map(repr, expected))}, got {value!r}.")


def _nan_rows(name: str, values: FloatArray, nan_policy: NanPolicy) -> NDArray[np.bool_]:
    infinite = np.flatnonzero(np.isinf(values))
    if infinite.size:
        raise ValueError(
            f"`{name}` has {infinite.size} infinite of {values.size} values, first at row {infinite[0]} (counted from "
            "0); every value must be finite, so fix what produced them."
        )
    missing = np.isnan(values)
    rows = np.flatnonzero(missing)
    if rows.size and nan_policy == "raise":
        raise ValueError(
            f"`{name}` has {rows.size} nan of {values.size} values, first at row {rows[0]} (counted from 0). Fix what "
            'produced them, or leave those rows out and count them with nan_policy="omit".'
        )
    return missing


def group_numbers(groups: Sequence[Hashable], *, name: str = "groups") -> IntArray:
    """Number the groups in order of first appearance.

    The numbers of a tuple are kept, because one list of labels goes through many statistics.

    Args:
        groups: One label per row.
        name: The argument that an error names.

    Returns:
        Integers from 0, shape ``(n,)``, not to be written to.

    Raises:
        ValueError: If a row has no label (None or nan).

    >>> group_numbers(["b", "a", "b"])
    array([0, 1, 0])
    """
    codes, unlabelled = _kept_numbers(groups) if isinstance(groups, tuple) else _numbers(groups)
    if unlabelled is not None:
        raise ValueError(f"`{name}` has no label at row {unlabelled} (counted from 0); give every row its group.")
    return codes


def _numbers(groups: Sequence[Hashable]) -> tuple[IntArray, int | None]:
    """The numbers, and the first row without a label."""
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    codes = np.fromiter(map(numbers.__getitem__, groups), dtype=np.intp, count=len(groups))
    codes.setflags(write=False)
    unlabelled = [number for group, number in numbers.items() if group is None or group != group]
    return codes, int(np.flatnonzero(codes == unlabelled[0])[0]) if unlabelled else None


@lru_cache(maxsize=8)
def _kept_numbers(groups: tuple[Hashable, ...]) -> tuple[IntArray, int | None]:
    return _numbers(groups)


def _group_codes(groups: Sequence[Hashable], *, keep: NDArray[np.bool_]) -> IntArray:
    """Number the groups of the kept rows in order of first appearance."""
    codes = group_numbers(groups)
    if keep.all():
        return codes
    codes = codes[keep]
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    order = np.empty(len(first), dtype=np.intp)
    order[np.argsort(first)] = np.arange(len(first))
    return np.asarray(order[inverse], dtype=np.intp)
