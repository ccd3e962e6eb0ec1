"""Means of several levels that met the same blocks, with intervals over blocks, adjusted where a level missed some."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.resampling import BLOCK_VALUES, MOST_UNDEFINED, Resampling
from evalmuse_hf.stats.results import ConfidenceInterval, StatisticResult
from evalmuse_hf.stats.sample import FloatArray

MOST_UNCONNECTED = 0.01
"""Where more of the resamples leave levels that nothing compares, too few blocks link them for an interval: those
left out are the extreme ones, and intervals from the others cover .46 to .89 of nominal 95 % with 1 to 4 links."""

ROUNDING = 1e-12
"""An interval narrower than this share of its mean is rounding noise: there was nothing to draw from."""

CONNECTED = 1e-9
"""Share of the largest eigenvalue of the normal equations; below it, nothing compares two parts of the levels."""


def block_means(
    *,
    values: ArrayLike,
    weights: ArrayLike | None = None,
    adjust: bool = False,
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    rng: np.random.Generator | int | None = None,
) -> tuple[StatisticResult, ...]:
    r"""Mean of each level over blocks; the bootstrap draws whole blocks, the same ones for all levels.

    With generators as levels and prompts as blocks these are the means of a leaderboard. ``adjust=False``: the
    weighted mean of the level's own cells, which is fair if all levels met the same blocks. ``adjust=True``: the means
    of the additive model :math:`y = a_\text{level} + b_\text{block}`, fitted by weighted least squares, as if every
    level had met every block; without missing cells and with equal weights both are the same. The model is fitted anew
    in every resample, by the normal equations of the levels, to which each block adds its part.

    Args:
        values: Mean of each cell, shape ``(levels, blocks)``, any scale; nan where a level did not meet a block.
        weights: Size of each cell, same shape, more than 0 where there is a value; None counts every cell once.
        adjust: Allow for the blocks.
        n_resamples: Bootstrap resamples; 0 means no intervals.
        confidence_level: Share of the bootstrap distribution inside an interval.
        rng: Generator or seed.

    Returns:
        One result per level, in order; ``n`` is the sum of its weights, ``n_groups`` its blocks. A mean is nan, with a
        status, without cells, or if ``adjust`` finds levels that share no blocks with the others, not even through
        third ones. There is no interval with fewer than two blocks, if no resample differs from the others, or, with
        ``adjust``, if more than `MOST_UNCONNECTED` of the resamples leave levels that share no blocks; without, if
        more than `MOST_UNDEFINED` of them are undefined. ``n_failed`` counts the undefined ones.

    Raises:
        ValueError: If the shapes do not fit, or a value is infinite.

    References:
        Additive model: Searle, *Linear Models for Unbalanced Data*, 1987, chapter 4; see `adjusted_means`. Bootstrap
        over blocks: Davison and Hinkley, *Bootstrap Methods and their Application*, 1997, section 3.8.

    >>> nan = float("nan")  # B met only the easy block, so its plain mean flatters it
    >>> [round(mean.statistic, 1) for mean in block_means(values=[[4.0, 2.0], [3.0, nan]])]
    [3.0, 3.0]
    >>> [round(mean.statistic, 1) for mean in block_means(values=[[4.0, 2.0], [3.0, nan]], adjust=True)]
    [3.0, 2.0]
    """
    resampling = Resampling(n_resamples=n_resamples, confidence_level=confidence_level, rng=rng)
    table, sizes = read_cells(values, weights)
    n_levels, n_blocks = table.shape
    met = (sizes > 0).sum(axis=1)
    fit = _Additive(table, sizes) if adjust else _Plain(table, sizes)
    means = fit.of_counts(np.ones((1, n_blocks)))[0] if n_blocks else np.full(n_levels, np.nan)
    drawn = np.empty((0, n_levels))
    if n_resamples and n_blocks > 1:
        drawn = np.concatenate([fit.of_counts(counts) for counts in draw_counts(n_blocks, resampling)])
    most = MOST_UNCONNECTED if adjust else MOST_UNDEFINED
    return tuple(
        StatisticResult(
            statistic=float(mean),
            confidence_interval=(
                percentiles(drawn[:, level], confidence_level, most_undefined=most) if blocks > 1 else None
            ),
            n=round(float(sizes[level].sum())),
            n_dropped=0,
            status=_status(bool(np.isfinite(mean)), int(blocks)),
            n_groups=int(blocks),
            n_failed=int(np.isnan(drawn[:, level]).sum()),
        )
        for level, (mean, blocks) in enumerate(zip(means, met, strict=True))
    )


def draw_counts(n_blocks: int, resampling: Resampling, *, cost: int = 1) -> Iterator[FloatArray]:
    """Draw how often each block is in each resample, shape ``(some, n_blocks)``, until all resamples are drawn.

    Args:
        n_blocks: Blocks, of which as many are drawn with replacement.
        resampling: Number of resamples and seed.
        cost: Numbers that the caller holds per count; more mean fewer resamples at a time.
    """
    generator = np.random.default_rng(resampling.rng)
    most = max(1, BLOCK_VALUES // (n_blocks * cost))
    for start in range(0, resampling.n_resamples, most):
        rows = min(most, resampling.n_resamples - start)
        drawn = generator.integers(n_blocks, size=(rows, n_blocks)) + n_blocks * np.arange(rows)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=rows * n_blocks).reshape(rows, n_blocks)
        yield counts.astype(np.float64)


def percentiles(
    drawn: FloatArray, confidence_level: float, *, most_undefined: float = 1.0
) -> ConfidenceInterval | None:
    """Percentile interval of a statistic over resamples; None without resamples that differ.

    Args:
        drawn: The statistic in each resample; nan where it is undefined.
        confidence_level: Share of the defined values inside.
        most_undefined: There is no interval if a larger share is undefined.
    """
    defined = np.asarray(drawn[~np.isnan(drawn)], dtype=np.float64)
    if len(drawn) - defined.size > most_undefined * len(drawn):
        return None
    if not defined.size or np.ptp(defined) <= ROUNDING * max(1.0, float(np.abs(defined).max())):
        return None
    tail = (1 - confidence_level) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return ConfidenceInterval(low=float(low), high=float(high))


class _Plain:
    """Weighted means of the cells of each level."""

    def __init__(self, table: FloatArray, sizes: FloatArray) -> None:
        self.sums, self.sizes = (sizes * table).T, sizes.T

    def of_counts(self, counts: FloatArray) -> FloatArray:
        """Means in each resample, shape (resamples, levels)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((counts @ self.sums) / (counts @ self.sizes), dtype=np.float64)


class _Additive:
    """Means of the additive model; what each block adds to the normal equations is worked out once."""

    def __init__(self, table: FloatArray, sizes: FloatArray) -> None:
        held = sizes.sum(axis=0)
        self.kept = np.asarray(
            sizes.any(axis=1), dtype=np.bool_
        )  # a level without cells has no mean and harms no other
        table, sizes = table[self.kept], sizes[self.kept]
        self.n_levels = int(self.kept.sum())
        self.upper = np.triu_indices(self.n_levels)
        block = (sizes * table).sum(axis=0) / held
        spread = (sizes[self.upper[0]] * sizes[self.upper[1]] / held).T
        shares = np.asarray(held / (sizes > 0).sum(axis=0))  # what a block counts in the mean over blocks
        self.parts = np.hstack(
            [
                spread,
                sizes.T,
                (sizes * (table - block)).T,
                shares[:, None] * (sizes / held).T,
                (shares * block)[:, None],
            ]
        )
        self.shares = shares

    def of_counts(self, counts: FloatArray) -> FloatArray:
        """Means in each resample, shape (resamples, levels); nan where nothing compares some of the levels."""
        n, size = self.n_levels, len(self.upper[0])
        sums = counts @ self.parts
        laplacian = np.zeros((len(counts), n, n))
        laplacian[:, self.upper[0], self.upper[1]] = -sums[:, :size]
        laplacian[:, self.upper[1], self.upper[0]] = -sums[:, :size]
        diagonal = np.arange(n)
        laplacian[:, diagonal, diagonal] += sums[:, size : size + n]
        right, tilt = sums[:, size + n : size + 2 * n], sums[:, size + 2 * n : size + 3 * n]
        with np.errstate(invalid="ignore", divide="ignore"):
            total = (counts @ self.shares)[:, None]
            effects = solve_centered(laplacian, right)
            kept = effects + (sums[:, -1:] - (tilt * effects).sum(axis=1, keepdims=True)) / total
        means = np.full((len(counts), len(self.kept)), np.nan)
        means[:, self.kept] = kept
        return means


def solve_centered(matrices: FloatArray, right: FloatArray) -> FloatArray:
    """Solve weighted graph Laplacians for solutions that add up to 0; nan for a graph that falls into parts.

    Args:
        matrices: Symmetric, rows adding up to 0, shape ``(R, n, n)``.
        right: Adding up to 0, shape ``(R, n)``.
    """
    n = right.shape[1]
    if n == 1:
        return np.zeros_like(right)
    eigenvalues = np.linalg.eigvalsh(matrices)
    connected = np.flatnonzero(eigenvalues[:, 1] > CONNECTED * np.maximum(eigenvalues[:, -1], ROUNDING))
    solved = np.full_like(right, np.nan)
    lifted = matrices[connected] + eigenvalues[connected, -1][:, None, None] / n
    solved[connected] = np.linalg.solve(lifted, right[connected][..., None])[..., 0]
    return solved


def read_cells(values: ArrayLike, weights: ArrayLike | None) -> tuple[FloatArray, FloatArray]:
    """Check cells: their means with 0 for nan, and their sizes with 0 there, of the blocks that have a cell.

    Args:
        values: See `block_means`.
        weights: See `block_means`.

    Raises:
        ValueError: See `block_means`.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"`values` must have one row per level and one column per block, got shape {table.shape}.")
    if np.isinf(table).any():
        raise ValueError(f"`values` has {int(np.isinf(table).sum())} infinite cells; fix what produced them.")
    known = ~np.isnan(table)
    met = known.any(axis=0)
    sizes = known.astype(np.float64) if weights is None else np.asarray(weights, dtype=np.float64)
    if sizes.shape != table.shape:
        raise ValueError(f"`weights` must have the shape of `values`, {table.shape}, got {sizes.shape}.")
    if not (sizes[known] > 0).all():
        raise ValueError("`weights` must be more than 0 wherever `values` has a number.")
    return np.where(known, table, 0.0)[:, met], np.where(known, sizes, 0.0)[:, met]


def _status(defined: bool, n_blocks: int) -> str:
    if defined:
        return "ok"
    return "no rows" if n_blocks == 0 else "some levels share no blocks with the others"
