"""AGIQA-3K: 2,982 pictures of 300 prompts with mean opinion scores of alignment and of quality."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from evalmuse_hf.data.identity import prompt_identity
from evalmuse_hf.meta_evaluation.benchmarks.rated_rows import (
    one_row_per_picture,
    rated_row,
    rating_on,
    table_rows,
    unknown_generators,
)
from evalmuse_hf.meta_evaluation.rated_data import UNKNOWN_GENERATOR, DataFacts, RatedData, Row

FILE = "data.csv"
COLUMNS = ("name", "prompt", "mos_quality", "mos_align")
SCALE = (0.0, 5.0)

GENERATORS = (
    *("AttnGAN_normal", "DALLE2_normal", "glide_normal", "midjourney_lowstep", "midjourney_normal"),
    *("sd1.5_highcorr", "sd1.5_lowcorr", "sd1.5_lowstep", "sd1.5_normal", "xl2.2_normal"),
)
"""Six generators, two of them with several settings."""

FACTS = DataFacts(
    name="agiqa3k",
    title="AGIQA-3K",
    source="Li et al., AGIQA-3K, 2023, https://github.com/lcysyzxdxc/AGIQA-3k-Database",
    license="MIT",
    rating_scale=SCALE,
    aggregation="mean opinion score as published, of normalised ratings; single ratings are not published",
)


def read_agiqa(path: Path, *, rating: Literal["align", "quality"] = "align") -> RatedData:
    """Read the mean opinion scores.

    Args:
        path: ``data.csv``, or the folder with it.
        rating: ``"align"``: how well the picture shows the prompt. ``"quality"``: how good it looks, whatever the
            prompt; no measure of alignment.

    Returns:
        Rows by the name of the picture; the generator is what stands before its number, settings included.

    Raises:
        ValueError: If the file is not there or lacks a column, a score is off its scale, a picture comes twice, or
            ``rating`` is unknown.
    """
    if rating not in ("align", "quality"):
        raise ValueError(f"`rating` is {rating!r}, expected 'align' or 'quality'.")
    file = path / FILE if path.is_dir() else path
    column = f"mos_{rating}"
    rows = one_row_per_picture((_row(row, column, file.name) for row in table_rows(file, COLUMNS)), where=file.name)
    notes = [*FACTS.notes, *unknown_generators(rows, GENERATORS)]
    if rating == "quality":
        notes.append("The ratings are of quality, not of alignment with the prompt.")
    return RatedData(facts=replace(FACTS, notes=tuple(notes)), rows=rows)


def _row(row: Mapping[str, Any], column: str, where: str) -> Row:
    path, prompt = str(row["name"]).strip(), str(row["prompt"])
    return rated_row(
        image_path=path,
        prompt_id=prompt_identity(prompt),
        prompt=prompt,
        generator=_generator(path),
        overall_score=rating_on(row[column], SCALE, f"{where}: `{column}` of picture {path!r}"),
    )


def _generator(path: str) -> str:
    name, underscore, number = PurePosixPath(path).stem.rpartition("_")
    return name if underscore and number.isdecimal() else UNKNOWN_GENERATOR
