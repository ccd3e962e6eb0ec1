"""TIFA160: 800 pictures of 160 prompts with two ratings each, and the scores of ten programs in the same file."""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from evalmuse_hf.meta_evaluation.benchmarks.rated_rows import (
    finite_number,
    json_objects,
    one_row_per_picture,
    rated_row,
    rating_list,
    score_row,
    unknown_generators,
    whole_ratings,
)
from evalmuse_hf.meta_evaluation.rated_data import UNKNOWN_GENERATOR, DataFacts, RatedData, Row

FILE = "human_annotations_with_scores.json"
SCALE = (1.0, 5.0)

GENERATORS = (
    *("mini_dalle", "vq_diffusion"),
    *("stable_diffusion_v1_1", "stable_diffusion_v1_5", "stable_diffusion_v2_1"),
)

SCORERS = {
    "BLEU": "bleu",
    "ROUGE": "rouge",
    "METEOR": "meteor",
    "SPICE": "spice",
    "CLIPScore": "clipscore_vitb32",
    "TIFA-ViLT": "tifa_vilt",
    "TIFA-OFA": "tifa_ofa-large",
    "TIFA-GIT": "tifa_git-large",
    "TIFA-BLIP-2": "tifa_blip2-flant5xl",
    "TIFA-mPLUG": "tifa_mplug-large",
}
"""Field of each shipped scorer; the first four judge the captions that a captioner wrote of the pictures."""

FACTS = DataFacts(
    name="tifa160",
    title="TIFA160",
    source="Hu et al., TIFA, ICCV 2023, https://github.com/Yushi-Hu/tifa",
    license="Apache-2.0",
    rating_scale=SCALE,
    aggregation="plain mean of two ratings of one to five; the raters are not named",
)


def read_tifa160(path: Path) -> RatedData:
    """Read the ratings and the shipped scores.

    Args:
        path: ``human_annotations_with_scores.json``, or the folder with it.

    Returns:
        Rows by ``image_path`` as the file spells it, such as ``coco_1_mini_dalle.jpg``; the generator is what follows
        the name of the prompt in it.

    Raises:
        ValueError: If the file is not there or not of this form, a picture comes twice or for two prompts, a rating
            is off its scale, or a published mean is not that of its ratings.
    """
    file = path / FILE if path.is_dir() else path
    records = json_objects(file, ("text_id", "image_path", "text", "human_scores"))
    rows = one_row_per_picture((_row(record, file.name) for record in records.values()), where=file.name)
    present = {field for record in records.values() for field in record}
    scores = {
        name: tuple(_score(record, field, file.name) for record in records.values())
        for name, field in SCORERS.items()
        if field in present
    }
    notes = (*FACTS.notes, *unknown_generators(rows, GENERATORS))
    return RatedData(facts=replace(FACTS, notes=notes), rows=rows, scores=scores)


def _row(record: Mapping[str, Any], where: str) -> Row:
    path, prompt_id = str(record["image_path"]), str(record["text_id"])
    ratings = whole_ratings(rating_list(record["human_scores"]), SCALE, f"{where}: a rating of picture {path!r}")
    row = rated_row(
        image_path=path,
        prompt_id=prompt_id,
        prompt=str(record["text"]),
        generator=_generator(path, prompt_id),
        overall_ratings=ratings,
    )
    mean = finite_number(record.get("human_avg"), f"{where}: the mean rating of picture {path!r}")
    if mean is not None and not (ratings and math.isclose(mean, row["overall_score"], abs_tol=1e-6)):
        raise ValueError(
            f"{where}: the mean rating of picture {path!r} is given as {mean:g}, but its ratings are {ratings}; "
            "correct one of the two."
        )
    return row


def _generator(path: str, prompt_id: str) -> str:
    """What follows the name of the prompt in the name of the picture."""
    stem = PurePosixPath(path).stem
    return stem[len(prompt_id) + 1 :] if stem.startswith(f"{prompt_id}_") else UNKNOWN_GENERATOR


def _score(record: Mapping[str, Any], field: str, where: str) -> Row:
    path = str(record["image_path"])
    return score_row(path, finite_number(record.get(field), f"{where}: `{field}` of picture {path!r}"))
