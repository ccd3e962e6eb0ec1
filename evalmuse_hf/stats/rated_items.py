"""Ratings as the statistics of agreement read them: a table of items and raters, in clusters."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalmuse_hf.stats.resampling import CountStatistic, Resampling, bootstrap_interval
from evalmuse_hf.stats.results import AgreementResult, ConfidenceInterval
from evalmuse_hf.stats.sample import FloatArray, IntArray, Sample, read_sample

BoolArray = NDArray[np.bool_]

ANONYMOUS = "the raters are not identified: a column is a place in a list, not a person"
NO_TWO_RATINGS = "no item has two ratings"
ALL_THE_SAME = "all ratings are the same"
UNDEFINED = "undefined for these ratings"


@dataclass(frozen=True)
class RatedItems:
    """The items that have enough ratings to be compared.

    Attributes:
        table: Shape ``(n, raters)``, nan where there is no rating.
        sample: The items and the clusters in which they are drawn.
        rows: Row of each item in the ratings as given.
        n_dropped: Items with too few ratings.
    """

    table: FloatArray
    sample: Sample
    rows: IntArray
    n_dropped: int

    @property
    def n(self) -> int:
        """Number of items."""
        return len(self.table)

    @property
    def sizes(self) -> FloatArray:
        """Ratings of each item, shape ``(n,)``."""
        return np.asarray((~np.isnan(self.table)).sum(axis=1), dtype=np.float64)

    @property
    def mean_size(self) -> float:
        """Harmonic mean of the numbers of ratings, because the noise of a mean goes with 1 / m; nan without items."""
        sizes = np.unique(self.sizes)
        if len(sizes) < 2:
            return float(sizes[0]) if len(sizes) else float("nan")
        return float(1 / np.mean(1 / self.sizes))

    @property
    def values(self) -> FloatArray:
        """The different ratings in rising order."""
        return np.unique(self.table[~np.isnan(self.table)])

    @property
    def packed(self) -> FloatArray:
        """The ratings of each item in their order, without gaps: nan only at the end of short rows."""
        gaps = np.argsort(np.isnan(self.table), axis=1, kind="stable")
        width = int(self.sizes.max()) if self.n else 0
        return np.take_along_axis(self.table, gaps, axis=1)[:, :width]

    @property
    def status(self) -> str:
        """``"ok"``, or why nothing can be compared."""
        if not self.n:
            return NO_TWO_RATINGS
        return ALL_THE_SAME if len(self.values) == 1 else "ok"

    def summary(
        self, statistic: CountStatistic, *, name: str, resampling: Resampling, recentre: bool = False
    ) -> AgreementResult:
        """Compute a statistic and its interval.

        Args:
            statistic: Of draw counts of the clusters, see `bootstrap_interval`.
            name: What it is.
            resampling: Of the interval.
            recentre: Move the interval by the statistic less the mean of the resamples. A mean of many coefficients,
                each of few items, needs it: items that a resample repeats lower them all alike, and the interval of
                so many would end below the statistic.
        """
        value = float(statistic(np.ones((1, self.sample.n_clusters)))[0])
        if np.isnan(value):
            return self.undefined(name, UNDEFINED)
        resampled: list[FloatArray] = []

        def recorded(counts: FloatArray) -> FloatArray:
            resampled.append(statistic(counts))
            return resampled[-1]

        found = bootstrap_interval(recorded, sample=self.sample, resampling=resampling)
        interval = found.interval
        if interval is not None and recentre:
            shift = value - float(np.nanmean(np.concatenate(resampled)))
            interval = ConfidenceInterval(interval.low + shift, min(interval.high + shift, 1.0))
        return replace(
            self.undefined(name, "ok"),
            statistic=value,
            confidence_interval=interval,
            n_failed=found.n_failed,
            interval_method=found.method,
        )

    def undefined(self, name: str, status: str) -> AgreementResult:
        """Say that a statistic is undefined, and why.

        Args:
            name: What it is.
            status: Why.
        """
        return AgreementResult(
            statistic=float("nan"),
            confidence_interval=None,
            n=self.n,
            n_dropped=self.n_dropped,
            status=status,
            n_groups=self.sample.n_groups,
            name=name,
            fewest_ratings=int(self.sizes.min()) if self.n else 0,
            most_ratings=int(self.sizes.max()) if self.n else 0,
        )

    def rows_where(self, kept: BoolArray, *, predictions: FloatArray, references: FloatArray) -> Sample:
        """Pairs of numbers for some of the items, in the same clusters.

        Args:
            kept: Which items, shape ``(n,)``.
            predictions: One number per kept item.
            references: Another.
        """
        columns = {"predictions": predictions, "references": references}
        return Sample(columns, self.sample.codes[kept], self.sample.n_clusters, 0, self.sample.grouped)


def read_rated_items(ratings: ArrayLike, *, groups: Sequence[Hashable] | None, fewest: int = 2) -> RatedItems:
    """Check a table of ratings and keep the items that have enough of them.

    Args:
        ratings: Shape ``(items, raters)``, any scale; nan or None where there is no rating.
        groups: One label per item, drawn together for an interval; None for independent items.
        fewest: Items with fewer ratings are left out and counted.

    Raises:
        ValueError: If ``ratings`` is not two-dimensional or holds an infinite value, or there is not one group per
            item.
        TypeError: If ``ratings`` is not numeric.

    >>> read_rated_items([[1, None, 2], [3, None, None]], groups=None).packed
    array([[1., 2.]])
    """
    table = read_table(ratings)
    if groups is not None and len(groups) != len(table):
        raise ValueError(f"Expected one group per item, got {len(groups)} for {len(table)} items.")
    kept = (~np.isnan(table)).sum(axis=1) >= fewest
    labels = None if groups is None else [group for group, keep in zip(groups, kept, strict=True) if keep]
    rows = np.flatnonzero(kept)
    sample = read_sample({"items": rows}, groups=labels)
    return RatedItems(table=table[kept], sample=sample, rows=rows, n_dropped=int((~kept).sum()))


def read_table(ratings: ArrayLike, *, name: str = "ratings") -> FloatArray:
    """Bring a table of ratings to float64.

    Args:
        ratings: Shape ``(items, raters)``; None becomes nan.
        name: Of the argument, for messages.

    Raises:
        ValueError: If it is not two-dimensional or holds an infinite value.
        TypeError: If it is not numeric.
    """
    try:
        table = np.asarray(ratings, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"`{name}` must be a table of numbers, one row per item: {error}.") from None
    if table.ndim != 2:
        raise ValueError(f"`{name}` must have shape (items, raters), got {table.shape}; fill short rows with nan.")
    refuse_cells(table, np.isinf(table), "finite", name=name)
    return table


def refuse_cells(table: FloatArray, wrong: BoolArray, rule: str, *, name: str = "ratings") -> None:
    """Name the first rating that breaks a rule.

    Args:
        table: Shape ``(items, raters)``.
        wrong: Which cells break it.
        rule: What every rating must be.
        name: Of the argument.

    Raises:
        ValueError: If one does.
    """
    if wrong.any():
        item, rater = np.argwhere(wrong)[0]
        raise ValueError(
            f"`{name}` must be {rule}, got {table[item, rater]} at item {item}, rater {rater} (counted from 0)."
        )


def of_sums(function: CountStatistic, sums: FloatArray) -> CountStatistic:
    """Turn a function of sums over items, ``(R, k)`` to ``(R,)``, into one of draw counts.

    Args:
        function: The statistic, given the sums of each resample.
        sums: Of each cluster, shape ``(n_clusters, k)``.
    """

    def of_counts(counts: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(function(counts @ sums), dtype=np.float64)

    return of_counts


def mean_of(statistics: Sequence[CountStatistic]) -> CountStatistic:
    """Plain mean of several statistics; those that a resample leaves undefined do not count in it.

    Args:
        statistics: Each takes draw counts.
    """

    def of_counts(counts: FloatArray) -> FloatArray:
        total, defined = np.zeros(len(counts)), np.zeros(len(counts))
        for statistic in statistics:
            values = statistic(counts)
            known = ~np.isnan(values)
            total[known] += values[known]
            defined += known
        return np.where(defined > 0, total / np.maximum(defined, 1), np.nan)

    return of_counts
