"""Ranks text-to-image models by the scores of their pictures."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.ranking.differences import compare_generators, letters_of
from evalmuse_hf.ranking.human_correction import Corrections, correct_means
from evalmuse_hf.ranking.notes import (
    MIN_PROMPTS,
    is_on_scale,
    lacking,
    notes_on_balance,
    notes_on_links,
    notes_on_scores,
)
from evalmuse_hf.ranking.preferences import Preferences, compare_within_prompts
from evalmuse_hf.ranking.records import CategoryMean, Difference, GeneratorRank, Ranking
from evalmuse_hf.ranking.scored_pictures import (
    CellTable,
    ScoredPictures,
    category_tables,
    count_unscored,
    overall_table,
    read_pictures,
)
from evalmuse_hf.ranking.sentences import listed
from evalmuse_hf.schema import ALIGNMENT_SCALE
from evalmuse_hf.stats import krcc
from evalmuse_hf.stats.block_means import block_means
from evalmuse_hf.stats.results import StatisticResult
from evalmuse_hf.stats.sample import FloatArray, require_choice

Row = Mapping[str, Any]
Balance = Literal["shared", "adjusted", "refuse"]
BALANCES: tuple[Balance, ...] = ("shared", "adjusted", "refuse")

_MEAN_DIGITS = 12


def rank_generators(
    scores: Iterable[Row],
    *,
    n_resamples: int = 1000,
    seed: int = 0,
    balance: Balance = "shared",
    compare: bool = True,
    human: Iterable[Row] | None = None,
    human_scale: tuple[float, float] = ALIGNMENT_SCALE,
) -> Ranking:
    """Rank generators by their mean overall score over prompts.

    Every prompt counts alike: several pictures of a prompt by one generator are averaged first. Intervals of means and
    strengths are percentile bootstrap intervals that draw whole prompts, the same ones for all generators.

    Args:
        scores: Rows with ``generator``, ``overall_score``, ``prompt_id`` (or ``prompt``), and ``elements``. The first
            of several rows of one picture counts.
        n_resamples: Bootstrap resamples; 0 means no such intervals. Differences and corrected means need none.
        seed: Of the bootstrap.
        balance: What to do if generators lack prompts. ``"shared"``: only the prompts that all have count.
            ``"adjusted"``: all prompts count, and means are those of an additive model of generators and prompts,
            as if every generator had met every prompt. ``"refuse"``: an error names them.
        compare: Whether every two generators are compared: differences, letters and strengths.
        human: Human ratings of a random part of the pictures, which correct the bias of the scorer for each
            generator; rows as from `read_human_ratings`. They count where all generators have the prompt.
        human_scale: Lowest and highest of these ratings.

    Returns:
        The leaderboard. Pictures without a score count nowhere but in ``n_unscored``; what could not be computed is
        nan or None, and a note says why.

    Raises:
        ValueError: If no row names a generator, the generators cannot be compared on these prompts, a score is no
            finite number, or the human ratings do not belong to the scores.

    References:
        See `evalmuse_hf.stats.block_means`, `evalmuse_hf.stats.bradley_terry`,
        `evalmuse_hf.stats.significance_letters` and `evalmuse_hf.stats.prediction_powered_mean`.

    >>> rows = [{"generator": name, "prompt_id": "1", "overall_score": score} for name, score in [("A", 2), ("B", 4)]]
    >>> [(row.rank, row.generator, row.normalised) for row in rank_generators(rows, n_resamples=0).rows]
    [(1, 'B', 0.75), (2, 'A', 0.25)]
    """
    require_choice("balance", balance, BALANCES)
    rng = np.random.default_rng(seed)
    pictures = read_pictures(scores)
    table = overall_table(pictures)
    counting = _balance(pictures, table, balance)
    n_linking = _linking(table.means[:, counting], adjusted=balance == "adjusted")
    n_resamples = n_resamples if min(counting.sum(), n_linking) >= MIN_PROMPTS else 0
    means = _means(pictures, table, counting, adjust=balance == "adjusted", n_resamples=n_resamples, rng=rng)
    order = _order(pictures, means.overall)
    names = [pictures.generators[place] for place in order]
    cells = table.means[order][:, counting]
    preferences, differences = Preferences(), tuple[Difference, ...]()
    if compare and len(names) > 1:
        preferences = compare_within_prompts(names, cells, n_resamples=n_resamples, rng=rng)
        differences = compare_generators(names, cells, adjusted=balance == "adjusted")
    letters = letters_of(names, differences)
    shared = ~np.isnan(table.means).any(axis=0)
    corrections = Corrections()
    if human is not None:
        corrections = correct_means(pictures, human, counting=counting & shared, scale=human_scale)
        if corrections.by_generator and (counting & ~shared).any():
            rest = f"Corrected means rest on the {int(shared.sum())} prompts that all generators have."
            corrections = replace(corrections, notes=(rest, *corrections.notes))
    rows = tuple(
        replace(
            row,
            letters=letters[row.generator],
            preference=preferences.by_generator.get(row.generator),
            corrected=corrections.by_generator.get(row.generator),
        )
        for row in _rows(pictures, table, means, order, counting)
    )
    return Ranking(
        rows=rows,
        n_prompts=int((~np.isnan(table.means)).any(axis=0).sum()),
        n_shared_prompts=int(shared.sum()),
        balance="adjusted" if balance == "adjusted" else "shared",
        differences=differences,
        agreement=_agreement(rows),
        notes=(
            *notes_on_balance(pictures.generators, table.means, counting, adjusted=balance == "adjusted"),
            *notes_on_links(n_linking, int(counting.sum())),
            *notes_on_scores(pictures, table.means[:, counting]),
            *means.notes,
            *preferences.notes,
            *corrections.notes,
        ),
        methods=corrections.methods,
    )


@dataclass(frozen=True, slots=True)
class _Means:
    """Means of the generators, overall and by category, in the order of their names."""

    overall: tuple[StatisticResult, ...]
    categories: Mapping[str, tuple[StatisticResult, ...]]
    notes: tuple[str, ...]


def _balance(pictures: ScoredPictures, table: CellTable, balance: Balance) -> NDArray[np.bool_]:
    """Which prompts count."""
    known = ~np.isnan(table.means)
    occurs = np.asarray(known.any(axis=0), dtype=np.bool_)
    shared = np.asarray(known.all(axis=0), dtype=np.bool_)
    lacks = lacking(pictures.generators, table.means)
    fewest = pictures.generators[int(known.sum(axis=1).argmin())]
    if balance == "refuse" and lacks:
        raise ValueError(
            f"Not every generator has a scored picture of all {int(occurs.sum())} prompts, missing are: "
            f"{listed(lacks)}; score them, count only shared prompts (balance shared), or allow for the prompts "
            "(balance adjusted)."
        )
    if balance == "adjusted":
        if not known.any(axis=1).all():
            raise ValueError(f"{fewest} has no picture with a score; leave it out, or score its pictures.")
        return occurs
    if not shared.any():
        raise ValueError(
            f"The {len(pictures.generators)} generators have no prompt in common on which all have a score; {fewest} "
            "has scores for the fewest; leave it out, score more of its pictures, or allow for the prompts (balance "
            "adjusted)."
        )
    return shared


def _linking(cells: FloatArray, *, adjusted: bool) -> int:
    """Prompts that compare generators: those where two or more meet; all where means need no comparison."""
    if not adjusted or len(cells) < 2:
        return int(cells.shape[1])
    return int(((~np.isnan(cells)).sum(axis=0) > 1).sum())


def _means(
    pictures: ScoredPictures,
    table: CellTable,
    counting: NDArray[np.bool_],
    *,
    adjust: bool,
    n_resamples: int,
    rng: np.random.Generator,
) -> _Means:
    tables = {
        name: CellTable(cells.means[:, counting], cells.counts[:, counting])
        for name, cells in category_tables(pictures).items()
        if cells.counts[:, counting].any()
    }
    overall = table.means[:, counting]
    if not adjust:
        # In one call, so that one drawing of prompts serves all.
        stacked = [CellTable(overall, (~np.isnan(overall)).astype(np.float64)), *tables.values()]
        found = block_means(
            values=np.vstack([cells.means for cells in stacked]),
            weights=np.vstack([cells.counts for cells in stacked]),
            n_resamples=n_resamples,
            rng=rng,
        )
        n = len(pictures.generators)
        parts = [found[start : start + n] for start in range(0, len(found), n)]
        return _Means(parts[0], dict(zip(tables, parts[1:], strict=True)), ())
    means = block_means(values=overall, adjust=True, n_resamples=n_resamples, rng=rng)
    if not all(np.isfinite(mean.statistic) for mean in means):
        raise ValueError(
            "Some generators share no prompts with the others, not even through third ones, so that nothing compares "
            "them; score pictures of common prompts."
        )
    categories = {
        name: block_means(values=cells.means, weights=cells.counts, adjust=True, n_resamples=n_resamples, rng=rng)
        for name, cells in tables.items()
    }
    apart = [name for name, found in categories.items() if any(mean.status.startswith("some") for mean in found)]
    notes = []
    if apart:
        notes.append(
            f"{listed(apart)}: no adjusted means, because generators share no prompts that have such elements."
        )
    if any(_is_torn(mean) for mean in means):
        notes.append(
            "There are no intervals of means, because so few prompts link some generators to the others that many "
            "resamples hold none of them; score pictures of more common prompts."
        )
    torn = [name for name, found in categories.items() if any(_is_torn(mean) for mean in found)]
    if torn:
        notes.append(
            f"{listed(torn)}: no intervals, because too few prompts with such elements link some generators to the "
            "others."
        )
    return _Means(means, categories, tuple(notes))


def _is_torn(mean: StatisticResult) -> bool:
    """Whether there is no interval because resamples left nothing that compares the generators."""
    return np.isfinite(mean.statistic) and mean.confidence_interval is None and mean.n_failed > 0


def _order(pictures: ScoredPictures, means: tuple[StatisticResult, ...]) -> list[int]:
    """Places of the generators, best first."""
    # The order of summation may differ in the last digits, which is no better picture.
    keys = [
        (-round(mean.statistic, _MEAN_DIGITS), name) for mean, name in zip(means, pictures.generators, strict=True)
    ]
    return sorted(range(len(keys)), key=keys.__getitem__)


def _rows(
    pictures: ScoredPictures, table: CellTable, means: _Means, order: list[int], counting: NDArray[np.bool_]
) -> list[GeneratorRank]:
    unscored = count_unscored(pictures)
    occurs = ~np.isnan(table.means).all(axis=0)
    rounded = [round(means.overall[place].statistic, _MEAN_DIGITS) for place in order]
    low, high = ALIGNMENT_SCALE
    on_scale = is_on_scale(table.means[:, counting])
    return [
        GeneratorRank(
            rank=rounded.index(value) + 1,
            generator=pictures.generators[place],
            mean=means.overall[place].statistic,
            low=_low(means.overall[place]),
            high=_high(means.overall[place]),
            normalised=(means.overall[place].statistic - low) / (high - low) if on_scale else float("nan"),
            n=int(table.counts[place, counting].sum()),
            n_prompts=int((table.counts[place, counting] > 0).sum()),
            n_unscored=unscored[pictures.generators[place]],
            n_missing_prompts=int((occurs & np.isnan(table.means[place])).sum()),
            categories={
                name: CategoryMean(
                    found[place].statistic,
                    found[place].n,
                    _low(found[place]),
                    _high(found[place]),
                    found[place].n_groups or 0,
                )
                for name, found in means.categories.items()
                if found[place].n
            },
        )
        for place, value in zip(order, rounded, strict=True)
    ]


def _low(mean: StatisticResult) -> float | None:
    interval = mean.confidence_interval
    return interval.low if interval is not None and (mean.n_groups or 0) >= MIN_PROMPTS else None


def _high(mean: StatisticResult) -> float | None:
    interval = mean.confidence_interval
    return interval.high if interval is not None and (mean.n_groups or 0) >= MIN_PROMPTS else None


def _agreement(rows: tuple[GeneratorRank, ...]) -> float | None:
    """Kendall's tau-b between means and strengths; None without strengths."""
    if not rows or any(row.preference is None for row in rows):
        return None
    tau = krcc(
        predictions=[round(row.mean, _MEAN_DIGITS) for row in rows],
        references=[row.preference.strength for row in rows if row.preference],
    ).statistic
    return float(tau) if np.isfinite(tau) else None
