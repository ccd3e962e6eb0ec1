"""GenAI-Bench of Lin, Li and others: pictures of six generators, rated by three people for alignment.

TIGER-Lab's data set of votes between two pictures has the same name and another form; it is not read here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalmuse_hf.meta_evaluation.benchmarks.rated_rows import (
    json_objects,
    named,
    one_row_per_picture,
    rated_row,
    unknown_generators,
    whole_ratings,
)
from evalmuse_hf.meta_evaluation.rated_data import DataFacts, RatedData, Row

FILE = "genai_image.json"
SCALE = (1.0, 5.0)
GENERATORS = ("DALLE_3", "SDXL_Turbo", "DeepFloyd_I_XL_v1", "Midjourney_6", "SDXL_2_1", "SDXL_Base")

FACTS = DataFacts(
    name="genai_bench",
    title="GenAI-Bench (Lin et al.)",
    source="Li et al., GenAI-Bench, 2024, and Lin et al., VQAScore, ECCV 2024, "
    "https://huggingface.co/datasets/BaiqiL/GenAI-Bench-1600",
    license="Apache-2.0 (data set card)",
    rating_scale=SCALE,
    aggregation="plain mean of three ratings of one to five; the raters are not named",
    notes=("TIGER-Lab's GenAI-Bench is another data set, of votes between two pictures.",),
)


def read_genai_bench(path: Path) -> RatedData:
    """Read the ratings.

    Args:
        path: ``genai_image.json``, or the folder with it.

    Returns:
        Rows by ``generator/number.jpeg``, as the pictures are published. A rating that is no whole number of the
        scale, such as the 41 that one file has for a 4, is left out, and its picture is named in the notes.

    Raises:
        ValueError: If the file is not there or not of this form, or a prompt comes twice.
    """
    file = path / FILE if path.is_dir() else path
    records = json_objects(file, ("prompt", "models"))
    wrong: list[str] = []
    rows = one_row_per_picture(
        (
            _row(number, record, generator, ratings, wrong)
            for number, record in records.items()
            for generator, ratings in _models(number, record, file.name).items()
        ),
        where=file.name,
    )
    notes = [*FACTS.notes, *unknown_generators(rows, GENERATORS)]
    if wrong:
        subject = "1 rating is" if len(wrong) == 1 else f"{len(wrong):,} ratings are"
        notes.append(f"{subject} off the scale and left out: {named(wrong)}.")
    return RatedData(facts=replace(FACTS, notes=tuple(notes)), rows=rows)


def _models(number: str, record: Mapping[str, Any], where: str) -> Mapping[str, Sequence[object]]:
    models = record["models"]
    if not isinstance(models, Mapping) or not all(isinstance(ratings, list) for ratings in models.values()):
        raise ValueError(f"{where}, prompt {number!r}: expected a list of ratings for each generator in `models`.")
    return models


def _row(number: str, record: Mapping[str, Any], generator: str, ratings: Sequence[object], wrong: list[str]) -> Row:
    """The row of a picture; ratings off the scale go to ``wrong``."""
    path = f"{generator}/{number}.jpeg"
    kept: list[int] = []
    for rating in ratings:
        try:
            kept += whole_ratings([rating], SCALE, "")
        except ValueError:
            wrong.append(f"{rating} for {path}")
    return rated_row(
        image_path=path,
        prompt_id=number,
        prompt=str(record["prompt"]),
        generator=generator,
        overall_ratings=kept,
    )
