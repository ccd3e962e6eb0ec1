"""Does a scorer order the generators as people do?"""

import logging
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from evalmuse_hf.stats.additive import adjusted_means
from evalmuse_hf.stats.generator_cells import GeneratorCells, generator_cells
from evalmuse_hf.stats.joint_intervals import say_undefined
from evalmuse_hf.stats.resampling import BootstrapInterval, IntervalMethod, Resampling, bootstrap_interval
from evalmuse_hf.stats.results import CorrelationResult
from evalmuse_hf.stats.sample import FloatArray, NanPolicy, read_sample, require_choice

logger = logging.getLogger(__name__)

SystemStatistic = Literal["srcc", "krcc", "plcc"]
Missing = Literal["refuse", "shared", "adjusted"]

MIN_GENERATORS = 3
ONE_PROMPT = "rests on one prompt only"
ROUNDING = 1e-10  # means that differ by less than this share of their range are equal


@dataclass(frozen=True)
class SystemCorrelation(CorrelationResult):
    """A correlation over generators, in [-1, 1].

    ``n`` counts pictures, ``n_groups`` the prompts that were used, which are the clusters of the interval.

    Attributes:
        generators: What was ordered, in order of first appearance.
        prediction_means: Mean prediction of each generator.
        reference_means: Mean reference of each generator.
        n_prompts_left_out: Prompts that some generator lacks, left out under ``missing="shared"``; else 0.
    """

    generators: tuple[Hashable, ...] = ()
    prediction_means: tuple[float, ...] = ()
    reference_means: tuple[float, ...] = ()
    n_prompts_left_out: int = 0


def system_correlation(
    *,
    predictions: ArrayLike,
    references: ArrayLike,
    generators: Sequence[Hashable],
    prompts: Sequence[Hashable],
    statistic: SystemStatistic = "srcc",
    missing: Missing = "refuse",
    nan_policy: NanPolicy = "raise",
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    interval: IntervalMethod = "percentile",
    rng: np.random.Generator | int | None = None,
) -> SystemCorrelation:
    """Correlation of the generators' mean scores with their mean ratings.

    A generator's pictures of one prompt are averaged first, so that every prompt weighs the same. Each resample draws
    prompts, with all their pictures; the generators are those that there are, not a sample of others.

    Args:
        predictions: Automatic scores, shape ``(n,)``.
        references: Human scores of the same pictures, shape ``(n,)``.
        generators: What drew each picture.
        prompts: What each picture was drawn from.
        statistic: ``"srcc"``, ``"krcc"`` (tau-b) or ``"plcc"`` over the means.
        missing: What to do if the generators drew different prompts, so that their plain means compare prompts as
            well: ``"refuse"``; ``"shared"`` uses the prompts that all of them drew; ``"adjusted"`` allows for the
            prompts by `adjusted_means`, anew in every resample.
        nan_policy: ``"raise"``, or ``"omit"`` to leave out rows with a nan and count them.
        n_resamples: Bootstrap resamples of prompts for the interval; 0 means no interval.
        confidence_level: Share of the bootstrap distribution inside the interval.
        interval: ``"percentile"`` or ``"bca"``, see `Resampling`.
        rng: Generator or seed of the bootstrap.

    Returns:
        The correlation, higher is better; nan with a status for fewer than three generators, constant means, or no
        prompts that connect the generators. With one prompt it has a value, and the status says so. Generators
        without a complete row are left out under ``"adjusted"``, with a warning that names them.

    Raises:
        ValueError: For unequal prompts under ``"refuse"``, nan under ``"raise"``, infinite values, different lengths,
            or an unknown option.

    References:
        Mathur, Baldwin and Cohn, *Tangled up in BLEU: reevaluating the evaluation of automatic machine translation
        evaluation metrics*, 2020 (correlations over systems); Deutsch, Dror and Roth, *A statistical analysis of
        summarization evaluation metrics using resampling methods*, 2021 (their intervals).

    >>> result = system_correlation(
    ...     predictions=[0.9, 0.8, 0.5, 0.6, 0.2, 0.1],
    ...     references=[4.0, 5.0, 3.0, 3.0, 3.5, 1.0],
    ...     generators=["A", "A", "B", "B", "C", "C"],
    ...     prompts=["cat", "dog"] * 3,
    ... )
    >>> result.statistic, result.reference_means
    (1.0, (4.5, 3.0, 2.25))
    """
    resampling = Resampling(n_resamples, confidence_level, rng, interval)
    require_choice("statistic", statistic, ("srcc", "krcc", "plcc"))
    require_choice("missing", missing, ("refuse", "shared", "adjusted"))
    cells = generator_cells(
        {"predictions": predictions, "references": references}, generators, prompts, nan_policy=nan_policy
    )
    n_prompts = cells.n_prompts
    if missing == "adjusted":
        cells = _of_met(cells)
    if missing == "refuse":
        cells.require_balance()
    elif missing == "shared":
        cells = cells.shared()
    means, status = _point_means(cells, adjusted=missing == "adjusted")
    value, found = float("nan"), BootstrapInterval(None)
    if status == "ok":
        value = float(_correlations(means[:, None, :], statistic)[0])
        of_counts = _means_of_counts(cells, adjusted=missing == "adjusted")
        clusters = read_sample({"prompts": np.arange(cells.n_prompts)}, groups=None)
        found = bootstrap_interval(
            lambda counts: _correlations(of_counts(counts), statistic), sample=clusters, resampling=resampling
        )
    say_undefined("correlation over generators", status, resampling=resampling)
    if status == "ok" and cells.n_prompts == 1:
        status = ONE_PROMPT
    return SystemCorrelation(
        statistic=value,
        confidence_interval=found.interval,
        n=cells.n,
        n_dropped=cells.n_dropped,
        status=status,
        n_groups=cells.n_prompts,
        n_failed=found.n_failed,
        interval_method=found.method,
        generators=cells.generators,
        prediction_means=tuple(means[0].tolist()),
        reference_means=tuple(means[1].tolist()),
        n_prompts_left_out=n_prompts - cells.n_prompts,
    )


def _of_met(cells: GeneratorCells) -> GeneratorCells:
    """Without the generators that have no row left."""
    met = np.asarray(cells.present.any(axis=0))
    if met.all() or not cells.n:
        return cells
    absent = [label for label, kept in zip(cells.generators, met.tolist(), strict=True) if not kept]
    logger.warning("Left out without a single complete row: %s.", ", ".join(map(str, absent)))
    return replace(
        cells,
        values=cells.values[:, :, met],
        present=cells.present[:, met],
        sizes=cells.sizes[:, met],
        generators=tuple(label for label, kept in zip(cells.generators, met.tolist(), strict=True) if kept),
    )


def _point_means(cells: GeneratorCells, *, adjusted: bool) -> tuple[FloatArray, str]:
    """Means of predictions and references by generator, shape (2, G), and why they cannot be correlated."""
    nothing = np.full((2, len(cells.generators)), np.nan)
    if not cells.n:
        return nothing, "no prompt has pictures of every generator" if cells.n_left_out else "no rows"
    if adjusted:
        prompt, generator = np.nonzero(cells.present)
        fits = [
            adjusted_means(values=values[cells.present], levels=generator.tolist(), blocks=prompt.tolist())
            for values in cells.values
        ]
        if fits[0].status != "ok":
            return nothing, "some generators share no prompts with the others"
        means = np.array([[fit.means[number] for number in range(len(cells.generators))] for fit in fits])
    else:
        means = cells.values.mean(axis=1)
    if len(cells.generators) < MIN_GENERATORS:
        return means, f"fewer than {MIN_GENERATORS} generators"
    for name, values in zip(("references", "predictions"), means[::-1], strict=True):
        if _constant(values):
            return means, f"constant {name}"
    return means, "ok"


def _means_of_counts(cells: GeneratorCells, *, adjusted: bool) -> Callable[[FloatArray], FloatArray]:
    """Means by generator in each resample, up to a constant that they share: counts (R, P) in, (2, R, G) out."""
    if not adjusted:
        return lambda counts: np.stack([counts @ values for values in cells.values]) / counts.sum(axis=1)[:, None]
    present = cells.present.astype(np.float64)
    sizes = present.sum(axis=1)
    n_generators = present.shape[1]
    deviations = (cells.values - (cells.values.sum(axis=2) / sizes)[:, :, None]) * present

    def of_counts(counts: FloatArray) -> FloatArray:
        sums = np.stack([counts @ values for values in deviations], axis=2)  # (R, G, 2)
        means = np.full((2, len(counts), n_generators), np.nan)
        for number, drawn in enumerate(counts):
            # The normal equations of the generators once the prompts are eliminated: the Laplacian of a graph.
            laplacian = np.diag(drawn @ present) - (present.T * (drawn / sizes)) @ present
            spectrum = np.linalg.eigvalsh(laplacian)
            if spectrum[1] > ROUNDING * spectrum[-1]:  # connected
                means[:, number] = np.linalg.solve(laplacian + 1 / n_generators, sums[number]).T
        return means

    return of_counts


def _correlations(means: FloatArray, statistic: SystemStatistic) -> FloatArray:
    """Correlation of predictions and references, shape (2, R, G), in each resample; nan where a side is constant."""
    finite = np.asarray(np.isfinite(means).all(axis=(0, 2)))
    defined = np.flatnonzero(finite & ~_constant(np.where(finite[:, None], means, 0)).any(axis=0))
    first, second = means[:, defined]
    values = np.full(means.shape[1], np.nan)
    if statistic != "plcc":
        first, second = _ranks(first), _ranks(second)
    if statistic == "krcc":
        values[defined] = [_tau_b(own, other) for own, other in zip(first, second, strict=True)]
        return values
    first, second = (side - side.mean(axis=1, keepdims=True) for side in (first, second))
    spread = np.sqrt((first**2).sum(axis=1) * (second**2).sum(axis=1))
    values[defined] = np.clip((first * second).sum(axis=1) / spread, -1, 1)
    return values


def _constant(means: FloatArray) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
    return np.asarray(np.ptp(means, axis=-1) <= ROUNDING * np.abs(means).max(axis=-1))


def _ranks(means: FloatArray) -> FloatArray:
    """Ranks of each row, equal for means that differ by rounding only."""
    low = means.min(axis=1, keepdims=True)
    steps = (means - low) / np.ptp(means, axis=1)[:, None] / ROUNDING
    return np.asarray(rankdata(np.round(steps), axis=1), dtype=np.float64)


def _tau_b(x: FloatArray, y: FloatArray) -> float:
    first, second = np.sign(x[:, None] - x), np.sign(y[:, None] - y)
    return float((first * second).sum() / np.sqrt((first**2).sum() * (second**2).sum()))
