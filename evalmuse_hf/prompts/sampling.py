"""Chooses n of N candidates so that every bin comes as near to its target as can be.

The relaxation, in which candidates may be taken in part, is solved first. Its value is a bound that no selection can
beat. Then a small whole-number problem is solved over the patterns that were taken in part or whose reduced cost is
smallest, with all others fixed as the relaxation has them.
"""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.prompts.integer_program import choose_solver
from evalmuse_hf.prompts.label_table import LabelTable
from evalmuse_hf.prompts.levels import fix_levels
from evalmuse_hf.prompts.linear_model import build_model, find_missing, relax
from evalmuse_hf.prompts.patterns import Patterns, group
from evalmuse_hf.prompts.quotas import Bin, FeatureQuota, Quota, make_bins
from evalmuse_hf.prompts.sampling_options import SamplingOptions
from evalmuse_hf.prompts.search import Search, choose_simply, improve, spread
from evalmuse_hf.prompts.simple_choices import Choice

Status = Literal["optimal", "feasible", "time_limit", "infeasible"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A selection and what is known of it.

    Attributes:
        status: ``"optimal"`` if nothing better exists; ``"feasible"`` if the best of the small problem was found but
            better ones may exist outside it; ``"time_limit"`` if a solver was stopped or gave nothing;
            ``"infeasible"`` if no selection keeps the bounds.
        ids: Identifiers of the selected, sorted; empty if infeasible.
        bins: What was wanted.
        achieved: What the selection adds up to in each bin.
        value: What was minimised.
        lp_bound: Value of the relaxation; no selection can be better. 0 if it was not solved in time.
        proven_gap: What the value may lie above the best: 0 if optimal, else its distance from ``lp_bound``.
        all_candidates_free: Whether every pattern whose reduced cost is at most ``value - lp_bound`` could change,
            so that fixing the others lost nothing. It need not be so where the value reaches the bound.
        levels: By dimension with a free level, the level.
        missing: By dimension and label, how many more there would have to be (or, below 0, how many fewer) for the
            bounds to be kept.
        message: One sentence if infeasible, else empty.
        choices: The figures of ``"random"``, ``"greedy"`` and ``"lp_rounding"`` selections.
        choice: Those of this one; None if infeasible.
        n_candidates: Candidates that could be selected.
        n_patterns: Of them, those that differ.
        n_free: Patterns that the last whole-number problem could change.
        solver: Who solved it.
        seconds: What it took.
    """

    status: Status
    ids: tuple[str, ...]
    bins: tuple[Bin, ...]
    achieved: tuple[float, ...] = ()
    value: float = np.nan
    lp_bound: float = 0.0
    proven_gap: float = np.nan
    all_candidates_free: bool = False
    levels: dict[str, float] = field(default_factory=dict)
    missing: dict[tuple[str, str], float] = field(default_factory=dict)
    message: str = ""
    choices: dict[str, Choice] = field(default_factory=dict)
    choice: Choice | None = None
    n_candidates: int = 0
    n_patterns: int = 0
    n_free: int = 0
    solver: str = ""
    seconds: float = 0.0


def sample(
    table: LabelTable,
    quotas: Sequence[Quota | FeatureQuota],
    *,
    n: int,
    keep: Collection[str] = (),
    drop: Collection[str] = (),
    options: SamplingOptions | None = None,
) -> Sample:
    """Choose n candidates.

    The order of the candidates does not matter: they are sorted by identifier, and ties go by a hash of it and the
    seed. Two runs agree unless a time limit cuts one of them short.

    Args:
        table: The candidates.
        quotas: What is wanted, by dimension and feature.
        n: How many are selected.
        keep: Identifiers that must be selected.
        drop: Identifiers that must not be.
        options: How to look; None takes the defaults.

    Returns:
        The selection; with status ``"infeasible"`` and no identifiers if the bounds contradict each other.

    Raises:
        ValueError: If n, an identifier, a dimension or a label cannot be.
        ImportError: If PuLP is not installed.
    """
    options = options or SamplingOptions()
    start = time.monotonic()
    deadline = start + options.time_limit
    solver = choose_solver(options.solver)
    kept, usable = _marks(table, keep, drop, n)
    lots = table.lots(options.seed)
    bins, values = make_bins(table, quotas, n=n, usable=usable, cap_at_supply=options.cap_at_supply)
    patterns = group(values, usable=usable, kept=kept, lots=lots)
    del values
    facts: dict[str, Any] = {"n_candidates": int(usable.sum()), "n_patterns": len(patterns.upper), "solver": solver}
    if missing := _contradictions(patterns, bins, n, options.time_limit):
        return replace(_say_infeasible(bins, missing, n), seconds=time.monotonic() - start, **facts)
    bins, levels = fix_levels(
        patterns,
        bins,
        table,
        n=n,
        usable=usable,
        deviation=options.deviation,
        cap_at_supply=options.cap_at_supply,
        deadline=deadline,
    )
    model = build_model(patterns, bins, n=n, deviation=options.deviation)
    relaxation = relax(model, time_limit=deadline - time.monotonic())
    search = Search(patterns, bins, n, model, relaxation, options, solver, deadline)
    choices = choose_simply(search, lots, kept)
    improve(search)
    spread(search)
    found = _conclude(search, table)
    return replace(found, levels=levels, choices=choices, seconds=time.monotonic() - start, **facts)


def _conclude(search: Search, table: LabelTable) -> Sample:
    """What the search found and proved."""
    if search.best is None:
        raise ValueError(
            f"No selection that keeps the bounds was found within {search.options.time_limit:g} s, though there may "
            "be one; give more time, or loosen the bounds."
        )
    return Sample(
        status="optimal" if search.is_optimal else "time_limit" if search.stopped else "feasible",
        ids=tuple(table.ids[place] for place in search.patterns.pick(search.best.numbers)),
        bins=tuple(search.bins),
        achieved=tuple(map(float, search.best.achieved)),
        value=search.best.value,
        lp_bound=search.relaxation.value,
        proven_gap=0.0 if search.is_optimal else search.gap,
        all_candidates_free=search.all_free,
        choice=search.best,
        n_free=len(search.free),
    )


def _marks(
    table: LabelTable, keep: Collection[str], drop: Collection[str], n: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which candidates must be selected, and which may."""
    if both := sorted(set(keep) & set(drop)):
        raise ValueError(f"{len(both)} ids are both to keep and to drop, such as {both[0]!r}.")
    kept = np.zeros(len(table), dtype=np.bool_)
    kept[table.places(keep, what="to keep")] = True
    usable = np.ones(len(table), dtype=np.bool_)
    usable[table.places(drop, what="to drop")] = False
    if not 1 <= n <= usable.sum():
        raise ValueError(
            f"`n` is {n}, but {int(usable.sum())} candidates can be selected; "
            + ("choose fewer." if n > 0 else "choose at least 1.")
        )
    if kept.sum() > n:
        raise ValueError(f"{int(kept.sum())} ids are to keep, but only {n} are to be selected.")
    return kept, usable


def _contradictions(patterns: Patterns, bins: list[Bin], n: int, time_limit: float) -> dict[int, float]:
    short = {row: bin_.at_least - bin_.supply for row, bin_ in enumerate(bins) if bin_.at_least > bin_.supply}
    if short or not any(np.isfinite(bin_.at_least) or np.isfinite(bin_.at_most) for bin_ in bins):
        return short
    return find_missing(patterns, bins, n=n, time_limit=time_limit)


def _say_infeasible(bins: list[Bin], missing: dict[int, float], n: int) -> Sample:
    parts = []
    for row, number in missing.items():
        bin_ = bins[row]
        name = f"{bin_.dimension}:{bin_.name}"
        if number > 0:
            parts.append(f"{name} lacks {number:.6g} of its at least {bin_.at_least:g} (supply {bin_.supply:g})")
        else:
            parts.append(f"{name} has {-number:.6g} above its at most {bin_.at_most:g}")
    return Sample(
        status="infeasible",
        ids=(),
        bins=tuple(bins),
        missing={(bins[row].dimension, bins[row].name): number for row, number in missing.items()},
        message=f"No {n} candidates keep the bounds: {'; '.join(parts)}.",
    )
