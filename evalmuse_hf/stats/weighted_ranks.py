r"""Sums over ranks of many bootstrap resamples at once: rows are sorted once, a resample only changes their weights.

Tables have one row per item (a cluster, or a cell of clusters and levels), a row of zeros, and one column per
resample. With the weight :math:`W_g` of the rows that share the g-th value and :math:`S_g = \sum_{h \le g} W_h`, twice
the mean rank less the mean of all ranks is :math:`S_g + S_{g-1} - N`. All sums are integers, exact in float64 up to
:math:`2^{53}`: those of SRCC, at most :math:`N^3`, up to 208,000 rows in a resample, those of tau-b, at most
:math:`N^2`, up to 94 million. With more rows they are rounded as any sum is, some 1e-16 of their size.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from evalmuse_hf.stats.sample import FloatArray, IntArray

LANES = 64  # resamples side by side
SLAB = 128  # groups side by side: half a dozen slabs of 64 kB fit the second-level cache


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Groups of rows in rising order, where every row stands for an item of a table.

    Attributes:
        index: Row of the extended table that holds the weight of each group, shape ``(steps, width)``: groups go down
            the columns, so that one step of a cumulative sum adds whole slabs. Free places point at the row of zeros.
        place: Place of each group in ``index``, flattened.
        n_items: Rows of the table before the row of zeros.
        n_single: How many groups consist of one row that stands for each item, shape ``(n_items,)``.
        pooling: Items of each group of several rows, shape ``(n_pooled, n_items)``.
    """

    index: IntArray
    place: IntArray
    n_items: int
    n_single: FloatArray
    pooling: csr_array

    @property
    def n_pooled(self) -> int:
        """Groups of several rows."""
        return int(self.pooling.shape[0])

    def extended(self, table: FloatArray) -> FloatArray:
        """The table with the pooled groups appended; without any, the table itself."""
        return np.concatenate([table, self.pooling @ table[: self.n_items]]) if self.n_pooled else table

    def extend(self, longer: FloatArray) -> None:
        """Write the pooled groups behind the table that ``longer`` begins with."""
        if self.n_pooled:
            start = self.n_items + 1
            longer[start : start + self.n_pooled] = self.pooling @ longer[: self.n_items]

    def power_sums(self, extended: FloatArray, power: int) -> FloatArray:
        """Sum over groups of a power of their weight, shape ``(R,)``."""
        pooled = extended[self.n_items + 1 : self.n_items + 1 + self.n_pooled]
        return np.asarray(
            self.n_single @ _raised(extended[: self.n_items], power) + _raised(pooled, power).sum(axis=0)
        )

    def n_present(self, extended: FloatArray) -> FloatArray:
        """How many groups have a weight above 0, shape ``(R,)``."""
        pooled = extended[self.n_items + 1 : self.n_items + 1 + self.n_pooled]
        return np.asarray(self.n_single @ (extended[: self.n_items] > 0) + (pooled > 0).sum(axis=0))


def group_rows(numbers: IntArray, *, items: IntArray, n_groups: int, n_items: int) -> Groups:
    """Arrange rows into groups.

    Args:
        numbers: Group of every row, integers from 0 in rising order of what is ranked; some may have no row.
        items: Item that every row stands for, integers from 0.
        n_groups: Number of groups.
        n_items: Number of items.
    """
    sizes = np.bincount(numbers, minlength=n_groups)
    several = np.flatnonzero(sizes > 1)
    where = np.full(n_groups, n_items, dtype=np.intp)  # the row of zeros
    alone = sizes[numbers] == 1
    where[numbers[alone]] = items[alone]
    where[several] = n_items + 1 + np.arange(len(several))
    rank = np.cumsum(sizes > 1) - 1
    pooling = csr_array(
        (np.ones(int((~alone).sum())), (rank[numbers[~alone]], items[~alone])), shape=(len(several), n_items)
    )
    width = max(1, min(SLAB, n_groups))
    steps = max(1, -(-n_groups // width))
    index = np.full(steps * width, n_items, dtype=np.intp)
    place = np.arange(n_groups) % steps * width + np.arange(n_groups) // steps
    index[place] = where
    n_single = np.bincount(items[alone], minlength=n_items).astype(np.float64)
    return Groups(index.reshape(steps, width), place, n_items, n_single, pooling)


def ordered_product(weights: FloatArray, at: IntArray, *, values: FloatArray, values_at: IntArray) -> FloatArray:
    r"""The sum over groups of :math:`Z_g (S_g + S_{g-1})`, where S adds up the weights in rising order.

    Args:
        weights: Extended table of what S adds up.
        at: Where the weight of each group is, from `Groups`, shape ``(steps, width)``.
        values: Extended table of Z.
        values_at: Where the value of each group is, of the same shape.

    Returns:
        Shape ``(R,)``.
    """
    shape = (at.shape[1], weights.shape[1])
    before, product, total = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    after, value = np.empty(shape), np.empty(shape)
    for own, other in zip(at, values_at, strict=True):
        weights.take(own, axis=0, out=after, mode="clip")
        values.take(other, axis=0, out=value, mode="clip")
        np.add(before, after, out=after)
        np.add(before, after, out=before)
        np.add(total, value, out=total)
        np.multiply(before, value, out=value)
        np.add(product, value, out=product)
        before, after = after, before
    columns_before = np.cumsum(before, axis=0) - before
    return np.asarray((product + 2 * columns_before * total).sum(axis=0))


def doubled_ranks(weights: FloatArray, at: IntArray) -> FloatArray:
    """Twice the mean rank of each group, less the mean of all: shape ``(steps * width, R)``, in the order of ``at``.

    Args:
        weights: Extended table of items.
        at: Where the weight of each group is, from `Groups`.
    """
    own = weights.take(at.ravel(), axis=0).reshape(*at.shape, -1)
    ranks = own.copy()
    for step in range(1, len(ranks)):
        np.add(ranks[step - 1], ranks[step], out=ranks[step])
    columns = np.cumsum(ranks[-1], axis=0)
    ranks *= 2
    ranks -= own
    ranks += 2 * np.r_[np.zeros((1, columns.shape[1])), columns[:-1]] - columns[-1]
    return np.asarray(ranks.reshape(at.size, -1))


@dataclass(frozen=True, slots=True, eq=False)
class Halves:
    """Rows in the order of blocks of levels, and of groups inside a block, split by which half of a block they are in.

    Attributes:
        lower: Groups of the rows of the lower half.
        upper: Groups of the rows of the upper half, at the same places.
    """

    lower: Groups
    upper: Groups


def halve_levels(groups: IntArray, *, levels: IntArray, items: IntArray, n_items: int) -> list[Halves]:
    """Split levels in two by their highest bit, each half by the next, and so on to single levels.

    Args:
        groups: Group of every row, integers from 0 in rising order of what is ranked.
        levels: Level of every row, integers from 0.
        items: Item that every row stands for.
        n_items: Number of items.

    Returns:
        One entry per bit; two rows of different levels are in the two halves of one block in exactly one of them.
    """
    n_groups, splits = int(groups.max(initial=0)) + 1, []
    for bit in range(int(levels.max(initial=0)).bit_length()):
        keys, numbers = np.unique((levels >> (bit + 1)) * n_groups + groups, return_inverse=True)
        in_upper = (levels >> bit) % 2 == 1
        lower, upper = (
            group_rows(numbers[rows], items=items[rows], n_groups=len(keys), n_items=n_items)
            for rows in (~in_upper, in_upper)
        )
        splits.append(Halves(lower, upper))
    return splits


def sum_of_halves(splits: Sequence[Halves], table: FloatArray) -> FloatArray:
    """`ordered_product` of the weights of the lower halves and those of the upper ones, added up over the bits.

    Less the same sum with all rows in one group, it is the number of pairs of rows of different levels whose groups
    are in the order of the levels, less the number of those in the reverse order.

    Args:
        splits: From `halve_levels`.
        table: Weights of the items, shape ``(n_items + 1, R)``.
    """
    total = np.zeros(table.shape[1])
    for halves in splits:
        weights, values = halves.lower.extended(table), halves.upper.extended(table)
        total += ordered_product(weights, halves.lower.index, values=values, values_at=halves.upper.index)
    return total


def _raised(weights: FloatArray, power: int) -> FloatArray:
    raised = weights
    for _ in range(power - 1):  # many times as fast as ``weights**power``, and exact for integers
        raised = raised * weights
    return raised
