"""Data sets of a comparison of scorers: rows with ratings, scores that came with them, and pictures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from evalmuse_hf.data import load_pairs
from evalmuse_hf.meta_evaluation.benchmarks.opening import open_rated_data, recognise_kind
from evalmuse_hf.meta_evaluation.evaluation import prompt_group
from evalmuse_hf.meta_evaluation.rated_data import DataFacts, RatedData, Row
from evalmuse_hf.meta_evaluation.studies.metrics_options import DataChoice, MetricsOptions
from evalmuse_hf.mini import write_release

OWN_KIND = "csv"

Pictures = Callable[[Sequence[int]], list[Any]]
"""Gives the pictures of some rows, by their numbers."""

EMBEDDED = DataFacts(
    name="embedded",
    title="The embedded world of drawings",
    source="drawn by `evalmuse_hf.mini`, rated by simulated people",
    license="Apache-2.0",
    rating_scale=(1.0, 5.0),
    aggregation="mean of three or six simulated ratings",
    element_ratings=True,
    in_domain=("fga_blip2:mini", "pn_vqa:mini", "vq2:mini", "tifa:mini", "dsg:mini", "vqa_score:mini"),
    notes=("Drawings rated by simulated people say nothing about photographs or real raters.",),
)
"""The packaged checkpoints were trained on other drawings of the same world."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyData:
    """A data set on which scorers are compared.

    Attributes:
        facts: What a reader must know of it.
        rows: Its rated rows that count.
        scores: Scores that came with it, by scorer.
        raters: Names of the raters of each picture, if they are known.
        pictures: None if there are none.
        n_prompts: Prompts of ``rows``.
        n_left_out: Rated rows that do not count, because fewer prompts were asked for.
    """

    facts: DataFacts
    rows: tuple[Row, ...]
    scores: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    raters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pictures: Pictures | None = None
    n_prompts: int = 0
    n_left_out: int = 0

    @property
    def groups(self) -> list[str]:
        """Prompt of each row."""
        return [prompt_group(row) for row in self.rows]

    @property
    def ratings(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Mean overall rating of each row."""
        return np.array([row["overall_score"] for row in self.rows], dtype=np.float64)

    @property
    def rated(self) -> RatedData:
        """The rows that count, in the form in which other parts of the package take them."""
        return RatedData(facts=self.facts, rows=self.rows, scores=self.scores, raters=self.raters)


def draw_embedded(folder: Path, options: MetricsOptions, *, n_prompts: int) -> StudyData:
    """Draw prompts of the embedded world, with pictures and simulated ratings.

    Args:
        folder: An empty folder; it is needed as long as the pictures are.
        options: What was asked for.
        n_prompts: How many prompts.
    """
    raw = folder / "raw"
    # Seeds far from those of the packaged checkpoints' training.
    write_release(raw, train_prompts=1, test_prompts=n_prompts, seed=3000 + options.seed)
    data = open_data(DataChoice(str(raw), "evalmuse"), replace(options, prompts=n_prompts, images=None))
    return replace(data, facts=EMBEDDED)


def open_data(choice: DataChoice, options: MetricsOptions, *, n_prompts: int | None = None) -> StudyData:
    """Open a data set, and keep the rated rows of as many prompts as were asked for.

    Args:
        choice: Which.
        options: Split, pictures and seed.
        n_prompts: How many prompts at most; None keeps all.

    Raises:
        ValueError: If it cannot be read, or nothing of it is rated.
    """
    kind = _kind(choice)
    own = {"scale": options.scale} if options.scale is not None and kind == OWN_KIND else {}
    opened = open_rated_data(choice.path, kind, options.split, **own)
    rated = tuple(opened.rated)
    if not rated:
        raise ValueError(f"No row of {choice.path!r}, split {options.split!r}, is rated; choose another split.")
    rows = _choose(rated, n_prompts, seed=options.seed)
    kept = {str(row["image_path"]) for row in rows}
    pictures = _pictures(choice, options, rows)
    return StudyData(
        facts=opened.facts,
        rows=rows,
        scores={
            name: tuple(row for row in scores if str(row["image_path"]) in kept)
            for name, scores in opened.scores.items()
        },
        raters={path: names for path, names in opened.raters.items() if path in kept},
        pictures=pictures,
        n_prompts=len({prompt_group(row) for row in rows}),
        n_left_out=len(rated) - len(rows),
    )


def refuse_scale_of_nothing(options: MetricsOptions) -> None:
    """Refuse a scale of ratings where no data set takes one.

    Args:
        options: What was asked for.

    Raises:
        ValueError: If no data set is of kind ``"csv"``.
    """
    if options.scale is not None and not any(_kind(choice) == OWN_KIND for choice in options.datasets):
        raise ValueError(
            f"--scale is that of ratings of your own, and no data set is of kind {OWN_KIND!r}; the others know theirs."
        )


def has_pictures(choice: DataChoice, options: MetricsOptions) -> bool:
    """Tell whether scorers can run on a data set: it holds its pictures, or there is a folder of them.

    Args:
        choice: Which.
        options: Whether a folder of pictures was given.
    """
    return options.images is not None or _kind(choice) == "evalmuse"


def _kind(choice: DataChoice) -> str:
    return choice.kind or recognise_kind(choice.path)


def _choose(rows: Sequence[Row], n_prompts: int | None, *, seed: int) -> tuple[Row, ...]:
    """Keep all rows of so many prompts."""
    groups = sorted({prompt_group(row) for row in rows})
    if n_prompts is None or n_prompts >= len(groups):
        return tuple(rows)
    rng = np.random.default_rng(seed)
    chosen = set(rng.permutation(np.array(groups, dtype=object))[:n_prompts])
    return tuple(row for row in rows if prompt_group(row) in chosen)


def _pictures(choice: DataChoice, options: MetricsOptions, rows: Sequence[Row]) -> Pictures | None:
    paths = [str(row["image_path"]) for row in rows]
    if options.images is not None:
        files = [Path(options.images) / path for path in paths]
        missing = [file for file in files if not file.is_file()]
        if missing:
            raise ValueError(
                f"--images: there is no file {str(missing[0])!r}, nor {len(missing) - 1:,} others of "
                f"{len(files):,}; the folder must hold the pictures of {choice.path!r} under their names in it."
            )
        return lambda numbers: [str(files[number]) for number in numbers]
    if _kind(choice) != "evalmuse":
        return None
    pairs = load_pairs(choice.path, options.split)
    places = {str(path): place for place, path in enumerate(pairs["image_path"])}
    chosen = pairs.select([places[path] for path in paths])
    return lambda numbers: list(chosen.select(numbers)["image"])
