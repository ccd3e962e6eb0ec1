"""Correlations of many bootstrap resamples at once, each given by how often every cluster was drawn.

A row drawn twice counts twice, so that a resample is the same rows with other weights, and nothing is sorted again.
All functions take the same arguments, see `pearsons_of_counts`, and serve several scorers of the same rows: what
concerns draws and references is done once for all of them.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import numpy as np

from evalmuse_hf.stats.logistic import MIN_PAIRS, Logistic4, fit_logistic4
from evalmuse_hf.stats.logistic_refit import refitted_pearson
from evalmuse_hf.stats.resampling import CountStatistic
from evalmuse_hf.stats.sample import FloatArray, IntArray, Sample
from evalmuse_hf.stats.weighted_ranks import (
    LANES,
    doubled_ranks,
    group_rows,
    halve_levels,
    ordered_product,
    sum_of_halves,
)

ROUNDING = 1e-12  # values that differ by less than this share of their mean are constant
CANCELLED = 1e-4  # a variance below this share of the mean square has lost digits
CELLS = 1024  # cells worked on at once, for the cache
MANY_PAIRS = 2000  # with fewer, the error of a fit may have several low points, and the careful search is quick

CountStatistics = Callable[[FloatArray], FloatArray]  # draw counts (R, n_clusters) in, (R, k) out: one column a scorer
TableStatistics = Callable[[FloatArray], FloatArray]  # of LANES resamples or fewer: (n_clusters + 1, R) in, (k, R) out


def pearson_of_counts(sample: Sample) -> CountStatistic:
    """Pearson correlation from sums per cluster; see `pearsons_of_counts`.

    >>> from evalmuse_hf.stats.sample import read_sample
    >>> sample = read_sample({"predictions": [1.0, 2.0, 4.0], "references": [1.0, 3.0, 3.0]}, groups=None)
    >>> pearson_of_counts(sample)(np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 3.0]]))
    array([0.7559, nan])
    """
    return _of_one(pearsons_of_counts, sample)


def spearman_of_counts(sample: Sample) -> CountStatistic:
    """Spearman correlation, sorted once; see `spearmans_of_counts`.

    >>> from evalmuse_hf.stats.sample import read_sample
    >>> sample = read_sample({"predictions": [1.0, 2.0, 4.0], "references": [1.0, 3.0, 2.0]}, groups=None)
    >>> spearman_of_counts(sample)(np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 3.0]]))
    array([0.5, nan])
    """
    return _of_one(spearmans_of_counts, sample)


def kendall_of_counts(sample: Sample, *, variant: Literal["b", "c"] = "b") -> CountStatistic:
    """Kendall correlation; see `kendalls_of_counts`.

    >>> from evalmuse_hf.stats.sample import read_sample
    >>> sample = read_sample({"predictions": [1.0, 2.0, 4.0], "references": [1.0, 3.0, 2.0]}, groups=None)
    >>> kendall_of_counts(sample)(np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 3.0]]))
    array([0.3333, nan])
    """
    return _of_one(partial(kendalls_of_counts, variant=variant), sample)


def logistic_pearson_of_counts(sample: Sample, *, compat: Literal["official"] | None = None) -> CountStatistic:
    """Pearson correlation after a logistic map fitted anew in every resample; see `logistic_pearsons_of_counts`.

    >>> from evalmuse_hf.stats.sample import read_sample
    >>> curve = {"predictions": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "references": [1.0, 1.1, 2.0, 4.0, 4.9, 5.0]}
    >>> sample = read_sample(curve, groups=None)
    >>> logistic_pearson_of_counts(sample)(np.array([[1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0, 2.0, 4.0]]))
    array([0.9999, nan])
    """
    return _of_one(partial(logistic_pearsons_of_counts, compat=compat), sample)


def pearsons_of_counts(
    scorers: Sequence[FloatArray], *, references: FloatArray, codes: IntArray, n_clusters: int
) -> CountStatistics:
    """Pearson correlations of several scorers with the same references, from sums per cluster.

    Where the sums do not tell a small variance from rounding, as in a resample without the one row whose score is
    enormous, the correlation is that of the rows.

    Args:
        scorers: Scores of each of k scorers, shape ``(n,)``.
        references: Human scores of the same rows, shape ``(n,)``.
        codes: Cluster of every row, integers from 0, shape ``(n,)``.
        n_clusters: Number of clusters.

    Returns:
        What takes draw counts of shape ``(R, n_clusters)`` and returns the correlations, shape ``(R, k)``; nan where a
        side is constant in a resample.

    >>> statistics = pearsons_of_counts(
    ...     [np.array([1.0, 2.0, 4.0]), np.array([3.0, 2.0, 1.0])],
    ...     references=np.array([1.0, 3.0, 3.0]),
    ...     codes=np.arange(3),
    ...     n_clusters=3,
    ... )
    >>> statistics(np.ones((1, 3))).round(4)
    array([[ 0.7559, -0.866 ]])
    """
    y, *centred = (values - values.sum() / max(1, len(values)) for values in (references, *scorers))
    columns = [np.ones(len(codes)), y, y * y, *(part for x in centred for part in (x, x * x, x * y))]
    sums = Sample({}, codes, n_clusters, 0, True).sums(np.column_stack(columns))

    def of_counts(counts: FloatArray) -> FloatArray:
        total, sum_y, sum_yy, *rest = (counts @ sums).T
        values = np.empty((len(counts), len(scorers)))
        with np.errstate(invalid="ignore", divide="ignore"):
            mean_y, square_y = sum_y / total, sum_yy / total
            var_y = square_y - mean_y**2
            for number, scores in enumerate(scorers):
                sum_x, sum_xx, sum_xy = rest[3 * number : 3 * number + 3]
                mean_x, square_x = sum_x / total, sum_xx / total
                var_x = square_x - mean_x**2
                values[:, number] = (sum_xy / total - mean_x * mean_y) / np.sqrt(var_x * var_y)
                sure = (var_x > CANCELLED * square_x) & (var_y > CANCELLED * square_y)
                for row in np.flatnonzero(~sure):
                    values[row, number] = _pearson_of_rows(scores, references, counts[row][codes])
        return np.clip(values, -1, 1)

    return of_counts


def spearmans_of_counts(
    scorers: Sequence[FloatArray], *, references: FloatArray, codes: IntArray, n_clusters: int
) -> CountStatistics:
    """Spearman correlations of several scorers with the same references; arguments as `pearsons_of_counts`.

    A row's rank is known from the weights of the rows before it, and the spread of the ranks from the sizes of the
    ties alone. All sums are of integers, so that the result is that of the resample written out.

    Args:
        scorers: See `pearsons_of_counts`.
        references: See `pearsons_of_counts`.
        codes: See `pearsons_of_counts`.
        n_clusters: See `pearsons_of_counts`.

    >>> statistics = spearmans_of_counts(
    ...     [np.array([1.0, 2.0, 4.0]), np.array([3.0, 2.0, 1.0])],
    ...     references=np.array([1.0, 3.0, 2.0]),
    ...     codes=np.arange(3),
    ...     n_clusters=3,
    ... )
    >>> statistics(np.ones((1, 3))).round(4)
    array([[ 0.5, -0.5]])
    """
    levels, n_levels = _numbered(references)
    ranked = group_rows(levels, items=codes, n_groups=n_levels, n_items=n_clusters)
    # The weight of a row times the rank of its reference is one number per cluster and level.
    cells, cell = np.unique(codes * n_levels + levels, return_inverse=True)
    cluster, place = cells // n_levels, ranked.place[cells % n_levels]
    prepared = []
    for groups, n_groups in map(_numbered, scorers):
        ordered = group_rows(groups, items=codes, n_groups=n_groups, n_items=n_clusters)
        prepared.append((ordered, group_rows(groups, items=cell, n_groups=n_groups, n_items=len(cells))))
    sizes = np.bincount(codes, minlength=n_clusters).astype(np.float64)
    n_rows = len(cells) + 1 + max((summed.n_pooled for _, summed in prepared), default=0)

    def of_table(table: FloatArray) -> FloatArray:
        cubes = (sizes @ table[:-1]) ** 3
        weights = ranked.extended(table)
        spread_y = cubes - ranked.power_sums(weights, 3)
        ranks = doubled_ranks(weights, ranked.index)
        products = np.empty((n_rows, table.shape[1]))
        for start in range(0, len(cells), CELLS):
            part = slice(start, min(start + CELLS, len(cells)))
            np.multiply(table[cluster[part]], ranks[place[part]], out=products[part])
        products[len(cells)] = 0
        values = np.empty((len(scorers), table.shape[1]))
        for number, (ordered, summed) in enumerate(prepared):
            weights = ordered.extended(table)
            summed.extend(products)
            covariance = ordered_product(weights, ordered.index, values=products, values_at=summed.index)
            values[number] = _ratio(3 * covariance, cubes - ordered.power_sums(weights, 3), spread_y)
        return values

    return _in_lanes(of_table, len(scorers), n_clusters)


def kendalls_of_counts(
    scorers: Sequence[FloatArray],
    *,
    references: FloatArray,
    codes: IntArray,
    n_clusters: int,
    variant: Literal["b", "c"] = "b",
) -> CountStatistics:
    """Kendall correlations of several scorers with the same references; arguments as `pearsons_of_counts`.

    Pairs are counted as in a merge sort of the references: at each bit of the number of a reference level, those pairs
    whose levels agree in all higher bits and differ in this one. With few levels there are few bits.

    Args:
        scorers: See `pearsons_of_counts`.
        references: See `pearsons_of_counts`.
        codes: See `pearsons_of_counts`.
        n_clusters: See `pearsons_of_counts`.
        variant: ``"b"`` or ``"c"``, see `krcc`.

    References:
        Knight, *A computer method for calculating Kendall's tau with ungrouped data*, JASA 61, 1966.

    >>> statistics = kendalls_of_counts(
    ...     [np.array([1.0, 2.0, 4.0]), np.array([3.0, 2.0, 1.0])],
    ...     references=np.array([1.0, 3.0, 2.0]),
    ...     codes=np.arange(3),
    ...     n_clusters=3,
    ... )
    >>> statistics(np.ones((1, 3))).round(4)
    array([[ 0.3333, -0.3333]])
    """
    levels, n_levels = _numbered(references)
    ranked = group_rows(levels, items=codes, n_groups=n_levels, n_items=n_clusters)
    blocks = halve_levels(np.zeros_like(levels), levels=levels, items=codes, n_items=n_clusters)
    prepared = []
    for groups, n_groups in map(_numbered, scorers):
        ordered = group_rows(groups, items=codes, n_groups=n_groups, n_items=n_clusters)
        prepared.append((ordered, halve_levels(groups, levels=levels, items=codes, n_items=n_clusters)))
    sizes = np.bincount(codes, minlength=n_clusters).astype(np.float64)

    def of_table(table: FloatArray) -> FloatArray:
        squares = (sizes @ table[:-1]) ** 2
        weights = ranked.extended(table)
        untied_y, n_y = squares - ranked.power_sums(weights, 2), ranked.n_present(weights)
        across_blocks = sum_of_halves(blocks, table)
        values = np.empty((len(scorers), table.shape[1]))
        for number, (ordered, halves) in enumerate(prepared):
            weights = ordered.extended(table)
            concordance = 2 * (sum_of_halves(halves, table) - across_blocks)
            untied_x = squares - ordered.power_sums(weights, 2)
            values[number] = _ratio(concordance, untied_x, untied_y)
            if variant == "c":
                fewest = np.minimum(n_y, ordered.n_present(weights))
                with np.errstate(invalid="ignore", divide="ignore"):
                    stuart = concordance * fewest / (squares * (fewest - 1))
                values[number] = np.where(np.isnan(values[number]), np.nan, np.clip(stuart, -1, 1))
        return values

    return _in_lanes(of_table, len(scorers), n_clusters)


def logistic_pearsons_of_counts(
    scorers: Sequence[FloatArray],
    *,
    references: FloatArray,
    codes: IntArray,
    n_clusters: int,
    compat: Literal["official"] | None = None,
) -> CountStatistics:
    """Pearson correlations after a logistic map fitted anew in every resample; arguments as `pearsons_of_counts`.

    The search starts from the map of all rows. With many pairs a few quick steps do; with few pairs, or where they do
    not settle, it is the search of `fit_logistic4`.

    Args:
        scorers: See `pearsons_of_counts`.
        references: See `pearsons_of_counts`.
        codes: See `pearsons_of_counts`.
        n_clusters: See `pearsons_of_counts`.
        compat: ``"official"`` maps the references to the predictions, see `plcc`.

    Returns:
        As `pearsons_of_counts`; nan also where the fit failed.

    >>> scores = np.array([0.1, 0.2, 0.4, 0.5, 0.7, 0.9])
    >>> statistics = logistic_pearsons_of_counts(
    ...     [scores], references=np.array([1.0, 1.3, 2.9, 3.0, 4.5, 4.6]), codes=np.arange(6), n_clusters=6
    ... )
    >>> statistics(np.ones((1, 6))).round(4)
    array([[0.99]])
    """
    pairs = [(references, scores) if compat == "official" else (scores, references) for scores in scorers]
    starts = []
    for inputs, targets in pairs:
        fit = fit_logistic4(inputs=inputs, targets=targets) if _fittable(inputs, targets) else None
        starts.append(fit if fit is not None and fit.converged else None)

    def of_counts(counts: FloatArray) -> FloatArray:
        values = np.empty((len(counts), len(pairs)))
        for number, drawn in enumerate(counts):
            weights = drawn[codes]
            kept = weights > 0
            for scorer, ((inputs, targets), start) in enumerate(zip(pairs, starts, strict=True)):
                values[number, scorer] = _mapped_pearson(inputs[kept], targets[kept], weights[kept], start)
        return values

    return of_counts


def _pearson_of_rows(x: FloatArray, y: FloatArray, weights: FloatArray) -> float:
    """Of weighted rows, from their distances to the mean; nan where a side is constant."""
    kept = weights > 0
    if not kept.any():
        return float("nan")
    x, y, weights = x[kept], y[kept], weights[kept]
    mean_x, mean_y = (np.average(values, weights=weights) for values in (x, y))
    if np.ptp(x) <= ROUNDING * abs(mean_x) or np.ptp(y) <= ROUNDING * abs(mean_y):
        return float("nan")
    x, y = x - mean_x, y - mean_y
    return float(weights @ (x * y) / np.sqrt((weights @ (x * x)) * (weights @ (y * y))))


def _fittable(inputs: FloatArray, targets: FloatArray) -> bool:
    return len(inputs) >= MIN_PAIRS and bool(np.ptp(inputs) > 0) and bool(np.ptp(targets) > 0)


def _mapped_pearson(inputs: FloatArray, targets: FloatArray, weights: FloatArray, start: Logistic4 | None) -> float:
    if not _fittable(inputs, targets):
        return float("nan")
    if start is not None and len(inputs) >= MANY_PAIRS:
        value = refitted_pearson(start, inputs=inputs, targets=targets, weights=weights)
        if not np.isnan(value):
            return value
    fit = fit_logistic4(inputs=inputs, targets=targets, weights=weights, start=start)
    mapped = fit(inputs)
    if not fit.converged or np.ptp(mapped) <= ROUNDING * np.abs(mapped).mean():
        return float("nan")
    x, y = mapped - np.average(mapped, weights=weights), targets - np.average(targets, weights=weights)
    return float(np.clip(weights @ (x * y) / np.sqrt((weights @ (x * x)) * (weights @ (y * y))), -1, 1))


def _of_one(build: Callable[..., CountStatistics], sample: Sample) -> CountStatistic:
    of_counts = build(
        [sample["predictions"]], references=sample["references"], codes=sample.codes, n_clusters=sample.n_clusters
    )
    return lambda counts: of_counts(counts)[:, 0]


def _numbered(values: FloatArray) -> tuple[IntArray, int]:
    """The number of each row's value among the different values in rising order, and how many there are."""
    different, numbers = np.unique(values, return_inverse=True)
    return np.asarray(numbers, dtype=np.intp), len(different)


def _in_lanes(of_table: TableStatistics, n_scorers: int, n_clusters: int) -> CountStatistics:
    """Hand over resamples by the LANES, clusters in rows and a row of zeros behind them."""

    def of_counts(counts: FloatArray) -> FloatArray:
        values = np.empty((len(counts), n_scorers))
        for start in range(0, len(counts), LANES):
            part = counts[start : start + LANES]
            table = np.zeros((n_clusters + 1, len(part)))
            table[:-1] = part.T
            values[start : start + LANES] = of_table(table).T
        return values

    return of_counts


def _ratio(covariance: FloatArray, first: FloatArray, second: FloatArray) -> FloatArray:
    spread = first * second
    spread[spread <= 0] = np.nan
    return np.asarray(np.clip(covariance / np.sqrt(spread), -1, 1))
