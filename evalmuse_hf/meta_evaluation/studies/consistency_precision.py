"""What a consistency study will be able to see, computed from the ratings that there are before it begins.

Each finished item lends one of its ratings as if it were a new one; the difference from the others, scaled to the
ratings that the study will have, spreads as that between the rounds will. Within a prompt the same rater is lent as
long as he rated the picture, so that what a rater makes of a prompt counts as often as it will in the study.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import t as student

from evalmuse_hf.meta_evaluation.studies.consistency_biases import (
    LEVEL,
    MIN_PROMPTS,
    element_traits,
    item_traits,
    rater_biases,
)
from evalmuse_hf.meta_evaluation.studies.consistency_ratings import NEW, OLD, RatingLog
from evalmuse_hf.stats.clustered import clustered_contrasts, clustered_mean
from evalmuse_hf.stats.equivalence import minimum_detectable_difference
from evalmuse_hf.stats.sample import FloatArray, IntArray

CHANCE = 0.9
"""Power at which the smallest bias that is found is stated."""

_N_STUDIES = 1000  # simulated for the interval of the ICC
_QUANTILE = 0.975
_UNDEFINED = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectableBias:
    """The smallest bias that a study of this size will find with a chance of 90 %.

    Attributes:
        name: Of the category, or ``"a rater"``.
        n_prompts: Prompts behind it; of a rater the effective number.
        difference: In points, or of the yes-share; nan where it cannot be known.
        status: ``"ok"``, or why not.
    """

    name: str
    n_prompts: float
    difference: float
    status: str = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """What to expect of a study. Half-widths are of intervals at 95 %.

    Attributes:
        shift: Half-width of the shift of the mean overall rating, in points.
        yes_shift: Half-width of the shift of the share of yes.
        expected_icc: ICC(1) of the two means, if the second round is like the first.
        icc: Half-width of it.
        n_tests: Biases that will be tested together.
        rater: Detectable leniency.
        categories: Detectable shift of the yes-share of each category.
    """

    shift: float
    yes_shift: float
    expected_icc: float
    icc: float
    n_tests: int
    rater: DetectableBias
    categories: tuple[DetectableBias, ...]


def expect_precision(log: RatingLog, *, chosen: IntArray, per_item: int, n_raters: int | None, seed: int) -> Precision:
    """State what a study of some of the items will be able to see.

    Args:
        log: The ratings of all finished items; all are of the first round.
        chosen: Numbers of the items that are rated again.
        per_item: Raters of each in the study.
        n_raters: People among whom the ratings are shared out; None if that is not known.
        seed: Of which ratings are lent, and of the simulated studies.
    """
    rng = np.random.default_rng(seed)
    lent = _lend(log, rng)
    whole, sample = log.n_prompts, len(np.unique(log.prompts[chosen]))
    shrink = np.sqrt(whole / sample)
    scale = _scale(log, per_item)
    shifts = (lent.overall_means(NEW) - lent.overall_means(OLD)) * scale
    yes_shifts = (lent.yes_shares(NEW) - lent.yes_shares(OLD)) * scale[log.element_items]
    n_people = len(log.raters) if n_raters is None else n_raters
    tests = _count_tests(log, chosen, n_people if log.raters else 0)
    expected, half = _expect_icc(log, chosen, per_item, rng)
    return Precision(
        shift=_half_width(shifts, log.prompts, shrink, sample),
        yes_shift=_half_width(yes_shifts, log.element_prompts, shrink, sample),
        expected_icc=expected,
        icc=half,
        n_tests=tests,
        rater=_detectable_rater(log, chosen, per_item, n_people, tests),
        categories=_detectable_categories(log, yes_shifts, chosen, tests),
    )


def _lend(log: RatingLog, rng: np.random.Generator) -> RatingLog:
    """One rating of every item, as if it were of the second round."""
    n_people = len(log.raters)
    keys = rng.random(len(log.rating_items))
    if n_people:
        ranks = rng.random((log.n_prompts, n_people))
        known = log.rating_raters >= 0
        prompts = log.prompts[log.rating_items[known]]
        keys[known] = ranks[prompts, log.rating_raters[known]]
    order = np.lexsort((keys, log.rating_items))
    first = np.concatenate([[True], np.diff(log.rating_items[order]) > 0])[: len(order)]
    phases = np.full(len(order), OLD, dtype=np.intp)
    phases[order[first]] = NEW
    return replace(log, rating_phases=phases)


def _scale(log: RatingLog, per_item: int) -> FloatArray:
    """Spread of new less old means over that of one rating less the mean of the others, per item."""
    m = np.bincount(log.rating_items, minlength=len(log.items)).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sqrt((1 / m + 1 / per_item) / (1 + 1 / (m - 1))), dtype=np.float64)


def _half_width(values: FloatArray, prompts: IntArray, shrink: float, n_prompts: int) -> float:
    rows = np.isfinite(values)
    estimate = clustered_mean(values=values[rows], clusters=prompts[rows])
    if n_prompts < 2 or not np.isfinite(estimate.standard_error):
        return _UNDEFINED
    return float(student.ppf(_QUANTILE, n_prompts - 1) * estimate.standard_error * shrink)


def _count_tests(log: RatingLog, chosen: IntArray, n_raters: int) -> int:
    """The round, raters, and the labels that enough of the drawn prompts have, and enough others have not."""
    inside = np.zeros(len(log.items), dtype=bool)
    inside[chosen] = True
    tests = n_raters + 1 + bool(inside[log.element_items].any())
    for traits, prompts, rows in (
        (item_traits(log), log.prompts, inside),
        (element_traits(log), log.element_prompts, inside[log.element_items]),
    ):
        for trait in traits:
            known = rows & (trait.codes >= 0)
            for number in range(len(trait.names)):
                own = trait.codes == number
                sides = (len(np.unique(prompts[known & own])), len(np.unique(prompts[known & ~own])))
                tests += min(sides) >= MIN_PROMPTS
    return tests


def _detectable_rater(log: RatingLog, chosen: IntArray, per_item: int, n_people: int, tests: int) -> DetectableBias:
    """Of a rater like the median one who gets a fair share of the ratings of both rounds."""
    biases = rater_biases(log)
    known = [bias for bias in biases if np.isfinite(bias.estimate.standard_error) and bias.n]
    if not log.raters or not known:
        status = "too few prompts per rater" if log.raters else "anonymous ratings"
        return DetectableBias(name="a rater", n_prompts=_UNDEFINED, difference=_UNDEFINED, status=status)
    old = int(np.isin(log.rating_items, chosen).sum())
    planned = (old + len(chosen) * per_item) / n_people
    errors = [bias.estimate.standard_error * np.sqrt(bias.n / planned) for bias in known]
    sizes = [(bias.estimate.degrees_of_freedom + 1) * planned / bias.n for bias in known]
    n_prompts = min(float(np.median(sizes)), float(len(np.unique(log.prompts[chosen]))))
    return _detectable("a rater", n_prompts, float(np.median(errors)), tests)


def _detectable_categories(
    log: RatingLog, yes_shifts: FloatArray, chosen: IntArray, tests: int
) -> tuple[DetectableBias, ...]:
    inside = np.isin(log.element_items, chosen)
    rows = np.isfinite(yes_shifts)
    estimates = clustered_contrasts(
        values=yes_shifts[rows],
        labels=log.element_categories[rows],
        clusters=log.element_prompts[rows],
        n_labels=len(log.categories),
    )
    found = []
    for number, (name, estimate) in enumerate(zip(log.categories, estimates, strict=True)):
        own = rows & (log.element_categories == number)
        whole = len(np.unique(log.element_prompts[own]))
        sample = len(np.unique(log.element_prompts[own & inside]))
        if sample < MIN_PROMPTS or estimate.status != "ok":
            status = "nothing to compare with" if len(log.categories) == 1 else "too few prompts"
            found.append(DetectableBias(name=name, n_prompts=sample, difference=_UNDEFINED, status=status))
            continue
        # Categories stand more than once in some prompts, so that prompts weigh unequally.
        effective = max(2.0, (estimate.degrees_of_freedom + 1) * sample / whole)
        error = estimate.standard_error * np.sqrt(whole / sample)
        found.append(_detectable(name, effective, float(error), tests, shown=sample))
    return tuple(found)


def _detectable(
    name: str, n_prompts: float, error: float, tests: int, *, shown: float | None = None
) -> DetectableBias:
    number = n_prompts if shown is None else shown
    if n_prompts < 2 or not np.isfinite(error):
        return DetectableBias(name=name, n_prompts=number, difference=_UNDEFINED, status="too few prompts")
    difference = minimum_detectable_difference(
        standard_error=error, degrees_of_freedom=n_prompts - 1, alpha=LEVEL / max(1, tests), chance=CHANCE
    )
    return DetectableBias(name=name, n_prompts=number, difference=difference)


def _expect_icc(log: RatingLog, chosen: IntArray, per_item: int, rng: np.random.Generator) -> tuple[float, float]:
    """ICC of the two means and half the width of its interval, simulated from the components of variance."""
    rows = np.isfinite(log.overall)
    places, values = log.rating_items[rows], log.overall[rows]
    counts = np.bincount(places, minlength=len(log.items)).astype(np.float64)
    means = np.divide(
        np.bincount(places, weights=values, minlength=len(log.items)),
        counts,
        out=np.full(len(counts), np.nan),
        where=counts > 0,
    )
    spare = len(values) - int((counts > 0).sum())
    sizes = np.bincount(log.prompts[chosen])
    sizes = sizes[sizes > 0]
    if spare < 1 or len(sizes) < 2:
        return _UNDEFINED, _UNDEFINED
    noise = float(((values - means[places]) ** 2).sum()) / spare
    usual = 1 / float(np.mean(1 / counts[counts > 0]))
    of_prompt, of_item = _components(means, log.prompts, noise / usual)
    truth = np.repeat(rng.normal(0, np.sqrt(of_prompt), (_N_STUDIES, len(sizes))), sizes, axis=1)
    truth += rng.normal(0, np.sqrt(of_item), truth.shape)
    old = truth + rng.normal(0, np.sqrt(noise / usual), truth.shape)
    new = truth + rng.normal(0, np.sqrt(noise / per_item), truth.shape)
    found = _icc_of_means(old, new)
    low, middle, high = np.quantile(found, [1 - _QUANTILE, 0.5, _QUANTILE])
    return float(middle), float(high - low) / 2


def _icc_of_means(old: FloatArray, new: FloatArray) -> FloatArray:
    """ICC(1,1) of two means per item, one for each row: shape (studies, items) in, (studies,) out."""
    n = old.shape[1]
    between = 2 * ((old + new) / 2).var(axis=1) * n / (n - 1)
    inside = ((old - new) ** 2).mean(axis=1) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((between - inside) / (between + inside), dtype=np.float64)


def _components(means: FloatArray, prompts: IntArray, noise: float) -> tuple[float, float]:
    """Variance between prompts and between the pictures of one, by the method of moments; never below 0."""
    known = np.isfinite(means)
    means, prompts = means[known], prompts[known]
    numbers = np.unique(prompts, return_inverse=True)[1]
    sizes = np.bincount(numbers).astype(np.float64)
    own = np.bincount(numbers, weights=means) / sizes
    freedom = len(means) - len(sizes)
    inside = float(((means - own[numbers]) ** 2).sum()) / freedom if freedom else noise
    between = float(own.var(ddof=1)) - inside * float(np.mean(1 / sizes)) if len(sizes) > 1 else 0.0
    return max(0.0, between), max(0.0, inside - noise)
