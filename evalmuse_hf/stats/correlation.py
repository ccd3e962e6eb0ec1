"""Correlations between automatic and human scores: SRCC, KRCC, PLCC; and RMSE, which is reported beside them."""

import logging
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import kendalltau, rankdata

from evalmuse_hf.stats.logistic import MIN_PAIRS, fit_logistic4
from evalmuse_hf.stats.resampling import (
    BootstrapInterval,
    CountStatistic,
    IntervalMethod,
    PairStatistic,
    Resampling,
    bootstrap_interval,
    ratio_of_sums,
)
from evalmuse_hf.stats.results import CorrelationResult, StatisticResult
from evalmuse_hf.stats.sample import FloatArray, NanPolicy, Sample, read_sample, require_choice
from evalmuse_hf.stats.weighted_correlation import (
    kendall_of_counts,
    logistic_pearson_of_counts,
    pearson_of_counts,
    spearman_of_counts,
)

logger = logging.getLogger(__name__)

By = Literal["all", "within", "between"]

MIN_GROUP = 3
FEW_PAIRS = 50
NO_FIT = "the logistic fit did not converge"
ROUNDING = 1e-13  # spread below this share of the mean is rounding noise, as in scipy.stats.pearsonr


def srcc(
    *,
    predictions: ArrayLike,
    references: ArrayLike,
    groups: Sequence[Hashable] | None = None,
    by: By = "all",
    nan_policy: NanPolicy = "raise",
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    interval: IntervalMethod = "percentile",
    rng: np.random.Generator | int | None = None,
) -> CorrelationResult:
    """Spearman rank correlation, ties sharing their mean rank.

    Args:
        predictions: Automatic scores, shape ``(n,)``, on any monotone scale.
        references: Human scores of the same pairs, shape ``(n,)``.
        groups: One label per row, for example the prompt. Rows of one group are drawn together for the interval.
        by: ``"all"``: over all rows, whatever the groups. ``"within"``: mean over groups of the correlation inside
            the group; groups with fewer than three pairs or constant references are left out and counted, constant
            predictions count 0 because they order nothing, and are counted too. ``"between"``: correlation of the
            group means.
        nan_policy: ``"raise"``, or ``"omit"`` to leave out rows with a nan and count them.
        n_resamples: Bootstrap resamples for the interval; 0 means no interval.
        confidence_level: Share of the bootstrap distribution inside the interval.
        interval: ``"percentile"``, or ``"bca"``, which corrects it for bias and acceleration, see `bca_interval`.
        rng: Generator or seed of the bootstrap.

    Returns:
        The correlation, in [-1, 1], higher is better; nan with a status when a side is constant or too short.

    Raises:
        ValueError: For nan under ``"raise"``, infinite values, different lengths, an unknown option, or a ``by`` that
            needs groups without groups.

    References:
        Spearman, *The proof and measurement of association between two things*, 1904. Definition with ties:
        ``scipy.stats.spearmanr``.

    >>> srcc(predictions=[0.1, 0.4, 0.3, 0.9], references=[1.0, 2.5, 3.0, 4.5]).statistic
    0.8
    >>> srcc(predictions=[0.5, 0.5, 0.5], references=[1.0, 2.0, 3.0]).status
    'constant predictions'
    """
    resampling = Resampling(n_resamples=n_resamples, confidence_level=confidence_level, rng=rng, method=interval)
    sample = _read(predictions=predictions, references=references, groups=groups, by=by, nan_policy=nan_policy)
    return _correlation(sample, _spearman, by=by, resampling=resampling, of_counts=spearman_of_counts)


def krcc(
    *,
    predictions: ArrayLike,
    references: ArrayLike,
    variant: Literal["b", "c"] = "b",
    groups: Sequence[Hashable] | None = None,
    by: By = "all",
    nan_policy: NanPolicy = "raise",
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    interval: IntervalMethod = "percentile",
    rng: np.random.Generator | int | None = None,
) -> CorrelationResult:
    """Kendall rank correlation: concordant minus discordant pairs, normalised.

    Args:
        predictions: Automatic scores, shape ``(n,)``, on any monotone scale.
        references: Human scores of the same pairs, shape ``(n,)``.
        variant: ``"b"`` corrects for ties on either side (what EvalMuse reports); ``"c"`` is Stuart's, for two scales
            with different numbers of values.
        groups: See `srcc`.
        by: See `srcc`.
        nan_policy: See `srcc`.
        n_resamples: See `srcc`.
        confidence_level: See `srcc`.
        interval: See `srcc`.
        rng: See `srcc`.

    Returns:
        The correlation, in [-1, 1], higher is better; nan with a status when a side is constant or too short.

    Raises:
        ValueError: As `srcc`.

    References:
        Kendall, *The treatment of ties in ranking problems*, 1945; Stuart, *The estimation and comparison of strengths
        of association in contingency tables*, 1953. Computed by ``scipy.stats.kendalltau``.

    >>> krcc(predictions=[0.1, 0.4, 0.3, 0.9], references=[1.0, 2.5, 3.0, 4.5]).statistic
    0.6667
    """
    resampling = Resampling(n_resamples=n_resamples, confidence_level=confidence_level, rng=rng, method=interval)
    require_choice("variant", variant, ("b", "c"))
    sample = _read(predictions=predictions, references=references, groups=groups, by=by, nan_policy=nan_policy)

    def kendall(x: FloatArray, y: FloatArray) -> float:
        if len(x) <= FEW_PAIRS:
            return _kendall_of_few(x, y, variant)
        return float(kendalltau(x, y, variant=variant, method="asymptotic").statistic)  # no exact p-value: it is slow

    of_counts = partial(kendall_of_counts, variant=variant)
    return _correlation(sample, kendall, by=by, resampling=resampling, of_counts=of_counts)


def plcc(
    *,
    predictions: ArrayLike,
    references: ArrayLike,
    fit: Literal["logistic4"] | None = None,
    groups: Sequence[Hashable] | None = None,
    nan_policy: NanPolicy = "raise",
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    interval: IntervalMethod = "percentile",
    rng: np.random.Generator | int | None = None,
    compat: Literal["official"] | None = None,
) -> CorrelationResult:
    """Pearson linear correlation, raw or after a four-parameter logistic map.

    Args:
        predictions: Automatic scores, shape ``(n,)``.
        references: Human scores of the same pairs, shape ``(n,)``.
        fit: None for the raw correlation; ``"logistic4"`` maps predictions to references by `fit_logistic4` first.
            A falling map turns a negative relation into a positive value: read the sign off the raw one.
        groups: Labels of the rows that are drawn together for the interval; they never change the statistic.
        nan_policy: See `srcc`.
        n_resamples: See `srcc`; the map is fitted anew in every resample.
        confidence_level: See `srcc`.
        interval: See `srcc`.
        rng: See `srcc`.
        compat: ``"official"`` maps the references to the predictions, the argument order of the track 1 script of
            NTIRE 2025. Without a fit it changes nothing.

    Returns:
        The correlation, in [-1, 1], higher is better; nan with a status when a side is constant or too short, or the
        fit does not converge.

    Raises:
        ValueError: As `srcc`.

    References:
        Pearson, 1895; for the map see `fit_logistic4`.

    >>> plcc(predictions=[0.1, 0.4, 0.3, 0.9], references=[1.0, 2.5, 3.0, 4.5]).statistic
    0.9330
    """
    resampling = Resampling(n_resamples=n_resamples, confidence_level=confidence_level, rng=rng, method=interval)
    require_choice("fit", fit, (None, "logistic4"))
    require_choice("compat", compat, (None, "official"))
    sample = _read(predictions=predictions, references=references, groups=groups, by="all", nan_policy=nan_policy)
    if fit is None:
        return _correlation(sample, _pearson, by="all", resampling=resampling, of_counts=pearson_of_counts)

    def mapped(x: FloatArray, y: FloatArray) -> float:
        return _mapped_pearson(y, x) if compat == "official" else _mapped_pearson(x, y)

    of_counts = partial(logistic_pearson_of_counts, compat=compat)
    return _correlation(
        sample, mapped, by="all", resampling=resampling, of_counts=of_counts, min_pairs=MIN_PAIRS, failure=NO_FIT
    )


def rmse(
    *,
    predictions: ArrayLike,
    references: ArrayLike,
    groups: Sequence[Hashable] | None = None,
    nan_policy: NanPolicy = "raise",
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    interval: IntervalMethod = "percentile",
    rng: np.random.Generator | int | None = None,
) -> StatisticResult:
    """Root of the mean squared difference, without any fit.

    Args:
        predictions: Automatic scores, shape ``(n,)``, on the scale of the references.
        references: Human scores of the same pairs, shape ``(n,)``.
        groups: Labels of the rows that are drawn together for the interval; they never change the statistic.
        nan_policy: See `srcc`.
        n_resamples: See `srcc`.
        confidence_level: See `srcc`.
        interval: See `srcc`.
        rng: See `srcc`.

    Returns:
        The error, on the scale of the references, lower is better; nan for no rows.

    Raises:
        ValueError: As `srcc`.

    References:
        The evaluation script of EvalMuse reports it on the unfitted predictions.

    >>> rmse(predictions=[1.0, 2.0, 5.0], references=[1.0, 4.0, 4.0]).statistic
    1.2910
    """
    resampling = Resampling(n_resamples=n_resamples, confidence_level=confidence_level, rng=rng, method=interval)
    sample = _read(predictions=predictions, references=references, groups=groups, by="all", nan_policy=nan_policy)
    if not sample.n:
        return StatisticResult(float("nan"), None, 0, sample.n_dropped, "no rows", sample.n_groups)
    squares = (sample["predictions"] - sample["references"]) ** 2
    sums = sample.sums(np.column_stack([squares, np.ones(sample.n)]))
    mean_square = ratio_of_sums(sums[:, 0], sums[:, 1])
    found = bootstrap_interval(lambda counts: np.sqrt(mean_square(counts)), sample=sample, resampling=resampling)
    return StatisticResult(
        statistic=float(np.sqrt(squares.mean())),
        confidence_interval=found.interval,
        n=sample.n,
        n_dropped=sample.n_dropped,
        n_groups=sample.n_groups,
        n_failed=found.n_failed,
        interval_method=found.method,
    )


def _read(
    *,
    predictions: ArrayLike,
    references: ArrayLike,
    groups: Sequence[Hashable] | None,
    by: By,
    nan_policy: NanPolicy,
) -> Sample:
    require_choice("by", by, ("all", "within", "between"))
    if by != "all" and groups is None:
        raise ValueError(f"by={by!r} needs `groups`: give one label per row, for example the prompt.")
    return read_sample({"predictions": predictions, "references": references}, groups=groups, nan_policy=nan_policy)


def _correlation(
    sample: Sample,
    statistic: PairStatistic,
    *,
    by: By,
    resampling: Resampling,
    of_counts: Callable[[Sample], CountStatistic],
    min_pairs: int = 2,
    failure: str = "undefined",
) -> CorrelationResult:
    """Statistic and interval over all rows, within the groups, or between them.

    ``of_counts`` gives the statistic of many resamples at once; ``failure`` names the cause of a nan among good rows.
    """
    if by == "within":
        return _within(sample, statistic, resampling=resampling)
    rows = _group_means(sample) if by == "between" else sample
    predictions, references = rows["predictions"], rows["references"]
    status, value = _why_undefined(predictions=predictions, references=references, min_pairs=min_pairs), float("nan")
    if status == "ok":
        value = statistic(predictions, references)
        status = failure if np.isnan(value) else "ok"
    if status != "ok":
        _say_undefined(status, resampling)
        return CorrelationResult(value, None, sample.n, sample.n_dropped, status, sample.n_groups)
    found = BootstrapInterval(None)
    if resampling.n_resamples:
        found = bootstrap_interval(of_counts(rows), sample=rows, resampling=resampling)
    return CorrelationResult(
        statistic=value,
        confidence_interval=found.interval,
        n=sample.n,
        n_dropped=sample.n_dropped,
        n_groups=sample.n_groups,
        n_failed=found.n_failed,
        interval_method=found.method,
    )


def _within(sample: Sample, statistic: PairStatistic, *, resampling: Resampling) -> CorrelationResult:
    order = np.argsort(sample.codes, kind="stable")
    bounds = np.flatnonzero(np.diff(sample.codes[order])) + 1
    values, n_groups_constant = np.full(sample.n_clusters, np.nan), 0
    for group, rows in enumerate(np.split(order, bounds) if sample.n else []):
        predictions, references = sample["predictions"][rows], sample["references"][rows]
        status = _why_undefined(predictions=predictions, references=references, min_pairs=MIN_GROUP)
        if status == "ok":
            values[group] = statistic(predictions, references)
        elif status == "constant predictions":
            values[group] = 0.0
            n_groups_constant += 1
    kept = ~np.isnan(values)
    n_groups, n_groups_dropped = int(kept.sum()), int((~kept).sum())
    if not n_groups:
        status = f"no group has {MIN_GROUP} pairs and references that differ" if sample.n else "no rows"
        _say_undefined(status, resampling)
        return CorrelationResult(float("nan"), None, 0, sample.n_dropped, status, 0, n_groups_dropped=n_groups_dropped)
    mean = ratio_of_sums(np.where(kept, values, 0.0), kept.astype(np.float64))
    found = bootstrap_interval(mean, sample=sample, resampling=resampling)
    return CorrelationResult(
        statistic=float(values[kept].mean()),
        confidence_interval=found.interval,
        n=int(kept[sample.codes].sum()),
        n_dropped=sample.n_dropped,
        n_groups=n_groups,
        n_failed=found.n_failed,
        interval_method=found.method,
        n_groups_dropped=n_groups_dropped,
        n_groups_constant=n_groups_constant,
    )


def _say_undefined(status: str, resampling: Resampling) -> None:
    level = logging.WARNING if resampling.n_resamples else logging.INFO
    logger.log(level, "The correlation is undefined: %s.", status)


def _group_means(sample: Sample) -> Sample:
    if not sample.n:
        return sample
    values = np.column_stack([sample["predictions"], sample["references"], np.ones(sample.n)])
    predictions, references, sizes = sample.sums(values).T
    return read_sample({"predictions": predictions / sizes, "references": references / sizes}, groups=None)


def _why_undefined(*, predictions: FloatArray, references: FloatArray, min_pairs: int) -> str:
    """Say why a correlation is undefined, references first; ``"ok"`` when it is defined."""
    if not len(predictions):
        return "no rows"
    if len(predictions) < min_pairs:
        return f"fewer than {min_pairs} pairs"
    for name, values in (("references", references), ("predictions", predictions)):
        if np.ptp(values) <= ROUNDING * np.abs(values.mean()):
            return f"constant {name}"
    return "ok"


def _pearson(x: FloatArray, y: FloatArray) -> float:
    x, y = x - x.mean(), y - y.mean()
    return float(np.clip(x @ y / np.sqrt((x @ x) * (y @ y)), -1, 1))


def _spearman(x: FloatArray, y: FloatArray) -> float:
    if len(x) <= FEW_PAIRS:  # twice the ranks less their mean: for the few pictures of a prompt a third of the time
        return _pearson(*(np.sign(np.subtract.outer(values, values)).sum(axis=1) for values in (x, y)))
    return _pearson(rankdata(x), rankdata(y))


def _kendall_of_few(x: FloatArray, y: FloatArray, variant: str) -> float:
    """From all pairs of rows: for the few pictures of a prompt a tenth of what scipy takes."""
    signs_x, signs_y = (np.sign(np.subtract.outer(values, values)) for values in (x, y))
    concordance = float((signs_x * signs_y).sum())
    if variant == "b":
        return concordance / float(np.sqrt(np.count_nonzero(signs_x) * np.count_nonzero(signs_y)))
    fewest = min(len(np.unique(x)), len(np.unique(y)))
    return concordance * fewest / (len(x) ** 2 * (fewest - 1))


def _mapped_pearson(inputs: FloatArray, targets: FloatArray) -> float:
    fit = fit_logistic4(inputs=inputs, targets=targets)
    mapped = fit(inputs)
    if not fit.converged or np.ptp(mapped) <= ROUNDING * np.abs(mapped.mean()):
        return float("nan")
    return _pearson(mapped, targets)
