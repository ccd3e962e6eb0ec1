"""Systematic biases in a consistency study: of the round, of raters, categories of elements, generators, prompts.

All of them are tested together: Holm's adjustment is over one family, so that the chance of any false finding in a
study stays below the level. Every test is a t test over whole prompts (`evalmuse_hf.stats.clustered`), because the
pictures of a prompt share its raters and what they make of it. A shift that all pictures share is one finding, of the
round; a category, generator or kind of prompts is compared with the others of its sort.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from evalmuse_hf.meta_evaluation.studies.consistency_ratings import FURTHER, NEW, OLD, RatingLog
from evalmuse_hf.stats.clustered import ClusteredEstimate, clustered_contrasts, clustered_estimates, clustered_mean
from evalmuse_hf.stats.multiplicity import holm
from evalmuse_hf.stats.sample import FloatArray, IntArray

BiasKind = Literal["round", "rater", "category", "generator", "prompt type"]
BIAS_KINDS: tuple[BiasKind, ...] = ("round", "rater", "category", "generator", "prompt type")

OVERALL, YES = "overall rating", "yes-share"
"""Names of the two biases of a whole round."""

MIN_PROMPTS = 6
"""Fewer prompts than this say too little about a bias to be tested."""

LEVEL = 0.05

_NO_LABEL = -1
_UNDEFINED = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bias:
    """One possible bias.

    Attributes:
        kind: One of `BIAS_KINDS`.
        name: Of the rater, category, generator or kind of prompt; of a round `OVERALL` or `YES`.
        n: Ratings of a rater, elements of a category or of the yes-share, items of the others.
        estimate: Leniency of a rater in points against the others; shift of the yes-share or of the mean overall
            rating against that of the others, of a round against 0.
        p_adjusted: p-value after Holm's adjustment over all biases of the study; nan where it was not tested.
    """

    kind: BiasKind
    name: str
    n: int
    estimate: ClusteredEstimate
    p_adjusted: float = _UNDEFINED

    @property
    def found(self) -> bool:
        """Whether it is a finding: below 5 % after the adjustment."""
        return bool(self.p_adjusted < LEVEL)


@dataclass(frozen=True, slots=True, eq=False)
class Trait:
    """A sort of labels, of which an item or element carries at most one.

    Attributes:
        kind: One of `BIAS_KINDS`.
        names: The labels.
        codes: Number of the label of each item or element; -1 for none.
    """

    kind: BiasKind
    names: tuple[str, ...]
    codes: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class _Shifts:
    """What shifted between the rounds, of items or of elements; all arrays have one entry each."""

    name: str
    values: FloatArray
    prompts: IntArray
    traits: tuple[Trait, ...]


def find_biases(log: RatingLog, *, confidence_level: float = 0.95) -> tuple[Bias, ...]:
    """Estimate and test every bias.

    What is found biased is then no longer among those with whom the others are compared, as long as more than half of
    them are left: one harsh rater would make everybody else look a little lenient, and a category that shifts would
    make the others look as if they shifted the other way. Of each sort the clearest one is taken out first.

    Args:
        log: The ratings; those of the range rule are not looked at.
        confidence_level: Of the intervals, which are not adjusted.

    Returns:
        All of them in order of `BIAS_KINDS`, with p-values adjusted over the whole family.
    """
    measures = _measures(log)
    odd: frozenset[tuple[BiasKind, str]] = frozenset()
    while True:
        harsh = [name for kind, name in odd if kind == "rater"]
        found = [*rater_biases(log, odd=harsh, confidence_level=confidence_level)]
        for measure in measures:
            found += _shift_biases(measure, odd, confidence_level)
        biases = _adjust(sorted(found, key=lambda bias: BIAS_KINDS.index(bias.kind)))
        sorts = [("rater", log.raters), *((trait.kind, trait.names) for one in measures for trait in one.traits)]
        more = {(kind, name) for kind, names in sorts if (name := _clearest(biases, kind, names, odd)) is not None}
        if not more:
            return biases
        odd |= more


def _clearest(
    biases: Sequence[Bias], kind: BiasKind, names: Collection[str], odd: Collection[tuple[BiasKind, str]]
) -> str | None:
    """The clearest finding that others are still compared with; None if there is none, or too few would be left."""
    own = [bias for bias in biases if bias.kind == kind and bias.name in names]
    n_odd = sum((kind, bias.name) in odd for bias in own)
    found = [bias for bias in own if bias.found and (kind, bias.name) not in odd]
    if not found or 2 * (n_odd + 1) >= len(names):
        return None
    return min(found, key=lambda bias: (bias.p_adjusted, bias.estimate.p_value, bias.name)).name


def _adjust(biases: Sequence[Bias]) -> tuple[Bias, ...]:
    adjusted = holm(p_values=[bias.estimate.p_value for bias in biases])
    return tuple(replace(bias, p_adjusted=float(p)) for bias, p in zip(biases, adjusted, strict=True))


def rater_biases(log: RatingLog, *, odd: Collection[str] = (), confidence_level: float = 0.95) -> list[Bias]:
    r"""Leniency of each rater against the others on the same items in the same round.

    Fits :math:`x = a_\text{item, round} + b_\text{rater}` by least squares, and compares :math:`b` of a rater with the
    mean over the others, weighted by their ratings. An item's round has its own level, so a shift between the rounds
    blames nobody, and whoever worked with harsh colleagues is not called lenient for it.

    Args:
        log: The ratings.
        odd: Raters with whom nobody is compared.
        confidence_level: Of the intervals.

    Returns:
        One per rater. Where ratings are anonymous, one without a name and a value.
    """
    rows = (log.rating_phases != FURTHER) & np.isfinite(log.overall)
    known = rows & (log.rating_raters >= 0)
    if not known.any():
        estimate = ClusteredEstimate(_UNDEFINED, _UNDEFINED, _UNDEFINED, None, _UNDEFINED, 0, "anonymous ratings")
        return [Bias(kind="rater", name="anonymous", n=int(rows.sum()), estimate=estimate)]
    raters, items = log.rating_raters[known], log.rating_items[known]
    cells = np.unique(items * (FURTHER + 1) + log.rating_phases[known], return_inverse=True)[1]
    usual = np.array([name not in odd for name in log.raters], dtype=np.float64)
    fit = _fit_raters(log.overall[known], raters, cells, log.prompts[items], usual)
    estimates = clustered_estimates(
        estimates=fit.leniency,
        influence=fit.influence,
        shares=fit.shares,
        min_clusters=MIN_PROMPTS,
        confidence_level=confidence_level,
    )
    counts = np.bincount(raters, minlength=len(log.raters))
    return [
        Bias(kind="rater", name=name, n=int(n), estimate=estimate)
        for name, n, estimate in zip(log.raters, counts, estimates, strict=True)
    ]


def item_traits(log: RatingLog) -> tuple[Trait, ...]:
    """What tells items apart: generator, source of the prompt, and among synthetic prompts the type.

    Args:
        log: The ratings.

    Returns:
        The sorts that have two labels or more; a single one has nothing to be compared with.
    """
    found = (
        _trait("generator", [item.generator for item in log.items]),
        _trait("prompt type", [item.source for item in log.items]),
        _trait("prompt type", [item.synthetic_type for item in log.items]),
    )
    return tuple(trait for trait in found if len(trait.names) > 1)


def element_traits(log: RatingLog) -> tuple[Trait, ...]:
    """What tells elements apart: the category, if there are two or more.

    Args:
        log: The ratings.
    """
    return (Trait("category", log.categories, log.element_categories),) if len(log.categories) > 1 else ()


def _trait(kind: BiasKind, labels: Sequence[str | None]) -> Trait:
    names = sorted({label for label in labels if label is not None})
    number_of: dict[str | None, int] = {name: number for number, name in enumerate(names)}
    return Trait(kind, tuple(names), np.array([number_of.get(label, _NO_LABEL) for label in labels], dtype=np.intp))


def _measures(log: RatingLog) -> list[_Shifts]:
    shifts = [
        (OVERALL, log.overall_means(NEW) - log.overall_means(OLD), log.prompts, item_traits(log)),
        (YES, log.yes_shares(NEW) - log.yes_shares(OLD), log.element_prompts, element_traits(log)),
    ]
    measures = []
    for name, values, prompts, traits in shifts:
        rows = np.isfinite(values)
        if rows.any():
            kept = tuple(replace(trait, codes=trait.codes[rows]) for trait in traits)
            measures.append(_Shifts(name, values[rows], prompts[rows], kept))
    return measures


def _shift_biases(measure: _Shifts, odd: Collection[tuple[BiasKind, str]], confidence_level: float) -> list[Bias]:
    """The shift of the round, and what shifts otherwise. Rows with an odd label count only for that label."""
    usual = [np.array([(trait.kind, name) not in odd for name in trait.names]) for trait in measure.traits]
    strange = [(trait.codes >= 0) & ~own[trait.codes] for trait, own in zip(measure.traits, usual, strict=True)]
    n_strange = np.zeros(len(measure.values), dtype=np.intp)
    for own in strange:
        n_strange += own
    plain = np.asarray((n_strange == 0) | bool(n_strange.all()))
    whole = clustered_mean(
        values=measure.values[plain],
        clusters=measure.prompts[plain],
        min_clusters=MIN_PROMPTS,
        confidence_level=confidence_level,
    )
    found = [Bias(kind="round", name=measure.name, n=int(plain.sum()), estimate=whole)]
    for trait, compared, own in zip(measure.traits, usual, strange, strict=True):
        rows = (trait.codes >= 0) & (n_strange == own)
        estimates = clustered_contrasts(
            values=measure.values[rows],
            labels=trait.codes[rows],
            clusters=measure.prompts[rows],
            n_labels=len(trait.names),
            reference=compared,
            min_clusters=MIN_PROMPTS,
            confidence_level=confidence_level,
        )
        counts = np.bincount(trait.codes[trait.codes >= 0], minlength=len(trait.names))
        found += [
            Bias(kind=trait.kind, name=name, n=int(n), estimate=estimate)
            for name, n, estimate in zip(trait.names, counts, estimates, strict=True)
            if n
        ]
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _RaterFit:
    leniency: FloatArray  # (raters,)
    influence: FloatArray  # (prompts, raters)
    shares: FloatArray  # (prompts, raters)


def _fit_raters(
    values: FloatArray, raters: IntArray, cells: IntArray, prompts: IntArray, usual: FloatArray
) -> _RaterFit:
    n_raters = len(usual)
    sizes = np.bincount(cells)[cells].astype(np.float64)
    compared = sizes > 1  # the others have nobody to compare with
    values, sizes = values[compared], sizes[compared]
    raters, prompts = raters[compared], prompts[compared]
    cells = np.unique(cells[compared], return_inverse=True)[1]
    n_cells = int(cells.max(initial=-1)) + 1
    counts = coo_array((np.ones(len(raters)), (cells, raters)), shape=(n_cells, n_raters)).tocsr()
    ratings = np.asarray(counts.sum(axis=0), dtype=np.float64)
    weighted = coo_array((1 / sizes, (cells, raters)), shape=(n_cells, n_raters)).tocsr()
    meetings = np.asarray((counts.T @ weighted).todense(), dtype=np.float64)
    inverse = np.linalg.pinv(np.diag(ratings) - meetings, hermitian=True)
    contrast = _contrast(meetings, ratings * usual)
    centred = _centre(values, cells)
    effects = inverse @ np.bincount(raters, weights=centred, minlength=n_raters)
    residuals = _centre(values - effects[raters], cells)
    n_prompts = int(prompts.max(initial=-1)) + 1
    places, size = prompts * n_raters + raters, n_prompts * n_raters
    scores = np.bincount(places, weights=residuals, minlength=size).reshape(n_prompts, n_raters)
    own = np.bincount(places, weights=1 - 1 / sizes, minlength=size).reshape(n_prompts, n_raters)
    with np.errstate(invalid="ignore"):
        shares = np.nan_to_num(own / own.sum(axis=0))
    return _RaterFit(
        leniency=np.where(ratings > 0, contrast @ effects, np.nan),
        influence=np.asarray(scores @ (contrast @ inverse).T, dtype=np.float64),
        shares=shares,
    )


def _contrast(meetings: FloatArray, weight: FloatArray) -> FloatArray:
    """Each rater against the weighted mean of the others, among those whom common items connect with one another."""
    groups = np.asarray(connected_components(meetings > 0, directed=False)[1], dtype=np.intp)
    weights = np.where(groups[:, None] == groups[None, :], weight[None, :], 0.0)
    np.fill_diagonal(weights, 0.0)
    totals = weights.sum(axis=1, keepdims=True)
    others = np.divide(weights, totals, out=np.zeros_like(weights), where=totals > 0)
    return np.asarray(np.eye(len(weight)) - others, dtype=np.float64)


def _centre(values: FloatArray, cells: IntArray) -> FloatArray:
    """Values less the mean of their cell."""
    sizes = np.maximum(np.bincount(cells), 1)
    means = np.bincount(cells, weights=values) / sizes
    return np.asarray(values - means[cells], dtype=np.float64)
