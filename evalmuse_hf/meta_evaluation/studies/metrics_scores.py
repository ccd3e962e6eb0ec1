"""Where the scores of a comparison come from: scorers that run here, files, and what came with the data set."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tqdm import tqdm

from evalmuse_hf.meta_evaluation.evaluation import prompt_group
from evalmuse_hf.meta_evaluation.joining import join_scores
from evalmuse_hf.meta_evaluation.rated_data import Row
from evalmuse_hf.meta_evaluation.studies.metrics_data import StudyData
from evalmuse_hf.meta_evaluation.studies.metrics_options import MetricsOptions, ScoreFile
from evalmuse_hf.models.scorer import PairScore, Scorer
from evalmuse_hf.schema import Element
from evalmuse_hf.scoring import load_scorer
from evalmuse_hf.scoring.foreign import foreign_names
from evalmuse_hf.scoring.foreign_scores import read_foreign_scores
from evalmuse_hf.scoring.loading import SCORERS

Origin = Literal["run", "file", "shipped", "shared", "reference"]

_CHUNK = 32  # pictures that are decoded at once


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredRows:
    """Scores of one scorer for a data set.

    Attributes:
        name: Of the scorer.
        origin: ``"run"`` here, from a ``"file"``, ``"shipped"`` with the data set, ``"shared"`` by another data set
            that has the same pictures, or a ``"reference"`` row, which looks at ratings and not at pictures.
        rows: As `evalmuse_hf.meta_evaluation.evaluate_scores` takes them.
        seconds: Wall time per picture, where it ran here; loading and a first picture are not counted.
        parameters: Of its network; None if it shows none.
        notes: What a reader must know of its scores, each a sentence.
    """

    name: str
    origin: Origin
    rows: tuple[Row, ...]
    seconds: float | None = None
    parameters: int | None = None
    notes: tuple[str, ...] = ()


def refuse_unknown_scorer(text: str) -> None:
    """Refuse a name that `load_scorer` does not know, before minutes are spent on data.

    Args:
        text: Name, perhaps with ``:MODEL`` behind it.

    Raises:
        evalmuse_hf.scoring.ScorerError: If there is no such scorer.
    """
    name = text.partition(":")[0]
    if name not in (*SCORERS, *foreign_names()):
        load_scorer(name, model=None, device=None)  # says which there are


def run_scorer(text: str, data: StudyData, *, device: str | None, progress: bool = False) -> ScoredRows:
    """Score the pictures of a data set.

    Args:
        text: Name of `load_scorer`, with ``:MODEL`` behind it if its default is not meant.
        data: A data set with pictures.
        device: Where to run; None takes the GPU if there is one.
        progress: Show a bar on stderr.

    Raises:
        evalmuse_hf.scoring.ScorerError: If the scorer cannot be loaded.
    """
    name, _, model = text.partition(":")
    scorer = load_scorer(name, model=model or None, device=device)
    _score(scorer, data, [0])  # warms up
    results: list[PairScore] = []
    start = time.perf_counter()
    for first in tqdm(range(0, len(data.rows), _CHUNK), desc=text, unit="batch", delay=2, disable=not progress):
        results += _score(scorer, data, range(first, min(first + _CHUNK, len(data.rows))))
    seconds = (time.perf_counter() - start) / len(data.rows)
    rows = tuple(_row(result, row) for result, row in zip(results, data.rows, strict=True))
    return ScoredRows(name=text, origin="run", rows=rows, seconds=seconds, parameters=_n_parameters(scorer))


def read_score_file(file: ScoreFile, options: MetricsOptions) -> tuple[Row, ...]:
    """Read a file of scores, of this package or of another program.

    Args:
        file: Which.
        options: Its columns, and whether lower is better.

    Raises:
        evalmuse_hf.scoring.ListError: If it is missing or damaged, or lacks a column.
    """
    scores = read_foreign_scores(
        file.path,
        score_column=options.score_column,
        key_column=options.key_column,
        lower_is_better=file.name in options.lower_is_better,
    )
    return tuple(scores.rows)


def scores_of_file(name: str, rows: Sequence[Row], data: StudyData) -> ScoredRows | None:
    """The scores of a file that belong to pictures of a data set; None if none does.

    Args:
        name: Of the scorer.
        rows: All scores of the file.
        data: The data set.
    """
    join = join_scores(rows, data.rows)
    if not join.pairs:
        return None
    counts = {
        "are of pictures that do not count here": join.unknown,
        "are of a picture that has one already (the first counts)": join.duplicates,
        "are of another prompt than the data set's and do not count": join.other_prompts,
    }
    notes = [f"{len(found):,} {what}, such as {found[0]}" for what, found in counts.items() if found]
    return ScoredRows(
        name=name,
        origin="file",
        rows=tuple({**pair.score, "image_path": pair.pair["image_path"]} for pair in join.pairs),
        notes=(f"{name}: of {join.n_scores:,} scores {'; '.join(notes)}.",) if notes else (),
    )


def scores_of_others(data: StudyData, others: Sequence[StudyData]) -> Iterator[ScoredRows]:
    """Scores that came with other data sets and are of the same pictures: same key, same prompt, same generator.

    Args:
        data: A data set.
        others: The other data sets of the comparison.
    """
    pictures = {str(row["image_path"]): _identity(row) for row in data.rows}
    for other in others:
        shared = {
            path
            for row in other.rows
            if (path := str(row["image_path"])) in pictures and pictures[path] == _identity(row)
        }
        for name, rows in other.scores.items():
            fitting = tuple(row for row in rows if str(row["image_path"]) in shared)
            if other is not data and name not in data.scores and fitting:
                yield ScoredRows(name=name, origin="shared", rows=fitting)


def _identity(row: Row) -> tuple[str, str]:
    return prompt_group(row), str(row.get("generator"))


def _score(scorer: Scorer, data: StudyData, numbers: Sequence[int]) -> list[PairScore]:
    if data.pictures is None:
        raise ValueError(f"{data.facts.title} has no pictures; name their folder by --images.")
    rows = [data.rows[number] for number in numbers]
    elements = [[Element(item["text"], item["category"]) for item in row["elements"] or ()] for row in rows]
    return list(
        scorer.score(images=data.pictures(numbers), prompts=[str(row["prompt"]) for row in rows], elements=elements)
    )


def _row(result: PairScore, pair: Row) -> dict[str, Any]:
    return {
        "image_path": pair["image_path"],
        "overall_score": None if math.isnan(result.overall) else result.overall,
        "elements": [
            {"text": item.text, "score": None if math.isnan(item.score) else item.score, "status": item.status}
            for item in result.elements
        ],
        "status": result.status,
    }


def _n_parameters(scorer: Any) -> int | None:
    model = getattr(scorer, "model", None)
    return None if model is None else sum(parameter.numel() for parameter in model.parameters())
