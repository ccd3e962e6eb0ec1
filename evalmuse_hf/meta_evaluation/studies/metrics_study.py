"""Scorers compared on a small subset before anybody pays for a full run: agreement with people, and cost per picture.

The default pair, FGA-BLIP2 against PN-VQA, is the third experiment that this project was founded with.
"""

import json
import math
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from evalmuse_hf.data import load_pairs
from evalmuse_hf.meta_evaluation.evaluation import Record, evaluate_scores, prompt_group
from evalmuse_hf.mini import write_release
from evalmuse_hf.models.scorer import PairScore, Scorer
from evalmuse_hf.reports import Document, Section, Table
from evalmuse_hf.schema import Element
from evalmuse_hf.scoring import load_scorer
from evalmuse_hf.stats import srcc

FORMAT = 1
"""Raised when a key of the record changes its meaning or goes away."""

QUICK_PROMPTS = 20
_CHUNK = 32  # pictures that are decoded at once
_LEAST_PROMPTS = 100
_LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsOptions:
    """What is compared, and on what.

    Attributes:
        scorers: Names of `load_scorer`, each with ``:MODEL`` behind it if its default is not meant. The first is what
            the others are compared with.
        dataset: Data set folder, raw release folder, or Hub id; None draws prompts of the embedded world.
        split: Split with the ratings.
        prompts: How many prompts, with all of their pictures; drawn from those of the split.
        seed: Of the drawing and of the intervals.
        n_resamples: Bootstrap resamples.
        device: Where to run; None takes the GPU if there is one.
    """

    scorers: Sequence[str] = ("fga_blip2:mini", "pn_vqa:mini")
    dataset: str | None = None
    split: str = "test"
    prompts: int = 200
    seed: int = 0
    n_resamples: int = 1000
    device: str | None = None


@dataclass(frozen=True, slots=True)
class ScorerFigures:
    """One line of the table.

    Attributes:
        name: Of the scorer.
        record: What `evaluate_scores` says.
        seconds: Wall time per picture; loading and a first picture are not counted.
        parameters: Of its network; None if it shows none.
        difference: SRCC less that of the first scorer, on the pairs that both scored.
        interval: Of the difference, drawing whole prompts; None if it is undefined.
    """

    name: str
    record: Record
    seconds: float
    parameters: int | None
    difference: float | None = None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class MetricsStudy:
    """What came out.

    Attributes:
        options: What was asked for.
        figures: One per scorer, in the order of the options.
        n_prompts: Prompts that were scored.
        n_pairs: Pictures that were scored.
        machine: On what.
    """

    options: MetricsOptions
    figures: tuple[ScorerFigures, ...]
    n_prompts: int
    n_pairs: int
    machine: Mapping[str, str] = field(default_factory=dict)

    def record(self) -> Record:
        """Spell everything for JSON."""
        rows = [
            {**asdict(figure), "interval": list(figure.interval) if figure.interval else None}
            for figure in self.figures
        ]
        options = {**asdict(self.options), "scorers": list(self.options.scorers)}
        counts = {"n_prompts": self.n_prompts, "n_pairs": self.n_pairs}
        return {"format": FORMAT, "options": options, **counts, "machine": dict(self.machine), "scorers": rows}


def run_metrics_study(options: MetricsOptions) -> MetricsStudy:
    """Score a subset with every scorer, and compare.

    Args:
        options: What is compared, and on what.

    Raises:
        evalmuse_hf.scoring.ScorerError: If a scorer cannot be loaded.
        ValueError: If a number is not positive, a scorer is named twice, or nothing of the data set is rated.
    """
    if options.prompts < 1 or options.n_resamples < 0:
        raise ValueError("`prompts` must be at least 1 and `n_resamples` at least 0.")
    if not options.scorers or len(set(options.scorers)) != len(options.scorers):
        raise ValueError(f"`scorers` must be different names, at least one, got {', '.join(options.scorers)}.")
    with tempfile.TemporaryDirectory() as folder:
        source = options.dataset or _draw(Path(folder), options)
        pairs = _choose(load_pairs(source, options.split), options)
        rated = pairs.remove_columns("image").to_list()
        figures: list[ScorerFigures] = []
        overall: list[list[float]] = []
        for text in options.scorers:
            name, _, model = text.partition(":")
            scorer = load_scorer(name, model=model or None, device=options.device)
            results, seconds = _score(scorer, pairs)
            overall.append([result.overall for result in results])
            record = evaluate_scores(_rows(results, rated), rated, n_resamples=options.n_resamples, seed=options.seed)
            difference, interval = _compare(overall[0], overall[-1], rated, options) if figures else (None, None)
            figures.append(ScorerFigures(scorer.name, record, seconds, _n_parameters(scorer), difference, interval))
    n_prompts = len({prompt_group(pair) for pair in rated})
    return MetricsStudy(options, tuple(figures), n_prompts, len(rated), _machine(options))


def make_metrics_document(study: MetricsStudy) -> Document:
    """Lay the comparison out.

    Args:
        study: What came out.
    """
    header = (
        *("scorer", "SRCC", "95 % interval", "less the first", "95 % interval", "within prompts"),
        *("element accuracy", "balanced", "scored", "s per picture", "cost", "parameters"),
    )
    cheapest = min(figure.seconds for figure in study.figures)
    rows = []
    for figure in study.figures:
        overall, elements = figure.record["overall"]["srcc"], figure.record["elements"]
        interval = (overall["low"], overall["high"])
        rows.append(
            (
                figure.name,
                overall["value"],
                _spell_interval(interval if overall["low"] is not None else None),
                figure.difference,
                _spell_interval(figure.interval),
                figure.record["within_prompt"]["srcc"]["value"],
                elements["micro"]["value"],
                elements["balanced"]["value"],
                f"{figure.record['coverage']['share']:.1%}",
                f"{figure.seconds:.4f}",
                f"{figure.seconds / cheapest:.1f}x",
                None if figure.parameters is None else f"{figure.parameters / 1e6:.1f} M",
            )
        )
    where = study.options.dataset or "the embedded world of drawings"
    return Document(
        title="Which scorer, before a full run?",
        summary=f"{study.n_pairs} pictures of {study.n_prompts} prompts of {where}, split {study.options.split}.",
        warnings=tuple(_warnings(study)),
        sections=(
            Section(
                title="Agreement with people, and cost",
                tables=(Table(title="", header=header, rows=tuple(rows)),),
                text=(
                    "Intervals draw whole prompts; that of a difference draws the same prompts for both scorers. Cost "
                    "is wall time per picture relative to the cheapest, elements included, without loading.",
                ),
            ),
        ),
        source=tuple(study.machine.items()),
    )


def _warnings(study: MetricsStudy) -> list[str]:
    warnings = []
    if study.n_prompts < _LEAST_PROMPTS:
        warnings.append(
            f"{study.n_prompts} prompts show that it works; intervals of so few are wide, and somewhat too narrow."
        )
    if study.options.dataset is None:
        warnings.append("Drawings rated by simulated people say nothing about photographs or real raters.")
    return warnings


def _draw(folder: Path, options: MetricsOptions) -> str:
    # Seeds far from those of the packaged checkpoints' training.
    write_release(folder / "raw", train_prompts=1, test_prompts=options.prompts, seed=3000 + options.seed)
    return str(folder / "raw")


def _choose(pairs: Any, options: MetricsOptions) -> Any:
    """Keep the rated pairs of as many prompts as were asked for."""
    light = pairs.remove_columns("image").to_list()
    rated = [number for number, pair in enumerate(light) if pair["overall_score"] is not None]
    groups = sorted({prompt_group(light[number]) for number in rated})
    if not groups:
        raise ValueError(f"No pair of the split {options.split!r} is rated; choose another split.")
    rng = np.random.default_rng(options.seed)
    chosen = set(rng.permutation(np.array(groups, dtype=object))[: options.prompts])
    return pairs.select([number for number in rated if prompt_group(light[number]) in chosen])


def _score(scorer: Scorer, pairs: Any) -> tuple[list[PairScore], float]:
    """Score all pairs; seconds per picture, the first one, which warms up, apart."""
    results: list[PairScore] = []
    _score_some(scorer, pairs.select([0]))
    start = time.perf_counter()
    for first in range(0, len(pairs), _CHUNK):
        results += _score_some(scorer, pairs.select(range(first, min(first + _CHUNK, len(pairs)))))
    return results, (time.perf_counter() - start) / len(pairs)


def _score_some(scorer: Scorer, pairs: Any) -> list[PairScore]:
    rows = list(pairs)
    elements = [[Element(item["text"], item["category"]) for item in row["elements"] or ()] for row in rows]
    return scorer.score(
        images=[row["image"] for row in rows], prompts=[row["prompt"] for row in rows], elements=elements
    )


def _rows(results: Sequence[PairScore], pairs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "image_path": pair["image_path"],
            "overall_score": None if math.isnan(result.overall) else result.overall,
            "elements": [
                {"text": item.text, "score": None if math.isnan(item.score) else item.score, "status": item.status}
                for item in result.elements
            ],
            "status": result.status,
        }
        for result, pair in zip(results, pairs, strict=True)
    ]


def _compare(
    first: Sequence[float], second: Sequence[float], pairs: Sequence[Mapping[str, Any]], options: MetricsOptions
) -> tuple[float | None, tuple[float, float] | None]:
    """SRCC of the second scorer less that of the first, with a percentile interval over the same drawn prompts."""
    values = np.array([first, second, [pair["overall_score"] for pair in pairs]], dtype=float)
    known = np.isfinite(values).all(axis=0)
    values = values[:, known]
    labels = np.array([prompt_group(pair) for pair in pairs])[known]
    point = _difference(values)
    if math.isnan(point):
        return None, None
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    rng = np.random.default_rng(options.seed)
    drawn = []
    for _ in range(options.n_resamples):
        rows = np.concatenate([members[one] for one in rng.integers(len(members), size=len(members))])
        drawn.append(_difference(values[:, rows]))
    if not drawn or np.isnan(drawn).any():
        return point, None
    low, high = np.quantile(drawn, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return point, (float(low), float(high))


def _difference(values: Any) -> float:
    first, second, ratings = values
    ours, theirs = (srcc(predictions=scores, references=ratings).statistic for scores in (second, first))
    return float(ours - theirs)


def _n_parameters(scorer: Any) -> int | None:
    model = getattr(scorer, "model", None)
    return None if model is None else sum(parameter.numel() for parameter in model.parameters())


def _machine(options: MetricsOptions) -> dict[str, str]:
    import torch

    on_gpu = torch.cuda.is_available() and options.device in (None, "cuda")
    device = torch.cuda.get_device_name() if on_gpu else f"CPU, {torch.get_num_threads()} threads"
    return {"device": device, "torch": torch.__version__, "options": json.dumps(asdict(options))}


def _spell_interval(interval: tuple[float, float] | None) -> str | None:
    return None if interval is None else f"[{interval[0]:.3f}, {interval[1]:.3f}]"
