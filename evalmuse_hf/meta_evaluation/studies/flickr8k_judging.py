"""How a scorer agrees with the expert judgements of Flickr8k, in the three ways that the literature reports."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalmuse_hf.meta_evaluation.studies.flickr8k_data import RatedPairs
from evalmuse_hf.reports import Cell, Table
from evalmuse_hf.stats import StatisticResult, auroc, krcc, srcc
from evalmuse_hf.stats.sample import FloatArray

# Kendall's tau-c x 100 against the three ratings flattened, own captions left out: what published figures are.
PUBLISHED = {"BLEU-4": 30.8, "SPICE": 44.9, "CLIPScore, ViT-B/32": 51.2}
PUBLISHED_SOURCE = "Hessel et al., CLIPScore, EMNLP 2021, table 1"
ALL_PAIRS, FOREIGN_PAIRS = "all pairs", "without own captions"


@dataclass(frozen=True, slots=True)
class ExpertAgreement:
    """Agreement on some of the rated pairs, with intervals that draw whole pictures.

    Attributes:
        name: Which pairs.
        srcc_mean: Spearman correlation with the mean rating.
        tau_c_mean: Stuart's tau-c with the mean rating, in [-1, 1].
        tau_c_flat: Stuart's tau-c with the three ratings of each pair taken for three rows.
    """

    name: str
    srcc_mean: StatisticResult
    tau_c_mean: StatisticResult
    tau_c_flat: StatisticResult


@dataclass(frozen=True, slots=True)
class Flickr8kFigures:
    """What one scorer reaches.

    Attributes:
        subsets: All rated pairs, and those whose caption was written for another picture.
        own_auroc: Share of (own, other) caption pairs that are in the right order, ties counting half, in [0, 1]. The
            other captions were retrieved as candidates for the picture, so that some do describe it.
    """

    subsets: tuple[ExpertAgreement, ...]
    own_auroc: StatisticResult


def judge_scores(scores: ArrayLike, rated: RatedPairs, *, n_resamples: int = 1000, seed: int = 0) -> Flickr8kFigures:
    """Compare scores with the expert judgements.

    Args:
        scores: One for each rated pair, shape (N,), on any monotone scale.
        rated: The judgements.
        n_resamples: Bootstrap resamples of the pictures; 0 means no intervals.
        seed: Of the bootstrap.

    Returns:
        The figures.

    Raises:
        ValueError: If the scores are not one finite number per pair.
    """
    values = np.asarray(scores, dtype=np.float64)
    everything = np.ones(len(rated.own), dtype=bool)
    subsets = tuple(
        _agreement(name, values[kept], rated.ratings[kept], rated.pictures[kept], n_resamples, seed)
        for name, kept in ((ALL_PAIRS, everything), (FOREIGN_PAIRS, ~rated.own))
    )
    own_auroc = auroc(
        predictions=values,
        references=rated.own.astype(np.float64),
        groups=rated.pictures.tolist(),
        n_resamples=n_resamples,
        rng=seed,
    )
    return Flickr8kFigures(subsets, own_auroc)


def figure_tables(figures: Flickr8kFigures) -> tuple[Table, ...]:
    """Arrange figures for a report.

    Args:
        figures: Of one scorer.
    """
    rows: list[tuple[Cell, ...]] = []
    for subset in figures.subsets:
        rows += [
            (subset.name, "SRCC, mean rating", *_spelled(subset.srcc_mean, 1)),
            (subset.name, "tau-c x 100, mean rating", *_spelled(subset.tau_c_mean, 100)),
            (subset.name, "tau-c x 100, three ratings flattened", *_spelled(subset.tau_c_flat, 100)),
        ]
    rows.append(("all pairs", "AUROC, own against other captions", *_spelled(figures.own_auroc, 1)))
    flat = figures.subsets[-1].tau_c_flat
    published: list[tuple[Cell, ...]] = [(name, f"{value:.1f}") for name, value in PUBLISHED.items()]
    n = figures.subsets[-1].srcc_mean.n
    return (
        Table(
            title="Agreement with the experts, intervals over pictures",
            header=("pairs", "figure", "value", "95 % interval", "rows"),
            rows=tuple(rows),
        ),
        Table(
            title=f"The one figure that published ones compare with: tau-c x 100, {n:,} pairs, ratings flattened",
            header=("scorer", "tau-c x 100"),
            rows=(*published, ("this model", f"{100 * flat.statistic:.1f}")),
            note=f"Published: {PUBLISHED_SOURCE}; their pictures are not reduced to 160 pixels.",
        ),
    )


def _agreement(
    name: str, scores: FloatArray, ratings: FloatArray, pictures: NDArray[np.int64], n_resamples: int, seed: int
) -> ExpertAgreement:
    n_raters = ratings.shape[1]
    mean, rows = ratings.mean(axis=1), pictures.tolist()
    options: dict[str, Any] = {"n_resamples": n_resamples, "rng": seed}
    return ExpertAgreement(
        name=name,
        srcc_mean=srcc(predictions=scores, references=mean, groups=rows, **options),
        tau_c_mean=krcc(predictions=scores, references=mean, groups=rows, variant="c", **options),
        tau_c_flat=krcc(
            predictions=scores.repeat(n_raters),
            references=ratings.ravel(),
            groups=pictures.repeat(n_raters).tolist(),
            variant="c",
            **options,
        ),
    )


def _spelled(result: StatisticResult, factor: float) -> tuple[Cell, ...]:
    digits = 3 if factor == 1 else 1
    value = None if np.isnan(result.statistic) else f"{factor * result.statistic:.{digits}f}"
    interval = result.confidence_interval
    spread = None
    if interval is not None:
        spread = f"{factor * interval.low:.{digits}f} to {factor * interval.high:.{digits}f}"
    return value, spread, result.n
