"""Strengths from comparisons of two at a time, by the model of Bradley and Terry."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalmuse_hf.stats.block_means import draw_counts, percentiles, solve_centered
from evalmuse_hf.stats.resampling import Resampling
from evalmuse_hf.stats.results import StatisticResult
from evalmuse_hf.stats.sample import FloatArray

MAX_FAILED = 0.01
"""Share of resamples with infinite strengths above which there are no intervals: their ends would be infinite too."""

MAX_STEPS = 200
TOLERANCE = 1e-10  # of the last step, in log odds

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class BradleyTerryResult:
    """Strengths and what they rest on.

    Attributes:
        strengths: One per player, log odds against the average player, adding up to 0; ``n`` counts the player's
            comparisons (rounded), ``n_groups`` the blocks.
        win_rates: Share of its comparisons that each player won, ties counting half; nan without comparisons.
        n_comparisons: Comparisons of all players.
        n_failed: Resamples without finite strengths; they are left out.
        status: ``"ok"``, or why there are no strengths or no intervals.
        unbeaten: Players that nobody else, or nobody outside a group of such players, ever beat or tied; they are why
            strengths would be infinite.
    """

    strengths: tuple[StatisticResult, ...]
    win_rates: tuple[float, ...]
    n_comparisons: float
    n_failed: int = 0
    status: str = "ok"
    unbeaten: tuple[int, ...] = ()


def wins_within(*, scores: ArrayLike, digits: int = 12) -> FloatArray:
    """Compare every two players within every block.

    Args:
        scores: Shape ``(players, blocks)``, higher wins; nan where a player is missing, which compares it with nobody.
        digits: Decimals after which two scores are tied.

    Returns:
        Shape ``(blocks, players, players)``: 1 where the player of the row beat that of the column, 0.5 for a tie.

    Raises:
        ValueError: If the shape does not fit.

    >>> wins_within(scores=[[3.0, 2.0], [1.0, 2.0]]).tolist()
    [[[0.0, 1.0], [0.0, 0.0]], [[0.0, 0.5], [0.5, 0.0]]]
    """
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"`scores` must have one row per player and one column per block, got shape {table.shape}.")
    blocks = np.round(table, digits).T
    left, right = blocks[:, :, None], blocks[:, None, :]
    wins = np.asarray((left > right) + 0.5 * (left == right), dtype=np.float64)
    players = np.arange(len(table))
    wins[:, players, players] = 0.0
    return wins


def bradley_terry(
    *,
    wins: ArrayLike,
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    rng: np.random.Generator | int | None = None,
) -> BradleyTerryResult:
    r"""Maximum-likelihood strengths, with intervals whose resamples draw whole blocks of comparisons.

    Player i beats player j with the odds :math:`e^{\beta_i - \beta_j}`; a tie counts as half a win for either. The
    maximum is found by Newton's method, each step shortened by :math:`\log(1 + r) / r` with r its largest change of a
    difference, which makes every step an improvement. It is finite only if everybody can be reached from everybody by
    a chain of wins; otherwise somebody's strength is infinite, and all are nan with a status that says so.

    Args:
        wins: Wins of the row over the column, of one block, shape ``(k, k)``, or of many (say, prompts), shape
            ``(blocks, k, k)``; not negative, halves allowed, the diagonal is not read.
        n_resamples: Bootstrap resamples; 0 means no intervals. The strengths of each are fitted anew. Needs blocks.
        confidence_level: Share of the bootstrap distribution inside an interval.
        rng: Generator or seed.

    Returns:
        The strengths; nan with a status if they are infinite or there is nothing to compare. No intervals, with a
        status, if more than 1 of 100 resamples have infinite strengths.

    Raises:
        ValueError: If the shape does not fit, or a number of wins is negative or not finite.

    References:
        Bradley and Terry, *Rank analysis of incomplete block designs*, 1952; Ford, *Solution of a ranking problem from
        binary comparisons*, 1957; step length: Bach, *Self-concordant analysis for logistic regression*, 2010.

    >>> result = bradley_terry(wins=[[0, 3], [1, 0]])
    >>> result.strengths[0].statistic  # half the log of the odds 3
    0.549
    """
    resampling = Resampling(n_resamples=n_resamples, confidence_level=confidence_level, rng=rng)
    blocks = _read(wins)
    n_blocks, k = blocks.shape[:2]
    total = blocks.sum(axis=0)
    played = (total + total.T).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = tuple(float(rate) for rate in total.sum(axis=1) / played)
    status, unbeaten = _why_infinite(total)
    if status != "ok":
        missing = tuple(StatisticResult(float("nan"), None, round(n), 0, status, n_blocks) for n in played.tolist())
        return BradleyTerryResult(missing, rates, float(total.sum()), 0, status, unbeaten)
    fitted = _fit(total[None])[0]
    drawn = np.empty((0, k))
    if n_resamples and n_blocks > 1:
        flat = blocks.reshape(n_blocks, -1)
        start = np.broadcast_to(fitted, (1, k))
        cost = 1 + 8 * k * k // n_blocks
        drawn = np.concatenate(
            [_fit((counts @ flat).reshape(-1, k, k), start) for counts in draw_counts(n_blocks, resampling, cost=cost)]
        )
    n_failed = int(np.isnan(drawn).any(axis=1).sum())
    many = n_failed > MAX_FAILED * max(n_resamples, 1)
    if many:
        status = f"no intervals: infinite strengths in {n_failed} of {n_resamples} resamples"
    strengths = tuple(
        StatisticResult(
            float(fitted[player]),
            None if many else percentiles(drawn[:, player], confidence_level),
            round(float(played[player])),
            0,
            "ok",
            n_blocks,
        )
        for player in range(k)
    )
    return BradleyTerryResult(strengths, rates, float(total.sum()), n_failed, status)


def _read(wins: ArrayLike) -> FloatArray:
    table = np.array(wins, dtype=np.float64)
    table = table[None] if table.ndim == 2 else table
    if table.ndim != 3 or table.shape[1] != table.shape[2]:
        raise ValueError(f"`wins` must have the shape (k, k) or (blocks, k, k), got {table.shape}.")
    players = np.arange(table.shape[1])
    table[:, players, players] = 0.0
    if not (np.isfinite(table).all() and (table >= 0).all()):
        raise ValueError("`wins` must be finite numbers of at least 0; leave out comparisons that were not made.")
    return table


def _why_infinite(total: FloatArray) -> tuple[str, tuple[int, ...]]:
    """Status, and who is to blame."""
    k = len(total)
    if k < 2:
        return "fewer than two to compare", ()
    if not (total + total.T).any(axis=1).all():
        return "some were compared with nobody", tuple(np.flatnonzero(~(total + total.T).any(axis=1)).tolist())
    reached = _reach(total[None] > 0)[0]
    if reached.all():
        return "ok", ()
    # Whoever is reached only by those whom it reaches itself is at the top of its part.
    top = [player for player in range(k) if (reached[player] | ~reached[:, player]).all()]
    if not _reach((total + total.T)[None] > 0)[0].all():
        return "some were never compared with the others, not even through third ones", tuple(top)
    return "infinite: some were never beaten", tuple(top)


def _reach(edges: BoolArray) -> BoolArray:
    """Who is connected to whom by a chain of edges, shape ``(R, k, k)``."""
    k = edges.shape[1]
    reached = edges | np.eye(k, dtype=bool)
    for _ in range(int(np.ceil(np.log2(max(k, 2))))):
        numbers = reached.astype(np.float32)
        reached = (numbers @ numbers) > 0
    return reached


def _fit(wins: FloatArray, start: FloatArray | None = None) -> FloatArray:
    """Strengths of each table of wins, shape ``(R, k)``; nan where they are infinite."""
    n_tables, k = wins.shape[:2]
    strengths = np.full((n_tables, k), np.nan)
    finite = np.flatnonzero(_reach(wins > 0).all(axis=(1, 2)))
    current = np.zeros((len(finite), k)) if start is None else np.repeat(start, len(finite), axis=0)
    waiting = np.arange(len(finite))
    for _ in range(MAX_STEPS):
        if not waiting.size:
            break
        tables, beta = wins[finite[waiting]], current[waiting]
        played = tables + tables.transpose(0, 2, 1)
        chance = 1 / (1 + np.exp(beta[:, None, :] - beta[:, :, None]))
        gradient = (tables - played * chance).sum(axis=2)
        curvature = -played * chance * (1 - chance)
        players = np.arange(k)
        curvature[:, players, players] = -curvature.sum(axis=2)
        step = solve_centered(curvature, gradient)
        size = np.ptp(step, axis=1, keepdims=True)
        current[waiting] = beta + step * np.log1p(size) / np.maximum(size, np.finfo(np.float64).tiny)
        waiting = waiting[size[:, 0] > TOLERANCE]
    current[waiting] = np.nan  # a fit that has not settled is no fit
    strengths[finite] = current - current.mean(axis=1, keepdims=True)  # what rounding has added up to
    return strengths
