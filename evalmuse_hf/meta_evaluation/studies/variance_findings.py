"""What the runs of the study on variance weighting say: differences from no weighting, each with its uncertainty."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy.stats import rankdata

from evalmuse_hf.meta_evaluation.studies.variance_run import RunPlace
from evalmuse_hf.meta_evaluation.studies.variance_study import BASELINE, WEIGHTINGS, StudyRuns
from evalmuse_hf.meta_evaluation.studies.variance_world import NOISES, Noise
from evalmuse_hf.stats import srcc
from evalmuse_hf.stats.equivalence import equivalence_test, minimum_detectable_difference, power
from evalmuse_hf.stats.multiplicity import holm
from evalmuse_hf.stats.paired import paired_difference
from evalmuse_hf.stats.sample import FloatArray, IntArray, read_sample
from evalmuse_hf.stats.weighted_correlation import spearman_of_counts
from evalmuse_hf.training.weighting import VarianceScheme

Measure = Literal["pooled", "within"]
Reference = Literal["rating", "truth"]

CLAIM = 0.0034  # SRCC .7742 with variance weighting against .7708 without it, ablation in the paper's README
MARGIN = 0.005  # a difference of SRCC below it does not matter
CHANCE = 0.8  # power behind the minimum detectable difference
_FEWEST_SEEDS = 2
_BLOCK = 100  # resamples at a time


class Outcome(NamedTuple):
    """What is measured on the test side: SRCC over all pairs or within prompts, with mean ratings or the truth."""

    measure: Measure
    reference: Reference


OUTCOMES = tuple(Outcome(measure, reference) for measure in ("pooled", "within") for reference in ("rating", "truth"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A weighting against none, where the raters err in one way.

    Attributes:
        noise: Where the raters err.
        weighting: What is compared.
        measure: ``pooled`` over all test pairs, or the mean ``within`` the prompts.
        reference: Mean ``rating``, which has the noise of the training ratings, or drawn ``truth``.
        status: ``"ok"``, or why there are no figures.
        seeds: Seeds of which both runs are done.
        baseline: Mean SRCC without weighting.
        difference: Mean over the seeds of the SRCC with the weighting minus that without; nan without figures.
        low: Lower end of its 95 % interval, for new seeds and new prompts.
        high: Upper end.
        standard_error: Of the difference.
        p_value: Two-sided, of no difference.
        p_holm: The same, adjusted for all comparisons of the study.
        detectable: Smallest true difference that such a study finds with a chance of 80 %, at level 5 %.
        power_at_claim: Chance that it finds a true difference of `CLAIM`; nan without any error.
        p_equivalence: Of two one-sided tests against `MARGIN`.
        equivalent: Whether the difference is shown to be smaller than `MARGIN`, at level 5 %.
    """

    noise: Noise
    weighting: VarianceScheme
    measure: Measure
    reference: Reference
    status: str = "ok"
    seeds: int = 0
    baseline: float = math.nan
    difference: float = math.nan
    low: float = math.nan
    high: float = math.nan
    standard_error: float = math.nan
    p_value: float = math.nan
    p_holm: float = math.nan
    detectable: float = math.nan
    power_at_claim: float = math.nan
    p_equivalence: float = math.nan
    equivalent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The runs of one weighting and one noise, averaged over the seeds.

    Attributes:
        noise: Where the raters err.
        weighting: The weighting.
        seeds: Finished runs.
        srcc: Mean SRCC, keys such as ``"pooled truth"``.
        deviation: Standard deviation over the seeds of the same.
        noise_estimate: Mean e.
        effective_share: Effective sample size as a share of the pairs.
        weight_shares: Share of the weights that the pairs of each stratum have.
        rating_errors: Mean squared error of the mean rating in each stratum.
        losses: Mean training loss of the first and of the last tenth of the steps.
    """

    noise: Noise
    weighting: VarianceScheme
    seeds: int
    srcc: dict[str, float]
    deviation: dict[str, float]
    noise_estimate: float
    effective_share: float
    weight_shares: dict[str, float]
    rating_errors: dict[str, float]
    losses: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceFindings:
    """What came out.

    Attributes:
        runs: Finished runs.
        planned: Runs of the whole study.
        options: Of the study.
        comparisons: Every weighting with every noise and every outcome.
        levels: What they were computed from.
    """

    runs: int
    planned: int
    options: dict[str, Any]
    comparisons: tuple[Comparison, ...]
    levels: tuple[Level, ...]

    def record(self) -> dict[str, Any]:
        """Everything as JSON, versioned; what is undefined is None."""
        named = {"claim": CLAIM, "margin": MARGIN, "chance": CHANCE}
        return {"format": 1, **named, **_without_nan(asdict(self))}


class _Measured(NamedTuple):
    """SRCC of one run: as it is, and in every resample of the test prompts, shape ``(R,)``."""

    statistic: float
    resampled: FloatArray


def find_differences(study: StudyRuns, *, n_resamples: int = 500, seed: int = 0) -> VarianceFindings:
    """Compare every weighting with none.

    Args:
        study: The runs; those that are missing are left out, with the other runs of their pairs.
        n_resamples: Resamples of the test prompts, the same for all runs, at least 2.
        seed: Of the resamples.

    Raises:
        ValueError: If there are fewer than two resamples.
    """
    if n_resamples < 2:
        raise ValueError(f"`n_resamples` must be at least 2, got {n_resamples}: an error has to be estimated.")
    prompts = np.unique(study.prompts, return_inverse=True)[1]
    n_prompts = int(prompts.max()) + 1
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(n_prompts, np.full(n_prompts, 1 / n_prompts), size=n_resamples).astype(np.float64)
    measured = {
        (place, outcome): _measure(result.predictions, study, place.noise, outcome, prompts, counts)
        for place, result in study.results.items()
        for outcome in outcomes_of(place.noise)
    }
    comparisons = [
        _compare(measured, noise, weighting, outcome, seeds=study.options.seeds, rng=seed)
        for noise, weighting in product(NOISES, WEIGHTINGS)
        if weighting != BASELINE
        for outcome in outcomes_of(noise)
    ]
    adjusted = holm(p_values=[comparison.p_value for comparison in comparisons])
    return VarianceFindings(
        runs=len(study.results),
        planned=len(study.options.places()),
        options=asdict(study.options),
        comparisons=tuple(
            replace(comparison, p_holm=float(p_value))
            for comparison, p_value in zip(comparisons, adjusted, strict=True)
        ),
        levels=tuple(_levels(study, measured)),
    )


def outcomes_of(noise: Noise) -> tuple[Outcome, ...]:
    """What is measured where the raters err so; without any noise the mean rating is the truth, and it counts once.

    Args:
        noise: Where the raters err.
    """
    return tuple(outcome for outcome in OUTCOMES if noise != "none" or outcome.reference == "truth")


def _measure(
    predictions: Sequence[float],
    study: StudyRuns,
    noise: Noise,
    outcome: Outcome,
    prompts: IntArray,
    counts: FloatArray,
) -> _Measured:
    references = study.truths if outcome.reference == "truth" else study.ratings[noise]
    by: Literal["all", "within"] = "all" if outcome.measure == "pooled" else "within"
    groups = prompts.tolist()
    statistic = srcc(predictions=predictions, references=references, groups=groups, by=by).statistic
    if outcome.measure == "within":
        each = prompt_correlations(predictions=predictions, references=references, prompts=prompts)
        known = ~np.isnan(each)
        with np.errstate(invalid="ignore", divide="ignore"):
            return _Measured(statistic, (counts @ np.where(known, each, 0.0)) / (counts @ known))
    sample = read_sample({"predictions": predictions, "references": references}, groups=groups)
    of_counts = spearman_of_counts(sample)
    blocks = [of_counts(counts[first : first + _BLOCK]) for first in range(0, len(counts), _BLOCK)]
    return _Measured(statistic, np.concatenate(blocks))


def prompt_correlations(*, predictions: Sequence[float], references: Sequence[float], prompts: IntArray) -> FloatArray:
    """SRCC inside each prompt; all prompts have the same number of pictures.

    Args:
        predictions: Shape ``(N * K,)``.
        references: Shape ``(N * K,)``.
        prompts: Prompt of each pair, numbers from 0 to N - 1, shape ``(N * K,)``.

    Returns:
        Shape ``(N,)``; nan where the references are constant, 0 where only the predictions are, as in
        `evalmuse_hf.stats.srcc` within groups.
    """
    order = np.argsort(prompts, kind="stable")
    tables = [
        np.asarray(values, dtype=np.float64)[order].reshape(int(prompts.max()) + 1, -1)
        for values in (predictions, references)
    ]
    x, y = (ranks - ranks.mean(axis=1, keepdims=True) for ranks in (rankdata(table, axis=1) for table in tables))
    spread = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        each = np.where(spread > 0, (x * y).sum(axis=1) / spread, 0.0)
    return np.where((y**2).sum(axis=1) > 0, each, np.nan)


def _compare(
    measured: dict[tuple[RunPlace, Outcome], _Measured],
    noise: Noise,
    weighting: VarianceScheme,
    outcome: Outcome,
    *,
    seeds: int,
    rng: int,
) -> Comparison:
    found = []
    for seed in range(1, seeds + 1):
        pair = [
            measured.get((RunPlace(noise=noise, weighting=scheme, seed=seed), outcome))
            for scheme in (weighting, BASELINE)
        ]
        if pair[0] is not None and pair[1] is not None:
            found.append((pair[0], pair[1]))
    empty = Comparison(noise=noise, weighting=weighting, **outcome._asdict(), seeds=len(found))
    if len(found) < _FEWEST_SEEDS:
        return replace(empty, status=f"fewer than {_FEWEST_SEEDS} seeds are done")
    differences = [treated.statistic - plain.statistic for treated, plain in found]
    if not np.isfinite(differences).all():
        return replace(empty, status="a correlation is undefined")
    resampled = np.stack([treated.resampled - plain.resampled for treated, plain in found])
    result = paired_difference(differences=differences, resampled=resampled, rng=rng)
    error, freedom = result.standard_error, len(found) - 1
    equivalence = equivalence_test(
        difference=result.statistic, standard_error=error, degrees_of_freedom=freedom, margin=MARGIN
    )
    return replace(
        empty,
        baseline=float(np.mean([plain.statistic for _, plain in found])),
        difference=result.statistic,
        low=result.confidence_interval.low,
        high=result.confidence_interval.high,
        standard_error=error,
        p_value=result.p_value,
        detectable=minimum_detectable_difference(standard_error=error, degrees_of_freedom=freedom, chance=CHANCE),
        power_at_claim=(
            power(difference=CLAIM, standard_error=error, degrees_of_freedom=freedom) if error > 0 else math.nan
        ),
        p_equivalence=equivalence.p_value,
        equivalent=equivalence.equivalent,
    )


def _levels(study: StudyRuns, measured: dict[tuple[RunPlace, Outcome], _Measured]) -> Iterator[Level]:
    for noise, weighting in product(NOISES, WEIGHTINGS):
        done = {
            place: result
            for place, result in study.results.items()
            if (place.noise, place.weighting) == (noise, weighting)
        }
        if not done:
            continue
        results = list(done.values())
        values = {
            " ".join(outcome): [measured[place, outcome].statistic for place in done] for outcome in outcomes_of(noise)
        }
        yield Level(
            noise=noise,
            weighting=weighting,
            seeds=len(done),
            srcc={name: float(np.mean(value)) for name, value in values.items()},
            deviation={
                name: float(np.std(value, ddof=1)) if len(value) > 1 else math.nan for name, value in values.items()
            },
            noise_estimate=float(np.mean([result.noise_estimate for result in results])),
            effective_share=float(np.mean([result.weights["effective_share"] for result in results])),
            weight_shares=_mean_of_each([result.weight_shares for result in results]),
            rating_errors=_mean_of_each([result.rating_errors for result in results]),
            losses=(
                float(np.mean([result.losses[0] for result in results])),
                float(np.mean([result.losses[1] for result in results])),
            ),
        )


def _mean_of_each(tables: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([table[name] for table in tables])) for name in tables[0]}


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
